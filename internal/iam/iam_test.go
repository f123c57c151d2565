package iam_test

import (
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
)

// may returns the actions that a document allows on "*" for a quantity.
func may(t *testing.T, document []byte, quantity int) []string {
	t.Helper()
	p := parse(t, string(document))
	var allowed []string
	for _, action := range actions {
		r := iam.Request{Action: action, Resource: "*"}
		if action == "devicefarm:PurchaseOffering" || action == "devicefarm:RenewOffering" {
			r.Context.Quantity = &quantity
		}
		if p.Evaluate(r).Allowed {
			allowed = append(allowed, action)
		}
	}
	return allowed
}

func TestReadyMadePolicies(t *testing.T) {
	reading, buying := actions[:5], actions[:7]
	for name, tt := range map[string]struct {
		document []byte
		quantity int
		want     []string
	}{
		"read only":           {iam.ReadOnly(), 0, reading},
		"buyer, cancelling":   {iam.Buyer(10), 0, buying},
		"buyer at the cap":    {iam.Buyer(10), 10, buying},
		"buyer above the cap": {iam.Buyer(10), 11, reading},
		"buyer of nothing":    {iam.Buyer(0), 1, reading},
		"operator":            {iam.Operator(), 1_000_000, actions},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, may(t, tt.document, tt.quantity)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestReadyMadePoliciesNeedNoMoreThanTheyName parses each with the actions of a
// server that has nothing else.
func TestReadyMadePoliciesNeedNoMoreThanTheyName(t *testing.T) {
	for name, tt := range map[string]struct {
		document []byte
		actions  []string
	}{
		"read only": {iam.ReadOnly(), actions[:5]},
		"buyer":     {iam.Buyer(1), actions[:7]},
		"operator":  {iam.Operator(), []string{"devicefarm:X", "slotfarm:Y"}},
	} {
		if _, err := iam.Parse(tt.document, tt.actions); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestABuyerAboveTheCapIsToldOfIt(t *testing.T) {
	quantity := 11
	r := iam.Request{Action: "devicefarm:PurchaseOffering", Resource: "*", Context: iam.Context{Quantity: &quantity}}
	got := parse(t, string(iam.Buyer(10))).Evaluate(r)
	want := iam.Decision{Reason: "because no identity-based policy allows the devicefarm:PurchaseOffering action; " +
		`the condition NumericLessThanEquals on slotfarm:Quantity of statement "Buy" is not met`}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestAPolicyIsWrittenAsItWasRead(t *testing.T) {
	document := iam.Buyer(3)
	p := parse(t, string(document))
	body, err := p.MarshalJSON()
	if err != nil || string(body) != string(document) {
		t.Errorf("%s, %v", body, err)
	}
	clear(body)
	clear(document)
	if body, _ := p.MarshalJSON(); string(body) != string(iam.Buyer(3)) {
		t.Error("a policy shares its bytes with a caller")
	}
	body, err = json.Marshal(map[string]iam.Policy{"none": {}})
	if want := `{"none":null}`; err != nil || string(body) != want {
		t.Errorf("the zero policy is %s, %v, want %s", body, err, want)
	}
}

// contexts are requests of every kind, for comparing policies by what they decide.
func contexts() []iam.Request {
	var requests []iam.Request
	for _, action := range actions {
		requests = append(requests, iam.Request{Action: action, Resource: "*"})
	}
	one, id := 1, "8980F81C-00D7-469D-8EC6-510F4D3B2A02"
	arn := "arn:aws:devicefarm:us-west-2:123456789012:offering:" + id
	return append(requests, iam.Request{Action: actions[5], Resource: arn, Context: iam.Context{Quantity: &one, OfferingID: &id, Secure: true}})
}

// FuzzParse looks for documents that Parse fails on otherwise than it promises,
// and for policies that are another one after they were written and read.
func FuzzParse(f *testing.F) {
	for _, cases := range readCorpus(f) {
		for _, c := range cases {
			f.Add([]byte(c.Policy))
		}
	}
	for _, document := range [][]byte{iam.ReadOnly(), iam.Buyer(5), iam.Operator()} {
		f.Add(document)
	}
	kinds := []fault.Kind{fault.Malformed, fault.TooLarge}
	f.Fuzz(func(t *testing.T, document []byte) {
		p, err := iam.Parse(document, actions)
		if err != nil {
			if !slices.Contains(kinds, fault.KindOf(err)) || len(fault.MessageOf(err)) > 2048 {
				t.Fatalf("%v, want a short message of another kind", err)
			}
			return
		}
		body, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		again, err := iam.Parse(body, actions)
		if err != nil {
			t.Fatalf("%s\n%v", body, err)
		}
		for _, r := range contexts() {
			if got, want := again.Evaluate(r), p.Evaluate(r); got != want {
				t.Errorf("%+v: %+v, and %+v before it was written", r, got, want)
			}
		}
	})
}
