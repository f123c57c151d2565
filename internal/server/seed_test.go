package server_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/server"
)

// parsed returns a seed as the command line reads it.
func parsed(t *testing.T, text string) *manifest.Seed {
	t.Helper()
	seed, err := manifest.ParseSeed([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return &seed
}

// operated calls the operator API and returns its answer as it is.
func (f *farm) operated(method, path, body string) string {
	f.t.Helper()
	r, err := http.NewRequest(method, f.Endpoint()+"/_slotfarm/v1"+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	a := f.do(r)
	if a.Status != http.StatusOK {
		f.t.Fatalf("%s %s: %d %s", method, path, a.Status, a.Body)
	}
	return string(a.Body)
}

const firstSeed = `
catalog:
  offerings:
  - {id: ` + ios + `, platform: IOS, monthly: 8.07}
accounts:
- {account: 111111111111, purchases: [{offeringId: ` + ios + `, quantity: 2}]}
- {account: 222222222222, now: 2016-08-31T12:59:00Z, purchases: [{at: 2016-08-01T00:00:00Z, offeringId: ` + ios + `, quantity: 1}]}
`

// TestSeedAtTheStart starts on the same data again and again, with the same seed
// and with others: what is there stays.
func TestSeedAtTheStart(t *testing.T) {
	dir := t.TempDir()
	run := func(seed string, use func(*farm)) {
		t.Helper()
		s, err := server.Start(context.Background(), server.Config{Data: dir, Seed: parsed(t, seed)})
		if err != nil {
			t.Fatal(err)
		}
		use(&farm{t, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, s})
		if err := s.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	all := func(f *farm) []string {
		return []string{
			f.operated("GET", "/catalog", ""), f.operated("GET", "/verify", ""), f.operated("GET", "/accounts/"+bob, ""),
			f.operated("GET", "/accounts/"+alice+"/journal", ""), f.operated("GET", "/accounts/"+bob+"/journal", ""),
		}
	}
	var before []string
	run(firstSeed, func(f *farm) {
		f.accepted(bob, "PurchaseOffering", order(ios, 3))
		f.operated("POST", "/accounts/"+bob+"/clock/advance", `{"periods":1}`)
		before = all(f)
	})
	other := strings.ReplaceAll(firstSeed, "8.07", "9") + "- {account: 111111111111, test: false}\n"
	other = strings.Replace(other, "- {account: 111111111111, purchases", "- {account: 444444444444, purchases", 1)
	run(firstSeed, func(f *farm) {
		if diff := cmp.Diff(before, all(f)); diff != "" {
			t.Errorf("after the same seed again (-want +got):\n%s", diff)
		}
	})
	run(other, func(f *farm) {
		after := all(f)
		before[1], after[1] = "", "" // one account more
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("after another seed (-want +got):\n%s", diff)
		}
		if got := f.operated("GET", "/accounts/444444444444", ""); !strings.Contains(got, `"transactions":1`) {
			t.Errorf("the account that was not there: %s", got)
		}
		if got := f.operated("POST", "/reset", ""); got != `{"accounts":3,"transactions":2}`+"\n" {
			t.Errorf("reset: %s", got)
		}
		if got := f.operated("GET", "/catalog", ""); !strings.Contains(got, `"monthly":9.0`) {
			t.Errorf("catalogue after the reset: %s, want that of the newest seed", got)
		}
	})
}

// TestSeedsThatCannotStart end the start with the path of what is wrong, and the
// data stay as they were.
func TestSeedsThatCannotStart(t *testing.T) {
	dir := t.TempDir()
	bad := strings.ReplaceAll(firstSeed, "quantity: 1", "quantity: 101")
	_, err := server.Start(context.Background(), server.Config{Data: dir, Seed: parsed(t, bad)})
	if fault.KindOf(err) != fault.LimitExceeded || !strings.Contains(fault.MessageOf(err), "accounts[1].purchases[0]: quantity 101") {
		t.Errorf("error = %v, want the path", err)
	}
	f := start(t, server.Config{Data: dir, Seed: parsed(t, firstSeed)})
	if n := f.entries(); n != 2+3 {
		t.Errorf("%d entries, want those of the seed", n)
	}
}

// TestSeedOfAFrozenServer has accounts stand where the server's clocks do.
func TestSeedOfAFrozenServer(t *testing.T) {
	f := start(t, server.Config{Frozen: &noon, Seed: parsed(t, firstSeed)})
	if got := f.operated("GET", "/accounts/"+alice, ""); !strings.Contains(got, `"now":"2016-08-31T12:59:00Z","frozen":true`) {
		t.Errorf("account = %s", got)
	}
}

// TestTimeHeader shows a test account's own time on every operation, and the
// wall clock's to everyone as ever.
func TestTimeHeader(t *testing.T) {
	f := start(t, server.Config{})
	f.operate(http.MethodPut, "/accounts/"+alice+"/clock", `{"now":"2016-08-31T12:59:00.25Z"}`, &struct{}{})
	f.put(bob, `{"test":false}`)
	const ordinary, running = bob, "444444444444"
	for operation, body := range map[string]string{
		"ListOfferings": "{}", "ListOfferingPromotions": "{}", "GetOfferingStatus": "{}", "ListOfferingTransactions": "{}", "GetAccountSettings": "{}",
		"PurchaseOffering": order(ios, 1), "RenewOffering": order(ios, 1),
	} {
		begin := time.Now().Truncate(time.Second)
		for _, id := range []string{alice, ordinary, running} {
			a := f.call(id, operation, body)
			if a.Status != http.StatusOK {
				t.Fatalf("%s: %d %s", operation, a.Status, a.Body)
			}
			date, err := http.ParseTime(a.Header.Get("Date"))
			if err != nil || date.Before(begin) || date.After(time.Now()) {
				t.Errorf("%s: Date = %q, want the wall clock", operation, a.Header.Get("Date"))
			}
			got := a.Header.Values("Slotfarm-Time")
			switch id {
			case alice:
				if diff := cmp.Diff([]string{"2016-08-31T12:59:00.25Z"}, got); diff != "" {
					t.Errorf("%s: Slotfarm-Time (-want +got):\n%s", operation, diff)
				}
			case ordinary:
				if got != nil {
					t.Errorf("%s: an ordinary account has Slotfarm-Time %q", operation, got)
				}
			default:
				shown, err := time.Parse(time.RFC3339, a.Header.Get("Slotfarm-Time"))
				if err != nil || shown.Before(begin) || shown.After(time.Now()) {
					t.Errorf("%s: Slotfarm-Time = %q, want the wall clock", operation, got)
				}
			}
		}
	}
}

// TestCatalogOverARestart keeps a catalogue whose times are the last there are.
func TestCatalogOverARestart(t *testing.T) {
	dir := t.TempDir()
	const last = `{"offerings":[{"id":"` + ios + `","platform":"IOS","monthly":8.07}],"promotions":[{"id":"SALE","until":"9999-12-31T23:59:59.999Z","percentOff":[1]}]}`
	first, err := server.Start(context.Background(), server.Config{Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	f := &farm{t, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, first}
	want := f.operated("PUT", "/catalog", last)
	r, err := http.NewRequest(http.MethodPut, f.Endpoint()+"/_slotfarm/v1/catalog", strings.NewReader(strings.Replace(last, ".999Z", "-00:01", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if a := f.do(r); a.Status != http.StatusBadRequest {
		t.Errorf("a time past 9999: %d %s", a.Status, a.Body)
	}
	if err := first.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := start(t, server.Config{Data: dir}).operated("GET", "/catalog", ""); got != want || !strings.Contains(got, `"monthly":8.07`) {
		t.Errorf("catalogue = %s, want %s", got, want)
	}
}
