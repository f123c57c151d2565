package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// accountCommand holds the commands on accounts.
type accountCommand struct {
	List accountListCommand `cmd:"" help:"Print all accounts."`
	Show accountShowCommand `cmd:"" help:"Print an account's settings and slots."`
	Set  accountSetCommand  `cmd:"" help:"Open an account, or change its settings."`
}

// accountListCommand prints all accounts.
type accountListCommand struct {
	query
}

// Run prints a line for each account. It joins the pages of the answer.
func (c *accountListCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		raw := []json.RawMessage{}
		var rows [][]string
		after := ""
		for more := true; more; more = after != "" {
			answer, err := api.Accounts(ctx, after)
			if err != nil {
				return err
			}
			var body struct{ Accounts []json.RawMessage }
			if err := json.Unmarshal(p.answer, &body); err != nil {
				return err
			}
			raw, after = append(raw, body.Accounts...), answer.Next
			for _, a := range answer.Accounts {
				rows = append(rows, accountRow(a))
			}
		}
		p.table(accountHeader(), rows)
		return p.whole("accounts", raw)
	})
}

func accountHeader() []string {
	return []string{"ACCOUNT", "STATUS", "KIND", "NOW", "CLOCK", "SLOTS", "NEXT PERIOD", "TRANSACTIONS", "ENTRIES"}
}

func accountRow(a operatorapi.Account) []string {
	return []string{
		a.Account, a.Status, kindOf(a), showTime(a.Now), clockOf(a),
		strconv.Itoa(sum(a.Current)), strconv.Itoa(sum(a.NextPeriod)),
		strconv.Itoa(a.Transactions), strconv.FormatInt(a.Entries, 10),
	}
}

func kindOf(a operatorapi.Account) string {
	if a.Test {
		return "test"
	}
	return "ordinary"
}

func clockOf(a operatorapi.Account) string {
	if a.Frozen {
		return "frozen"
	}
	return "running"
}

func sum(slots map[string]int) int {
	n := 0
	for _, quantity := range slots {
		n += quantity
	}
	return n
}

// accountShowCommand prints an account.
type accountShowCommand struct {
	onAccount
}

// Run prints the account and its slots of each offering.
func (c *accountShowCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		a, err := api.Account(ctx, string(c.Account))
		p.account(a)
		return err
	})
}

// account adds an account to the text.
func (p *page) account(a operatorapi.Account) {
	p.table(accountHeader(), [][]string{accountRow(a)})
	if a.Note != "" {
		p.say("%s", a.Note)
	}
	p.say("")
	var rows [][]string
	for _, id := range slices.Sorted(maps.Keys(a.MaxSlots)) {
		rows = append(rows, []string{id, strconv.Itoa(a.Current[id]), strconv.Itoa(a.NextPeriod[id]), strconv.Itoa(a.MaxSlots[id])})
	}
	p.table([]string{"OFFERING", "SLOTS", "NEXT PERIOD", "AT MOST"}, rows)
	p.say("")
	p.say("At a time: %d metered sessions on devices, %d sessions on browsers, %d waiting.", a.Limits.Metered, a.Limits.TestGrid, a.Limits.Waiting)
}

// accountSetCommand changes an account.
type accountSetCommand struct {
	onAccount
	Status   status      `env:"-" placeholder:"STATUS" help:"What the account may do: everything if ACTIVE, only read if SUSPENDED, nothing with offerings if INELIGIBLE."`
	MaxSlots []slotLimit `env:"-" sep:"none" placeholder:"OFFERING=N" help:"How many slots of an offering the account may hold. Repeat the flag for several offerings; the limits of the others stay."`
	Metered  *int        `env:"-" placeholder:"N" help:"How many metered sessions the account may have on devices at a time."`
	TestGrid *int        `env:"-" placeholder:"N" help:"How many sessions the account may have on browsers at a time."`
	Waiting  *int        `env:"-" placeholder:"N" help:"How many sessions of the account may wait for a slot or a device."`
	Note     *string     `env:"-" placeholder:"TEXT" help:"A note in your own words, such as the name of the team. An empty note removes it."`
	Test     *bool       `env:"-" negatable:"" help:"Make it a test account, with a clock of its own, or an ordinary account. This is possible only before its first transaction and session."`
}

// Help returns the text of --help below the usage line.
func (accountSetCommand) Help() string {
	return `Settings that you do not give stay as they are. Without any setting, the command only opens the account.`
}

// Run changes the settings that are given, and prints the account.
func (c *accountSetCommand) Run(ctx context.Context, streams IO) error {
	settings := operatorapi.Settings{Test: c.Test, Note: c.Note}
	if c.Status != "" {
		settings.Status = (*string)(&c.Status)
	}
	for _, l := range c.MaxSlots {
		if settings.MaxSlots == nil {
			settings.MaxSlots = map[string]int{}
		}
		settings.MaxSlots[l.offeringID] = l.slots
	}
	if c.Metered != nil || c.TestGrid != nil || c.Waiting != nil {
		settings.Limits = &operatorapi.LimitSettings{Metered: c.Metered, TestGrid: c.TestGrid, Waiting: c.Waiting}
	}
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		a, err := api.PutAccount(ctx, string(c.Account), settings)
		p.account(a)
		return err
	})
}

// status says what an account may do; "" if it is not given.
type status string

// statuses lists all statuses.
var statuses = []string{"ACTIVE", "INELIGIBLE", "SUSPENDED"}

// Choices returns all values.
func (status) Choices() []string { return statuses }

// UnmarshalText accepts a status in upper or lower case.
func (s *status) UnmarshalText(text []byte) error {
	*s = status(strings.ToUpper(string(text)))
	if !slices.Contains(statuses, string(*s)) {
		return fmt.Errorf("%q is not a status; it must be ACTIVE, INELIGIBLE or SUSPENDED", text)
	}
	return nil
}

// slotLimit is the number of slots of an offering that an account may hold.
type slotLimit struct {
	offeringID string
	slots      int
}

// UnmarshalText accepts an offering and a number, as in ID=3.
func (l *slotLimit) UnmarshalText(text []byte) error {
	at := strings.LastIndex(string(text), "=")
	if at > 0 {
		slots, err := strconv.Atoi(string(text[at+1:]))
		if err == nil {
			*l = slotLimit{string(text[:at]), slots}
			return nil
		}
	}
	return fmt.Errorf("%q is not an offering and a number of slots, such as A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01=3", text)
}
