package offering_test

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/offering"
)

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestPublishedPurchaseCosts holds the proration against every cost that AWS
// published and that counts the purchase day, and against the reference vectors
// derived from them. A sources column of "vector" marks the latter.
func TestPublishedPurchaseCosts(t *testing.T) {
	const (
		purchaseExample = "API model, PurchaseOffering example; boto3 page of purchase_offering"
		listExample     = "API model, ListOfferingTransactions example"
		tenDays         = "API reference, ListOfferingTransactions sample: 10 of 31 days"
		vector          = "vector"
	)
	tests := []struct {
		source   string
		at       string
		quantity int
		want     string
	}{
		{purchaseExample, "2016-08-31T12:59:00Z", 1, "8.07"},
		{listExample, "2016-08-01T03:17:00Z", 1, "250.0"},
		{listExample, "2016-06-10T06:02:00Z", 1, "175.0"},
		{tenDays, "2016-03-22T06:32:23Z", 1, "80.65"},
		{tenDays, "2016-03-22T06:32:23Z", 2, "161.29"},
		{tenDays, "2016-03-22T06:32:23Z", 10, "806.45"},
		{vector, "2016-03-31T23:59:59Z", 1, "8.07"},
		{vector, "2026-11-22T00:00:00Z", 1, "75.0"},
		{vector, "2026-11-22T00:00:00Z", 2, "150.0"},
		{vector, "2026-11-22T00:00:00Z", 10, "750.0"},
		{vector, "2024-02-29T12:00:00Z", 1, "8.62"},
		{vector, "2024-02-29T12:00:00Z", 2, "17.24"},
		{vector, "2024-02-29T12:00:00Z", 10, "86.21"},
		{vector, "2026-12-31T12:00:00Z", 1, "8.07"},
		{vector, "2026-12-31T12:00:00Z", 2, "16.13"},
		{vector, "2026-12-31T12:00:00Z", 10, "80.65"},
		{vector, "2026-04-30T12:00:00Z", 1, "8.33"},
		{vector, "2026-04-30T12:00:00Z", 2, "16.67"},
		{vector, "2026-04-30T12:00:00Z", 10, "83.33"},
	}
	slot := offering.Default().Offerings[0]
	for _, tt := range tests {
		got := slot.Prorated(tt.quantity, 0, instant(t, tt.at)).Decimal()
		if got != tt.want {
			t.Errorf("%d at %s cost %s, want %s (%s)", tt.quantity, tt.at, got, tt.want, tt.source)
		}
	}
}

// TestPublishedRenewalCosts holds full prices against the published renewals.
func TestPublishedRenewalCosts(t *testing.T) {
	const (
		renewExample = "API model, RenewOffering example"
		listSample   = "API reference, ListOfferingTransactions sample"
	)
	tests := []struct {
		source   string
		month    string
		quantity int
		want     string
	}{
		{renewExample, "2016-09-01T00:00:00Z", 1, "250.0"},
		{listSample, "2016-04-01T00:00:00Z", 0, "0.0"},
		{listSample, "2016-04-01T00:00:00Z", 1, "250.0"},
		{listSample, "2016-04-01T00:00:00Z", 3, "750.0"},
	}
	slot := offering.Default().Offerings[1]
	for _, tt := range tests {
		got := slot.Full(tt.quantity, nil, offering.PeriodOf(instant(t, tt.month))).Decimal()
		if got != tt.want {
			t.Errorf("renewing %d for %s cost %s, want %s (%s)", tt.quantity, tt.month, got, tt.want, tt.source)
		}
	}
}

func TestProratedAgreesWithExactFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		price := rapid.Int64Range(0, int64(money.MaxPrice)).Draw(t, "price")
		quantity := rapid.IntRange(1, 1_000_000).Draw(t, "quantity")
		percent := rapid.IntRange(0, 100).Draw(t, "percent")
		at := time.Unix(rapid.Int64Range(0, 253402300799).Draw(t, "at"), 0).UTC()
		slot := offering.Offering{Prices: []offering.Price{{Monthly: money.Cents(price)}}}

		monthEnd := time.Date(at.Year(), at.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		monthStart := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
		days := int64(monthEnd.Sub(at.Truncate(24*time.Hour)) / (24 * time.Hour))
		whole := int64(monthEnd.Sub(monthStart) / (24 * time.Hour))
		exact := new(big.Rat).SetFrac64(price, 1)
		exact.Mul(exact, big.NewRat(int64(quantity)*int64(100-percent), 100))
		exact.Mul(exact, big.NewRat(days, whole))
		mills := roundHalfUp(exact.Mul(exact, big.NewRat(10, 1)))
		want := roundHalfUp(new(big.Rat).SetFrac(mills, big.NewInt(10))).Int64()
		if got := slot.Prorated(quantity, percent, at); int64(got) != want {
			t.Fatalf("%d slots at %d, %d%% off, at %v cost %d, want %d", quantity, price, percent, at, got, want)
		}
	})
}

func roundHalfUp(r *big.Rat) *big.Int {
	sum := new(big.Rat).Add(r, big.NewRat(1, 2))
	return new(big.Int).Div(sum.Num(), sum.Denom())
}

func TestPeriods(t *testing.T) {
	tests := []struct {
		at, start, next string
		days, left      int
	}{
		{"2026-11-22T10:00:00Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z", 30, 9},
		{"2026-12-31T23:59:59.999Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z", 31, 1},
		{"2024-02-01T00:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z", 29, 29},
		{"2100-02-28T00:00:00Z", "2100-02-01T00:00:00Z", "2100-03-01T00:00:00Z", 28, 1},
		{"2026-12-31T20:00:00-08:00", "2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z", 31, 31},
	}
	for _, tt := range tests {
		at := instant(t, tt.at)
		p := offering.PeriodOf(at)
		if !p.Start().Equal(instant(t, tt.start)) || !p.Next().Start().Equal(instant(t, tt.next)) {
			t.Errorf("period of %s runs from %v to %v", tt.at, p.Start(), p.Next().Start())
		}
		if p.Days() != tt.days || offering.DaysLeft(at) != tt.left {
			t.Errorf("period of %s has %d days, %d left, want %d and %d",
				tt.at, p.Days(), offering.DaysLeft(at), tt.days, tt.left)
		}
	}
	later := offering.PeriodOf(instant(t, "2027-02-01T00:00:00Z"))
	if got := later.Since(offering.PeriodOf(instant(t, "2026-11-30T00:00:00Z"))); got != 3 {
		t.Errorf("February lies %d periods after November, want 3", got)
	}
}

func TestParsePeriod(t *testing.T) {
	for _, text := range []string{"2026-11", "2027-02", "0001-01", "9999-12"} {
		p, err := offering.ParsePeriod(text)
		if err != nil || p.String() != text || offering.PeriodOf(p.Start()) != p {
			t.Errorf("ParsePeriod(%q) = %s, %v", text, p, err)
		}
	}
	for _, text := range []string{"", "2026", "2026-1", "2026-13", "2026-00", "2026-11-01", "26-11", "November", " 2026-11", "-2026-11"} {
		if p, err := offering.ParsePeriod(text); fault.KindOf(err) != fault.Argument {
			t.Errorf("ParsePeriod(%q) = %s, %v; want an Argument error", text, p, err)
		}
	}
}

func TestPriceHistory(t *testing.T) {
	slot := offering.Offering{Prices: []offering.Price{
		{Monthly: 25000},
		{From: instant(t, "2026-12-15T00:00:00Z"), Monthly: 31000},
	}}
	december := offering.PeriodOf(instant(t, "2026-12-20T00:00:00Z"))
	tests := []struct {
		name string
		got  money.Cents
		want money.Cents
	}{
		{"bought before the change", slot.Prorated(1, 0, instant(t, "2026-12-14T23:59:59Z")), 14516},
		{"bought after the change", slot.Prorated(1, 0, instant(t, "2026-12-15T00:00:00Z")), 17000},
		{"held over the change", slot.Full(1, nil, december), 25000},
		{"held at the next boundary", slot.Full(1, nil, december.Next()), 31000},
		{"half of it discounted", slot.Full(4, []offering.Discount{{Quantity: 2, PercentOff: 100}}, december), 50000},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: %d cents, want %d", tt.name, tt.got, tt.want)
		}
	}
}

func TestCatalogRules(t *testing.T) {
	if err := offering.Default().Validate(); err != nil {
		t.Fatalf("the default catalogue is refused: %v", err)
	}
	tests := []struct {
		name   string
		change func(*offering.Catalog)
		want   string
	}{
		{"short id", func(c *offering.Catalog) { c.Offerings[0].ID = "short" }, `"short" has 5 characters`},
		{"same id twice", func(c *offering.Catalog) { c.Offerings[1].ID = c.Offerings[0].ID }, "twice"},
		{"platform", func(c *offering.Catalog) { c.Offerings[0].Platform = "BEOS" }, `"BEOS"`},
		{"no price", func(c *offering.Catalog) { c.Offerings[0].Prices = nil }, "first price"},
		{"negative price", func(c *offering.Catalog) { c.Offerings[0].Prices[0].Monthly = -1 }, "-0.01"},
		{"late first price", func(c *offering.Catalog) { c.Offerings[0].Prices[0].From = time.Unix(1, 0) }, "first price"},
		{"prices out of order", func(c *offering.Catalog) {
			c.Offerings[0].Prices = append(c.Offerings[0].Prices, offering.Price{Monthly: 1})
		}, "out of order"},
		{"short promotion id", func(c *offering.Catalog) { c.Promotions[0].ID = "ABC" }, `"ABC" has 3`},
		{"same promotion twice", func(c *offering.Catalog) { c.Promotions = append(c.Promotions, c.Promotions[0]) }, "twice"},
		{"nothing off", func(c *offering.Catalog) { c.Promotions[0].PercentOff = nil }, "has no percent off"},
		{"too much off", func(c *offering.Catalog) { c.Promotions[0].PercentOff = []int{101} }, "101 percent"},
		{"backwards", func(c *offering.Catalog) {
			c.Promotions[0].From, c.Promotions[0].Until = time.Unix(2, 0), time.Unix(1, 0)
		}, "ends before"},
		{"unknown offering", func(c *offering.Catalog) { c.Promotions[0].OfferingIDs = []string{"nothing"} }, `"nothing"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			catalog := offering.Default()
			tt.change(&catalog)
			err := catalog.Validate()
			if fault.KindOf(err) != fault.Argument || !strings.Contains(fault.MessageOf(err), tt.want) {
				t.Errorf("Validate() = %v, want an Argument error with %q", err, tt.want)
			}
		})
	}
}

func TestPromotionWindow(t *testing.T) {
	p := offering.Promotion{From: time.Unix(10, 0), Until: time.Unix(20, 0), OfferingIDs: []string{"a"}}
	for second, want := range map[int64]bool{9: false, 10: true, 19: true, 20: false} {
		if got := p.UsableAt(time.Unix(second, 0)); got != want {
			t.Errorf("UsableAt(%d) = %v, want %v", second, got, want)
		}
	}
	if !p.Covers("a") || p.Covers("b") || !(offering.Promotion{}).Covers("b") {
		t.Error("Covers must follow the list, and an empty list covers all")
	}
}
