package billing

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// Statement returns what an account owes for a period, with the charges made
// until now, and the account. The zero period is the current one. Errors:
// NotFound if the account was never opened; Argument if the period has not
// begun.
func (o *Orders) Statement(ctx context.Context, c journal.Caller, p offering.Period) (account.Statement, View, error) {
	view, p, err := o.period(ctx, c, p)
	if err != nil {
		return account.Statement{}, view, err
	}
	draft, end := account.NewDraft(p, view.Terms.Catalog), p.Next().Start()
	last, rest := view.State, journal.Span{Until: view.Entries}
	for entry, err := range journal.Unbooked(ctx, o.accounts.config.Store, c.Account, rest) {
		if err != nil {
			return account.Statement{}, view, err
		}
		if entry.State.Reached(end) {
			rest.Until = entry.Seq - 1
			break
		}
		draft.Add(entry.Event)
		last, rest.After = entry.State, entry.Seq
	}
	// What follows books sessions, and the last of them has their tallies.
	session, err := o.reached(ctx, c.Account, rest, end)
	if session.Seq > 0 {
		last = session.State
	}
	return draft.Statement(last), view, err
}

// period returns an account as it is now, and a period of it that has begun: the
// current one for the zero period.
func (o *Orders) period(ctx context.Context, c journal.Caller, p offering.Period) (View, offering.Period, error) {
	view, err := o.accounts.Known(ctx, c)
	if err != nil {
		return view, p, err
	}
	if p == (offering.Period{}) {
		p = offering.PeriodOf(view.Now)
	}
	if p.Start().After(view.Now) {
		return view, p, fault.New(fault.Argument, "period %q has not begun; the account's current one is %q", p, offering.PeriodOf(view.Now))
	}
	return view, p, nil
}
