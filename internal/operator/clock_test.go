package operator_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// clockAnswer is what moving a clock answers.
type clockAnswer struct {
	Now          string        `json:"now"`
	Transactions []transaction `json:"transactions"`
}

type transaction struct {
	TransactionID string `json:"transactionId"`
	Type          string `json:"type"`
	OfferingID    string `json:"offeringId"`
	Quantity      int    `json:"quantity"`
	CreatedOn     string `json:"createdOn"`
	EffectiveOn   string `json:"effectiveOn"`
	Cost          struct {
		Amount       float64 `json:"amount"`
		CurrencyCode string  `json:"currencyCode"`
	} `json:"cost"`
}

// line is a transaction in short.
func (t transaction) line() string {
	name := map[string]string{ios: "ios", android: "android"}[t.OfferingID]
	return fmt.Sprintf("%s %s %d %s %.2f", t.CreatedOn, t.Type, t.Quantity, name, t.Cost.Amount)
}

func lines(transactions []transaction) []string {
	var all []string
	for _, t := range transactions {
		all = append(all, t.line())
	}
	return all
}

func (f *farm) freeze(id, now string) clockAnswer {
	f.t.Helper()
	var a clockAnswer
	f.decoded("PUT", "/accounts/"+id+"/clock", `{"now":"`+now+`"}`, &a)
	return a
}

func (f *farm) advance(id, body string) clockAnswer {
	f.t.Helper()
	var a clockAnswer
	f.decoded("POST", "/accounts/"+id+"/clock/advance", body, &a)
	return a
}

// TestAdvance moves the clock of an account without transactions.
func TestAdvance(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ from, body, want string }{
		{"2026-01-31T12:00:00Z", `{"periods":0}`, "2026-01-31T12:00:00Z"},
		{"2026-01-31T12:00:00Z", `{"periods":1}`, "2026-02-28T12:00:00Z"},
		{"2026-01-31T12:00:00Z", `{"periods":2}`, "2026-03-31T12:00:00Z"},
		{"2026-01-31T12:00:00Z", `{"periods":3}`, "2026-04-30T12:00:00Z"},
		{"2026-02-28T12:00:00Z", `{"periods":2}`, "2026-04-28T12:00:00Z"},
		{"2026-12-31T00:00:00Z", `{"periods":1}`, "2027-01-31T00:00:00Z"},
		{"2026-12-31T23:59:59.999Z", `{"periods":2}`, "2027-02-28T23:59:59.999Z"},
		{"2026-12-01T00:00:00Z", `{"periods":1}`, "2027-01-01T00:00:00Z"},
		{"2028-01-31T00:00:00Z", `{"periods":1}`, "2028-02-29T00:00:00Z"},
		{"2028-02-29T00:00:00Z", `{"periods":12}`, "2029-02-28T00:00:00Z"},
		{"2028-02-29T00:00:00Z", `{"periods":48}`, "2032-02-29T00:00:00Z"},
		{"2100-01-31T00:00:00Z", `{"periods":1}`, "2100-02-28T00:00:00Z"},
		{"1970-01-01T00:00:00Z", `{"periods":96000}`, "9970-01-01T00:00:00Z"},
		{"2026-01-31T12:00:00Z", `{"by":"0"}`, "2026-01-31T12:00:00Z"},
		{"2026-01-31T12:00:00Z", `{"by":"720h"}`, "2026-03-02T12:00:00Z"},
		{"2026-01-31T12:00:00Z", `{"by":"1h30m0.5s"}`, "2026-01-31T13:30:00.5Z"},
		{"2026-01-31T12:00:00Z", `{"by":"1999us"}`, "2026-01-31T12:00:00.001Z"},
		{"2026-01-31T12:00:00Z", `{"to":"2026-01-31T12:00:00Z"}`, "2026-01-31T12:00:00Z"},
		{"2026-01-31T12:00:00Z", `{"to":"2026-02-01T01:00:00+02:00"}`, "2026-01-31T23:00:00Z"},
		{"2026-01-31T12:00:00Z", `{"to":"2026-01-31T12:00:00.123999Z"}`, "2026-01-31T12:00:00.123Z"},
		{"2026-01-31T12:00:00Z", `{"to":"9999-12-31T23:59:59.999Z"}`, "9999-12-31T23:59:59.999Z"},
		{"2026-01-31T12:00:00Z", `{"to":"1970-01-01T00:00:00Z"}`, "1970-01-01T00:00:00Z"}, // nothing holds it back
	} {
		t.Run(tt.from+tt.body, func(t *testing.T) {
			t.Parallel()
			f := open(t)
			if got := f.freeze(alice, tt.from); got.Now != tt.from {
				t.Errorf("frozen at %s, want %s", got.Now, tt.from)
			}
			want := clockAnswer{Now: tt.want, Transactions: []transaction{}}
			if diff := cmp.Diff(want, f.advance(alice, tt.body)); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			var shown accountShape
			f.decoded("GET", "/accounts/"+alice, "", &shown)
			if shown.Now != tt.want || !shown.Frozen {
				t.Errorf("the account is at %s, frozen %t; want %s, frozen", shown.Now, shown.Frozen, tt.want)
			}
		})
	}
}

// TestAdvanceFromTheWallClock advances a clock that was not frozen, of an
// account that was not opened.
func TestAdvanceFromTheWallClock(t *testing.T) {
	t.Parallel()
	if got := open(t).advance(alice, `{"periods":1}`); got.Now != "2026-02-28T12:00:00Z" {
		t.Errorf("now = %s, want the last day of February at noon", got.Now)
	}
}

// TestPeriodsStepByStep goes on from where the day of the month was cut.
func TestPeriodsStepByStep(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.freeze(alice, "2026-01-31T00:00:00Z")
	for _, step := range []struct {
		periods int
		want    string
	}{{1, "2026-02-28T00:00:00Z"}, {2, "2026-04-28T00:00:00Z"}, {10, "2027-02-28T00:00:00Z"}} {
		if got := f.advance(alice, fmt.Sprintf(`{"periods":%d}`, step.periods)); got.Now != step.want {
			t.Errorf("%d periods on: %s, want %s", step.periods, got.Now, step.want)
		}
	}
}

// hold gives an account two slots of Android that renew by themselves and two
// of iOS of which one is kept.
func (f *farm) hold(id account.ID) {
	f.t.Helper()
	f.freeze(string(id), "2026-01-31T12:00:00Z")
	f.buy(id, ios, 2)
	f.buy(id, android, 2)
	f.renew(id, ios, 1)
}

// due are the transactions of the boundaries from February to April 2026 for
// what hold gives. The renewal is February's charge of iOS.
var due = []string{
	"2026-02-01T00:00:00Z SYSTEM 2 android 500.00",
	"2026-03-01T00:00:00Z SYSTEM 2 android 500.00",
	"2026-03-01T00:00:00Z SYSTEM 1 ios 250.00",
	"2026-04-01T00:00:00Z SYSTEM 2 android 500.00",
	"2026-04-01T00:00:00Z SYSTEM 1 ios 250.00",
}

// TestDueTransactions crosses three boundaries in each way that there is.
func TestDueTransactions(t *testing.T) {
	t.Parallel()
	for name, move := range map[string]func(*farm) clockAnswer{
		"periods": func(f *farm) clockAnswer { return f.advance(alice, `{"periods":3}`) },
		"to":      func(f *farm) clockAnswer { return f.advance(alice, `{"to":"2026-04-30T12:00:00Z"}`) },
		"by":      func(f *farm) clockAnswer { return f.advance(alice, `{"by":"2136h"}`) },
		"freeze":  func(f *farm) clockAnswer { return f.freeze(alice, "2026-04-30T12:00:00Z") },
		"release": func(f *farm) clockAnswer {
			f.wall = wall.AddDate(0, 0, 89)
			var a clockAnswer
			f.decoded("DELETE", "/accounts/"+alice+"/clock", "", &a)
			return a
		},
		"steps": func(f *farm) clockAnswer {
			var all clockAnswer
			for range 89 {
				step := f.advance(alice, `{"by":"24h"}`)
				all.Now, all.Transactions = step.Now, append(all.Transactions, step.Transactions...)
			}
			return all
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t)
			f.hold(alice)
			got := move(f)
			if got.Now != "2026-04-30T12:00:00Z" {
				t.Errorf("now = %s", got.Now)
			}
			if diff := cmp.Diff(due, lines(got.Transactions)); diff != "" {
				t.Errorf("transactions (-want +got):\n%s", diff)
			}
			checkListed(t, f, got.Transactions)
		})
	}
}

// checkListed compares transactions, oldest first, with the newest in the
// account's own list.
func checkListed(t *testing.T, f *farm, got []transaction) {
	t.Helper()
	page, _, err := f.parts.Orders.Transactions(context.Background(), journal.Caller{Account: alice}, billing.Cursor{}, len(got))
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(page)
	for i, want := range page {
		if got[i].TransactionID != want.ID || got[i].EffectiveOn != got[i].CreatedOn || got[i].Cost.CurrencyCode != "USD" {
			t.Errorf("transaction %d = %+v, want the one with id %s", i, got[i], want.ID)
		}
	}
}

// TestRelease goes back to a wall clock that is ahead, behind, or the same.
func TestRelease(t *testing.T) {
	t.Parallel()
	f := open(t)
	const release = `{"now":"2026-01-31T12:00:00Z","transactions":[]}` + "\n"
	for _, frozen := range []string{"2025-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "2026-01-31T12:00:00Z"} {
		f.freeze(alice, frozen)
		if got := f.accepted("DELETE", "/accounts/"+alice+"/clock", ""); got != release {
			t.Errorf("from %s: %s, want %s", frozen, got, release)
		}
	}
	before := f.size()
	if got := f.accepted("DELETE", "/accounts/"+alice+"/clock", ""); got != release || f.size() != before {
		t.Errorf("releasing a running clock: %s and %+v, want %s and %+v", got, f.size(), release, before)
	}
	f.freeze(alice, "2027-01-01T00:00:00Z")
	f.buy(alice, ios, 1)
	before = f.size()
	f.refused("DELETE", "/accounts/"+alice+"/clock", "", refusal{409, "Conflict", "go back from 2027-01-01T00:00:00Z to 2026-01-31T12:00:00Z: the account has transactions. Restore a snapshot"})
	if f.size() != before {
		t.Error("a refused release changed the journal")
	}
}

// TestClocksAreTheirOwn moves one account's clock; the other's stays.
func TestClocksAreTheirOwn(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.accepted("PUT", "/accounts/"+bob, "{}")
	f.freeze(alice, "2030-01-01T00:00:00Z")
	if got := f.accepted("GET", "/accounts/"+bob, ""); !strings.Contains(got, `"now":"2026-01-31T12:00:00Z","frozen":false`) {
		t.Errorf("the other account: %s", got)
	}
}
