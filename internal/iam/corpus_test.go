package iam_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/slotfarm/slotfarm/internal/iam"
)

// actions are those that the policies of the tests may name.
var actions = []string{
	"devicefarm:ListOfferings", "devicefarm:ListOfferingPromotions", "devicefarm:ListOfferingTransactions",
	"devicefarm:GetOfferingStatus", "devicefarm:GetAccountSettings",
	"devicefarm:PurchaseOffering", "devicefarm:RenewOffering",
	"slotfarm:GetCatalog", "slotfarm:PutCatalog", "slotfarm:ListKeys", "slotfarm:CreateKey",
}

// evaluation is one case of the corpus: a policy, a request and the expected
// decision. Rule paraphrases what Page of the IAM User Guide says.
type evaluation struct {
	Name    string         `json:"name"`
	Rule    string         `json:"rule"`
	Page    string         `json:"page"`
	Policy  jsontext.Value `json:"policy"`
	Request requestShape   `json:"request"`
	Allowed bool           `json:"allowed"`
	Reason  string         `json:"reason"` // a part of the decision's
}

// requestShape is a request in a file. A resource that is not given is "*".
type requestShape struct {
	Action     string     `json:"action"`
	Resource   string     `json:"resource"`
	SourceIP   netip.Addr `json:"sourceIp"`
	Now        time.Time  `json:"now"`
	Secure     bool       `json:"secure"`
	Quantity   *int       `json:"quantity"`
	OfferingID *string    `json:"offeringId"`
}

func (s requestShape) request() iam.Request {
	if s.Resource == "" {
		s.Resource = "*"
	}
	return iam.Request{Action: s.Action, Resource: s.Resource, Context: iam.Context{
		SourceIP: s.SourceIP, Now: s.Now, Secure: s.Secure, Quantity: s.Quantity, OfferingID: s.OfferingID,
	}}
}

// readCorpus returns the cases by their file.
func readCorpus(t testing.TB) map[string][]evaluation {
	t.Helper()
	files, err := filepath.Glob("testdata/cases/*.json")
	if err != nil {
		t.Fatal(err)
	}
	corpus := map[string][]evaluation{}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cases []evaluation
		if err := json.Unmarshal(body, &cases, json.RejectUnknownMembers(true)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		corpus[strings.TrimSuffix(filepath.Base(file), ".json")] = cases
	}
	return corpus
}

func parse(t testing.TB, document string) iam.Policy {
	t.Helper()
	p, err := iam.Parse([]byte(document), actions)
	if err != nil {
		t.Fatalf("%s\n%v", document, err)
	}
	return p
}

func TestCorpus(t *testing.T) {
	for file, cases := range readCorpus(t) {
		for _, c := range cases {
			t.Run(file+"/"+c.Name, func(t *testing.T) {
				got := parse(t, string(c.Policy)).Evaluate(c.Request.request())
				if got.Allowed != c.Allowed || !strings.Contains(got.Reason, c.Reason) {
					t.Errorf("%+v, want allowed %v with %q\n%s (%s)", got, c.Allowed, c.Reason, c.Rule, c.Page)
				}
			})
		}
	}
}

// TestCorpusIsWhatItSays checks the corpus: each case names the source of its
// rule, and there are enough cases of either outcome to detect a broken
// evaluation.
func TestCorpusIsWhatItSays(t *testing.T) {
	names, outcomes := map[string]bool{}, map[bool]int{}
	for file, cases := range readCorpus(t) {
		for _, c := range cases {
			if names[file+c.Name] || c.Name == "" || len(c.Rule) < 20 || len(c.Page) < 10 || c.Reason == "" {
				t.Errorf("%s: %q has its name from another case, or lacks a rule, a page or a reason", file, c.Name)
			}
			names[file+c.Name] = true
			outcomes[c.Allowed]++
		}
	}
	if len(names) < 80 || outcomes[true] < 30 || outcomes[false] < 30 {
		t.Errorf("%d cases, %v by outcome; want 80, and 30 of each", len(names), outcomes)
	}
}
