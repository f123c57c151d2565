package account_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// line is what the tests compare of a line.
type line struct {
	At, What, Offering string
	Quantity           int
	Cost               account.Cents
	Why                string
}

// statementOf returns the statement of a period from all events of an account.
func statementOf(p offering.Period, events []account.Event, catalog offering.Catalog) account.Statement {
	draft, state := account.NewDraft(p, catalog), account.State{}
	for _, e := range events {
		next := account.Apply(state, e)
		if next.Reached(p.Next().Start()) {
			break
		}
		draft.Add(e)
		state = next
	}
	return draft.Statement(state)
}

// statement returns the lines of a period, and checks their sum.
func (b *book) statement(month string, catalog offering.Catalog) []line {
	b.t.Helper()
	p, err := offering.ParsePeriod(month)
	if err != nil {
		b.t.Fatal(err)
	}
	var lines []line
	var sum account.Cents
	s := statementOf(p, b.events, catalog)
	for _, l := range s.Lines {
		sum += l.Cost
		lines = append(lines, line{l.At.Format("01-02"), string(l.Kind), l.OfferingID, l.Quantity, l.Cost, l.Why()})
	}
	if sum != s.Total {
		b.t.Errorf("%s: total %d, want %d", month, s.Total, sum)
	}
	return lines
}

func TestStatement(t *testing.T) {
	t.Parallel()
	b := open(t, "2026-10-05T00:00:00Z")
	b.terms.Catalog.Promotions = append(b.terms.Catalog.Promotions, offering.Promotion{ID: "HALFPRICE", PercentOff: []int{50, 25, 100, 100}})
	b.buy("2026-11-23T10:00:00Z", account.Order{OfferingID: android, Quantity: 2})
	b.buy("2026-11-30T23:59:59Z", account.Order{OfferingID: ios, Quantity: 1, PromotionID: "HALFPRICE"})
	b.renew("2026-11-30T23:59:59Z", account.Order{OfferingID: android, Quantity: 3})
	b.renew("2026-11-30T23:59:59Z", account.Order{OfferingID: android, Quantity: 1})
	b.buy("2026-12-31T00:00:00Z", account.Order{OfferingID: ios, Quantity: 2})
	b.renew("2027-01-15T00:00:00Z", account.Order{OfferingID: android, Quantity: 0})
	b.renew("2027-01-15T00:00:00Z", account.Order{OfferingID: ios, Quantity: 2})
	b.rollTo("2027-02-01T00:00:00Z")
	for month, want := range map[string][]line{
		"2026-09": nil, // before it was opened
		"2026-10": nil,
		"2026-11": {
			{"11-23", "purchase", android, 2, 13333, "2 slots × 250.00 × 8 of 30 days"},
			{"11-30", "purchase", ios, 1, 417, "1 slot × 250.00 × 1 of 30 days, 50% off by promotion HALFPRICE"},
		},
		"2026-12": {
			{"12-01", "renewal", android, 1, 25000, "1 slot × 250.00 for the whole month"},
			{"12-01", "renewal", ios, 1, 18750, "1 slot × 250.00 for the whole month, 25% off by promotion HALFPRICE"},
			{"12-31", "purchase", ios, 2, 1613, "2 slots × 250.00 × 1 of 31 days"},
		},
		"2027-01": {
			{"01-01", "renewal", android, 1, 25000, "1 slot × 250.00 for the whole month"},
			{"01-01", "renewal", ios, 3, 50000, "3 slots × 250.00 for the whole month, 100% off 1 slot by promotion HALFPRICE"},
		},
		"2027-02": {
			{"02-01", "renewal", android, 0, 0, "renewed to 0 slots: cancelled"},
			{"02-01", "renewal", ios, 2, 25000, "2 slots × 250.00 for the whole month, 100% off 1 slot by promotion HALFPRICE"},
		},
		"2027-03": nil, // not yet
	} {
		if diff := cmp.Diff(want, b.statement(month, b.terms.Catalog)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", month, diff)
		}
	}
}

// TestStatementLeavesGuessesOut has a catalogue that is not the one by which
// the account was charged.
func TestStatementLeavesGuessesOut(t *testing.T) {
	t.Parallel()
	b := open(t, "2026-11-01T00:00:00Z")
	b.terms.MaxSlots = 50
	b.buy("2026-11-23T00:00:00Z", account.Order{OfferingID: ios, Quantity: 4, PromotionID: promotion})
	b.buy("2026-11-23T00:00:00Z", account.Order{OfferingID: android, Quantity: 2})
	b.buy("2026-11-30T00:00:00Z", account.Order{OfferingID: ios, Quantity: 1})
	b.rollTo("2026-12-01T00:00:00Z")
	changed := offering.Default()
	for i := range changed.Offerings {
		changed.Offerings[i].Prices[0].Monthly = 31000
	}
	for month, want := range map[string][]line{
		"2026-11": {
			{"11-23", "purchase", ios, 4, 26667, "4 slots × 250.00 × 8 of 30 days, 0% off by promotion 2FREEMONTHS"}, // no other price gives 266.67
			{"11-23", "purchase", android, 2, 13333, "2 slots × 8 of 30 days"},
			{"11-30", "purchase", ios, 1, 833, "1 slot × 1 of 30 days"},
		},
		"2026-12": {
			{"12-01", "renewal", android, 2, 50000, "2 slots × 250.00 for the whole month"},
			{"12-01", "renewal", ios, 5, 25000, "5 slots × 250.00 for the whole month, 100% off 4 slots by promotion 2FREEMONTHS"},
		},
	} {
		for name, catalog := range map[string]offering.Catalog{"changed": changed, "empty": {}} {
			if diff := cmp.Diff(want, b.statement(month, catalog)); diff != "" {
				t.Errorf("%s, %s catalogue (-want +got):\n%s", month, name, diff)
			}
		}
	}
}

// TestStatementAfterTheClockWentBack has a clock that is set to the past before
// anything is bought.
func TestStatementAfterTheClockWentBack(t *testing.T) {
	t.Parallel()
	b := open(t, "2026-11-23T10:00:00Z")
	past := instant("2016-08-31T12:00:00Z")
	moved, err := b.state.Freeze(past, b.terms, instant("2026-11-23T10:00:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	b.add(moved...)
	b.buy("2016-08-31T12:00:00Z", account.Order{OfferingID: ios, Quantity: 1})
	b.rollTo("2016-10-01T00:00:00Z")
	for month, want := range map[string][]line{
		"2016-08": {{"08-31", "purchase", ios, 1, 807, "1 slot × 250.00 × 1 of 31 days"}},
		"2016-09": {{"09-01", "renewal", ios, 1, 25000, "1 slot × 250.00 for the whole month"}},
		"2026-11": nil,
	} {
		if diff := cmp.Diff(want, b.statement(month, b.terms.Catalog)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", month, diff)
		}
	}
}

// TestStatementsHoldEveryChargeOnce compares all statements of an account with
// what its transactions say that it was charged: purchases, automatic renewals,
// and of the RENEW transactions the last for each offering and period.
func TestStatementsHoldEveryChargeOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events, terms := drawEvents(t)
		end := fold(events).At.AddDate(0, rapid.IntRange(0, 15).Draw(t, "months"), 0)
		events = append(events, rollEvents(t, fold(events), terms, end)...)
		want := charged(events)
		got := map[string]account.Cents{}
		for p := offering.PeriodOf(events[0].At); !p.Start().After(end); p = p.Next() {
			s := statementOf(p, events, terms.Catalog)
			var sum account.Cents
			for _, l := range s.Lines {
				if _, twice := got[l.TransactionID]; twice {
					t.Fatalf("transaction %s is charged twice", l.TransactionID)
				}
				got[l.TransactionID] = l.Cost
				sum += l.Cost
				checkPrice(t, l, terms.Catalog)
			}
			if sum != s.Total {
				t.Fatalf("%s: total %d, want %d", p, s.Total, sum)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("charges (-want +got):\n%s", diff)
		}
	})
}

// charged returns what transactions charge, by their ids.
func charged(events []account.Event) map[string]account.Cents {
	charges := map[string]account.Cents{}
	type renewal struct{ offeringID, effectiveOn string }
	last := map[renewal]account.Transaction{}
	end := events[len(events)-1].At
	for _, e := range events {
		for _, t := range e.Transactions {
			if t.Type != account.Renew {
				charges[t.ID] = t.Cost
			} else if !t.EffectiveOn.After(end) {
				last[renewal{t.OfferingID, t.EffectiveOn.String()}] = t
			}
		}
	}
	for _, t := range last {
		charges[t.ID] = t.Cost
	}
	return charges
}

// checkPrice compares the price that a line shows with the one by which it was
// charged. The catalogue never changes in these histories, so there is one,
// unless nothing was to be paid whatever the price.
func checkPrice(t *rapid.T, l account.Line, catalog offering.Catalog) {
	slot, _ := catalog.Offering(l.OfferingID)
	want := slot.PriceAt(l.At)
	free := l.Quantity
	for _, r := range l.Reductions {
		if r.PercentOff == 100 {
			free -= r.Quantity
		}
	}
	if free == 0 {
		if l.Monthly != nil {
			t.Fatalf("%s shows the price %d, which nothing tells", l.Why(), *l.Monthly)
		}
		return
	}
	if l.Monthly == nil || *l.Monthly != want {
		t.Fatalf("%s on %v for %d: the price is %d", l.Why(), l.At, l.Cost, want)
	}
}

func TestStatementWithACredit(t *testing.T) {
	b := open(t, "2026-01-10T00:00:00Z")
	b.buy("2026-01-10T00:00:00Z", account.Order{OfferingID: ios, Quantity: 1})
	credited, err := b.state.Credit(account.Credit{Amount: 1050, Reason: "two days without devices"}, instant("2026-01-20T00:00:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	b.add(credited)
	draft := account.NewDraft(offering.PeriodOf(instant("2026-01-20T00:00:00Z")), terms.Catalog)
	for _, e := range b.events {
		draft.Add(e)
	}
	got := draft.Statement(account.State{})
	if len(got.Lines) != 2 || got.Total != got.Lines[0].Cost-1050 {
		t.Fatalf("statement = %+v, want the purchase less 10.50", got)
	}
	if line := got.Lines[1]; line.Kind != account.LineCredit || line.Why() != "two days without devices" {
		t.Errorf("line = %+v, %q", line, line.Why())
	}
}

func TestCreditsThatAreRefused(t *testing.T) {
	state := open(t, "2026-01-10T00:00:00Z").state
	for _, tt := range []struct {
		credit account.Credit
		want   string
	}{
		{account.Credit{Amount: 0, Reason: "x"}, "amount 0.0"},
		{account.Credit{Amount: -5, Reason: "x"}, "amount -0.05"},
		{account.Credit{Amount: 1 << 60, Reason: "x"}, "out of range"},
		{account.Credit{Amount: 5}, "reason is missing"},
		{account.Credit{Amount: 5, Reason: "a\u202eb"}, "U+202E"},
	} {
		_, err := state.Credit(tt.credit, instant("2026-01-10T00:00:00Z"))
		wantKind(t, err, fault.Argument, tt.want)
	}
}
