package operator

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// accountsPage is the number of accounts on a page of the list.
const accountsPage = 100

func (a api) accountRows() []row {
	return []row{
		on(operatorapi.ListAccounts, a.listAccounts),
		on(operatorapi.GetAccount, a.getAccount),
		on(operatorapi.PutAccount, a.putAccount),
	}
}

// shape returns an account as the API shows it.
func shape(id account.ID, v billing.View) operatorapi.Account {
	s := operatorapi.Account{
		Account: string(id), Status: string(v.State.Status), Note: v.State.Note, Test: v.State.Test,
		Now: v.Now, Frozen: v.State.Frozen != nil,
		MaxSlots: map[string]int{}, Limits: limitsShape(v.State), Current: map[string]int{}, NextPeriod: map[string]int{},
		Transactions: v.State.Transactions, Entries: v.Entries,
	}
	for _, o := range v.Terms.Catalog.Offerings {
		s.MaxSlots[o.ID] = v.State.MaxSlots(o.ID, v.Terms)
	}
	for _, h := range v.State.Holdings {
		s.Current[h.OfferingID], s.NextPeriod[h.OfferingID] = h.Current, h.Upcoming()
	}
	return s
}

func limitsShape(s account.State) operatorapi.Limits {
	return operatorapi.Limits{Metered: s.MeteredLimit(), TestGrid: s.TestGridLimit(), Waiting: s.WaitingLimit()}
}

// getAccount shows an account, or returns NotFound if it was never opened.
func (a api) getAccount(ctx context.Context, in input[none, none]) (operatorapi.Account, error) {
	return a.account(ctx, in.caller)
}

func (a api) account(ctx context.Context, c journal.Caller) (operatorapi.Account, error) {
	view, err := a.Accounts.Known(ctx, c)
	if err != nil {
		return operatorapi.Account{}, err
	}
	return shape(c.Account, view), nil
}

// listAccounts shows a page of accounts in the order of their ids.
func (a api) listAccounts(ctx context.Context, in input[operatorapi.AccountsQuery, none]) (operatorapi.Accounts, error) {
	page := operatorapi.Accounts{Accounts: []operatorapi.Account{}}
	after, err := optionalAccount(in.query.After)
	if err != nil {
		return page, err
	}
	ids, err := a.Accounts.List(ctx, after, accountsPage)
	if err != nil {
		return page, err
	}
	for _, id := range ids {
		s, err := a.account(ctx, callerOn(id, in.request))
		if err != nil {
			return page, err
		}
		page.Accounts = append(page.Accounts, s)
	}
	if len(ids) == accountsPage {
		page.Next = string(ids[len(ids)-1])
	}
	return page, nil
}

// optionalAccount parses an account id. An empty text is the empty id.
func optionalAccount(text string) (account.ID, error) {
	if text == "" {
		return "", nil
	}
	return account.ParseID(text)
}

// putAccount opens an account, or changes the settings that the body names.
func (a api) putAccount(ctx context.Context, in input[none, operatorapi.Settings]) (operatorapi.Account, error) {
	settings := account.Settings{Status: (*account.Status)(in.body.Status), Test: in.body.Test, Note: in.body.Note}
	for _, id := range slices.SortedFunc(maps.Keys(in.body.MaxSlots), strings.Compare) {
		settings.Limits = append(settings.Limits, account.Limit{OfferingID: id, Max: in.body.MaxSlots[id]})
	}
	if l := in.body.Limits; l != nil {
		settings.Quotas = &account.Quotas{Metered: l.Metered, TestGrid: l.TestGrid, Waiting: l.Waiting}
	}
	view, err := a.Accounts.Configure(ctx, in.caller, settings)
	return shape(in.caller.Account, view), err
}
