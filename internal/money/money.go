// Package money holds amounts in whole cents and the one rounding rule that
// turns a fraction of a monthly price into such an amount.
//
// It has one currency, because the Device Farm model has one. It does not
// decide what a fraction is: periods and prices are in package offering.
package money

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// Currency is the code of the only currency of the API's CurrencyCode enum.
const Currency = "USD"

// Cents is an amount in hundredths of a US dollar.
type Cents int64

// MaxPrice is the highest monthly price of one slot: one million dollars. With
// quantities of at most one million it keeps every product in RoundFraction
// within 64 bits.
const MaxPrice Cents = 100_000_000

// dollars matches digits with at most two significant decimals.
var dollars = regexp.MustCompile(`^[0-9]{1,12}(\.[0-9]{1,2}0*)?$`)

// ParseDollars returns the amount that a number of dollars stands for, such as
// 8.07 or 250. Errors: Argument if the text is not a number of dollars with at
// most two decimals.
func ParseDollars(text string) (Cents, error) {
	if !dollars.MatchString(text) {
		return 0, fault.New(fault.Argument, "%q is not a number of dollars with at most two decimals", text)
	}
	whole, decimals, _ := strings.Cut(text, ".")
	cents, err := strconv.ParseInt(whole+(decimals + "00")[:2], 10, 64)
	return Cents(cents), err
}

// Decimal returns the amount in dollars with one or two decimals, as AWS writes
// it: "250.0", "8.07", "0.0".
func (c Cents) Decimal() string {
	sign, n := "", int64(c)
	if n < 0 {
		sign, n = "-", -n
	}
	text := sign + strconv.FormatInt(n/100, 10) + "." + strconv.FormatInt(n%100/10, 10)
	if n%10 != 0 {
		text += strconv.FormatInt(n%10, 10)
	}
	return text
}

// Fixed returns the amount in dollars with two decimals, as people write it:
// "250.00", "8.07", "0.00".
func (c Cents) Fixed() string {
	text := c.Decimal()
	if c%10 == 0 {
		text += "0"
	}
	return text
}

// RoundFraction returns numerator/denominator cents, rounded half-up to a tenth
// of a cent and then half-up to a cent. Both arguments are non-negative, the
// denominator is positive, and numerator is below 4.6e17.
//
// AWS's published costs are rounded twice: one day of 31 at 250.00 is 8.0645,
// then 8.065, then 8.07, while 16.129 stays 16.13 (rule A of the nine published
// amounts; docs/fidelity.md).
func RoundFraction(numerator, denominator int64) Cents {
	mills := (20*numerator + denominator) / (2 * denominator)
	return Cents((mills + 5) / 10)
}
