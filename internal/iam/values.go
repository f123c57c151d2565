package iam

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Types of values, with the operators that "IAM JSON policy elements: Condition
// operators" lists.
var (
	texts = kindOf(readText,
		op("StringEquals", func(got, want string) bool { return got == want }, false),
		op("StringNotEquals", func(got, want string) bool { return got == want }, true),
		op("StringEqualsIgnoreCase", strings.EqualFold, false),
		op("StringNotEqualsIgnoreCase", strings.EqualFold, true),
		op("StringLike", like, false),
		op("StringNotLike", like, true))
	numbers = kindOf(readNumber,
		op("NumericEquals", func(got, want float64) bool { return got == want }, false),
		op("NumericNotEquals", func(got, want float64) bool { return got == want }, true),
		op("NumericLessThan", func(got, want float64) bool { return got < want }, false),
		op("NumericLessThanEquals", func(got, want float64) bool { return got <= want }, false),
		op("NumericGreaterThan", func(got, want float64) bool { return got > want }, false),
		op("NumericGreaterThanEquals", func(got, want float64) bool { return got >= want }, false))
	dates = kindOf(readDate,
		op("DateEquals", time.Time.Equal, false),
		op("DateNotEquals", time.Time.Equal, true),
		op("DateLessThan", time.Time.Before, false),
		op("DateLessThanEquals", func(got, want time.Time) bool { return !got.After(want) }, false),
		op("DateGreaterThan", time.Time.After, false),
		op("DateGreaterThanEquals", func(got, want time.Time) bool { return !got.Before(want) }, false))
	booleans = kindOf(readBool,
		op("Bool", func(got, want bool) bool { return got == want }, false))
	addresses = kindOf(readPrefix,
		op("IpAddress", within, false),
		op("NotIpAddress", within, true))
)

func like(got, want string) bool { return matches(want, got) }

func within(got netip.Addr, want netip.Prefix) bool { return want.Contains(got) }

// operation is a named comparison.
type operation[G, W any] struct {
	name string
	comparison[G, W]
}

func op[G, W any](name string, match func(got G, want W) bool, negated bool) operation[G, W] {
	return operation[G, W]{name, comparison[G, W]{match, negated}}
}

func kindOf[G, W any](read func(node) (W, error), operations ...operation[G, W]) kind[G, W] {
	k := kind[G, W]{read: read, comparisons: map[string]comparison[G, W]{}}
	for _, o := range operations {
		k.names = append(k.names, o.name)
		k.comparisons[o.name] = o.comparison
	}
	return k
}

// scalar returns the text of a value. Quotes are optional around numbers and
// booleans ("Grammar of the IAM JSON policy language").
func scalar(n node) (string, error) {
	switch n.kind {
	case jsontext.KindBeginObject, jsontext.KindBeginArray:
		return "", n.refuse("is %s; it must be a string, a number or a boolean", n.show())
	case jsontext.KindString:
		return n.string()
	}
	return n.text, nil
}

func readText(n node) (string, error) {
	text, err := scalar(n)
	if err == nil && text == "" {
		return "", n.refuse("is empty, and no value equals an empty text")
	}
	return text, err
}

// decimal matches numbers with few enough digits for float64 to distinguish
// them all.
var decimal = regexp.MustCompile(`^-?([0-9]{1,15}|[0-9]{1,9}\.[0-9]{1,6})$`)

func readNumber(n node) (float64, error) {
	text, err := scalar(n)
	if err != nil {
		return 0, err
	}
	if !decimal.MatchString(text) {
		return 0, n.refuse("is %s; it must be a number with at most 15 digits, or with at most 9 digits before the point and 6 after it", n.show())
	}
	return strconv.ParseFloat(text, 64)
}

func readBool(n node) (bool, error) {
	text, err := scalar(n)
	if err != nil {
		return false, err
	}
	if text != "true" && text != "false" {
		return false, n.refuse(`is %s; it must be "true" or "false"`, n.show())
	}
	return text == "true", nil
}

// epoch matches a number of seconds that cannot be a date written in digits
// only: such dates have four, six or eight digits, or twelve and more.
var epoch = regexp.MustCompile(`^[0-9]{9,11}$`)

// iso matches dates of the W3C's profile of ISO 8601, except a year alone.
// readDate checks them against the calendar; its layouts alone would also
// accept a comma for the point.
var iso = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2}))?)?$`)

// readDate reads an instant. A date without a time stands for its first instant
// in UTC.
func readDate(n node) (time.Time, error) {
	text, err := scalar(n)
	if err != nil {
		return time.Time{}, err
	}
	if epoch.MatchString(text) {
		seconds, err := strconv.ParseInt(text, 10, 64)
		return time.Unix(seconds, 0).UTC(), err
	}
	if iso.MatchString(text) {
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly, "2006-01"} {
			if at, err := time.Parse(layout, text); err == nil {
				return at, nil
			}
		}
	}
	return time.Time{}, n.refuse(`is %s; it must be a time such as "2026-01-31T00:00:00Z", a date, or seconds since 1970 in 9 to 11 digits`, n.show())
}

// readPrefix reads an address or a range of addresses. A single address is a
// range of one. Bits after the prefix would be ignored, so they are refused.
func readPrefix(n node) (netip.Prefix, error) {
	text, err := scalar(n)
	if err != nil {
		return netip.Prefix{}, err
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		addr, err := netip.ParseAddr(text)
		if err != nil || addr.Zone() != "" {
			return prefix, n.refuse("is %s; it must be an IP address or a range such as 203.0.113.0/24", n.show())
		}
		prefix = netip.PrefixFrom(addr, addr.BitLen())
	}
	switch {
	case prefix.Addr().Is4In6():
		return prefix, n.refuse("is %s; it must be written as an IPv4 address, as requests have it", n.show())
	case prefix != prefix.Masked():
		return prefix, n.refuse("is %s, which has bits after its prefix; it must be %s, or a single address", n.show(), prefix.Masked())
	}
	return prefix, nil
}
