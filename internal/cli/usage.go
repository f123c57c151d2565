package cli

import (
	"context"
	"strconv"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// usageCommand prints what an account used of the lab.
type usageCommand struct {
	onAccount
	Period month `env:"-" placeholder:"YYYY-MM" help:"The month, in UTC. By default the account's current month."`
}

// Help is what --help says of the command beside its flags.
func (usageCommand) Help() string {
	return `A line of the first table adds up the sessions of a project, kind and device that were booked in the month. Metered minutes are charged, but for those that the trial pays. The second table compares the slots that the account held, each for so many hours, with the hours of its unmetered sessions.`
}

// Run prints the usage.
func (c *usageCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		u, err := api.Usage(ctx, string(c.Account), string(c.Period))
		p.usage(u)
		return err
	})
}

// usage adds a usage to the text.
func (p *page) usage(u operatorapi.Usage) {
	p.say("%s had %d sessions in %s, as of %s.", u.Account, u.Total.Sessions, u.Period, showTime(u.Now))
	if u.Total.Sessions > 0 {
		var rows [][]string
		for _, g := range u.Groups {
			rows = append(rows, usageRow([]string{g.Project, g.Kind, g.Device, g.Platform}, g.UsageSum))
		}
		if u.Rest != nil {
			rows = append(rows, usageRow([]string{"others", "", "", ""}, *u.Rest))
		}
		rows = append(rows, usageRow([]string{"total", "", "", ""}, u.Total))
		p.say("")
		p.table([]string{"PROJECT", "KIND", "DEVICE", "PLATFORM", "SESSIONS", "MINUTES", "METERED", "TRIAL", u.CurrencyCode}, rows)
	}
	var slots [][]string
	for _, s := range u.Slots {
		slots = append(slots, []string{s.Use, s.Platform, string(s.HeldHours), string(s.UsedHours)})
	}
	p.say("")
	p.table([]string{"SLOTS", "PLATFORM", "HOURS HELD", "HOURS USED"}, slots)
}

func usageRow(names []string, s operatorapi.UsageSum) []string {
	return append(names, strconv.Itoa(s.Sessions), string(s.Minutes), string(s.MeteredMinutes), string(s.TrialMinutes), fixed(s.Cents))
}
