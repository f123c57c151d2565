package operator_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// quoted is what a quote answers.
type quoted struct {
	OfferingID  string `json:"offeringId"`
	Quantity    int    `json:"quantity"`
	EffectiveOn string `json:"effectiveOn"`
	Cost        struct {
		Amount       float64 `json:"amount"`
		CurrencyCode string  `json:"currencyCode"`
	} `json:"cost"`
}

// TestQuote compares quotes with the purchases that follow, on each day of two
// months, and looks whether a quote leaves a trace.
func TestQuote(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.accepted("PUT", "/catalog", f.text(priced(9999)))
	quote := func(id, promotion string, quantity int) quoted {
		t.Helper()
		var q quoted
		f.decoded("POST", "/accounts/"+id+"/quote", fmt.Sprintf(`{"offeringId":%q,"quantity":%d,"offeringPromotionId":%q}`, ios, quantity, promotion), &q)
		return q
	}
	if got := quote(alice, "", 1); got.Cost.Amount != 3.23 || f.size() != (size{}) {
		t.Errorf("quote = %+v of an account that is opened by it", got)
	}
	f.freeze(alice, "2026-01-31T12:00:00Z")
	for day := range 59 {
		promotion := map[bool]string{true: "2FREEMONTHS"}[day == 0]
		before := f.size()
		got := quote(alice, promotion, day%2+1)
		f.same("entries", before, f.size())
		o := account.Order{OfferingID: ios, Quantity: day%2 + 1, PromotionID: promotion}
		made, _, err := f.parts.Orders.Purchase(context.Background(), journal.Caller{Account: alice}, o)
		if err != nil {
			t.Fatal(err)
		}
		want := quoted{OfferingID: ios, Quantity: day%2 + 1, EffectiveOn: made.EffectiveOn.Format(timeFormat)}
		want.Cost.Amount, want.Cost.CurrencyCode = float64(made.Cost)/100, "USD"
		f.same("quote", want, got)
		f.advance(alice, `{"by":"24h"}`)
	}
}

// TestBadQuotes are refused as the purchase would be, and change nothing.
func TestBadQuotes(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.hold(alice)
	f.accepted("PUT", "/accounts/"+alice, `{"maxSlots":{"`+ios+`":3}}`)
	f.accepted("PUT", "/accounts/"+bob, `{"status":"SUSPENDED"}`)
	f.accepted("PUT", "/accounts/"+carol, `{"status":"INELIGIBLE"}`)
	before := f.size()
	order := func(members string) string { return `{"offeringId":"` + ios + `",` + members + `}` }
	for _, tt := range []struct {
		id string
		badInput
	}{
		{alice, badInput{"nothing", `{}`, refusal{400, argument, `offeringId "" has 0 characters; an offering id has at least 32.`}}},
		{alice, badInput{"no quantity", `{"offeringId":"` + ios + `"}`, refusal{400, argument, "quantity 0 is too small; it must be at least 1"}}},
		{alice, badInput{"negative", order(`"quantity":-1`), refusal{400, argument, "quantity -1 is too small"}}},
		{alice, badInput{"over the limit", order(`"quantity":2`), refusal{409, "LimitExceeded", "quantity 2 would make 4 slots"}}},
		{alice, badInput{"2^63-1", order(`"quantity":9223372036854775807`), refusal{409, "LimitExceeded", "quantity 9223372036854775807 would make"}}},
		{alice, badInput{"2^63", order(`"quantity":9223372036854775808`), refusal{400, malformed, `member "quantity" is 9223372036854775808, which is out of range`}}},
		{alice, badInput{"half", order(`"quantity":0.5`), refusal{400, malformed, `member "quantity" is 0.5; it must be a whole number`}}},
		{alice, badInput{"string", order(`"quantity":"1"`), refusal{400, malformed, `member "quantity" is a JSON string; it must be a whole number`}}},
		{alice, badInput{"null", order(`"quantity":null`), refusal{400, malformed, `member "quantity" is null`}}},
		{alice, badInput{"unknown member", order(`"count":1`), refusal{400, malformed, `member "count" is unknown; it must be one of offeringId, quantity, offeringPromotionId`}}},
		{alice, badInput{"unknown offering", `{"offeringId":"` + unknown + `","quantity":1}`, refusal{404, notFound, `no offering with the id "` + unknown + `"`}}},
		{alice, badInput{"unknown promotion", order(`"quantity":1,"offeringPromotionId":"NONE"`), refusal{404, notFound, `no promotion with the id "NONE"`}}},
		{alice, badInput{"short promotion", order(`"quantity":1,"offeringPromotionId":"X"`), refusal{400, argument, `offeringPromotionId "X" has 1 characters`}}},
		{alice, badInput{"not a new customer", order(`"quantity":1,"offeringPromotionId":"2FREEMONTHS"`), refusal{403, "NotEligible", "is for new customers"}}},
		{bob, badInput{"suspended", order(`"quantity":1`), refusal{403, "ServiceAccount", "This account is suspended"}}},
		{carol, badInput{"ineligible", order(`"quantity":1`), refusal{403, "NotEligible", "not eligible for device slot offerings"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f.t = t
			f.refused("POST", "/accounts/"+tt.id+"/quote", tt.body, tt.want)
			f.same("entries", before, f.size())
		})
	}
	for _, in := range badBodies {
		t.Run(in.name, func(t *testing.T) {
			f.t = t
			f.refused("POST", "/accounts/"+alice+"/quote", in.body, in.want)
			f.same("entries", before, f.size())
		})
	}
}
