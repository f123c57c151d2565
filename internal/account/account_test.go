package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// The offerings of the default catalogue.
const (
	ios           = "A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01"
	android       = "8980F81C-00D7-469D-8EC6-510F4D3B2A02"
	androidRemote = "D68B3C05-1BA6-4360-BC69-510F4D3B2A03"
	promotion     = "2FREEMONTHS"
)

var terms = account.Terms{Catalog: offering.Default(), MaxSlots: 10}

func instant(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return at
}

// book is an account under test: its state and every event so far, by terms
// that a test may change.
type book struct {
	t      *testing.T
	terms  account.Terms
	state  account.State
	events []account.Event
}

func open(t *testing.T, at string) *book {
	t.Helper()
	b := &book{t: t, terms: terms}
	b.add(account.Open(account.Opening{Seed: "seed", Test: true}, instant(at)))
	return b
}

func (b *book) add(events ...account.Event) {
	for _, e := range events {
		b.state = account.Apply(b.state, e)
		b.events = append(b.events, e)
	}
}

func (b *book) rollTo(at string) {
	b.t.Helper()
	events, err := b.state.Roll(b.terms, instant(at))
	if err != nil {
		b.t.Fatal(err)
	}
	b.add(events...)
}

func (b *book) buy(at string, o account.Order) account.Transaction {
	b.t.Helper()
	b.rollTo(at)
	e, err := b.state.Purchase(o, b.terms, instant(at))
	return b.accept(e, err)
}

func (b *book) renew(at string, o account.Order) account.Transaction {
	b.t.Helper()
	b.rollTo(at)
	e, err := b.state.Renew(o, b.terms, instant(at))
	return b.accept(e, err)
}

func (b *book) accept(e account.Event, err error) account.Transaction {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	b.add(e)
	return e.Transactions[0]
}

// charged returns what the account owes per period: purchases as they are made
// and the charges of boundaries. Renewals that were replaced do not count.
func (b *book) charged() map[string]string {
	cents := map[string]account.Cents{}
	for _, e := range b.events {
		month := e.At.Format("2006-01")
		if e.Kind == account.KindPurchased {
			cents[month] += e.Transactions[0].Cost
		}
		for _, c := range e.Charges {
			cents[month] += c.Cost
		}
	}
	owed := map[string]string{}
	for month, c := range cents {
		owed[month] = c.Decimal()
	}
	return owed
}

func wantKind(t *testing.T, err error, kind fault.Kind, text string) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind || !strings.Contains(fault.MessageOf(err), text) {
		t.Errorf("error = %v, want kind %d with %q", err, kind, text)
	}
}

func TestPurchaseTakesEffectAtOnce(t *testing.T) {
	b := open(t, "2016-08-01T00:00:00Z")
	b.buy("2016-08-30T00:00:00Z", account.Order{OfferingID: androidRemote, Quantity: 1})
	got := b.buy("2016-08-31T12:59:00Z", account.Order{OfferingID: androidRemote, Quantity: 1})
	want := account.Transaction{
		ID: got.ID, Type: account.Purchase, OfferingID: androidRemote, Quantity: 1,
		CreatedOn: instant("2016-08-31T12:59:00Z"), EffectiveOn: instant("2016-08-31T12:59:00Z"), Cost: 807,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if held := b.state.Holding(androidRemote).Current; held != 2 {
		t.Errorf("held %d, want 2: a purchase adds to what is held", held)
	}
	if ids := map[string]bool{b.events[1].Transactions[0].ID: true, got.ID: true}; len(ids) != 2 || len(got.ID) != 36 {
		t.Errorf("transaction ids %v are not distinct UUIDs", ids)
	}
}

func TestRenewalsReplaceEachOtherAndOnlyTheLastIsCharged(t *testing.T) {
	b := open(t, "2016-03-21T00:00:00Z")
	b.buy("2016-03-21T06:00:00Z", account.Order{OfferingID: android, Quantity: 9})
	for _, n := range []int{0, 1, 3} {
		got := b.renew("2016-03-21T17:38:00Z", account.Order{OfferingID: android, Quantity: n})
		if got.Cost != account.Cents(n*25000) || !got.EffectiveOn.Equal(instant("2016-04-01T00:00:00Z")) {
			t.Errorf("renewing %d costs %s from %v", n, got.Cost.Decimal(), got.EffectiveOn)
		}
	}
	b.buy("2016-03-22T00:00:00Z", account.Order{OfferingID: android, Quantity: 1})
	if next := b.state.Holding(android).Upcoming(); next != 3 {
		t.Errorf("next period starts with %d, want 3: a later purchase leaves the renewal alone", next)
	}
	b.rollTo("2016-06-01T00:00:00Z")
	want := map[string]string{"2016-03": "879.04", "2016-04": "750.0", "2016-05": "750.0", "2016-06": "750.0"}
	if diff := cmp.Diff(want, b.charged()); diff != "" {
		t.Error(diff)
	}
}

func TestTheRenewalIsTheChargeAndASystemTransactionRecordsTheRest(t *testing.T) {
	b := open(t, "2026-01-10T00:00:00Z")
	b.buy("2026-01-10T00:00:00Z", account.Order{OfferingID: ios, Quantity: 2})
	b.buy("2026-01-10T00:00:00Z", account.Order{OfferingID: android, Quantity: 5})
	renewal := b.renew("2026-01-11T00:00:00Z", account.Order{OfferingID: ios, Quantity: 1})
	b.rollTo("2026-02-01T00:00:00Z")
	got := b.events[len(b.events)-1]
	at := instant("2026-02-01T00:00:00Z")
	system := account.Transaction{
		ID: got.Transactions[0].ID, Type: account.System, OfferingID: android, Quantity: 5,
		CreatedOn: at, EffectiveOn: at, Cost: 125000,
	}
	want := account.Event{
		Kind: account.KindRolled, At: at, Transactions: []account.Transaction{system},
		Charges: []account.Charge{
			{OfferingID: android, Quantity: 5, Cost: 125000, TransactionID: system.ID},
			{OfferingID: ios, Quantity: 1, Cost: 25000, TransactionID: renewal.ID},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCancelledSlotsLeaveAtTheBoundary(t *testing.T) {
	b := open(t, "2026-01-10T00:00:00Z")
	b.buy("2026-01-10T00:00:00Z", account.Order{OfferingID: ios, Quantity: 2})
	b.renew("2026-01-10T00:00:00Z", account.Order{OfferingID: ios, Quantity: 0})
	if h := b.state.Holding(ios); h.Current != 2 || h.Upcoming() != 0 {
		t.Errorf("before the boundary: %+v, want 2 held and 0 to come", h)
	}
	b.rollTo("2027-01-01T00:00:00Z")
	if len(b.state.Holdings) != 0 || !b.state.Due().IsZero() {
		t.Errorf("after the boundary: %+v, want nothing held and nothing due", b.state.Holdings)
	}
	if n := len(b.events); n != 4 {
		t.Errorf("%d events, want 4: an account that holds nothing has no boundaries", n)
	}
}

func TestAnOfferingNotHeldMayBeRenewedToStartNextPeriod(t *testing.T) {
	b := open(t, "2026-01-10T00:00:00Z")
	b.renew("2026-01-10T00:00:00Z", account.Order{OfferingID: ios, Quantity: 3})
	if h := b.state.Holding(ios); h.Current != 0 || h.Upcoming() != 3 {
		t.Errorf("before the boundary: %+v, want 0 held and 3 to come", h)
	}
	b.rollTo("2026-03-01T00:00:00Z")
	want := map[string]string{"2026-02": "750.0", "2026-03": "750.0"}
	if diff := cmp.Diff(want, b.charged()); diff != "" {
		t.Error(diff)
	}
}

func TestPromotionCoversThePromotedSlotsOnly(t *testing.T) {
	b := open(t, "2026-01-01T00:00:00Z")
	first := b.buy("2026-01-01T00:00:00Z", account.Order{OfferingID: ios, Quantity: 2, PromotionID: promotion})
	if first.Cost != 50000 || first.PromotionID != promotion {
		t.Errorf("first period: %+v, want the full 500.0 under the promotion", first)
	}
	b.buy("2026-01-01T00:00:00Z", account.Order{OfferingID: ios, Quantity: 1})
	b.rollTo("2026-04-01T00:00:00Z")
	want := map[string]string{"2026-01": "750.0", "2026-02": "250.0", "2026-03": "250.0", "2026-04": "750.0"}
	if diff := cmp.Diff(want, b.charged()); diff != "" {
		t.Error(diff)
	}
}

func TestPromotionWithRenewals(t *testing.T) {
	b := open(t, "2026-01-01T00:00:00Z")
	b.buy("2026-01-01T00:00:00Z", account.Order{OfferingID: ios, Quantity: 4, PromotionID: promotion})
	if got := b.renew("2026-01-02T00:00:00Z", account.Order{OfferingID: ios, Quantity: 1}); got.Cost != 0 {
		t.Errorf("renewing one promoted slot costs %s, want 0.0", got.Cost.Decimal())
	}
	b.rollTo("2026-02-01T00:00:00Z")
	got := b.renew("2026-02-02T00:00:00Z", account.Order{OfferingID: ios, Quantity: 4})
	if got.Cost != 75000 {
		t.Errorf("renewing to 4 again costs %s, want 750.0: slots given up lose the promotion", got.Cost.Decimal())
	}
}

// TestPromotionsThatAreOverTakeNoPlace gives up slots at the boundary at which
// the older of two promotions ends.
func TestPromotionsThatAreOverTakeNoPlace(t *testing.T) {
	b := open(t, "2026-01-01T00:00:00Z")
	b.terms.Catalog.Promotions = []offering.Promotion{{ID: "SHORT", PercentOff: []int{50}}, {ID: "LONG", PercentOff: []int{0, 100, 100}}}
	b.buy("2026-01-01T00:00:00Z", account.Order{OfferingID: ios, Quantity: 2, PromotionID: "SHORT"})
	b.buy("2026-01-01T00:00:00Z", account.Order{OfferingID: ios, Quantity: 3, PromotionID: "LONG"})
	if got := b.renew("2026-01-02T00:00:00Z", account.Order{OfferingID: ios, Quantity: 3}); got.Cost != 0 {
		t.Errorf("renewing as many as run under a promotion costs %s, want 0.0", got.Cost.Decimal())
	}
	b.rollTo("2026-02-01T00:00:00Z")
	if got := b.renew("2026-02-02T00:00:00Z", account.Order{OfferingID: ios, Quantity: 3}); got.Cost != 0 {
		t.Errorf("renewing them again costs %s, want 0.0", got.Cost.Decimal())
	}
}

func TestPromotionRules(t *testing.T) {
	at := "2026-01-10T00:00:00Z"
	order := account.Order{OfferingID: ios, Quantity: 1, PromotionID: promotion}
	used := open(t, at)
	used.buy(at, order)
	customer := open(t, at)
	customer.buy(at, account.Order{OfferingID: ios, Quantity: 1})
	fresh := open(t, at)

	_, err := used.state.Purchase(order, terms, instant(at))
	wantKind(t, err, fault.NotEligible, "already used by this account")
	_, err = customer.state.Purchase(order, terms, instant(at))
	wantKind(t, err, fault.NotEligible, "new customers")
	_, err = fresh.state.Purchase(account.Order{OfferingID: ios, Quantity: 1, PromotionID: "NOSUCH"}, terms, instant(at))
	wantKind(t, err, fault.NotFound, `"NOSUCH"`)

	narrow := account.Terms{Catalog: offering.Default(), MaxSlots: 10}
	narrow.Catalog.Promotions[0].OfferingIDs = []string{android}
	_, err = fresh.state.Purchase(order, narrow, instant(at))
	wantKind(t, err, fault.NotEligible, "does not apply")
	narrow.Catalog.Promotions[0].Until = instant(at)
	_, err = fresh.state.Purchase(order, narrow, instant(at))
	wantKind(t, err, fault.NotEligible, "not open")

	for name, tt := range map[string]struct {
		b    *book
		want int
	}{"used": {used, 0}, "customer": {customer, 0}, "fresh": {fresh, 1}} {
		if got := len(tt.b.state.Offers(terms, instant(at))); got != tt.want {
			t.Errorf("%s account is offered %d promotions, want %d", name, got, tt.want)
		}
	}
}

func TestLimits(t *testing.T) {
	at := "2026-01-10T00:00:00Z"
	b := open(t, at)
	configured, err := b.state.Configure(account.Settings{Limits: []account.Limit{{OfferingID: ios, Max: 3}}}, terms, instant(at))
	if err != nil {
		t.Fatal(err)
	}
	b.add(configured)
	b.buy(at, account.Order{OfferingID: ios, Quantity: 2})
	_, err = b.state.Purchase(account.Order{OfferingID: ios, Quantity: 2}, terms, instant(at))
	wantKind(t, err, fault.LimitExceeded, "would make 4 slots")
	_, err = b.state.Renew(account.Order{OfferingID: ios, Quantity: 4}, terms, instant(at))
	wantKind(t, err, fault.LimitExceeded, "may hold 3")
	b.renew(at, account.Order{OfferingID: ios, Quantity: 3})
	b.buy(at, account.Order{OfferingID: ios, Quantity: 1})
	b.buy(at, account.Order{OfferingID: android, Quantity: 10})
	_, err = b.state.Purchase(account.Order{OfferingID: ios, Quantity: 1<<63 - 1}, terms, instant(at))
	wantKind(t, err, fault.LimitExceeded, "may hold 3")
}

// TestARenewalIsCappedByALimitThatWasLoweredSince renews far more than a limit
// that the operator lowers afterwards. What was held before stays.
func TestARenewalIsCappedByALimitThatWasLoweredSince(t *testing.T) {
	tests := []struct {
		name                     string
		held, asked, limit, want int
	}{
		{"above the limit", 1, 9, 2, 2},
		{"at the limit", 1, 2, 2, 2},
		{"held above the limit", 5, 9, 2, 5},
		{"less than held, above the limit", 5, 4, 2, 4},
		{"nothing held, nothing allowed", 0, 3, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			at := "2026-01-10T00:00:00Z"
			b := open(t, at)
			if tt.held > 0 {
				b.buy(at, account.Order{OfferingID: ios, Quantity: tt.held})
			}
			renewed := b.renew(at, account.Order{OfferingID: ios, Quantity: tt.asked})
			limits := []account.Limit{{OfferingID: ios, Max: tt.limit}}
			configured, err := b.state.Configure(account.Settings{Limits: limits}, terms, instant(at))
			if err != nil {
				t.Fatal(err)
			}
			b.add(configured)
			b.rollTo("2026-02-01T00:00:00Z")
			if got := b.state.Holding(ios).Current; got != tt.want {
				t.Errorf("%d slots held after the boundary, want %d", got, tt.want)
			}
			rolled := b.events[len(b.events)-1]
			charge := rolled.Charges[0]
			if charge.Quantity != tt.want || charge.Cost != account.Cents(25000*tt.want) {
				t.Errorf("charge %+v, want %d slots at 250.00", charge, tt.want)
			}
			if capped := tt.want < tt.asked; !capped {
				if charge.TransactionID != renewed.ID || charge.Asked != 0 || len(rolled.Transactions) != 0 {
					t.Errorf("charge %+v with %+v, want the renewal's own", charge, rolled.Transactions)
				}
				return
			}
			system := rolled.Transactions[0]
			if system.Type != account.System || system.ID != charge.TransactionID || system.Quantity != tt.want || charge.Asked != tt.asked {
				t.Errorf("charge %+v with %+v, want a SYSTEM transaction of %d slots that %d were asked for", charge, system, tt.want, tt.asked)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	at := "2026-01-10T00:00:00Z"
	b := open(t, at)
	b.buy(at, account.Order{OfferingID: ios, Quantity: 2})
	b.renew(at, account.Order{OfferingID: ios, Quantity: 7})
	ineligible := account.Ineligible
	configured, err := b.state.Configure(account.Settings{Status: &ineligible}, terms, instant(at))
	if err != nil {
		t.Fatal(err)
	}
	b.add(configured)
	cancel := func(c account.Cancellation) error {
		e, err := b.state.Cancel(c, terms, instant(at))
		if err == nil {
			b.add(e)
		}
		return err
	}
	if err := cancel(account.Cancellation{OfferingID: ios}); err != nil {
		t.Fatal(err)
	}
	if h := b.state.Holding(ios); h.Current != 2 || h.Next != nil {
		t.Errorf("with the renewal taken back: %+v, want 2 held and renewed", h)
	}
	wantKind(t, cancel(account.Cancellation{OfferingID: ios}), fault.Conflict, "no standing renewal")
	if err := cancel(account.Cancellation{OfferingID: ios, Held: true}); err != nil {
		t.Fatal(err)
	}
	if got := b.state.Holding(ios).Upcoming(); got != 0 {
		t.Errorf("%d slots in the next period, want 0", got)
	}
	wantKind(t, cancel(account.Cancellation{OfferingID: ios, Held: true}), fault.Conflict, "nothing to cancel")
	wantKind(t, cancel(account.Cancellation{OfferingID: strings.Repeat("x", 36)}), fault.NotFound, "xxx")
	b.rollTo("2026-03-01T00:00:00Z")
	if len(b.state.Holdings) != 0 {
		t.Errorf("held after the boundary: %+v, want nothing", b.state.Holdings)
	}
}

func TestNoRenewalReachesTheYear10000(t *testing.T) {
	at := instant("9999-12-31T23:59:59Z")
	b := open(t, "9999-12-31T23:59:59Z")
	b.buy("9999-12-31T23:59:59Z", account.Order{OfferingID: ios, Quantity: 1})
	_, err := b.state.Renew(account.Order{OfferingID: ios, Quantity: 1}, terms, at)
	wantKind(t, err, fault.Argument, "9999")
	_, err = b.state.Cancel(account.Cancellation{OfferingID: ios, Held: true}, terms, at)
	wantKind(t, err, fault.Argument, "9999")
}

// TestOrderOfChecks makes every check fail at once and takes the failures away
// one by one, in the order in which the design says they are reported.
func TestOrderOfChecks(t *testing.T) {
	at := instant("2026-01-10T00:00:00Z")
	state := open(t, "2026-01-10T00:00:00Z").state
	state.Status = account.Ineligible
	order := account.Order{OfferingID: "short", Quantity: 0, PromotionID: "NOSUCH"}
	steps := []struct {
		kind fault.Kind
		text string
		mend func()
	}{
		{fault.NotEligible, "not eligible", func() { state.Status = account.Suspended }},
		{fault.Argument, `offeringId "short" has 5`, func() { order.OfferingID = strings.Repeat("x", 36) }},
		{fault.Argument, "quantity 0", func() { order.Quantity = 11 }},
		{fault.NotFound, "offering", func() { order.OfferingID = ios }},
		{fault.NotFound, "promotion", func() { order.PromotionID = "" }},
		{fault.LimitExceeded, "may hold 10", func() { order.Quantity = 10 }},
		{fault.ServiceAccount, "suspended", func() { state.Status = account.Active }},
	}
	for _, step := range steps {
		_, err := state.Purchase(order, terms, at)
		wantKind(t, err, step.kind, step.text)
		step.mend()
	}
	if _, err := state.Purchase(order, terms, at); err != nil {
		t.Errorf("with nothing wrong: %v", err)
	}
}

func TestConfigureRefusals(t *testing.T) {
	at := "2026-01-10T00:00:00Z"
	b := open(t, at)
	b.buy(at, account.Order{OfferingID: ios, Quantity: 1})
	unknown, ordinary := account.Status("CLOSED"), false
	tests := []struct {
		name     string
		settings account.Settings
		kind     fault.Kind
		text     string
	}{
		{"status", account.Settings{Status: &unknown}, fault.Argument, `"CLOSED"`},
		{"test", account.Settings{Test: &ordinary}, fault.Conflict, "1 transactions"},
		{"offering", account.Settings{Limits: []account.Limit{{OfferingID: "x", Max: 1}}}, fault.NotFound, `"x"`},
		{"negative", account.Settings{Limits: []account.Limit{{OfferingID: ios, Max: -1}}}, fault.Argument, "-1"},
		{"huge", account.Settings{Limits: []account.Limit{{OfferingID: ios, Max: 1_000_001}}}, fault.Argument, "1000001"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := b.state.Configure(tt.settings, terms, instant(at))
			wantKind(t, err, tt.kind, tt.text)
		})
	}
}

func TestClock(t *testing.T) {
	b := open(t, "2026-01-10T00:00:00Z")
	events, err := b.state.Freeze(instant("2016-08-31T12:59:00Z"), terms, b.state.Now(instant("2026-01-10T00:00:00Z")))
	if err != nil {
		t.Fatal(err)
	}
	b.add(events...)
	if events, err := b.state.Freeze(instant("2016-08-31T12:59:00Z"), terms, b.state.At); err != nil || len(events) != 0 {
		t.Errorf("freezing where the clock stands makes %d events (%v), want none", len(events), err)
	}
	if got := b.state.Now(instant("2026-01-11T00:00:00Z")); !got.Equal(instant("2016-08-31T12:59:00Z")) {
		t.Errorf("a frozen clock shows %v", got)
	}
	b.buy("2016-08-31T12:59:00Z", account.Order{OfferingID: ios, Quantity: 1})
	_, err = b.state.Freeze(instant("2016-08-30T00:00:00Z"), terms, b.state.At)
	wantKind(t, err, fault.Conflict, "snapshot")
	_, err = b.state.Freeze(instant("1969-12-31T23:59:59Z"), terms, b.state.At)
	wantKind(t, err, fault.Argument, "1970")
	events, err = b.state.Freeze(instant("2016-10-01T00:00:00Z"), terms, b.state.At)
	if err != nil || len(events) != 3 {
		t.Fatalf("two boundaries and the move make %d events (%v), want 3", len(events), err)
	}
	events, err = b.state.Release(instant("2026-01-11T00:00:00Z"), terms, b.state.At)
	if err != nil {
		t.Fatal(err)
	}
	b.add(events...)
	if got := b.state.Now(instant("2026-01-12T00:00:00Z")); !got.Equal(instant("2026-01-12T00:00:00Z")) {
		t.Errorf("a released clock shows %v", got)
	}
	if got := b.state.Now(instant("2020-01-01T00:00:00Z")); !got.Equal(b.state.At) {
		t.Errorf("a wall clock set back shows %v, want the newest event's %v", got, b.state.At)
	}
	ordinary := account.State{Seed: "seed"}
	_, err = ordinary.Freeze(instant("2026-01-10T00:00:00Z"), terms, instant("2026-01-10T00:00:00Z"))
	wantKind(t, err, fault.NotEligible, "not a test account")
}

func TestOpeningKeepsWholeMillisecondsInUTC(t *testing.T) {
	frozen := instant("2026-01-31T22:00:00.1234567-05:00")
	state := account.Apply(account.State{}, account.Open(account.Opening{Seed: "seed", Frozen: &frozen}, time.Time{}))
	want := "2026-02-01 03:00:00.123 +0000 UTC"
	if state.At.String() != want || state.Frozen.String() != want {
		t.Errorf("opened at %v, frozen at %v, want %s", state.At, state.Frozen, want)
	}
}

func TestRollingWithoutTheOfferingIsOurOwnFailure(t *testing.T) {
	b := open(t, "2026-01-10T00:00:00Z")
	b.buy("2026-01-10T00:00:00Z", account.Order{OfferingID: ios, Quantity: 1})
	_, err := b.state.Roll(account.Terms{}, instant("2026-02-01T00:00:00Z"))
	if err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("error = %v, want an internal one", err)
	}
}

func TestParseID(t *testing.T) {
	for _, text := range []string{"", "12345678901", "1234567890123", "12345678901x", "１２３４"} {
		_, err := account.ParseID(text)
		wantKind(t, err, fault.Argument, "twelve digits")
	}
	if id, err := account.ParseID("012345678901"); err != nil || id != "012345678901" {
		t.Errorf("ParseID = %q, %v", id, err)
	}
}
