package iam_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
)

// world is some actions with what they act on.
var world = []iam.Action{
	{Name: "devicefarm:ListOfferings", Resource: "*"},
	{Name: "devicefarm:PurchaseOffering", Resource: "*", Keys: []string{"slotfarm:Quantity", "slotfarm:OfferingId"}},
	{Name: "slotfarm:GetCatalog", Resource: "*"},
	{Name: "slotfarm:GetAccount", Resource: "arn:aws:slotfarm:::account/????????????"},
}

func names() []string {
	var all []string
	for _, a := range world {
		all = append(all, a.Name)
	}
	return all
}

func check(t *testing.T, members string) error {
	t.Helper()
	p, err := iam.Parse([]byte(policy(`"Effect":"Deny",`+members)), names())
	if err != nil {
		t.Fatalf("%s: %v", members, err)
	}
	return p.CheckApplies(world)
}

func TestStatementsThatCanNeverApply(t *testing.T) {
	tests := []struct{ name, members, want string }{
		{"an ARN for actions on no single resource",
			`"Action":"slotfarm:GetCatalog","Resource":"arn:aws:slotfarm:::account/111122223333"`,
			`Statement[0] can never apply: Resource "arn:aws:slotfarm:::account/111122223333" matches nothing that its actions act on; they act on *`},
		{"a Sid is the name", `"Sid":"Mine","Action":"slotfarm:GetCatalog","Resource":"arn:aws:slotfarm:::account/111122223333"`, `statement "Mine" can never`},
		{"accounts for account", `"Action":"slotfarm:GetAccount","Resource":"arn:aws:slotfarm:::accounts/111122223333"`, "they act on arn:aws:slotfarm:::account/?"},
		{"a region where there is none", `"Action":"slotfarm:GetAccount","Resource":"arn:aws:slotfarm:us-west-2::account/*"`, "us-west-2"},
		{"an account where there is none", `"Action":"slotfarm:*","Resource":"arn:aws:slotfarm::111122223333:account/*"`, "111122223333"},
		{"too few digits", `"Action":"slotfarm:*","Resource":"arn:aws:slotfarm:::account/1111"`, "account/1111"},
		{"one resource of two", `"Action":"slotfarm:*","Resource":["*","arn:aws:slotfarm:::team/1"]`, "team/1"},
		{"one action of two", `"Action":["slotfarm:GetAccount","slotfarm:GetCatalog"],"Resource":"arn:aws:slotfarm:::account/*"`, `Action "slotfarm:getcatalog" acts on nothing`},
		{"an ARN of Device Farm", `"Action":"devicefarm:*","Resource":"arn:aws:devicefarm:us-west-2:111122223333:project:x"`, "they act on *"},
		{"a key of other actions", `"Action":"devicefarm:ListOfferings","Resource":"*","Condition":{"NumericGreaterThan":{"slotfarm:Quantity":"1"}}`, "condition key slotfarm:Quantity"},
		{"a key of what is excepted", `"NotAction":"devicefarm:PurchaseOffering","Resource":"*","Condition":{"Null":{"slotfarm:OfferingId":"false"}}`, "slotfarm:OfferingId"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := check(t, tt.members)
			if fault.KindOf(err) != fault.Malformed || !strings.Contains(fault.MessageOf(err), tt.want) {
				t.Errorf("error = %v, want Malformed with %q", err, tt.want)
			}
		})
	}
}

func TestStatementsThatMayApply(t *testing.T) {
	for _, members := range []string{
		`"Action":"*","Resource":"*"`,
		`"Action":"slotfarm:*","Resource":"arn:aws:slotfarm:::account/1111*"`,
		`"Action":"slotfarm:Get*","Resource":"arn:*:slotfarm:::account/??112222333?"`,
		`"Action":"slotfarm:*","Resource":["*","arn:aws:slotfarm:::account/111122223333"]`,
		`"NotAction":"slotfarm:GetCatalog","Resource":"arn:aws:slotfarm:::account/111122223333"`,
		`"Action":"devicefarm:*","Resource":"*","Condition":{"NumericGreaterThan":{"slotfarm:Quantity":"1"},"Bool":{"aws:SecureTransport":"false"}}`,
	} {
		if err := check(t, members); err != nil {
			t.Errorf("%s: %v", members, err)
		}
	}
	var all []iam.Action
	for _, name := range actions {
		action := iam.Action{Name: name, Resource: "*"}
		if slices.Contains([]string{"devicefarm:PurchaseOffering", "devicefarm:RenewOffering"}, name) {
			action.Keys = []string{"slotfarm:Quantity", "slotfarm:OfferingId"}
		}
		all = append(all, action)
	}
	for _, ready := range [][]byte{iam.ReadOnly(), iam.Buyer(3), iam.Customer(), iam.Operator()} {
		p, err := iam.Parse(ready, actions)
		if err == nil {
			err = p.CheckApplies(all)
		}
		if err != nil {
			t.Errorf("%s: %v", ready, err)
		}
	}
}

// TestAnOverlapIsFound draws a text that both patterns describe, part by part: no
// statement about it may be refused.
func TestAnOverlapIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`[0-9]{12}`).Draw(t, "account")
		pattern := []byte("account/" + digits)
		for range rapid.IntRange(0, 6).Draw(t, "wildcards") {
			i := rapid.IntRange(0, len(pattern)-1).Draw(t, "where")
			switch wild := rapid.SampledFrom([]byte("?*+")).Draw(t, "what"); {
			case wild == '+': // one more star, which stands for nothing
				pattern = slices.Insert(pattern, i, '*')
			case pattern[i] != '*':
				pattern[i] = wild
			}
		}
		members := `"Effect":"Deny","Action":"slotfarm:GetAccount","Resource":"arn:aws:slotfarm:::` + string(pattern) + `"`
		p, err := iam.Parse([]byte(policy(members)), names())
		if err != nil {
			t.Fatal(err)
		}
		if err := p.CheckApplies(world); err != nil {
			t.Fatal(err)
		}
		request := iam.Request{Action: "slotfarm:GetAccount", Resource: "arn:aws:slotfarm:::account/" + digits}
		if got := p.Evaluate(request).Reason; !strings.Contains(got, "explicit deny") {
			t.Fatalf("%s on %s: %s", pattern, digits, got)
		}
	})
}
