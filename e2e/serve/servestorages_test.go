package serve

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/slotfarm/slotfarm/e2e/harness"

	"github.com/google/go-cmp/cmp"
)

// TestServe checks on each kind of storage what serve does for its users.
func TestServe(t *testing.T) {
	for name, prepare := range harness.Storages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			empty := prepare(t)
			for name, test := range map[string]func(t *testing.T, on harness.Storage){
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

// serveScenario plays the story of TestScenario. Clients of serve see what those of a sandbox see.
func serveScenario(t *testing.T, on harness.Storage) {
	f := on.StartFarm(t, "--max-slots", "100")
	var acts []harness.Act
	harness.ReadJSON(t, harness.ScenarioFile, &acts)
	var want []harness.Sighting
	harness.ReadJSON(t, harness.GoldenFile, &want)
	for _, name := range []string{"gosdk", "boto3", "js"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, harness.Play(t, harness.Clients[name], f.Customer(t), acts)); diff != "" {
				t.Errorf("the client did not see what %s says (-want +got):\n%s", harness.GoldenFile, diff)
			}
		})
	}
}

// serveCommandLine buys with the AWS CLI, for which the whole story would take too long.
func serveCommandLine(t *testing.T, on harness.Storage) {
	f := on.StartFarm(t)
	a := f.Customer(t)
	for _, got := range harness.Awscli.Run(t, a.Session(), harness.BuyOne, readStatus) {
		if got.Error != "" {
			t.Errorf("refused: %+v", got)
		}
	}
	if diff := cmp.Diff(map[string]int{harness.IosSlot: 1}, f.Held(t, a.Account)); diff != "" {
		t.Errorf("slots held (-want +got):\n%s", diff)
	}
}

// serveMonths has slots renewed, and reads what they cost from statements and what happened from the journal.
func serveMonths(t *testing.T, on harness.Storage) {
	f := on.StartFarm(t)
	a := f.Customer(t)
	a.Buy(t, harness.Purchase{OfferingID: harness.IosSlot, Quantity: 1})
	a.Call(t, "RenewOffering", harness.Purchase{OfferingID: harness.IosSlot, Quantity: 3}, &struct{}{})
	var rolled struct{ Transactions []harness.Transaction }
	f.Operator(t, "POST /accounts/"+a.Account+"/clock/advance", map[string]any{"periods": 3}, &rolled)
	if got := len(rolled.Transactions); got != 2 { // in October and November; that of September is the renewal
		t.Errorf("%d transactions came due, want 2: %+v", got, rolled)
	}
	owed := map[string]int{}
	for _, month := range []string{"2016-08", "2016-09", "2016-10", "2016-11"} {
		var statement struct{ TotalCents int }
		f.As(t, f.Key, &statement, "statement", "--account", a.Account, "--period", month)
		owed[month] = statement.TotalCents
	}
	if diff := cmp.Diff(map[string]int{"2016-08": 807, "2016-09": 75000, "2016-10": 75000, "2016-11": 75000}, owed); diff != "" {
		t.Errorf("owed (-want +got):\n%s", diff)
	}
	if got := len(a.Transactions(t)); got != 4 {
		t.Errorf("%d transactions, want 4", got)
	}
	var journal struct {
		Entries []struct{ Event struct{ Kind string } }
	}
	f.Operator(t, "GET /accounts/"+a.Account+"/journal?limit=100", nil, &journal)
	var happened []string
	for _, entry := range journal.Entries {
		happened = append(happened, entry.Event.Kind)
	}
	want := []string{"opened", "configured", "configured", "clock", "purchased", "renewed", "rolled", "rolled", "rolled", "clock"}
	if diff := cmp.Diff(want, happened); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
	f.VerifyAs(t, f.Key)
}

// serveThrottling has one account spend what it may call at once, and another keep its own.
func serveThrottling(t *testing.T, on harness.Storage) {
	f := on.StartFarm(t, "--write-rate", "0.001", "--write-burst", "2")
	hasty, other := f.Customer(t), f.Customer(t)
	hasty.Buy(t, harness.Purchase{OfferingID: harness.IosSlot, Quantity: 1})
	hasty.Buy(t, harness.Purchase{OfferingID: harness.IosSlot, Quantity: 1})
	got, err := hasty.Post(t.Context(), "PurchaseOffering", harness.Purchase{OfferingID: harness.IosSlot, Quantity: 1})
	if err != nil || got.Status != http.StatusBadRequest || got.Exception() != "ThrottlingException" {
		t.Errorf("the third purchase: %+v, %v, want a ThrottlingException", got, err)
	}
	other.Buy(t, harness.Purchase{OfferingID: harness.IosSlot, Quantity: 1})
	if diff := cmp.Diff(map[string]int{harness.IosSlot: 2}, hasty.Held(t)); diff != "" {
		t.Errorf("slots held (-want +got):\n%s", diff)
	}
}

// serveRekey seals the secrets again between two runs of a server: keys stay unchanged, and the old master key is
// useless.
func serveRekey(t *testing.T, on harness.Storage) {
	f := on.StartFarm(t)
	a := f.Customer(t)
	before := filepath.Join(t.TempDir(), "before.key")
	text, err := os.ReadFile(on.Master)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(before, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Stop(); err != nil {
		t.Fatal(err)
	}
	harness.Offline(t, nil, append([]string{"rekey"}, on.Flags...)...)
	refusedStart(t, on.ServeArgs("--master-key-file", before), "master key is not the one")
	f = on.Serve(t, f.Key)
	a = a.At(f.Server)
	a.Buy(t, harness.Purchase{OfferingID: harness.IosSlot, Quantity: 1})
	if got := f.Held(t, a.Account)[harness.IosSlot]; got != 1 {
		t.Errorf("%d slots held after rekey, want 1", got)
	}
	if err := f.Stop(); err != nil {
		t.Error(err)
	}
	harness.NoSecrets(t, f, f.Key, a.Key)
}
