package oracle

import (
	"math/big"
	"slices"
	"time"
	"unicode/utf8"
)

// catchUp brings an account to an instant, day by day.
func (w *world) catchUp(a *account, to time.Time) {
	year, month, day := a.newest.Date()
	for date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC); !date.After(to); date = date.AddDate(0, 0, 1) {
		if len(a.slots)+len(a.renewals) == 0 {
			return
		}
		if date.Day() == 1 && date.After(a.newest) {
			w.beginMonth(a, date)
		}
	}
}

// beginMonth renews everything for the month that begins at a date.
func (w *world) beginMonth(a *account, date time.Time) {
	a.enter(date)
	for i := range a.slots {
		a.slots[i].months++
	}
	for _, id := range a.concerned() {
		r, stands := a.standing(id)
		n := a.held(id)
		most := max(n, a.limit(id))
		if stands && r.quantity <= most {
			a.resize(id, r.quantity)
			a.charges = append(a.charges, charge{date, "renewal", id, r.quantity, r.cost, r.transaction, r.reductions})
			continue
		}
		if stands {
			n = most
		}
		cost, reductions := w.month(id, n, a.running(id, 0), date)
		a.transactions = append(a.transactions, transaction{
			kind: "SYSTEM", offering: id, quantity: n, created: date, effective: date, cost: cost,
		})
		a.charges = append(a.charges, charge{date, "renewal", id, n, cost, len(a.transactions) - 1, reductions})
		a.resize(id, n)
	}
	a.renewals = nil
	a.customer = a.customer || len(a.slots) > 0
}

// resize gives an account a number of slots of an offering. Slots that a
// promotion still runs for stay first, those bought first before the others.
func (a *account) resize(offering string, quantity int) {
	kept := a.running(offering, 0)
	kept = kept[:min(quantity, len(kept))]
	for len(kept) < quantity {
		kept = append(kept, slot{offering: offering})
	}
	others := slices.DeleteFunc(slices.Clone(a.slots), func(s slot) bool { return s.offering == offering })
	a.slots = append(others, kept...)
}

// running returns the slots of an offering whose promotion still runs some
// months on, in the order in which they were bought.
func (a *account) running(offering string, months int) []slot {
	var all []slot
	for _, s := range a.slots {
		if s.offering == offering && s.months+months < len(s.percents) {
			s.months += months
			all = append(all, s)
		}
	}
	return all
}

// month is the cost of a whole month that begins at a date, for a number of
// slots of which some have a promotion that runs.
func (w *world) month(offering string, quantity int, promoted []slot, date time.Time) (*big.Rat, []reduction) {
	price := w.price(offering, date)
	sum := new(big.Rat)
	var reductions []reduction
	for i := range quantity {
		percent := 0
		if i < len(promoted) {
			percent = promoted[i].percents[promoted[i].months]
			reductions = reduced(reductions, promoted[i].promotion, percent)
		}
		sum.Add(sum, off(price, percent))
	}
	return cents(sum), reductions
}

// reduced counts one more slot with so many percent off by a promotion.
func reduced(list []reduction, promotion string, percent int) []reduction {
	if percent == 0 {
		return list
	}
	for i := range list {
		if list[i].promotion == promotion {
			list[i].quantity++
			return list
		}
	}
	return append(list, reduction{promotion, 1, percent})
}

// off is a price with so many percent off.
func off(price *big.Rat, percent int) *big.Rat {
	return new(big.Rat).Mul(price, big.NewRat(int64(100-percent), 100))
}

// price is what one slot costs a month at an instant, in dollars.
func (w *world) price(offering string, at time.Time) *big.Rat {
	o := w.catalog.offering(offering)
	if o.Monthly != "" {
		return dollars(o.Monthly)
	}
	price := new(big.Rat)
	for _, p := range o.Prices {
		if p.From == nil || !at.Before(*p.From) {
			price = dollars(p.Monthly)
		}
	}
	return price
}

// cents rounds half-up to three decimals, and then half-up to two.
func cents(amount *big.Rat) *big.Rat { return halfUp(halfUp(amount, 1000), 100) }

func halfUp(amount *big.Rat, parts int64) *big.Rat {
	scaled := new(big.Rat).Mul(amount, big.NewRat(parts, 1))
	scaled.Add(scaled, big.NewRat(1, 2))
	whole := new(big.Int).Div(scaled.Num(), scaled.Denom())
	return new(big.Rat).SetFrac(whole, big.NewInt(parts))
}

// monthDays counts the days of an instant's month, and those that are left of it
// with its own.
func monthDays(at time.Time) (all, left int) {
	for date := at; date.Month() == at.Month(); date = date.AddDate(0, 0, 1) {
		left++
	}
	return at.Day() - 1 + left, left
}

// nextMonth is the first instant of the month after an instant's.
func nextMonth(at time.Time) time.Time {
	_, left := monthDays(at)
	year, month, day := at.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC).AddDate(0, 0, left)
}

// order is what a purchase or renewal asks for.
type order struct {
	offering  string
	quantity  int
	promotion string
}

// purchase returns the transaction of buying slots now, or the name of the
// error. It changes nothing.
func (w *world) purchase(a *account, o order) (transaction, string) {
	if wrong := w.check(a, o, 1); wrong != "" {
		return transaction{}, wrong
	}
	now, percent := w.now(a), 0
	if o.promotion != "" {
		p, there := w.catalog.promotion(o.promotion)
		switch {
		case !there:
			return transaction{}, notFound
		case !a.offered(p, now), len(p.OfferingIDs) > 0 && !slices.Contains(p.OfferingIDs, o.offering):
			return transaction{}, notEligible
		}
		percent = p.PercentOff[0]
	}
	if wrong := a.within(o.offering, a.held(o.offering)+o.quantity); wrong != "" {
		return transaction{}, wrong
	}
	all, left := monthDays(now)
	cost := off(w.price(o.offering, now), percent)
	cost.Mul(cost, big.NewRat(int64(o.quantity)*int64(left), int64(all)))
	return transaction{
		kind: "PURCHASE", offering: o.offering, quantity: o.quantity, promotion: o.promotion,
		created: now, effective: now, cost: cents(cost),
	}, ""
}

// buy does what purchase said.
func (w *world) buy(a *account, t transaction) {
	bought := slot{offering: t.offering}
	var reductions []reduction
	if t.promotion != "" {
		p, _ := w.catalog.promotion(t.promotion)
		bought.promotion, bought.percents = p.ID, p.PercentOff
		a.used = append(a.used, p.ID)
		reductions = []reduction{{p.ID, t.quantity, p.PercentOff[0]}}
	}
	for range t.quantity {
		a.slots = append(a.slots, bought)
	}
	a.customer = true
	a.transactions = append(a.transactions, t)
	a.charges = append(a.charges, charge{t.created, "purchase", t.offering, t.quantity, t.cost, len(a.transactions) - 1, reductions})
	a.enter(t.created)
}

// renew sets the quantity of the next month, or returns the name of the error.
func (w *world) renew(a *account, o order) string {
	if wrong := w.check(a, o, 0); wrong != "" {
		return wrong
	}
	if wrong := a.within(o.offering, o.quantity); wrong != "" {
		return wrong
	}
	now := w.now(a)
	next := nextMonth(now)
	cost, reductions := w.month(o.offering, o.quantity, a.running(o.offering, 1), next)
	a.transactions = append(a.transactions, transaction{
		kind: "RENEW", offering: o.offering, quantity: o.quantity, created: now, effective: next, cost: cost,
	})
	a.renewals = slices.DeleteFunc(a.renewals, func(r renewal) bool { return r.offering == o.offering })
	a.renewals = append(a.renewals, renewal{o.offering, o.quantity, cost, len(a.transactions) - 1, reductions})
	a.enter(now)
	return ""
}

// check makes the checks that come first, in their order: eligible, arguments,
// offering.
func (w *world) check(a *account, o order, least int) string {
	switch {
	case a.status == "INELIGIBLE":
		return notEligible
	case utf8.RuneCountInString(o.offering) < 32, o.quantity < least:
		return badArgument
	case o.promotion != "" && utf8.RuneCountInString(o.promotion) < 4:
		return badArgument
	case w.catalog.offering(o.offering).ID == "":
		return notFound
	}
	return ""
}

// within makes the checks that come last: the limit and the account's standing.
func (a *account) within(offering string, total int) string {
	switch {
	case total > a.limit(offering):
		return limitExceeded
	case a.status == "SUSPENDED":
		return serviceAccount
	}
	return ""
}

// offered reports whether a promotion is open to an account.
func (a *account) offered(p promotion, now time.Time) bool {
	return !slices.Contains(a.used, p.ID) && !(p.NewCustomersOnly && a.customer) &&
		(p.From == nil || !now.Before(*p.From)) && (p.Until == nil || now.Before(*p.Until))
}
