package operator_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAnswers plays a session that has every success of the API in it.
func TestAnswers(t *testing.T) {
	t.Parallel()
	f := open(t)
	var session strings.Builder
	play := func(title, method, path, body string) {
		a := f.call(method, path, body)
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, []byte(a.Body), "", "  "); err != nil {
			t.Fatalf("%s: %v in %s", title, err, a.Body)
		}
		fmt.Fprintf(&session, "# %s\n%s %s %s\n%d %s\n%s\n", title, method, path, body, a.Status, a.Header.Get("Content-Type"), &pretty)
	}
	play("no accounts", "GET", "/accounts", "")
	play("nothing to verify", "GET", "/verify", "")
	play("a journal that was never begun", "GET", "/accounts/"+alice+"/journal", "")
	play("an account is opened", "PUT", "/accounts/"+alice, `{}`)
	play("settings", "PUT", "/accounts/"+alice, `{"status":"SUSPENDED","maxSlots":{"`+ios+`":0,"`+android+`":1000000},"test":true}`)
	play("one of them again", "PUT", "/accounts/"+alice, `{"status":"ACTIVE"}`)
	play("the clock stands", "PUT", "/accounts/"+alice+"/clock", `{"now":"2026-01-31T09:00:00.25+01:00"}`)
	f.buy(alice, android, 2)
	f.renew(alice, android, 1)
	play("an account that holds slots", "GET", "/accounts/"+alice, "")
	play("a renewal is its own charge", "POST", "/accounts/"+alice+"/clock/advance", `{"to":"2026-02-01T00:00:00Z"}`)
	play("two boundaries", "POST", "/accounts/"+alice+"/clock/advance", `{"periods":2}`)
	play("none", "POST", "/accounts/"+alice+"/clock/advance", `{"by":"36h"}`)
	f.wall = wall.AddDate(0, 3, 0)
	play("back to the wall clock", "DELETE", "/accounts/"+alice+"/clock", "")
	play("a statement", "GET", "/accounts/"+alice+"/statement?period=2026-01", "")
	play("that of the current period", "GET", "/accounts/"+alice+"/statement", "")
	play("sessions", "PUT", "/seed", sessions)
	play("a statement with sessions", "GET", "/accounts/"+carol+"/statement", "")
	play("their usage", "GET", "/usage?account="+carol+"&period=2026-02", "")
	play("another account", "PUT", "/accounts/"+bob, `{"status":"INELIGIBLE","test":false}`)
	play("both", "GET", "/accounts", "")
	play("those after the first", "GET", "/accounts?after="+alice, "")
	play("the journal", "GET", "/accounts/"+alice+"/journal", "")
	play("a part of the journal", "GET", "/accounts/"+alice+"/journal?after=1&limit=1", "")
	play("all is well", "GET", "/verify", "")
	play("no faults", "GET", "/faults", "")
	play("faults", "PUT", "/faults", `{"seed":7,"rules":[{"operation":"PurchaseOffering","dropAfterCommit":true,"times":1},{"error":"ThrottlingException","probability":0.5}]}`)
	checkGolden(t, "answers", session.String())
}

// sessions is a seed of an account with sessions of each sort.
const sessions = `{"accounts":[{"account":"` + carol + `","now":"2026-02-03T00:00:00Z","limits":{"testGrid":1},"history":[
	{"at":"2026-02-01T00:00:00Z","session":{"id":"1","kind":"remote-access","device":"Pixel 8","platform":"ANDROID","began":"2026-01-31T20:00:00Z","ended":"2026-02-01T13:20:00Z","billingMethod":"METERED","minutePrice":0.17}},
	{"at":"2026-02-01T00:00:00Z","purchase":{"offeringId":"` + ios + `","quantity":1}},
	{"at":"2026-02-02T00:00:00Z","session":{"id":"2","kind":"remote-access","device":"Pixel 8","platform":"ANDROID","began":"2026-02-01T20:00:00Z","ended":"2026-02-01T20:01:30.3Z","billingMethod":"METERED","minutePrice":0.17}},
	{"at":"2026-02-02T00:00:00Z","session":{"id":"3","kind":"job","device":"iPhone 15","platform":"IOS","began":"2026-02-01T20:00:00Z","ended":"2026-02-01T20:05:00Z","billingMethod":"UNMETERED"}},
	{"at":"2026-02-02T00:00:00Z","session":{"id":"4","kind":"job","device":"iPhone 15","platform":"IOS","began":"2026-02-01T20:00:00Z","ended":"2026-02-01T20:05:00Z","billingMethod":"UNMETERED","faulty":true}},
	{"at":"2026-02-03T00:00:00Z","session":{"id":"5","kind":"test-grid","device":"chrome","began":"2026-02-01T20:00:00Z","ended":"2026-02-01T20:05:00Z","billingMethod":"METERED","minutePrice":0.005}}
]}]}`

// accountShape is what the tests read of an account.
type accountShape struct {
	Account      string         `json:"account"`
	Status       string         `json:"status"`
	Test         bool           `json:"test"`
	Now          string         `json:"now"`
	Frozen       bool           `json:"frozen"`
	MaxSlots     map[string]int `json:"maxSlots"`
	Limits       map[string]int `json:"limits"`
	Current      map[string]int `json:"current"`
	NextPeriod   map[string]int `json:"nextPeriod"`
	Transactions int            `json:"transactions"`
	Entries      int64          `json:"entries"`
}

// TestSettingsStay changes settings one by one; the others stay.
func TestSettingsStay(t *testing.T) {
	t.Parallel()
	f := open(t)
	for _, body := range []string{
		`{"maxSlots":{"` + ios + `":3}}`, `{"test":false}`, `{"maxSlots":{"` + android + `":4}}`, `{"status":"SUSPENDED"}`, `{"maxSlots":{"` + ios + `":5}}`,
		` {"maxSlots":{}} `, `{"limits":{"metered":0}}`, `{"limits":{"waiting":7}}`, `{"limits":{}}`,
	} {
		f.accepted("PUT", "/accounts/"+alice, body)
	}
	var got accountShape
	f.decoded("GET", "/accounts/"+alice, "", &got)
	if got.Status != "SUSPENDED" || got.Test || got.MaxSlots[ios] != 5 || got.MaxSlots[android] != 4 {
		t.Errorf("account = %+v", got)
	}
	if diff := cmp.Diff(map[string]int{"metered": 0, "testGrid": 50, "waiting": 7}, got.Limits); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
	f.accepted("PUT", "/accounts/"+alice, `{"test":true}`) // it has no transactions
}

// TestAccountPages lists more accounts than a page holds.
func TestAccountPages(t *testing.T) {
	t.Parallel()
	f := open(t)
	var want []string
	for i := range 201 {
		want = append(want, fmt.Sprintf("%012d", 7*i))
	}
	for _, id := range slices.Backward(want) {
		f.accepted("PUT", "/accounts/"+id, "{}")
	}
	var got []string
	var sizes []int
	for path := "/accounts"; path != ""; {
		var page struct {
			Accounts []accountShape `json:"accounts"`
			Next     string         `json:"next"`
		}
		f.decoded("GET", path, "", &page)
		for _, a := range page.Accounts {
			got = append(got, a.Account)
		}
		sizes = append(sizes, len(page.Accounts))
		path = ""
		if page.Next != "" {
			path = "/accounts?after=" + page.Next
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{100, 100, 1}, sizes); diff != "" {
		t.Errorf("sizes of pages (-want +got):\n%s", diff)
	}
	if got, want := f.accepted("GET", "/accounts?after=999999999999", ""), `{"accounts":[]}`+"\n"; got != want {
		t.Errorf("after the last: %s, want %s", got, want)
	}
	if got := f.accepted("GET", "/accounts?after=000000001399", ""); !strings.Contains(got, `"000000001400"`) || strings.Contains(got, `"next":`) {
		t.Errorf("after an id that no account has: %s, want the one above", got)
	}
}

// TestReadingRolls reads an account that is behind: the read rolls it, and the
// journal says who did.
func TestReadingRolls(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/accounts", "/accounts/" + alice} {
		f := open(t)
		f.buy(alice, ios, 1)
		f.wall = wall.AddDate(0, 0, 1)
		a := f.call("GET", path, "")
		if a.Status != http.StatusOK || !strings.Contains(a.Body, `"now":"2026-02-01T12:00:00Z"`) || !strings.Contains(a.Body, `"transactions":2,"entries":3}`) {
			t.Errorf("GET %s: %d %s, want the account after the boundary", path, a.Status, a.Body)
		}
		entries := f.journal(alice, "")
		got := entries[len(entries)-1].By
		if want := (by{"operator", "192.0.2.1", a.Header.Get("X-Amzn-Requestid")}); got != want {
			t.Errorf("GET %s: the boundary is by %+v, want %+v", path, got, want)
		}
	}
}
