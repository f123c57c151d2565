package operator_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/operator"
	"github.com/slotfarm/slotfarm/internal/web"
)

// rules is a body with one rule.
func rules(rule string) string { return `{"rules":[` + rule + `]}` }

// badFaults are refused by PUT /faults.
var badFaults = []badInput{
	{"none", `{}`, refusal{400, argument, "rules is missing; [] removes all rules"}},
	{"seed alone", `{"seed":1}`, refusal{400, argument, "rules is missing"}},
	{"unknown member", `{"rule":[]}`, refusal{400, malformed, `member "rule" is unknown; it must be one of seed, rules`}},
	{"rules null", `{"rules":null}`, refusal{400, malformed, `member "rules" is null; leave it out or give it a value`}},
	{"rules an object", `{"rules":{}}`, refusal{400, malformed, `member "rules" is a JSON object; it must be an array`}},
	{"rule null", rules("null"), refusal{400, malformed, `member "rules[0]" is null`}},
	{"rule a string", rules(`{"status":500},"x"`), refusal{400, malformed, `member "rules[1]" is a JSON string; it must be an object`}},
	{"unknown member of a rule", rules(`{"status":500},{"errors":"x"}`), refusal{400, malformed,
		`member "rules[1].errors" is unknown; it must be one of operation, account, error, message, status, delay, dropBeforeCommit, dropAfterCommit, times, probability`}},
	{"counts of an answer", rules(`{"status":500,"seen":0}`), refusal{400, malformed, `member "rules[0].seen" is unknown`}},
	{"wrong case", rules(`{"Status":500}`), refusal{400, malformed, `member "rules[0].Status" is unknown`}},
	{"twice", rules(`{"status":500,"status":500}`), refusal{400, malformed, `member "rules[0].status" appears twice`}},
	{"member null", rules(`{"status":500,"times":null}`), refusal{400, malformed, `member "rules[0].times" is null`}},

	{"seed half", `{"seed":1.5,"rules":[]}`, refusal{400, malformed, `member "seed" is 1.5; it must be a whole number`}},
	{"seed string", `{"seed":"7","rules":[]}`, refusal{400, malformed, `member "seed" is a JSON string; it must be a whole number`}},
	{"seed negative", `{"seed":-1,"rules":[]}`, refusal{400, argument, "seed -1 is out of range; it must be from 0 to 9007199254740991"}},
	{"seed 2^53", `{"seed":9007199254740992,"rules":[]}`, refusal{400, argument, "seed 9007199254740992 is out of range"}},
	{"seed 2^63", `{"seed":9223372036854775808,"rules":[]}`, refusal{400, malformed, `member "seed" is 9223372036854775808, which is out of range`}},

	{"no effect", rules(`{}`), refusal{400, argument, "rules[0] has no effect; give it error, status, dropBeforeCommit, dropAfterCommit or delay"}},
	{"no effect but chance", rules(`{"operation":"PurchaseOffering","times":1,"probability":1}`), refusal{400, argument, "rules[0] has no effect"}},
	{"drops that are false", rules(`{"dropBeforeCommit":false,"dropAfterCommit":false}`), refusal{400, argument, "rules[0] has no effect"}},
	{"two drops", rules(`{"dropBeforeCommit":true,"dropAfterCommit":true}`), refusal{400, argument,
		"rules[0] has the effects dropBeforeCommit and dropAfterCommit; it may have one of them"}},
	{"error and drop", rules(`{"error":"ThrottlingException","status":429,"dropAfterCommit":true}`), refusal{400, argument,
		"rules[0] has the effects error and dropAfterCommit; it may have one of them"}},
	{"status and drop", rules(`{"status":500,"dropBeforeCommit":true}`), refusal{400, argument, "rules[0] has the effects status and dropBeforeCommit"}},
	{"message alone", rules(`{"message":"x"}`), refusal{400, argument, "rules[0] has no effect"}},
	{"message of a status", rules(`{"status":500,"message":"x"}`), refusal{400, argument, "rules[0].message is given without error"}},

	{"operation unknown", rules(`{"status":500},{"status":500},{"operation":"PurchaseOfering","status":500}`), refusal{400, argument,
		`rules[2].operation "PurchaseOfering" is unknown; it must be an operation of Device Farm, such as "PurchaseOffering"`}},
	{"operation in lower case", rules(`{"operation":"purchaseOffering","status":500}`), refusal{400, argument, `rules[0].operation "purchaseOffering" is unknown`}},
	{"operation empty", rules(`{"operation":"","status":500}`), refusal{400, argument, `rules[0].operation "" is unknown`}},
	{"account short", rules(`{"account":"1","status":500}`), refusal{400, argument, `rules[0].account "1" is not an account id; an account id has twelve digits`}},
	{"account empty", rules(`{"account":"","status":500}`), refusal{400, argument, `rules[0].account "" is not an account id`}},
	{"account number", rules(`{"account":111122223333,"status":500}`), refusal{400, malformed, `member "rules[0].account" is a JSON number; it must be a string`}},
	{"error unknown", rules(`{"error":"Throttling"}`), refusal{400, argument, `rules[0].error "Throttling" is unknown; it must be one of AccessDeniedException, ArgumentException, `}},
	{"error empty", rules(`{"error":""}`), refusal{400, argument, `rules[0].error "" is unknown`}},
	{"error number", rules(`{"error":500}`), refusal{400, malformed, `member "rules[0].error" is a JSON number; it must be a string`}},
	{"status of a success", rules(`{"status":399}`), refusal{400, argument, "rules[0].status 399 is out of range; it must be from 400 to 599"}},
	{"status over", rules(`{"error":"ThrottlingException","status":600}`), refusal{400, argument, "rules[0].status 600 is out of range"}},
	{"status zero", rules(`{"status":0}`), refusal{400, argument, "rules[0].status 0 is out of range"}},
	{"status string", rules(`{"status":"500"}`), refusal{400, malformed, `member "rules[0].status" is a JSON string; it must be a whole number`}},
	{"delay a word", rules(`{"delay":"2x"}`), refusal{400, argument, `rules[0].delay "2x" is not a duration above 0 and at most 5m, such as "2s"`}},
	{"delay empty", rules(`{"delay":""}`), refusal{400, argument, `rules[0].delay "" is not a duration`}},
	{"delay zero", rules(`{"delay":"0s"}`), refusal{400, argument, `rules[0].delay "0s" is not a duration`}},
	{"delay negative", rules(`{"delay":"-1s"}`), refusal{400, argument, `rules[0].delay "-1s" is not a duration`}},
	{"delay over", rules(`{"delay":"5m1ns"}`), refusal{400, argument, `rules[0].delay "5m1ns" is not a duration`}},
	{"delay number", rules(`{"delay":2}`), refusal{400, malformed, `member "rules[0].delay" is a JSON number; it must be a string`}},
	{"drop a string", rules(`{"dropAfterCommit":"yes"}`), refusal{400, malformed, `member "rules[0].dropAfterCommit" is a JSON string; it must be a boolean`}},
	{"times zero", rules(`{"status":500,"times":0}`), refusal{400, argument, "rules[0].times 0 is out of range; it must be at least 1"}},
	{"times half", rules(`{"status":500,"times":1.5}`), refusal{400, malformed, `member "rules[0].times" is 1.5; it must be a whole number`}},
	{"probability zero", rules(`{"status":500,"probability":0}`), refusal{400, argument, "rules[0].probability 0 is out of range; it must be above 0 and at most 1"}},
	{"probability over", rules(`{"status":500,"probability":1.01}`), refusal{400, argument, "rules[0].probability 1.01 is out of range"}},
	{"probability string", rules(`{"status":500,"probability":"0.5"}`), refusal{400, malformed, `member "rules[0].probability" is a JSON string; it must be a number`}},
	{"probability 1e999", rules(`{"status":500,"probability":1e999}`), refusal{400, malformed, `member "rules[0].probability" is 1e999, which is out of range`}},
}

// TestBadFaults sends what has to be refused, and finds the rules and their
// counts as they were.
func TestBadFaults(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.accepted("PUT", "/faults", `{"seed":7,"rules":[{"status":500,"times":2,"probability":0.5}]}`)
	before := f.accepted("GET", "/faults", "")
	for _, in := range append(badFaults, badBodies...) {
		t.Run(in.name, func(t *testing.T) {
			f.t = t
			f.refused("PUT", "/faults", in.body, in.want)
			if diff := cmp.Diff(before, f.accepted("GET", "/faults", "")); diff != "" {
				t.Errorf("faults (-before +after):\n%s", diff)
			}
		})
	}
}

// TestFaults sets every member, reads it back with counts, and removes it.
func TestFaults(t *testing.T) {
	t.Parallel()
	f := open(t)
	const first = `{"operation":"PurchaseOffering","account":"111111111111","error":"ThrottlingException","message":"x","status":429,"delay":"1ns","times":2,"probability":1`
	got := f.accepted("PUT", "/faults", `{"seed":7,"rules":[`+first+`},{"operation":"StopRun","dropBeforeCommit":true},{"dropAfterCommit":true}]}`)
	want := `{"seed":7,"rules":[` + first + `,"seen":0,"fired":0},{"operation":"StopRun","dropBeforeCommit":true,"seen":0,"fired":0},{"dropAfterCommit":true,"seen":0,"fired":0}]}` + "\n"
	if got != want {
		t.Errorf("faults = %s, want %s", got, want)
	}
	call := &web.Request{Operation: "PurchaseOffering", Identity: web.Identity{Account: alice}}
	if _, err := f.faults.Around(context.Background(), call, nil); err == nil || err.Error() != "x" {
		t.Errorf("error = %v, want x", err)
	}
	want = strings.NewReplacer(`"seen":0,"fired":0},{"op`, `"seen":1,"fired":1},{"op`, `true,"seen":0,"fired":0}]`, `true,"seen":1,"fired":0}]`).Replace(want)
	if got := f.accepted("GET", "/faults", ""); got != want {
		t.Errorf("faults = %s, want %s", got, want)
	}
	if got, want := f.accepted("PUT", "/faults", `{"seed":0,"rules":[]}`), `{"seed":0,"rules":[]}`+"\n"; got != want {
		t.Errorf("faults = %s, want %s", got, want)
	}
}

// TestNoFaults tests a server that must not break answers.
func TestNoFaults(t *testing.T) {
	t.Parallel()
	f := open(t)
	c := f.config(func() string { return "id" }, io.Discard)
	c.Faults = nil
	f.handler = f.handle(c)
	f.refused("GET", "/faults", "", refusal{404, notFound, "exists in the sandbox only"})
	f.refused("PUT", "/faults", `{"rules":[]}`, refusal{404, notFound, "exists in the sandbox only"})
	f.refused("POST", "/faults", `{"rules":[]}`, refusal{404, notFound, "exists in the sandbox only"})
	f.refused("DELETE", "/faults?account="+alice, "", refusal{404, notFound, "exists in the sandbox only"})
	f.refused("PATCH", "/faults", "", refusal{405, "MethodNotAllowed", "it supports DELETE, GET, POST, PUT, HEAD"})
}

// TestMoreFaults adds rules to others, and takes away those of one account.
func TestMoreFaults(t *testing.T) {
	t.Parallel()
	f := open(t)
	want := func(got, list string) {
		t.Helper()
		if list := `{"seed":7,"rules":[` + list + "]}\n"; got != list {
			t.Errorf("faults = %s, want %s", got, list)
		}
	}
	const (
		old   = `{"status":500,"times":1,"seen":1,"fired":1}`
		hers  = `{"account":"111111111111","status":501,"seen":0,"fired":0}`
		other = `{"account":"222222222222","status":502,"seen":0,"fired":0}`
	)
	f.accepted("PUT", "/faults", `{"seed":7,"rules":[{"status":500,"times":1}]}`)
	call := &web.Request{Operation: "PurchaseOffering", Identity: web.Identity{Account: alice}}
	if _, err := f.faults.Around(context.Background(), call, nil); err == nil {
		t.Error("the rule did not fire")
	}
	want(f.accepted("POST", "/faults", `{"rules":[{"account":"111111111111","status":501},{"account":"222222222222","status":502}]}`), old+","+hers+","+other)
	f.refused("POST", "/faults", `{"rules":[{"status":500},{"status":1}]}`, refusal{400, argument, "rules[1].status 1 is out of range"})
	f.refused("POST", "/faults", `{"rules":[],"seed":7}`, refusal{400, malformed, `member "seed" is unknown`})
	f.refused("DELETE", "/faults", "", refusal{400, argument, `account "" is not an account id`})
	want(f.accepted("DELETE", "/faults?account=111111111111", ""), old+","+other)
	want(f.accepted("DELETE", "/faults?account=111111111111", ""), old+","+other)
	f.accepted("POST", "/reset", "")
	if got := f.accepted("GET", "/faults", ""); !strings.HasSuffix(got, `"rules":[]}`+"\n") {
		t.Errorf("faults after a reset = %s, want none", got)
	}
}

// TestBrowsers send along whose page asks.
func TestBrowsers(t *testing.T) {
	t.Parallel()
	const denied, allowed = http.StatusForbidden, http.StatusOK
	for _, tt := range []struct {
		name, method string
		header       [2]string
		want         int
	}{
		{"no browser", "PUT", [2]string{"X-Other", "x"}, allowed},
		{"page of another site", "PUT", [2]string{"Sec-Fetch-Site", "cross-site"}, denied},
		{"page of another port", "PUT", [2]string{"Sec-Fetch-Site", "same-site"}, denied},
		{"page of its own", "PUT", [2]string{"Sec-Fetch-Site", "same-origin"}, allowed},
		{"user", "PUT", [2]string{"Sec-Fetch-Site", "none"}, allowed},
		{"origin elsewhere", "PUT", [2]string{"Origin", "https://evil.example"}, denied},
		{"origin nowhere", "PUT", [2]string{"Origin", "null"}, denied},
		{"origin of a name that leads here", "PUT", [2]string{"Origin", "http://evil.example:8623"}, denied},
		{"origin here", "PUT", [2]string{"Origin", "http://localhost:8623"}, allowed},
		{"origin here, a name below", "PUT", [2]string{"Origin", "http://farm.localhost:8623"}, allowed},
		{"origin here, by address", "PUT", [2]string{"Origin", "http://[::1]:8623"}, allowed},
		{"reading", "GET", [2]string{"Sec-Fetch-Site", "cross-site"}, allowed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := open(t)
			f.accepted("PUT", "/accounts/"+alice, `{}`)
			before := f.size()
			r := httptest.NewRequest(tt.method, operator.Prefix+"/accounts/"+alice, strings.NewReader(`{"status":"SUSPENDED"}`))
			r.Header.Set(tt.header[0], tt.header[1])
			if host, ok := strings.CutPrefix(tt.header[1], "http://"); ok {
				r.Host = host // of the same origin to the browser
			}
			w := httptest.NewRecorder()
			f.handler.ServeHTTP(w, r)
			if w.Code != tt.want {
				t.Fatalf("answer = %d %s, want %d", w.Code, w.Body, tt.want)
			}
			if tt.want == allowed {
				return
			}
			const body = `{"error":{"code":"CrossOrigin","message":"PUT /_slotfarm/v1/accounts/` + alice + ` was sent by a page of another origin; only pages of this origin may send it"}}` + "\n"
			if w.Body.String() != body || w.Header().Get("X-Amzn-Requestid") == "" {
				t.Errorf("answer = %s%v, want %s and a request id", w.Body, w.Header(), body)
			}
			if after := f.size(); after != before {
				t.Errorf("the journals hold %+v, %+v before", after, before)
			}
		})
	}
}
