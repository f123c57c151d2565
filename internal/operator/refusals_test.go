package operator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/operator"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

const internalMessage = "The request failed because of an internal error."

// calls are all calls about an account, each with a body that is right.
var calls = []struct{ method, path, body string }{
	{"GET", "", ""},
	{"PUT", "", `{"status":"ACTIVE"}`},
	{"PUT", "/clock", `{"now":"2026-02-01T00:00:00Z"}`},
	{"POST", "/clock/advance", `{"periods":1}`},
	{"DELETE", "/clock", ""},
	{"GET", "/journal", ""},
	{"GET", "/statement", ""},
	{"POST", "/quote", `{"offeringId":"` + ios + `","quantity":1}`},
	{"GET", "/snapshots", ""},
	{"POST", "/snapshots", "{}"},
}

// snapshotCalls are the calls about a snapshot, which none of the tests has.
var snapshotCalls = []struct{ method, path, body string }{
	{"DELETE", "/snapshots/none", ""},
	{"POST", "/snapshots/none/restore", ""},
	{"POST", "/snapshots/none/restore", `{"into":"` + bob + `"}`},
}

func TestBadAccounts(t *testing.T) {
	t.Parallel()
	f := open(t)
	for in, id := range map[string]string{
		"x": "x", "11111111111": "11111111111", "1111111111111": "1111111111111", "11111111111a": "11111111111a",
		"-11111111111": "-11111111111", "+11111111111": "+11111111111", "1111-1111-1111": "1111-1111-1111",
		"%20111111111111": " 111111111111", "111111111111%0A": `111111111111\n`, "111111%2F11111": "111111/11111",
		"%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1": "١١١١١١", "..%2F..%2Fverify": "../../verify",
	} {
		want := refusal{400, argument, `account "` + id + `" is not an account id; an account id has twelve digits`}
		for _, c := range slices.Concat(calls, snapshotCalls) {
			f.refused(c.method, "/accounts/"+in+c.path, c.body, want)
		}
	}
	if got := f.size(); got != (size{}) {
		t.Errorf("the journals hold %+v, want nothing", got)
	}
}

func TestNeverOpened(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.accepted("PUT", "/accounts/"+bob, "{}")
	before := f.size()
	f.refused("GET", "/accounts/"+alice, "", refusal{404, notFound, `account "` + alice + `" was never opened`})
	f.accepted("GET", "/accounts/"+alice+"/journal", "")
	if after := f.size(); after != before {
		t.Errorf("the journals hold %+v, %+v before", after, before)
	}
}

// TestOrdinaryAccounts have no clock of their own.
func TestOrdinaryAccounts(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.accepted("PUT", "/accounts/"+alice, `{"test":false}`)
	before := f.size()
	for _, c := range calls[2:5] {
		f.refused(c.method, "/accounts/"+alice+c.path, c.body, refusal{403, "NotEligible", "only test accounts have a clock of their own"})
	}
	if after := f.size(); after != before {
		t.Errorf("the journals hold %+v, %+v before", after, before)
	}
}

// TestTestStays while the clock is frozen or there are transactions.
func TestTestStays(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.freeze(alice, "2026-01-31T12:00:00Z")
	f.accepted("PUT", "/accounts/"+bob, `{"test":false}`)
	f.buy(bob, ios, 1)
	before := f.size()
	f.refused("PUT", "/accounts/"+alice, `{"test":false}`, refusal{409, conflict, "its clock is frozen"})
	f.refused("PUT", "/accounts/"+bob, `{"test":true}`, refusal{409, conflict, "the account has 1 transactions"})
	if after := f.size(); after != before {
		t.Errorf("the journals hold %+v, %+v before", after, before)
	}
	f.accepted("PUT", "/accounts/"+alice, `{"test":true}`) // as it is
}

func TestBadQueries(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.accepted("PUT", "/accounts/"+alice, "{}")
	for _, name := range []string{"limit", "after"} {
		for _, value := range []string{"x", "-1", "1.5", "1e2", "0x10", "9223372036854775808", "1_000"} {
			want := refusal{400, argument, name + ` "` + value + `" is not a whole number from 0 to 9223372036854775807`}
			f.refused("GET", "/accounts/"+alice+"/journal?"+name+"="+value, "", want)
		}
	}
	for _, value := range []string{"x", "1", "1111111111111", "-11111111111"} {
		f.refused("GET", "/accounts?after="+value, "", refusal{400, argument, `account "` + value + `" is not an account id`})
	}
}

func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	f := open(t)
	for _, path := range []string{
		"/", "/nothing", "/Accounts", "/accounts/", "/accounts/" + alice + "/", "/accounts/" + alice + "/clocks",
		"/accounts/" + alice + "/clock/", "/accounts/" + alice + "/clock/advance/1", "/verify/", "/verify/x",
		"/accounts/" + alice + "/snapshots/", "/accounts/" + alice + "/snapshots/x/fork", "/catalog/", "/seed/x", "/seeds", "/reset/",
	} {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE", "PATCH"} {
			f.refused(method, path, "{}", refusal{404, notFound, "there is no " + method + " /_slotfarm/v1" + path})
		}
	}
	if got := f.size(); got != (size{}) {
		t.Errorf("the journals hold %+v, want nothing", got)
	}
}

func TestWrongMethods(t *testing.T) {
	t.Parallel()
	f := open(t)
	for path, allowed := range map[string]string{
		"/accounts":                             "GET, HEAD",
		"/accounts/" + alice:                    "GET, PUT, HEAD",
		"/accounts/" + alice + "/clock":         "DELETE, PUT",
		"/accounts/" + alice + "/clock/advance": "POST",
		"/accounts/" + alice + "/journal":       "GET, HEAD",
		"/accounts/" + alice + "/quote":         "POST",
		"/accounts/" + alice + "/snapshots":     "GET, POST, HEAD",
		"/accounts/" + alice + "/snapshots/x":   "DELETE",
		"/catalog":                              "GET, PUT, HEAD",
		"/seed":                                 "GET, PUT, HEAD",
		"/reset":                                "POST",

		"/accounts/" + alice + "/snapshots/x/restore": "POST",
		"/verify": "GET, HEAD",
	} {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "put", "FETCH"} {
			if strings.Contains(allowed, method) {
				continue
			}
			want := refusal{405, "MethodNotAllowed", "/_slotfarm/v1" + path + " does not support " + method + "; it supports " + allowed}
			f.refused(method, path, "{}", want)
			if got := f.call(method, path, "{}").Header.Get("Allow"); got != allowed {
				t.Errorf("%s %s: Allow = %q, want %q", method, path, got, allowed)
			}
		}
	}
	if got := f.size(); got != (size{}) {
		t.Errorf("the journals hold %+v, want nothing", got)
	}
}

// TestOverANetwork asks a real server for answers that need none of ours to be
// right: HEAD has no body, and a large body is refused.
func TestOverANetwork(t *testing.T) {
	t.Parallel()
	f := open(t)
	s := httptest.NewServer(f.handler)
	defer s.Close()
	for _, tt := range []struct {
		method, path string
		size, want   int
	}{
		{"HEAD", "/verify", 0, 200}, {"HEAD", "/accounts/" + alice, 0, 404}, {"HEAD", "/accounts/" + alice + "/clock", 0, 405},
		{"PUT", "/accounts/" + alice, 1 << 20, 413},
	} {
		r, err := http.NewRequest(tt.method, s.URL+operator.Prefix+tt.path, strings.NewReader(strings.Repeat(" ", tt.size)))
		if err != nil {
			t.Fatal(err)
		}
		response, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		if response.StatusCode != tt.want {
			t.Errorf("%s %s: %d, want %d", tt.method, tt.path, response.StatusCode, tt.want)
		}
	}
}

// TestBodyThatBreaksOff has the connection fail while the body arrives.
func TestBodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	f := open(t)
	body := io.MultiReader(strings.NewReader(`{"test":`), iotest.ErrReader(errors.New("reset by 192.0.2.1")))
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, httptest.NewRequest("PUT", operator.Prefix+"/accounts/"+alice, body))
	want := `{"error":{"code":"MalformedRequest","message":"the body did not arrive completely"}}` + "\n"
	if w.Code != http.StatusBadRequest || w.Body.String() != want {
		t.Errorf("answer = %d %s, want 400 %s", w.Code, w.Body, want)
	}
	if got := f.size(); got != (size{}) {
		t.Errorf("the journals hold %+v, want nothing", got)
	}
}

// TestInternalErrors lets an account hold an offering that the catalogue lacks.
// Only the log shows the reason.
func TestInternalErrors(t *testing.T) {
	t.Parallel()
	whole := open(t)
	whole.freeze(alice, "2026-01-31T12:00:00Z")
	whole.buy(alice, ios, 1)
	before := whole.size()

	catalog := offering.Default()
	catalog.Offerings = catalog.Offerings[1:]
	f := openOn(t, whole.store, catalog)
	f.refused("POST", "/accounts/"+alice+"/clock/advance", `{"periods":1}`, refusal{500, "Internal", internalMessage})
	f.refused("PUT", "/accounts/"+alice+"/clock", `{"now":"2027-01-01T00:00:00Z"}`, refusal{500, "Internal", internalMessage})
	if got := f.call("POST", "/accounts/"+alice+"/clock/advance", `{"periods":1}`).Body; strings.Contains(got, ios) {
		t.Errorf("the answer shows the reason: %s", got)
	}
	if got := f.log.String(); strings.Count(got, "is held but is not in the catalogue") != 3 || !strings.Contains(got, "path="+operator.Prefix+"/accounts/"+alice+"/clock ") {
		t.Errorf("log = %s, want a line with the reason for each request", got)
	}
	if after := f.size(); after != before {
		t.Errorf("the journals hold %+v, %+v before", after, before)
	}
}

// TestUnreadableEntry has a journal that somebody wrote into.
func TestUnreadableEntry(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := onDisk(t, dir)
	f.accepted("PUT", "/accounts/"+alice, "{}")
	if err := f.store.Close(); err != nil {
		t.Fatal(err)
	}
	f = onDisk(t, dir, `UPDATE entries SET body = CAST('garbage' AS BLOB)`)
	for _, c := range calls {
		f.refused(c.method, "/accounts/"+alice+c.path, c.body, refusal{500, "Internal", internalMessage})
	}
	f.refused("GET", "/accounts", "", refusal{500, "Internal", internalMessage})
	if got := f.log.String(); !strings.Contains(got, "entry 2 of account 111111111111 cannot be read") {
		t.Errorf("log = %s, want the reason", got)
	}
}

// TestClosedJournal is a process that stops while a request is under way.
func TestClosedJournal(t *testing.T) {
	t.Parallel()
	store, err := sqlite.OpenMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	f := openOn(t, store, offering.Default())
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	want := refusal{503, "Unavailable", "The journal cannot be used now; try again."}
	for _, c := range calls {
		f.refused(c.method, "/accounts/"+alice+c.path, c.body, want)
	}
	f.refused("GET", "/accounts", "", want)
	f.refused("GET", "/verify", "", want)
	if got := f.log.String(); !strings.Contains(got, "closed") {
		t.Errorf("log = %s, want the reason", got)
	}
}

// FuzzBodies sends anything to the calls that take a body: each answers in the
// form of the contract, none fails, and a refusal appends nothing.
func FuzzBodies(f *testing.F) {
	for i, inputs := range [][]badInput{1: badSettings, 2: badFreezes, 3: badAdvances} {
		for _, in := range append(inputs, badBodies...) {
			if len(in.body) < 1000 {
				f.Add(i, in.body)
			}
		}
		f.Add(i, calls[i].body)
	}
	f.Fuzz(func(t *testing.T, i int, body string) {
		c := calls[uint(i)%uint(len(calls))]
		farm := open(t)
		farm.accepted("PUT", "/accounts/"+alice, "{}")
		before := farm.size()
		a := farm.call(c.method, "/accounts/"+alice+c.path, body)
		switch {
		case a.Status == http.StatusOK:
		case a.Status < 400 || a.Status >= 500:
			t.Errorf("%s %s: %d %s", c.method, c.path, a.Status, a.Body)
		default:
			var p problem
			decode(t, a.Body, &p)
			if after := farm.size(); p.Error.Code == "" || p.Error.Message == "" || after != before {
				t.Errorf("%s %s: %s, and journals of %+v after %+v", c.method, c.path, a.Body, after, before)
			}
		}
	})
}
