package clients

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/slotfarm/slotfarm/e2e/harness"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestScenario plays one story with each of the four clients, unchanged and with their default endpoints
// replaced only: they list, buy, renew and read, and see each exception as their own type. All must see what
// the golden file says, amounts to the cent and instants to the millisecond.
func TestScenario(t *testing.T) {
	var acts []harness.Act
	harness.ReadJSON(t, harness.ScenarioFile, &acts)
	if *update {
		writeJSON(t, harness.GoldenFile, harness.Play(t, harness.Gosdk, harness.NewTenant(harness.Sandbox()), acts))
	}
	var want []harness.Sighting
	harness.ReadJSON(t, harness.GoldenFile, &want)
	for name, c := range harness.Clients {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, harness.Play(t, c, harness.NewTenant(harness.Sandbox()), acts)); diff != "" {
				t.Errorf("the client did not see what %s says (-want +got):\n%s", harness.GoldenFile, diff)
			}
		})
	}
}

// TestPaginators has each client page through 250 transactions with its own paginator.
func TestPaginators(t *testing.T) {
	for name, c := range harness.Clients {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := harness.NewTenant(harness.Sandbox())
			a.Allow(t, harness.IosSlot, 250)
			want := make([]string, 250)
			for i := range want {
				want[len(want)-1-i] = a.Buy(t, harness.Purchase{OfferingID: harness.IosSlot, Quantity: 1}).TransactionID
			}
			var first struct{ NextToken string }
			if a.Call(t, "ListOfferingTransactions", map[string]any{}, &first); first.NextToken == "" {
				t.Fatal("the server returns 250 transactions in one page, which tests no paginator")
			}
			got := c.Run(t, a.Session(), harness.Step{Operation: "ListOfferingTransactions", Input: map[string]any{}, Paginate: true})
			if diff := cmp.Diff(want, transactionIDs(got[0])); diff != "" {
				t.Errorf("transactions, newest first (-want +got):\n%s", diff)
			}
		})
	}
}

// transactionIDs returns the ids in the output of ListOfferingTransactions, in its order.
func transactionIDs(o harness.Outcome) []string {
	var ids []string
	list, _ := o.Output["offeringTransactions"].([]any)
	for _, item := range list {
		id, _ := item.(map[string]any)["transactionId"].(string)
		ids = append(ids, id)
	}
	return ids
}

func writeJSON(t *testing.T, file string, v any) {
	t.Helper()
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
