package billing

import (
	"context"
	"time"

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
	view, err := o.accounts.Known(ctx, c)
	if err != nil {
		return account.Statement{}, view, err
	}
	if p == (offering.Period{}) {
		p = offering.PeriodOf(view.Now)
	}
	if p.Start().After(view.Now) {
		return account.Statement{}, view, fault.New(fault.Argument, "period %q has not begun; the account's current one is %q", p, offering.PeriodOf(view.Now))
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
	last, err = o.sessionsUntil(ctx, c.Account, rest, end, last)
	return draft.Statement(last), view, err
}

// sessionsUntil returns the account's state before an instant. What follows the
// state before books sessions.
func (o *Orders) sessionsUntil(ctx context.Context, id account.ID, s journal.Span, end time.Time, before account.State) (account.State, error) {
	entry, err := journal.Before(ctx, o.accounts.config.Store, id, s, func(s account.State) bool { return s.Reached(end) })
	if err != nil || entry.Seq == 0 {
		return before, err
	}
	return entry.State, nil
}
