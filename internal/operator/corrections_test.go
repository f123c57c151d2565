package operator_test

import (
	"strings"
	"testing"
)

// TestCancelRenewal takes back what an ineligible account has renewed and cannot
// cancel itself, and then what it holds.
func TestCancelRenewal(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.buy(alice, ios, 2)
	f.renew(alice, ios, 7)
	f.accepted("PUT", "/accounts/"+alice, `{"status":"INELIGIBLE"}`)
	path := "/accounts/" + alice + "/renewals/" + ios + "/cancel"
	next := func(body string) int {
		t.Helper()
		var got accountShape
		f.decoded("POST", path, body, &got)
		return got.NextPeriod[ios]
	}
	if got := next(""); got != 2 {
		t.Errorf("the next period starts with %d slots, want the 2 that are held", got)
	}
	f.refused("POST", path, "", refusal{409, "Conflict", "has no standing renewal; there is nothing to take back"})
	if got := next(`{"held":true}`); got != 0 {
		t.Errorf("the next period starts with %d slots, want none", got)
	}
	before := f.size()
	f.refused("POST", path, `{"held":true}`, refusal{409, "Conflict", "has no slots in the next period"})
	f.refused("POST", path, `{"hold":true}`, refusal{400, malformed, `member "hold" is unknown; it must be one of held`})
	f.refused("POST", "/accounts/"+alice+"/renewals/"+unknown+"/cancel", "", refusal{404, notFound, "no offering with the id"})
	f.refused("POST", "/accounts/"+bob+"/renewals/"+ios+"/cancel", "", refusal{404, notFound, "was never opened"})
	f.same("entries", before, f.size())
}

// TestAddCredit gives a credit, which the statement shows with its reason.
func TestAddCredit(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.buy(alice, ios, 1)
	path := "/accounts/" + alice + "/credits"
	credit := func(amount, currency, reason string) string {
		return `{"amount":` + amount + `,"currencyCode":"` + currency + `","reason":"` + reason + `"}`
	}
	var paid, corrected statementShape
	f.decoded("GET", "/accounts/"+alice+"/statement", "", &paid)
	f.accepted("POST", path, credit("10.5", "USD", "an outage"))
	f.decoded("GET", "/accounts/"+alice+"/statement", "", &corrected)
	if corrected.TotalCents != paid.TotalCents-1050 || len(corrected.Lines) != 2 {
		t.Fatalf("statement = %+v, want %d cents less 1050", corrected, paid.TotalCents)
	}
	if got := corrected.Lines[1]; got.Kind != "credit" || got.Cents != -1050 || got.Why != "an outage" {
		t.Errorf("line = %+v", got)
	}
	before := f.size()
	for _, tt := range []badInput{
		{"nothing", `{}`, refusal{400, argument, `currencyCode "" is unknown; it must be "USD"`}},
		{"euros", credit("1", "EUR", "x"), refusal{400, argument, `currencyCode "EUR" is unknown`}},
		{"nought", credit("0.00", "USD", "x"), refusal{400, argument, "amount 0.0 is out of range"}},
		{"a debit", credit("-1", "USD", "x"), refusal{400, argument, `amount "-1" is not a number of dollars`}},
		{"half a cent", credit("0.005", "USD", "x"), refusal{400, argument, `amount "0.005" is not a number of dollars with at most two decimals`}},
		{"no reason", credit("1", "USD", ""), refusal{400, argument, "reason is missing"}},
		{"a reason of two lines", credit("1", "USD", `a\nb`), refusal{400, argument, "U+000A"}},
		{"a long reason", credit("1", "USD", strings.Repeat("x", 257)), refusal{400, argument, "reason has 257 bytes; it may have 256"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f.t = t
			f.refused("POST", path, tt.body, tt.want)
			f.same("entries", before, f.size())
		})
	}
}
