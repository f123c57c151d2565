package harness

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"testing"
	"time"
)

// Act is a part of the scenario, which begins with new settings of the account.
type Act struct {
	About       string         `json:"about"`
	Account     map[string]any `json:"account"` // as in PUT /_slotfarm/v1/accounts/{account}
	MaxAttempts int            `json:"maxAttempts"`
	Steps       []Step         `json:"steps"`
}

// Sighting is what a client saw in one step, in the form that is the same for all clients.
type Sighting struct {
	Step   string         `json:"step"`
	Output map[string]any `json:"output,omitempty"`
	Error  string         `json:"error,omitempty"`
}

// Play makes the client run all acts as a new customer.
func Play(t *testing.T, c Client, a Tenant, acts []Act) []Sighting {
	t.Helper()
	a.Set(t, map[string]any{}) // opens the account if necessary
	n := normalizer{Account: a.Account, Transactions: map[string]string{}}
	var seen []Sighting
	entries := a.JournalLength(t)
	for _, act := range acts {
		if act.Account != nil {
			a.Set(t, act.Account)
			entries++
		}
		s := a.Session()
		s.MaxAttempts = act.MaxAttempts
		for i, o := range c.Run(t, s, act.Steps...) {
			seen = append(seen, n.Sighting(t, act.Steps[i], o))
			if o.Error == "" && act.Steps[i].Changes() {
				entries++
			}
		}
		if got := a.JournalLength(t); got != entries {
			t.Errorf("%s: the journal has %d entries, want %d: one for each change, none for a refusal", act.About, got, entries)
		}
	}
	return seen
}

// normalizer removes what differs between runs from outputs: the account, the ids of transactions, and how a client
// writes an instant.
type normalizer struct {
	Account      string
	Transactions map[string]string // id → its place in the scenario
}

// Sighting converts what a client saw into the form that is the same for all clients. The messages come from the
// server; the server's own tests check them.
func (n normalizer) Sighting(t *testing.T, st Step, o Outcome) Sighting {
	t.Helper()
	if o.Error != "" && o.Message == "" {
		t.Errorf("%s: %s without a message", st.Name, o.Error)
	}
	seen := Sighting{Step: st.Name, Error: o.Error}
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
		if text == n.Account {
			return "THE ACCOUNT"
		}
	case "transactionId":
		return n.Place(t, text)
	case "createdOn", "effectiveOn":
		instant, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Errorf("%s: %v", key, err)
		}
		return instant.UTC().Format(time.RFC3339Nano)
	}
	return text
}

// Place numbers the transactions of a scenario in the order in which the client first saw them.
func (n normalizer) Place(t *testing.T, id string) string {
	t.Helper()
	if !transactionID.MatchString(id) {
		t.Errorf("transaction id %q is not a UUID in lower case", id)
	}
	if n.Transactions[id] == "" {
		n.Transactions[id] = fmt.Sprintf("TRANSACTION %d", len(n.Transactions)+1)
	}
	return n.Transactions[id]
}

// ReadJSON reads a file into v.
func ReadJSON(t *testing.T, file string, v any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// The files of the scenario and of what every client has to see in it, relative to the folder of any test package.
const (
	ScenarioFile = "../testdata/scenario.json"
	GoldenFile   = "../testdata/scenario.golden.json"
)
