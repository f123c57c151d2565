package money_test

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/slotfarm/slotfarm/internal/money"
)

func TestFixed(t *testing.T) {
	for cents, want := range map[money.Cents]string{
		0: "0.00", 1: "0.01", 10: "0.10", 807: "8.07", 25000: "250.00", -50: "-0.50", -807: "-8.07",
	} {
		if got := cents.Fixed(); got != want {
			t.Errorf("Cents(%d).Fixed() = %q, want %q", cents, got, want)
		}
	}
}

func TestDecimal(t *testing.T) {
	tests := []struct {
		cents money.Cents
		want  string
	}{
		{0, "0.0"},
		{1, "0.01"},
		{10, "0.1"},
		{807, "8.07"},
		{17500, "175.0"},
		{25000, "250.0"},
		{80645, "806.45"},
		{-807, "-8.07"},
		{-50, "-0.5"},
	}
	for _, tt := range tests {
		if got := tt.cents.Decimal(); got != tt.want {
			t.Errorf("Cents(%d).Decimal() = %q, want %q", tt.cents, got, tt.want)
		}
	}
}

// TestRoundFractionAgreesWithExactFractions compares the integer arithmetic
// with the same rule over exact rationals.
func TestRoundFractionAgreesWithExactFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numerator := rapid.Int64Range(0, 310_000_000_000_000_000).Draw(t, "numerator")
		denominator := rapid.Int64Range(1, 3100).Draw(t, "denominator")
		mills := halfUp(new(big.Rat).SetFrac64(10*(numerator/10), denominator), numerator%10, denominator)
		want := halfUpInt(new(big.Rat).SetFrac(mills, big.NewInt(10)))
		if got := money.RoundFraction(numerator, denominator); int64(got) != want.Int64() {
			t.Fatalf("RoundFraction(%d, %d) = %d, want %v", numerator, denominator, got, want)
		}
	})
}

// halfUp returns ten times (base + rest/denominator), rounded half-up.
func halfUp(base *big.Rat, rest, denominator int64) *big.Int {
	sum := base.Add(base, big.NewRat(rest, denominator))
	return halfUpInt(sum.Mul(sum, big.NewRat(10, 1)))
}

func halfUpInt(r *big.Rat) *big.Int {
	sum := new(big.Rat).Add(r, big.NewRat(1, 2))
	return new(big.Int).Div(sum.Num(), sum.Denom())
}

func TestRoundFractionHasRoomForTheLargestCharge(t *testing.T) {
	const slots, days, percent = 1_000_000, 31, 100
	numerator := int64(money.MaxPrice) * slots * days * percent
	want := money.MaxPrice * slots
	if got := money.RoundFraction(numerator, days*percent); got != want {
		t.Errorf("RoundFraction(%d, %d) = %d, want %d", numerator, days*percent, got, want)
	}
}
