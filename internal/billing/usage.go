package billing

import (
	"context"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// Usage returns what an account used of the lab in a period, as far as it is booked
// now, and the account. It reads the period's entries, some at a time. The zero
// period is the current one. Errors: those of Statement.
func (o *Orders) Usage(ctx context.Context, c journal.Caller, p offering.Period) (account.Usage, View, error) {
	view, p, err := o.period(ctx, c, p)
	if err != nil {
		return account.Usage{}, view, err
	}
	all := journal.Span{Until: view.Entries}
	before, err := o.reached(ctx, c.Account, all, p.Start())
	if err != nil {
		return account.Usage{}, view, err
	}
	last, err := o.reached(ctx, c.Account, all, p.Next().Start())
	if err != nil {
		return account.Usage{}, view, err
	}
	draft := account.NewUsageDraft(p, view.Terms.Catalog, before.State)
	for entry, err := range journal.Between(ctx, o.accounts.config.Store, c.Account, journal.Span{After: before.Seq, Until: last.Seq}) {
		if err != nil {
			return account.Usage{}, view, err
		}
		draft.Add(entry.Event)
	}
	return draft.Usage(view.Now), view, nil
}

// reached returns the last entry of a part of a journal with which the account's
// books have not reached an instant.
func (o *Orders) reached(ctx context.Context, id account.ID, s journal.Span, at time.Time) (journal.Entry, error) {
	return journal.Before(ctx, o.accounts.config.Store, id, s, func(s account.State) bool { return s.Reached(at) })
}
