package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const goldenFile = "testdata/scenario.golden.json"

// act is a part of the scenario that begins with new settings of the account.
type act struct {
	About       string         `json:"about"`
	Account     map[string]any `json:"account"` // as in PUT /_slotfarm/v1/accounts/{account}
	MaxAttempts int            `json:"maxAttempts"`
	Steps       []step         `json:"steps"`
}

// sighting is what a client saw in one step, in the form that is the same for all clients.
type sighting struct {
	Step   string         `json:"step"`
	Output map[string]any `json:"output,omitempty"`
	Error  string         `json:"error,omitempty"`
}

// TestScenario plays one story with each of the four clients, unchanged and with their default endpoints
// replaced only: they list, buy, renew and read, and see each exception as their own type. All must see what
// the golden file says, amounts to the cent and instants to the millisecond.
func TestScenario(t *testing.T) {
	var acts []act
	readJSON(t, "testdata/scenario.json", &acts)
	if *update {
		writeJSON(t, goldenFile, play(t, gosdk, newTenant(sandbox), acts))
	}
	var want []sighting
	readJSON(t, goldenFile, &want)
	for name, c := range clients {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, play(t, c, newTenant(sandbox), acts)); diff != "" {
				t.Errorf("the client did not see what %s says (-want +got):\n%s", goldenFile, diff)
			}
		})
	}
}

// play has the client play all acts as a new customer.
func play(t *testing.T, c client, a tenant, acts []act) []sighting {
	t.Helper()
	a.set(t, map[string]any{}) // opens it where it is not open
	n := normalizer{account: a.account, transactions: map[string]string{}}
	var seen []sighting
	entries := a.journalLength(t)
	for _, act := range acts {
		if act.Account != nil {
			a.set(t, act.Account)
			entries++
		}
		s := a.session()
		s.maxAttempts = act.MaxAttempts
		for i, o := range c.run(t, s, act.Steps...) {
			seen = append(seen, n.sighting(t, act.Steps[i], o))
			if o.Error == "" && act.Steps[i].changes() {
				entries++
			}
		}
		if got := a.journalLength(t); got != entries {
			t.Errorf("%s: the journal has %d entries, want %d: one for each change, none for a refusal", act.About, got, entries)
		}
	}
	return seen
}

// changes tells whether the step changes the account when it succeeds.
func (s step) changes() bool {
	return s.Operation == "PurchaseOffering" || s.Operation == "RenewOffering"
}

// normalizer removes from outputs what is never the same twice: the account, the ids of transactions, and how a
// client writes an instant.
type normalizer struct {
	account      string
	transactions map[string]string // id → its place in the story
}

// sighting brings what a client saw into the form that is the same for all clients. Their messages are the
// server's, and are looked at where the server's own tests are.
func (n normalizer) sighting(t *testing.T, st step, o outcome) sighting {
	t.Helper()
	if o.Error != "" && o.Message == "" {
		t.Errorf("%s: %s without a message", st.Name, o.Error)
	}
	seen := sighting{Step: st.Name, Error: o.Error}
	if o.Output != nil {
		seen.Output = n.normalize(t, o.Output).(map[string]any)
	}
	return seen
}

var transactionID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

func (n normalizer) normalize(t *testing.T, v any) any {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			v[key] = n.normalize(t, n.member(t, key, value))
		}
	case []any:
		for i := range v {
			v[i] = n.normalize(t, v[i])
		}
	}
	return v
}

func (n normalizer) member(t *testing.T, key string, value any) any {
	t.Helper()
	text, ok := value.(string)
	if !ok {
		return value
	}
	switch key {
	case "awsAccountNumber":
		if text == n.account {
			return "THE ACCOUNT"
		}
	case "transactionId":
		return n.place(t, text)
	case "createdOn", "effectiveOn":
		instant, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Errorf("%s: %v", key, err)
		}
		return instant.UTC().Format(time.RFC3339Nano)
	}
	return text
}

// place numbers the transactions of a story in the order in which the client saw them first.
func (n normalizer) place(t *testing.T, id string) string {
	t.Helper()
	if !transactionID.MatchString(id) {
		t.Errorf("transaction id %q is not a UUID in small letters", id)
	}
	if n.transactions[id] == "" {
		n.transactions[id] = fmt.Sprintf("TRANSACTION %d", len(n.transactions)+1)
	}
	return n.transactions[id]
}

// TestPaginators has each client page through 250 transactions with its own paginator.
func TestPaginators(t *testing.T) {
	for name, c := range clients {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newTenant(sandbox)
			a.allow(t, iosSlot, 250)
			want := make([]string, 250)
			for i := range want {
				want[len(want)-1-i] = a.buy(t, purchase{iosSlot, 1}).TransactionID
			}
			var first struct{ NextToken string }
			if a.call(t, "ListOfferingTransactions", map[string]any{}, &first); first.NextToken == "" {
				t.Fatal("the server returns 250 transactions in one page, which tests no paginator")
			}
			got := c.run(t, a.session(), step{Operation: "ListOfferingTransactions", Input: map[string]any{}, Paginate: true})
			if diff := cmp.Diff(want, transactionIDs(got[0])); diff != "" {
				t.Errorf("transactions, newest first (-want +got):\n%s", diff)
			}
		})
	}
}

// transactionIDs returns the ids in the output of ListOfferingTransactions, in its order.
func transactionIDs(o outcome) []string {
	var ids []string
	list, _ := o.Output["offeringTransactions"].([]any)
	for _, item := range list {
		id, _ := item.(map[string]any)["transactionId"].(string)
		ids = append(ids, id)
	}
	return ids
}

func readJSON(t *testing.T, file string, v any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
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
