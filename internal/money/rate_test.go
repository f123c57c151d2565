package money_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/slotfarm/slotfarm/internal/money"
)

func TestRates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]money.Rate{"0.17": 17_000, "0.005": 500, "1": 100_000, "1.0": 100_000, "0.00001": 1, "0.0": 0, "12.340000": 1_234_000, "100.0": money.MaxRate} {
		if got, err := money.ParseRate(text); err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-1", "1e3", ".5", "0.000001", "1.", "x", "1000000000"} {
		if got, err := money.ParseRate(text); err == nil {
			t.Errorf("%q is read as %d", text, got)
		}
	}
}

func TestRatesSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := money.Rate(rapid.Int64Range(0, int64(money.MaxRate)).Draw(t, "rate"))
		if got, err := money.ParseRate(want.Decimal()); err != nil || got != want {
			t.Fatalf("%s: %d, %v, want %d", want.Decimal(), got, err, want)
		}
	})
}

func TestExactCents(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rate money.Rate
		ms   int64
		want money.Cents
	}{
		{17_000, 60_000, 17}, {500, 60_000, 1}, {500, 59_999, 0}, {500, 120_000, 1}, {500, 180_000, 2}, {1, 1, 0},
		{money.MaxRate, 366 * 24 * 3600 * 1000, 5_270_400_000},
	} {
		if got := tt.rate.For(tt.ms).Cents(); got != tt.want {
			t.Errorf("%d ms at %s: %d cents, want %d", tt.ms, tt.rate.Decimal(), got, tt.want)
		}
	}
	if got, want := money.MaxExact.Cents(), money.Cents(153_722_867_281); got != want {
		t.Errorf("the most are %d cents, want %d", got, want)
	}
}
