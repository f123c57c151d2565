package operator_test

import (
	"strings"
	"testing"
)

const (
	argument  = "InvalidArgument"
	malformed = "MalformedRequest"
	notFound  = "NotFound"
	conflict  = "Conflict"
	tooLarge  = "RequestTooLarge"
)

// badInput is a body that has to be refused, and what the refusal looks like.
type badInput struct {
	name, body string
	want       refusal
}

// maxSlots is a body that sets the limit of iOS to a JSON value.
func maxSlots(value string) string { return `{"maxSlots":{"` + ios + `":` + value + `}}` }

// badBodies are no JSON objects, whatever they are sent to.
var badBodies = []badInput{
	{"empty", "", refusal{400, malformed, "the body is not valid JSON at byte 0"}},
	{"blank", " \n", refusal{400, malformed, "the body is not valid JSON at byte 2"}},
	{"cut off", `{`, refusal{400, malformed, "the body is not valid JSON at byte 1"}},
	{"form", "status=ACTIVE", refusal{400, malformed, "the body is not valid JSON at byte 0"}},
	{"single quotes", `{'status':'ACTIVE'}`, refusal{400, malformed, "not valid JSON at byte 1"}},
	{"two objects", `{} {}`, refusal{400, malformed, "not valid JSON at byte 3"}},
	{"text after", `{}x`, refusal{400, malformed, "not valid JSON at byte 2"}},
	{"byte order mark", "\ufeff{}", refusal{400, malformed, "not valid JSON at byte 0"}},
	{"UTF-8", "{\"\xff\":1}", refusal{400, malformed, "not valid JSON"}},
	{"half a surrogate", `{"\ud800":1}`, refusal{400, malformed, "not valid JSON"}},
	{"null", "null", refusal{400, malformed, "the body is a JSON null; it must be an object"}},
	{"array", "[]", refusal{400, malformed, "the body is a JSON array; it must be an object"}},
	{"string", `"{}"`, refusal{400, malformed, "the body is a JSON string; it must be an object"}},
	{"number", "1", refusal{400, malformed, "the body is a JSON number; it must be an object"}},
	{"boolean", "true", refusal{400, malformed, "the body is a JSON boolean; it must be an object"}},
	{"no name", `{"":1}`, refusal{400, malformed, `member "" is unknown`}},
	{"unknown", `{"x/y":{}}`, refusal{400, malformed, `member "x/y" is unknown; it must be one of `}},
	{"too large", `{"x":"` + strings.Repeat("x", 64<<10) + `"}`, refusal{413, tooLarge, "the body is larger than 65536 bytes"}},
	{"too large with blanks", "{}" + strings.Repeat(" ", 64<<10-1), refusal{413, tooLarge, "the body is larger than 65536 bytes"}},
	{"deep", strings.Repeat("[", 12000), refusal{400, malformed, "the body is a JSON array"}},
}

// badSettings are refused by PUT /accounts/{account}.
var badSettings = []badInput{
	{"unknown member", `{"state":"ACTIVE"}`, refusal{400, malformed, `member "state" is unknown; it must be one of status, maxSlots, test`}},
	{"unknown besides known", `{"status":"ACTIVE","x":1}`, refusal{400, malformed, `member "x" is unknown`}},
	{"wrong case", `{"Status":"ACTIVE"}`, refusal{400, malformed, `member "Status" is unknown; it must be one of status`}},
	{"wrong case of maxSlots", `{"maxslots":{}}`, refusal{400, malformed, `member "maxslots" is unknown`}},
	{"twice", `{"test":true,"test":true}`, refusal{400, malformed, `member "test" appears twice`}},
	{"twice, once escaped", `{"test":true,"te\u0073t":true}`, refusal{400, malformed, `member "test" appears twice`}},
	{"offering twice", `{"maxSlots":{"` + ios + `":1,"` + ios + `":1}}`, refusal{400, malformed, `member "maxSlots.` + ios + `" appears twice`}},
	{"status null", `{"status":null}`, refusal{400, malformed, `member "status" is null; leave it out or give it a value`}},
	{"test null", `{"test":null}`, refusal{400, malformed, `member "test" is null`}},
	{"maxSlots null", `{"maxSlots":null}`, refusal{400, malformed, `member "maxSlots" is null`}},
	{"limit null", maxSlots("null"), refusal{400, malformed, `member "maxSlots.` + ios + `" is null`}},
	{"status number", `{"status":1}`, refusal{400, malformed, `member "status" is a JSON number; it must be a string`}},
	{"cut off", `{"status":`, refusal{400, malformed, "the body is not valid JSON at byte 10"}},
	{"comma", `{"test":true,}`, refusal{400, malformed, "the body is not valid JSON at byte 12"}},
	{"deep", `{"status":` + strings.Repeat("[", 12000), refusal{400, malformed, "the body is not valid JSON at byte 10009"}},
	{"status array", `{"status":["ACTIVE"]}`, refusal{400, malformed, `member "status" is a JSON array; it must be a string`}},
	{"status object", `{"status":{}}`, refusal{400, malformed, `member "status" is a JSON object; it must be a string`}},
	{"test string", `{"test":"true"}`, refusal{400, malformed, `member "test" is a JSON string; it must be a boolean`}},
	{"test number", `{"test":1}`, refusal{400, malformed, `member "test" is a JSON number; it must be a boolean`}},
	{"maxSlots number", `{"maxSlots":5}`, refusal{400, malformed, `member "maxSlots" is a JSON number; it must be an object`}},
	{"maxSlots array", `{"maxSlots":[]}`, refusal{400, malformed, `member "maxSlots" is a JSON array; it must be an object`}},
	{"limit string", maxSlots(`"5"`), refusal{400, malformed, `" is a JSON string; it must be a whole number`}},
	{"limit boolean", maxSlots("false"), refusal{400, malformed, `" is a JSON boolean; it must be a whole number`}},
	{"limit half", maxSlots("1.5"), refusal{400, malformed, `member "maxSlots.` + ios + `" is 1.5; it must be a whole number`}},
	{"limit with a fraction", maxSlots("1.0"), refusal{400, malformed, `" is 1.0; it must be a whole number, written in digits`}},
	{"limit with an exponent", maxSlots("1e2"), refusal{400, malformed, `" is 1e2; it must be a whole number, written in digits`}},
	{"limit 2^63", maxSlots("9223372036854775808"), refusal{400, malformed, `" is 9223372036854775808, which is out of range`}},
	{"limit negative", maxSlots("-1"), refusal{400, argument, `maxSlots -1 of offering "` + ios + `" is out of range; it must be from 0 to 1000000`}},
	{"limit over", maxSlots("1000001"), refusal{400, argument, "maxSlots 1000001 of offering"}},
	{"limit 2^63-1", maxSlots("9223372036854775807"), refusal{400, argument, "maxSlots 9223372036854775807 of offering"}},
	{"offering unknown", `{"maxSlots":{"` + unknown + `":1}}`, refusal{404, notFound, `no offering with the id "` + unknown + `"`}},
	{"offering in lower case", `{"maxSlots":{"` + strings.ToLower(ios) + `":1}}`, refusal{404, notFound, "no offering with the id"}},
	{"offering empty", `{"maxSlots":{"":1}}`, refusal{404, notFound, `no offering with the id ""`}},
	{"one of two offerings", `{"maxSlots":{"` + ios + `":1,"` + unknown + `":1}}`, refusal{404, notFound, unknown}},
	{"status unknown", `{"status":"CLOSED"}`, refusal{400, argument, `status "CLOSED" is unknown; it must be ACTIVE, INELIGIBLE or SUSPENDED`}},
	{"status in lower case", `{"status":"active"}`, refusal{400, argument, `status "active" is unknown`}},
	{"note too long", `{"note":"` + strings.Repeat("x", 257) + `"}`, refusal{400, argument, `note has 257 bytes; it may have 256`}},
	{"note of two lines", `{"note":"a\nb"}`, refusal{400, argument, `note "a\nb" has the character U+000A`}},
	{"status empty", `{"status":""}`, refusal{400, argument, `status "" is unknown`}},
	{"good status, bad limit", `{"status":"SUSPENDED","maxSlots":{"` + ios + `":-1}}`, refusal{400, argument, "maxSlots -1"}},
	{"limits number", `{"limits":5}`, refusal{400, malformed, `member "limits" is a JSON number; it must be an object`}},
	{"limits null", `{"limits":null}`, refusal{400, malformed, `member "limits" is null`}},
	{"limit unknown", `{"limits":{"grid":1}}`, refusal{400, malformed, `member "limits.grid" is unknown; it must be one of metered, testGrid, waiting`}},
	{"metered negative", `{"limits":{"metered":-1}}`, refusal{400, argument, `limit metered is -1; it must be from 0 to 100000`}},
	{"waiting over", `{"limits":{"metered":1,"waiting":100001}}`, refusal{400, argument, `limit waiting is 100001; it must be from 0 to 100000`}},
	{"test after transactions", `{"test":false}`, refusal{409, conflict, "test cannot change: the account has 1 transactions"}},
}

// badAdvances are refused by POST /accounts/{account}/clock/advance.
var badAdvances = []badInput{
	{"none", `{}`, refusal{400, argument, "give exactly one of to, by and periods"}},
	{"to and by", `{"to":"2027-01-01T00:00:00Z","by":"1h"}`, refusal{400, argument, "give exactly one of to, by and periods"}},
	{"to and periods", `{"to":"2027-01-01T00:00:00Z","periods":1}`, refusal{400, argument, "give exactly one of"}},
	{"by and periods", `{"by":"1h","periods":0}`, refusal{400, argument, "give exactly one of"}},
	{"all", `{"to":"2027-01-01T00:00:00Z","by":"1h","periods":1}`, refusal{400, argument, "give exactly one of"}},
	{"one and null", `{"to":null,"by":"1h"}`, refusal{400, malformed, `member "to" is null`}},
	{"unknown member", `{"now":"2027-01-01T00:00:00Z"}`, refusal{400, malformed, `member "now" is unknown; it must be one of to, by, periods`}},
	{"wrong case", `{"Periods":1}`, refusal{400, malformed, `member "Periods" is unknown`}},
	{"twice", `{"periods":1,"periods":1}`, refusal{400, malformed, `member "periods" appears twice`}},
	{"to a word", `{"to":"tomorrow"}`, refusal{400, argument, `to "tomorrow" is not an RFC 3339 time, such as "2026-01-31T00:00:00Z"`}},
	{"to a number", `{"to":1769817600}`, refusal{400, malformed, `member "to" is a JSON number; it must be a string`}},
	{"to the past", `{"to":"2026-01-31T11:59:59.999Z"}`, refusal{409, conflict, "cannot go back from 2026-01-31T12:00:00Z to 2026-01-31T11:59:59.999Z: the account has transactions. Restore a snapshot"}},
	{"to 10000", `{"to":"9999-12-31T23:59:59-01:00"}`, refusal{400, argument, "the clock cannot show 10000-01-01T00:59:59Z; it must be from 1970 to 9999"}},
	{"by nothing", `{"by":""}`, refusal{400, argument, `by "" is not a duration of at least 0, such as "720h"`}},
	{"by a bare number", `{"by":"720"}`, refusal{400, argument, `by "720" is not a duration`}},
	{"by days", `{"by":"30d"}`, refusal{400, argument, `by "30d" is not a duration`}},
	{"by less than nothing", `{"by":"-1h"}`, refusal{400, argument, `by "-1h" is not a duration of at least 0`}},
	{"by too much", `{"by":"9999999h"}`, refusal{400, argument, `by "9999999h" is not a duration`}},
	{"by a JSON number", `{"by":720}`, refusal{400, malformed, `member "by" is a JSON number; it must be a string`}},
	{"periods negative", `{"periods":-1}`, refusal{400, argument, "periods -1 is out of range; it must be from 0 to 96000"}},
	{"periods over", `{"periods":96001}`, refusal{400, argument, "periods 96001 is out of range; it must be from 0 to 96000"}},
	{"periods past 9999", `{"periods":95688}`, refusal{400, argument, "the clock cannot show 10000-01-31T12:00:00Z; it must be from 1970 to 9999"}},
	{"periods 2^63", `{"periods":9223372036854775808}`, refusal{400, malformed, `member "periods" is 9223372036854775808, which is out of range`}},
	{"periods half", `{"periods":0.5}`, refusal{400, malformed, `member "periods" is 0.5; it must be a whole number`}},
	{"periods string", `{"periods":"1"}`, refusal{400, malformed, `member "periods" is a JSON string; it must be a whole number`}},
}

// badFreezes are refused by PUT /accounts/{account}/clock.
var badFreezes = []badInput{
	{"missing", `{}`, refusal{400, argument, `now "" is not an RFC 3339 time`}},
	{"null", `{"now":null}`, refusal{400, malformed, `member "now" is null`}},
	{"unknown member", `{"to":"2027-01-01T00:00:00Z"}`, refusal{400, malformed, `member "to" is unknown; it must be one of now`}},
	{"wrong case", `{"Now":"2027-01-01T00:00:00Z"}`, refusal{400, malformed, `member "Now" is unknown`}},
	{"twice", `{"now":"2027-01-01T00:00:00Z","now":"2027-01-01T00:00:00Z"}`, refusal{400, malformed, `member "now" appears twice`}},
	{"word", `{"now":"yesterday"}`, refusal{400, argument, `now "yesterday" is not an RFC 3339 time, such as "2026-01-31T00:00:00Z"`}},
	{"date", `{"now":"2027-01-01"}`, refusal{400, argument, `now "2027-01-01" is not an RFC 3339 time`}},
	{"no offset", `{"now":"2027-01-01T00:00:00"}`, refusal{400, argument, "is not an RFC 3339 time"}},
	{"blank", `{"now":"2027-01-01 00:00:00Z"}`, refusal{400, argument, "is not an RFC 3339 time"}},
	{"30 February", `{"now":"2027-02-30T00:00:00Z"}`, refusal{400, argument, "is not an RFC 3339 time"}},
	{"second 60", `{"now":"2026-12-31T23:59:60Z"}`, refusal{400, argument, "is not an RFC 3339 time"}},
	{"five digits", `{"now":"10000-01-01T00:00:00Z"}`, refusal{400, argument, `now "10000-01-01T00:00:00Z" is not an RFC 3339 time`}},
	{"number", `{"now":1769817600}`, refusal{400, malformed, `member "now" is a JSON number; it must be a string`}},
	{"before 1970", `{"now":"1969-12-31T23:59:59.999Z"}`, refusal{400, argument, "the clock cannot show 1969-12-31T23:59:59Z; it must be from 1970 to 9999"}},
	{"before 1970 by UTC", `{"now":"1970-01-01T00:00:00+00:01"}`, refusal{400, argument, "the clock cannot show 1969-12-31T23:59:00Z"}},
	{"past 9999 by UTC", `{"now":"9999-12-31T23:59:59-00:01"}`, refusal{400, argument, "the clock cannot show 10000-01-01T00:00:59Z"}},
	{"backwards", `{"now":"2026-01-31T11:59:59Z"}`, refusal{409, conflict, "the clock cannot go back from 2026-01-31T12:00:00Z to 2026-01-31T11:59:59Z: the account has transactions. Restore a snapshot"}},
}

// TestBadInput sends every body that has to be refused, to an account with
// transactions and to one that was never opened, and expects journals that did
// not grow.
func TestBadInput(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.freeze(alice, "2026-01-31T12:00:00Z")
	f.buy(alice, ios, 1)
	before := f.size()
	for _, group := range []struct {
		method, path string
		inputs       []badInput
	}{
		{"PUT", "", append(badSettings, badBodies...)},
		{"POST", "/clock/advance", append(badAdvances, badBodies...)},
		{"PUT", "/clock", append(badFreezes, badBodies...)},
	} {
		for _, in := range group.inputs {
			t.Run(group.method+group.path+"/"+in.name, func(t *testing.T) {
				f.t = t
				f.refused(group.method, "/accounts/"+alice+group.path, in.body, in.want)
				if in.want.code != conflict {
					f.refused(group.method, "/accounts/"+bob+group.path, in.body, in.want)
				}
				if after := f.size(); after != before {
					t.Errorf("the journals hold %+v, %+v before", after, before)
				}
			})
		}
	}
}

// TestLargestBody is as large as a body may be.
func TestLargestBody(t *testing.T) {
	t.Parallel()
	open(t).accepted("PUT", "/accounts/"+alice, "{}"+strings.Repeat(" ", 64<<10-2))
}
