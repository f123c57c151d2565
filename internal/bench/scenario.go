package bench

import (
	"context"
	"fmt"
)

// Accounts in addition to those that share the load, which follow the last of
// those: one that all connections use, one with a long history, and those with
// several pages.
const (
	hotAccount      = 0
	historyAccount  = 1
	firstPagedOne   = 2
	pagedAccounts   = 16
	pagedHistory    = 250 // transactions of each: three pages
	extraAccounts   = firstPagedOne + pagedAccounts
	floorAccounts   = 1000 // few enough for every cache, so that only the common cost of answers is measured
	fewAccounts     = 1000 // for comparison in the scenario accounts
	pageSize        = 100  // transactions on a page
	advancedPeriods = 12
	heldOfferings   = 3 // by each account whose clock is advanced
)

// Names of workloads and phases.
const (
	offerings   = "offerings" // the floor
	purchases   = "purchases"
	renewals    = "renewals"
	status      = "status"
	paging      = "paging"
	mixed       = "mix"
	hot         = "hot"
	few         = "purchases-1000"
	firstPage   = "first-page"
	deepestPage = "deepest-page"
	behind      = "purchases-behind" // the history
	advances    = "advance"
)

// phase is one measurement.
type phase struct {
	name     string
	accounts int
	source   func() source               // for each connection
	once     int64                       // number of requests; 0: as many as fit in the duration
	due      int                         // transactions that each of those requests makes
	before   func(context.Context) error // prepares each round; nil: nothing
}

// phases returns the phases of each round, the floor first.
func (r *runner) phases() []phase {
	all := []phase{r.phase(offerings)}
	for _, name := range r.names() {
		if name != offerings {
			all = append(all, r.phase(name))
		}
	}
	return all
}

// names returns the names of the phases other than the floor.
func (r *runner) names() []string {
	switch r.config.Scenario {
	case "hot":
		return []string{purchases, hot}
	case "accounts":
		return []string{few, purchases}
	case "history":
		return []string{firstPage, deepestPage, hot, behind}
	case "advance":
		return []string{advances}
	}
	return r.config.Workloads
}

func (r *runner) phase(name string) phase {
	p := phase{name: name, accounts: r.config.Accounts}
	switch name {
	case offerings:
		p.accounts = min(p.accounts, floorAccounts)
	case few:
		p.accounts = min(p.accounts, fewAccounts)
	case hot, firstPage, deepestPage, behind:
		p.accounts = 1
	case paging:
		p.accounts = pagedAccounts
	case advances:
		p.once, p.due, p.before = int64(p.accounts), advancedPeriods*heldOfferings, r.plant
	}
	p.source = func() source { return r.source(name, p.accounts) }
	return p
}

// source returns the source of one connection's requests, on a number of
// accounts.
func (r *runner) source(name string, accounts int) source {
	spread, extra := span{0, accounts}, r.config.Accounts
	switch name {
	case purchases, few:
		return &random{templates: r.purchases, accounts: spread}
	case hot:
		return &random{templates: r.purchases, accounts: span{extra + hotAccount, 1}}
	case behind:
		return &random{templates: r.purchases, accounts: span{extra + historyAccount, 1}}
	case renewals:
		return &random{templates: r.renewals, accounts: spread}
	case status:
		return &random{templates: []*template{newTemplate("GetOfferingStatus", []byte("{}"), `"current":{`, `"nextPeriod":{`)}, accounts: spread}
	case paging:
		return &pages{accounts: span{extra + firstPagedOne, pagedAccounts}}
	case firstPage:
		return &random{templates: []*template{pageTemplate("")}, accounts: span{extra + historyAccount, 1}}
	case deepestPage:
		return &random{templates: []*template{pageTemplate(r.deepest)}, accounts: span{extra + historyAccount, 1}}
	case advances:
		return advance{periods: advancedPeriods, due: advancedPeriods * heldOfferings}
	case mixed:
		return &mix{shares: []share{
			{60, r.source(status, accounts)}, {20, r.source(purchases, accounts)}, {10, r.source(renewals, accounts)},
			{5, r.source(paging, accounts)}, {5, r.source(offerings, min(accounts, floorAccounts))},
		}}
	}
	return &random{templates: []*template{listOfferings()}, accounts: spread}
}

func listOfferings() *template {
	return newTemplate("ListOfferings", []byte("{}"), `"offerings":[`, `"id":`)
}

// orders returns the templates of an operation that orders one slot, one for
// each offering.
func (r *runner) orders(operation, kind string) []*template {
	var all []*template
	for _, id := range r.offerings {
		body := fmt.Appendf(nil, `{"offeringId":%q,"quantity":1}`, id)
		all = append(all, newTemplate(operation, body,
			`"offeringTransaction":`, `"transactionId":`, `"type":"`+kind+`"`, `"quantity":1`, id))
	}
	return all
}
