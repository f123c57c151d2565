package awsjson

import (
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// Number is a JSON number as the caller wrote it. The operation decides whether
// it accepts the number, after its other checks.
type Number string

// UnmarshalJSONFrom accepts any JSON number and nothing else.
func (n *Number) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	value, err := decoder.ReadValue()
	if err != nil {
		return err
	}
	if value.Kind() != '0' {
		return &json.SemanticError{JSONKind: value.Kind(), JSONValue: value.Clone()}
	}
	*n = Number(value)
	return nil
}

// Integer returns the number as the API's Integer: written without fraction or
// exponent, and within 32 bits. Any other number is an Argument error about the
// named member.
func (n Number) Integer(member string) (int, error) {
	i, err := strconv.ParseInt(string(n), 10, 32)
	switch {
	case err == nil:
		return int(i), nil
	case errors.Is(err, strconv.ErrRange):
		return 0, fault.New(fault.Argument, "%s %s is out of range; it must be from %d to %d.", member, cut(string(n)), math.MinInt32, math.MaxInt32)
	}
	return 0, fault.New(fault.Argument, "%s %s is not a whole number.", member, cut(string(n)))
}

// latest is the last second of the year 9999.
const latest = 253_402_300_799

// Time returns the number of seconds since 1970 as a time, to the millisecond. A
// time outside the years 1970 to 9999 is an Argument error that names the member.
func (n Number) Time(member string) (time.Time, error) {
	seconds, err := strconv.ParseFloat(string(n), 64)
	if err != nil || seconds < 0 || seconds > latest {
		return time.Time{}, fault.New(fault.Argument, "%s %s is out of range; a time is a number of seconds since 1970, up to the year 9999.", member, cut(string(n)))
	}
	return time.UnixMilli(int64(math.Round(seconds * 1000))).UTC(), nil
}

// Timestamp is written as seconds since 1970 with one to three decimals, as AWS
// does: 1459468800.0, 1458596930.431.
type Timestamp struct{ time.Time }

// MarshalJSONTo writes the timestamp.
func (t Timestamp) MarshalJSONTo(encoder *jsontext.Encoder) error {
	ms := t.UnixMilli()
	text := strconv.AppendInt(nil, ms/1000, 10)
	text = append(text, '.')
	switch fraction := ms % 1000; {
	case fraction%100 == 0:
		text = strconv.AppendInt(text, fraction/100, 10)
	case fraction%10 == 0:
		text = append(text, byte('0'+fraction/100), byte('0'+fraction/10%10))
	default:
		text = append(text, byte('0'+fraction/100), byte('0'+fraction/10%10), byte('0'+fraction%10))
	}
	return encoder.WriteValue(text)
}

// Decimal is a number that is written with exactly these digits, so that
// "250.0" keeps its decimal.
type Decimal string

// MarshalJSONTo writes the number.
func (d Decimal) MarshalJSONTo(encoder *jsontext.Encoder) error {
	return encoder.WriteValue(jsontext.Value(d))
}
