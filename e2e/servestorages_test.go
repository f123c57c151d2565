package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestServe has serve do on each kind of storage what it does for its users.
func TestServe(t *testing.T) {
	for name, prepare := range storages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			empty := prepare(t)
			for name, test := range map[string]func(t *testing.T, on storage){
				"scenario": serveScenario, "awscli": serveCommandLine, "months": serveMonths, "throttling": serveThrottling,
				"policies": servePolicies, "isolation": serveIsolation, "key states": serveKeyStates,
				"restart": serveRestart, "rekey": serveRekey,
			} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					test(t, empty(t))
				})
			}
		})
	}
}

// customer opens a test account, whose clock stands where those of the sandbox stand, with a key that may buy.
func (f *farm) customer(t *testing.T) tenant {
	t.Helper()
	a := tenant{server: f.server, account: f.open(t)}
	a.set(t, map[string]any{"test": true})
	f.operator(t, http.MethodPut, "/accounts/"+a.account+"/clock", map[string]any{"now": frozen}, nil)
	a.key = f.newKey(t, a.account, "")
	return a
}

// serveScenario plays the story of TestScenario. Clients of serve see what those of a sandbox see.
func serveScenario(t *testing.T, on storage) {
	f := on.startFarm(t, "--max-slots", "100")
	var acts []act
	readJSON(t, "testdata/scenario.json", &acts)
	var want []sighting
	readJSON(t, goldenFile, &want)
	for _, name := range []string{"gosdk", "boto3", "js"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, play(t, clients[name], f.customer(t), acts)); diff != "" {
				t.Errorf("the client did not see what %s says (-want +got):\n%s", goldenFile, diff)
			}
		})
	}
}

// serveCommandLine buys with the AWS CLI, for which the whole story would take too long.
func serveCommandLine(t *testing.T, on storage) {
	f := on.startFarm(t)
	a := f.customer(t)
	for _, got := range awscli.run(t, a.session(), buyOne, readStatus) {
		if got.Error != "" {
			t.Errorf("refused: %+v", got)
		}
	}
	if diff := cmp.Diff(map[string]int{iosSlot: 1}, f.held(t, a.account)); diff != "" {
		t.Errorf("slots held (-want +got):\n%s", diff)
	}
}

// serveMonths has slots renewed, and reads what they cost from statements and what happened from the journal.
func serveMonths(t *testing.T, on storage) {
	f := on.startFarm(t)
	a := f.customer(t)
	a.buy(t, purchase{iosSlot, 1})
	a.call(t, "RenewOffering", purchase{iosSlot, 3}, &struct{}{})
	var rolled struct{ Transactions []transaction }
	f.operator(t, http.MethodPost, "/accounts/"+a.account+"/clock/advance", map[string]any{"periods": 3}, &rolled)
	if got := len(rolled.Transactions); got != 2 { // in October and November; that of September is the renewal
		t.Errorf("%d transactions came due, want 2: %+v", got, rolled)
	}
	owed := map[string]int{}
	for _, month := range []string{"2016-08", "2016-09", "2016-10", "2016-11"} {
		var statement struct{ TotalCents int }
		f.as(t, f.key, &statement, "statement", "--account", a.account, "--period", month)
		owed[month] = statement.TotalCents
	}
	if diff := cmp.Diff(map[string]int{"2016-08": 807, "2016-09": 75000, "2016-10": 75000, "2016-11": 75000}, owed); diff != "" {
		t.Errorf("owed (-want +got):\n%s", diff)
	}
	if got := len(a.transactions(t)); got != 4 {
		t.Errorf("%d transactions, want 4", got)
	}
	var journal struct {
		Entries []struct{ Event struct{ Kind string } }
	}
	f.operator(t, http.MethodGet, "/accounts/"+a.account+"/journal?limit=100", nil, &journal)
	var happened []string
	for _, entry := range journal.Entries {
		happened = append(happened, entry.Event.Kind)
	}
	want := []string{"opened", "configured", "configured", "clock", "purchased", "renewed", "rolled", "rolled", "rolled", "clock"}
	if diff := cmp.Diff(want, happened); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
	f.verifyAs(t, f.key)
}

// serveThrottling has one account spend what it may call at once, and another keep its own.
func serveThrottling(t *testing.T, on storage) {
	f := on.startFarm(t, "--write-rate", "0.001", "--write-burst", "2")
	hasty, other := f.customer(t), f.customer(t)
	hasty.buy(t, purchase{iosSlot, 1})
	hasty.buy(t, purchase{iosSlot, 1})
	got, err := hasty.post(t.Context(), "PurchaseOffering", purchase{iosSlot, 1})
	if err != nil || got.Status != http.StatusBadRequest || got.exception() != "ThrottlingException" {
		t.Errorf("the third purchase: %+v, %v, want a ThrottlingException", got, err)
	}
	other.buy(t, purchase{iosSlot, 1})
	if diff := cmp.Diff(map[string]int{iosSlot: 2}, hasty.held(t)); diff != "" {
		t.Errorf("slots held (-want +got):\n%s", diff)
	}
}

// serveRekey seals the secrets anew, between two runs of a server: keys stay as they are, and the master key before
// is of no use.
func serveRekey(t *testing.T, on storage) {
	f := on.startFarm(t)
	a := f.customer(t)
	before := filepath.Join(t.TempDir(), "before.key")
	text, err := os.ReadFile(on.master)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(before, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	offline(t, nil, append([]string{"rekey"}, on.flags...)...)
	refusedStart(t, on.serveArgs("--master-key-file", before), "master key is another one")
	f = on.serve(t, f.key)
	a = a.at(f.server)
	a.buy(t, purchase{iosSlot, 1})
	if got := f.held(t, a.account)[iosSlot]; got != 1 {
		t.Errorf("%d slots held after rekey, want 1", got)
	}
	if err := f.stop(); err != nil {
		t.Error(err)
	}
	noSecrets(t, f, f.key, a.key)
}
