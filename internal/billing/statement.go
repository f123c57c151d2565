package billing

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// Statement returns what an account owes for a period, as far as it is charged
// now, and the account. The zero period is the current one. Errors: NotFound for
// an account that was never opened, Argument for a period that has not begun.
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
	draft := account.NewDraft(p, view.Terms.Catalog)
	reader, all := o.accounts.config.Store, journal.Span{Until: view.Entries}
	for entry, err := range journal.Unbooked(ctx, reader, c.Account, all) {
		if err != nil {
			return account.Statement{}, view, err
		}
		if draft.Over(entry.Event) {
			break
		}
		draft.Add(entry.Event)
	}
	end, err := endOf(ctx, reader, c.Account, p, view)
	return draft.Statement(end), view, err
}

// endOf returns the account's state where a period ended, or the one of now.
func endOf(ctx context.Context, r journal.Entries, id account.ID, p offering.Period, now View) (account.State, error) {
	if !now.State.PastPeriod(p) {
		return now.State, nil
	}
	next, err := journal.Find(ctx, r, id, journal.Span{Until: now.Entries}, func(s account.State) bool { return s.PastPeriod(p) })
	if err != nil || next == 1 {
		return account.State{}, err
	}
	for entry, err := range journal.Between(ctx, r, id, journal.Span{After: next - 2, Until: next - 1}) {
		return entry.State, err
	}
	return account.State{}, nil
}
