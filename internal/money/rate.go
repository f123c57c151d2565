package money

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// Rate is the price of a minute in thousandths of a cent: 17000 is 0.17 dollars.
type Rate int64

// MaxRate is the highest price of a minute: one hundred dollars.
const MaxRate Rate = 10_000_000

// rates are digits with at most five decimals that count.
var rates = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,5}0*)?$`)

// rateDecimals is how many decimals a Rate has if it is written in dollars.
const rateDecimals = 5

// ParseRate returns the rate that a number of dollars stands for, such as 0.17 or
// 0.005. Errors: Argument for a text that is no number of dollars with at most five
// decimals.
func ParseRate(text string) (Rate, error) {
	if !rates.MatchString(text) {
		return 0, fault.New(fault.Argument, "%q is not a number of dollars with at most five decimals", text)
	}
	whole, decimals, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole+(decimals + "00000")[:rateDecimals], 10, 64)
	return Rate(n), err
}

// Decimal returns the rate in dollars with as many decimals as it needs, and at
// least one: "0.17", "0.005", "1.0".
func (r Rate) Decimal() string {
	text := strconv.FormatInt(int64(r), 10)
	if missing := rateDecimals + 1 - len(text); missing > 0 {
		text = strings.Repeat("0", missing) + text
	}
	whole, decimals := text[:len(text)-rateDecimals], text[len(text)-rateDecimals:]
	return whole + "." + decimals[:1] + strings.TrimRight(decimals[1:], "0")
}

// exactPerCent is how many units of Exact make a cent: thousandths of a cent, times
// the milliseconds of a minute.
const exactPerCent = 1000 * 60_000

// Exact is an amount that is not rounded: a Rate times milliseconds, which is in
// sixty-millionths of a cent.
type Exact int64

// MaxExact is the highest Exact, about 1.5 billion dollars.
const MaxExact Exact = math.MaxInt64

// For returns what a number of milliseconds comes to. A year at MaxRate fits.
func (r Rate) For(milliseconds int64) Exact { return Exact(int64(r) * milliseconds) }

// Cents returns the amount, which is not negative, rounded half-up to cents, once.
func (e Exact) Cents() Cents {
	cents := e / exactPerCent
	if e%exactPerCent >= exactPerCent/2 {
		cents++
	}
	return Cents(cents)
}
