package account

import (
	"fmt"
	"slices"
	"time"

	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// Statement is what an account owes for one billing period, and why.
type Statement struct {
	Period offering.Period
	Lines  []Line // oldest first
	Total  Cents  // the sum of the lines
}

// LineKind says what a line of a statement is for.
type LineKind string

// The kinds of lines.
const (
	LinePurchase LineKind = "purchase"
	LineRenewal  LineKind = "renewal"
	LineCredit   LineKind = "credit"
	LineSession  LineKind = "session"
)

// Line is one charge, a credit, whose cost is negative, or what the sessions of one
// kind come to. The latter two have neither an offering nor a transaction.
type Line struct {
	At            time.Time // of a renewal, the boundary; of sessions, when the first was booked
	Kind          LineKind
	OfferingID    string
	Quantity      int
	TransactionID string
	Reductions    []Reduction // by promotions
	Days          int         // days that are paid for
	PeriodDays    int         // in the whole period
	Monthly       *Cents      // price of one slot; nil if it is not known
	Cost          Cents
	Reason        string // of a credit
	Asked         int    // by a renewal above what the account may hold; 0 if there was none
	Tally         *Tally // of sessions
}

// Draft is a statement that is being made from the account's events.
type Draft struct {
	statement Statement
	catalog   offering.Catalog
	state     State
	renewals  map[string]renewal // by offering, the newest of the current period
}

// renewal is the effect of an explicit renewal, if it still stands at the
// boundary.
type renewal struct {
	transactionID string
	reductions    []Reduction
}

// NewDraft begins the statement of a period. Events hold no prices: a line
// shows the only price that gives its amount or, if several do, the price of
// the catalogue at that time if it is one of them. Only the texts of the
// statement depend on the catalogue.
func NewDraft(p offering.Period, catalog offering.Catalog) *Draft {
	return &Draft{statement: Statement{Period: p}, catalog: catalog, renewals: map[string]renewal{}}
}

// Add takes the account's next event; the first is its opening, and the last is the
// period's last, or any later one. A purchase is charged when it is made, a renewal
// at the boundary where it takes effect.
func (d *Draft) Add(e Event) {
	switch e.Kind {
	case KindPurchased:
		d.statement.add(purchaseLine(e), d.catalog)
	case KindRenewed:
		t := e.Transactions[0]
		d.renewals[t.OfferingID] = renewal{t.ID, d.state.Holding(t.OfferingID).reductions(t.Quantity, offering.PeriodOf(t.EffectiveOn))}
	case KindCancelled:
		delete(d.renewals, e.Cancelled)
	case KindCredited:
		d.statement.add(Line{At: e.At, Kind: LineCredit, Cost: -e.Credit.Amount, Reason: e.Credit.Reason}, d.catalog)
	case KindRolled:
		for _, c := range e.Charges {
			r := d.renewals[c.OfferingID]
			if r.transactionID != c.TransactionID {
				r.reductions = d.state.Holding(c.OfferingID).reductions(c.Quantity, offering.PeriodOf(e.At))
			}
			d.statement.add(renewalLine(e.At, c, r.reductions), d.catalog)
		}
		clear(d.renewals)
	}
	d.state = Apply(d.state, e)
}

// Statement returns the statement of what was added, and of the period's sessions,
// whose tallies are in end: the account's state where the period ended, or now. The
// events of sessions need not be added.
func (d *Draft) Statement(end State) Statement {
	s := d.statement
	if len(end.Tallies) == 0 || offering.PeriodOf(end.At).Since(s.Period) != 0 {
		return s
	}
	for _, t := range end.Tallies {
		s.Lines = append(s.Lines, Line{At: t.Since, Kind: LineSession, Quantity: t.Sessions, Cost: t.Cost, Tally: &t})
		s.Total += t.Cost
	}
	slices.SortStableFunc(s.Lines, func(a, b Line) int { return a.At.Compare(b.At) })
	return s
}

// add adds a line that is of the statement's period.
func (s *Statement) add(l Line, catalog offering.Catalog) {
	if offering.PeriodOf(l.At).Since(s.Period) != 0 {
		return
	}
	l.Monthly = l.price(catalog)
	s.Lines = append(s.Lines, l)
	s.Total += l.Cost
}

func purchaseLine(e Event) Line {
	t := e.Transactions[0]
	l := Line{
		At: e.At, Kind: LinePurchase, OfferingID: t.OfferingID, Quantity: t.Quantity, TransactionID: t.ID,
		Days: offering.DaysLeft(e.At), PeriodDays: offering.PeriodOf(e.At).Days(), Cost: t.Cost,
	}
	if e.Lot != nil {
		l.Reductions = []Reduction{{e.Lot.PromotionID, e.Lot.Quantity, e.Lot.PercentOff[0]}}
	}
	return l
}

func renewalLine(at time.Time, c Charge, reductions []Reduction) Line {
	days := offering.PeriodOf(at).Days()
	return Line{
		At: at, Kind: LineRenewal, OfferingID: c.OfferingID, Quantity: c.Quantity, TransactionID: c.TransactionID,
		Reductions: reductions, Days: days, PeriodDays: days, Cost: c.Cost, Asked: c.Asked,
	}
}

// price returns the price of one slot that gives the line's amount, or nil.
func (l Line) price(catalog offering.Catalog) *Cents {
	share, whole := l.share()
	if share == 0 {
		return nil // every price gives 0
	}
	if share >= whole { // no two prices give the same amount
		for near := Cents(int64(l.Cost) * whole / share); near <= money.MaxPrice; near++ {
			switch cost := money.RoundFraction(int64(near)*share, whole); {
			case cost == l.Cost:
				return &near
			case cost > l.Cost:
				return nil
			}
		}
		return nil
	}
	slot, ok := catalog.Offering(l.OfferingID)
	monthly := slot.PriceAt(l.At)
	if ok && money.RoundFraction(int64(monthly)*share, whole) == l.Cost {
		return &monthly
	}
	return nil
}

// share returns the part of one slot's price that the line costs, as a fraction.
func (l Line) share() (share, whole int64) {
	share = 100 * int64(l.Quantity)
	for _, r := range l.Reductions {
		share -= int64(r.Quantity) * int64(r.PercentOff)
	}
	return share * int64(l.Days), 100 * int64(l.PeriodDays)
}

// Why explains in words how the line's amount is calculated, as in "2 slots ×
// 250.00 × 8 of 30 days".
func (l Line) Why() string {
	switch {
	case l.Kind == LineCredit:
		return l.Reason
	case l.Kind == LineSession:
		return l.Tally.why()
	case l.Quantity == 0 && l.Asked > 0:
		return "renewed to 0 slots: a renewal asked for " + slots(l.Asked) + ", and the limit is lower"
	case l.Quantity == 0:
		return "renewed to 0 slots: cancelled"
	}
	why := slots(l.Quantity)
	if l.Monthly != nil {
		why += " × " + l.Monthly.Fixed()
	}
	if l.Kind == LinePurchase {
		why += fmt.Sprintf(" × %d of %d days", l.Days, l.PeriodDays)
	} else {
		why += " for the whole month"
	}
	for _, r := range l.Reductions {
		of := ""
		if r.Quantity != l.Quantity {
			of = " " + slots(r.Quantity)
		}
		why += fmt.Sprintf(", %d%% off%s by promotion %s", r.PercentOff, of, r.PromotionID)
	}
	if l.Asked > 0 {
		why += "; a renewal asked for " + slots(l.Asked) + ", and the limit is lower"
	}
	return why
}

func slots(n int) string {
	if n == 1 {
		return "1 slot"
	}
	return fmt.Sprintf("%d slots", n)
}
