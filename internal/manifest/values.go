package manifest

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/strictjson"
)

// First and last year of a time, which are those that a clock may show.
const (
	firstYear = 1970
	lastYear  = 9999
)

// instant is a time in RFC 3339.
type instant time.Time

// UnmarshalJSONFrom reads an instant.
func (i *instant) UnmarshalJSONFrom(d *jsontext.Decoder) error { return strictjson.ReadScalar(d, i) }

// ReadScalar reads the instant from its text.
func (i *instant) ReadScalar(_ jsontext.Kind, text string) error {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return fault.New(fault.Malformed, "%q; it must be an RFC 3339 time, such as \"2026-01-31T00:00:00Z\"", text)
	}
	at = at.UTC().Truncate(time.Millisecond)
	if at.Year() < firstYear || at.Year() > lastYear {
		return fault.New(fault.Malformed, "%q; it must be a time from %d to %d", text, firstYear, lastYear)
	}
	*i = instant(at)
	return nil
}

// MarshalText writes an instant.
func (i instant) MarshalText() ([]byte, error) {
	return []byte(time.Time(i).UTC().Format(time.RFC3339Nano)), nil
}

// IsZero reports whether the instant is missing.
func (i instant) IsZero() bool { return time.Time(i).IsZero() }

func (i instant) pointer() *time.Time {
	if i.IsZero() {
		return nil
	}
	at := time.Time(i)
	return &at
}

func instantOf(at *time.Time) instant {
	if at == nil {
		return instant{}
	}
	return instant(*at)
}

// accountID is an account id. It may also be a number, because YAML reads
// twelve digits without quotes as one.
type accountID account.ID

// UnmarshalJSONFrom reads an account id.
func (a *accountID) UnmarshalJSONFrom(d *jsontext.Decoder) error { return strictjson.ReadScalar(d, a) }

// ReadScalar reads the account id from its text.
func (a *accountID) ReadScalar(_ jsontext.Kind, text string) error {
	id, err := account.ParseID(text)
	if err != nil {
		return fault.New(fault.Malformed, "%q; an account id has twelve digits", text)
	}
	*a = accountID(id)
	return nil
}

// amount is dollars with at most two decimals.
type amount money.Cents

// UnmarshalJSONFrom reads an amount.
func (a *amount) UnmarshalJSONFrom(d *jsontext.Decoder) error { return strictjson.ReadScalar(d, a) }

// ReadScalar reads the amount from its text.
func (a *amount) ReadScalar(kind jsontext.Kind, text string) error {
	cents, err := money.ParseDollars(text)
	if kind != jsontext.KindNumber || err != nil {
		return fault.New(fault.Malformed, "%q; it must be a number of dollars with at most two decimals", text)
	}
	*a = amount(cents)
	return nil
}

// MarshalJSONTo writes an amount in AWS's format.
func (a amount) MarshalJSONTo(e *jsontext.Encoder) error {
	return e.WriteValue(jsontext.Value(money.Cents(a).Decimal()))
}

// rate is the price of a minute, in dollars with at most five decimals.
type rate money.Rate

// UnmarshalJSONFrom reads a rate.
func (r *rate) UnmarshalJSONFrom(d *jsontext.Decoder) error { return strictjson.ReadScalar(d, r) }

// ReadScalar reads the rate from its text.
func (r *rate) ReadScalar(kind jsontext.Kind, text string) error {
	parsed, err := money.ParseRate(text)
	if kind != jsontext.KindNumber || err != nil {
		return fault.New(fault.Malformed, "%q; it must be a number of dollars with at most five decimals", text)
	}
	*r = rate(parsed)
	return nil
}

// MarshalJSONTo writes a rate in dollars.
func (r rate) MarshalJSONTo(e *jsontext.Encoder) error {
	return e.WriteValue(jsontext.Value(money.Rate(r).Decimal()))
}
