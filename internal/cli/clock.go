package cli

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// clockCommand holds the commands on the clocks of test accounts.
type clockCommand struct {
	Show    clockShowCommand    `cmd:"" help:"Print an account's time, and whether its clock is frozen."`
	Freeze  clockFreezeCommand  `cmd:"" help:"Freeze a test account's clock."`
	Advance clockAdvanceCommand `cmd:"" help:"Move a test account's clock forward, and print what comes due on the way."`
	Release clockReleaseCommand `cmd:"" help:"Let a test account's clock follow the wall clock again."`
	Trust   clockTrustCommand   `cmd:"" help:"Make a server trust its wall clock again after the clock has jumped."`
}

// clockShowCommand prints a clock.
type clockShowCommand struct {
	onAccount
}

// Run prints what the clock shows; as JSON, it prints the account.
func (c *clockShowCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		a, err := api.Account(ctx, string(c.Account))
		p.table([]string{"ACCOUNT", "KIND", "NOW", "CLOCK"}, [][]string{{a.Account, kindOf(a), showTime(a.Now), clockOf(a)}})
		return err
	})
}

// clockFreezeCommand freezes a clock.
type clockFreezeCommand struct {
	onAccount
	At instant `required:"" env:"-" placeholder:"RFC3339" help:"The time to freeze the clock at. After the account's first transaction, the clock cannot go back."`
}

// Run freezes the clock and prints what came due on the way.
func (c *clockFreezeCommand) Run(ctx context.Context, streams IO) error {
	return c.move(ctx, streams, func(ctx context.Context, api *client.Client) (operatorapi.Clock, error) {
		return api.Freeze(ctx, string(c.Account), time.Time(c.At))
	})
}

// clockAdvanceCommand moves a clock.
type clockAdvanceCommand struct {
	onAccount
	To      *instant       `xor:"how" env:"-" placeholder:"RFC3339" help:"Move the clock to this time."`
	By      *time.Duration `xor:"how" env:"-" placeholder:"DURATION" help:"Move the clock forward by a duration, such as 720h."`
	Periods *int           `xor:"how" env:"-" placeholder:"N" help:"Move the clock forward by this many months, to the same day and time, or to the last day of a shorter month."`
}

// Help returns the text of --help below the usage line.
func (clockAdvanceCommand) Help() string {
	return `Give one of --to, --by and --periods. The clock is frozen afterwards.`
}

// Run advances the clock and prints what came due on the way.
func (c *clockAdvanceCommand) Run(ctx context.Context, streams IO) error {
	var by operatorapi.Advance
	switch {
	case c.To != nil:
		by = operatorapi.AdvanceTo(time.Time(*c.To))
	case c.By != nil:
		by = operatorapi.AdvanceBy(*c.By)
	case c.Periods != nil:
		by = operatorapi.AdvancePeriods(*c.Periods)
	default:
		return usageError{errors.New("give one of --to, --by and --periods")}
	}
	return c.move(ctx, streams, func(ctx context.Context, api *client.Client) (operatorapi.Clock, error) {
		return api.Advance(ctx, string(c.Account), by)
	})
}

// clockReleaseCommand lets a clock run.
type clockReleaseCommand struct {
	onAccount
}

// Run releases the clock and prints what came due on the way.
func (c *clockReleaseCommand) Run(ctx context.Context, streams IO) error {
	return c.move(ctx, streams, func(ctx context.Context, api *client.Client) (operatorapi.Clock, error) {
		return api.Release(ctx, string(c.Account))
	})
}

// move calls f to move the account's clock, and prints its time and what came
// due.
func (c onAccount) move(ctx context.Context, streams IO, f func(context.Context, *client.Client) (operatorapi.Clock, error)) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		clock, err := f(ctx, api)
		p.say("%s is at %s.", c.Account, showTime(clock.Now))
		if len(clock.Transactions) == 0 {
			return err
		}
		var rows [][]string
		for _, t := range clock.Transactions {
			rows = append(rows, []string{showTime(t.EffectiveOn), t.Type, t.OfferingID, strconv.Itoa(t.Quantity), dollars(t.Cost.Amount), t.ID})
		}
		p.say("")
		p.table([]string{"DATE", "TYPE", "OFFERING", "SLOTS", "USD", "TRANSACTION"}, rows)
		return err
	})
}

// dollars returns an amount with two decimals.
func dollars(amount operatorapi.Decimal) string {
	text := string(amount)
	if strings.Index(text, ".") == len(text)-2 {
		text += "0"
	}
	return text
}

// clockTrustCommand makes a server trust its wall clock again.
type clockTrustCommand struct {
	query
}

// Help returns the text of --help below the usage line.
func (clockTrustCommand) Help() string {
	return `If the wall clock of a server jumps forward by more than --clock-jump, the server continues with the time that has really passed, and /readyz answers 503. Check the clock before you trust it: accounts are charged for every month that it has skipped.`
}

// Run trusts the clock and prints the time that the server kept until now.
func (c *clockTrustCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		w, err := api.TrustClock(ctx)
		p.say("The server's time was %s. It is %s now.", showTime(w.Kept), showTime(w.Wall))
		return err
	})
}
