package device

import (
	"cmp"
	"strings"
)

// CompareVersions returns -1, 0 or 1 as version a is before, the same as or after
// version b. Versions are compared part by part between their dots: by the number
// with which a part begins, then by the text behind it. A part that is not there
// is 0, so 14 is the same as 14.0.
func CompareVersions(a, b string) int {
	for a != "" || b != "" {
		var partA, partB string
		partA, a, _ = strings.Cut(a, ".")
		partB, b, _ = strings.Cut(b, ".")
		if c := compareParts(partA, partB); c != 0 {
			return c
		}
	}
	return 0
}

// compareParts compares what stands between two dots. Numbers may have any length.
func compareParts(a, b string) int {
	numberA, restA := leadingNumber(a)
	numberB, restB := leadingNumber(b)
	return cmp.Or(
		cmp.Compare(len(numberA), len(numberB)),
		strings.Compare(numberA, numberB),
		strings.Compare(restA, restB),
	)
}

// leadingNumber returns the digits with which a text begins, without leading
// zeros, and what follows them.
func leadingNumber(text string) (digits, rest string) {
	rest = strings.TrimLeft(text, "0123456789")
	return strings.TrimLeft(text[:len(text)-len(rest)], "0"), rest
}
