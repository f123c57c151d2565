package operator

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// accountsPage is how many accounts a page of the list holds.
const accountsPage = 100

// accountShape is an account as the API shows it. Maps are by offering id.
type accountShape struct {
	Account      account.ID     `json:"account"`
	Status       account.Status `json:"status"`
	Note         string         `json:"note,omitzero"`
	Test         bool           `json:"test"`
	Now          string         `json:"now"`
	Frozen       bool           `json:"frozen"`
	MaxSlots     map[string]int `json:"maxSlots"`
	Current      map[string]int `json:"current"`
	NextPeriod   map[string]int `json:"nextPeriod"`
	Transactions int            `json:"transactions"`
	Entries      int64          `json:"entries"` // of its journal
}

func shape(id account.ID, v billing.View) accountShape {
	s := accountShape{
		Account: id, Status: v.State.Status, Note: v.State.Note, Test: v.State.Test,
		Now: v.Now.Format(timeFormat), Frozen: v.State.Frozen != nil,
		MaxSlots: map[string]int{}, Current: map[string]int{}, NextPeriod: map[string]int{},
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

// getAccount shows an account; one that was never opened is not found.
func (a api) getAccount(r *http.Request) (any, error) {
	c, err := caller(r)
	if err != nil {
		return nil, err
	}
	return a.account(r.Context(), c)
}

func (a api) account(ctx context.Context, c journal.Caller) (accountShape, error) {
	view, err := a.Accounts.Known(ctx, c)
	if err != nil {
		return accountShape{}, err
	}
	return shape(c.Account, view), nil
}

type listAccountsAnswer struct {
	Accounts []accountShape `json:"accounts"`
	Next     account.ID     `json:"next,omitempty"` // the next page's ?after=
}

// listAccounts shows a page of accounts in the order of their ids.
func (a api) listAccounts(r *http.Request) (any, error) {
	answer := listAccountsAnswer{Accounts: []accountShape{}}
	after, err := queryAccount(r, "after")
	if err != nil {
		return nil, err
	}
	ids, err := a.Accounts.List(r.Context(), after, accountsPage)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		s, err := a.account(r.Context(), callerOn(id, r))
		if err != nil {
			return nil, err
		}
		answer.Accounts = append(answer.Accounts, s)
	}
	if len(ids) == accountsPage {
		answer.Next = ids[len(ids)-1]
	}
	return answer, nil
}

type putAccountBody struct {
	Status   *account.Status `json:"status"`
	MaxSlots map[string]int  `json:"maxSlots"`
	Test     *bool           `json:"test"`
	Note     *string         `json:"note"`
}

// putAccount opens an account, or changes the settings that the body names.
func (a api) putAccount(r *http.Request) (any, error) {
	c, err := caller(r)
	if err != nil {
		return nil, err
	}
	var body putAccountBody
	if err := decode(r, &body); err != nil {
		return nil, err
	}
	settings := account.Settings{Status: body.Status, Test: body.Test, Note: body.Note}
	for _, id := range slices.SortedFunc(maps.Keys(body.MaxSlots), strings.Compare) {
		settings.Limits = append(settings.Limits, account.Limit{OfferingID: id, Max: body.MaxSlots[id]})
	}
	view, err := a.Accounts.Configure(r.Context(), c, settings)
	return shape(c.Account, view), err
}
