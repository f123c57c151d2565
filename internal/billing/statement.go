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
	for event, err := range journal.History(ctx, o.accounts.config.Store, c.Account, view.Entries) {
		if err != nil {
			return account.Statement{}, view, err
		}
		if draft.Over(event) {
			break
		}
		draft.Add(event)
	}
	return draft.Statement(), view, nil
}
