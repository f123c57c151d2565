package iam_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"github.com/slotfarm/slotfarm/internal/iam"
)

// rule is one statement of a policy that a property makes up.
type rule map[string]any

// drawRule returns a statement of few and colliding values, so that many apply.
func drawRule(t *rapid.T, effect string) rule {
	r := rule{"Effect": effect, "Resource": rapid.SampledFrom([]any{
		"*", "arn:aws:devicefarm:*:*:*", []string{"arn:aws:devicefarm:us-west-2:123456789012:offering:?", "arn:aws:slotfarm:*:*:*"},
	}).Draw(t, "resource")}
	element := rapid.SampledFrom([]string{"Action", "Action", "NotAction"}).Draw(t, "element")
	r[element] = rapid.SliceOfN(rapid.SampledFrom([]string{
		"*", "devicefarm:*", "devicefarm:*Offering", "devicefarm:List*", "DEVICEFARM:purchaseoffering", "slotfarm:???C*",
	}), 1, 2).Draw(t, "patterns")
	if conditions := drawConditions(t); len(conditions) > 0 {
		r["Condition"] = conditions
	}
	return r
}

func drawConditions(t *rapid.T) map[string]any {
	suffix := rapid.SampledFrom([]string{"", "IfExists"}).Draw(t, "suffix")
	all := []struct {
		operators []string
		key       string
		values    any
	}{
		{[]string{"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals"}, "slotfarm:Quantity", []any{"1", 2}},
		{[]string{"StringEquals", "StringNotEquals", "StringLike", "StringNotLike"}, "slotfarm:OfferingId", []any{"a?", "ab"}},
		{[]string{"IpAddress", "NotIpAddress"}, "aws:SourceIp", []any{"192.0.2.0/25", "2001:db8::/32"}},
		{[]string{"DateLessThan", "DateGreaterThanEquals"}, "aws:CurrentTime", "2026-01-01"},
		{[]string{"Bool"}, "aws:SecureTransport", "true"},
	}
	conditions := map[string]any{}
	for range rapid.IntRange(0, 2).Draw(t, "conditions") {
		c := rapid.SampledFrom(all).Draw(t, "condition")
		conditions[rapid.SampledFrom(c.operators).Draw(t, "operator")+suffix] = map[string]any{c.key: c.values}
	}
	return conditions
}

func drawRules(t *rapid.T, effects ...string) []rule {
	var rules []rule
	for range rapid.IntRange(1, 4).Draw(t, "rules") {
		rules = append(rules, drawRule(t, rapid.SampledFrom(effects).Draw(t, "effect")))
	}
	return rules
}

func drawRequest(t *rapid.T) iam.Request {
	r := iam.Request{
		Action: rapid.SampledFrom(actions).Draw(t, "action"),
		Resource: rapid.SampledFrom([]string{
			"*", "arn:aws:devicefarm:us-west-2:123456789012:offering:1", "arn:aws:slotfarm:::catalog",
		}).Draw(t, "on"),
		Context: iam.Context{
			Now:    time.Date(rapid.IntRange(2025, 2026).Draw(t, "year"), 6, 1, 0, 0, 0, 0, time.UTC),
			Secure: rapid.Bool().Draw(t, "secure"),
		},
	}
	if rapid.Bool().Draw(t, "has an address") {
		r.Context.SourceIP = netip.MustParseAddr(rapid.SampledFrom([]string{"192.0.2.1", "192.0.2.200", "2001:db8::1"}).Draw(t, "address"))
	}
	if rapid.Bool().Draw(t, "has a quantity") {
		quantity := rapid.IntRange(0, 3).Draw(t, "quantity")
		r.Context.Quantity = &quantity
	}
	if rapid.Bool().Draw(t, "has an offering") {
		id := rapid.SampledFrom([]string{"a", "ab", "a?", "abc"}).Draw(t, "offering")
		r.Context.OfferingID = &id
	}
	return r
}

func decide(t *rapid.T, rules []rule, r iam.Request) bool {
	document, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": rules})
	if err != nil {
		t.Fatal(err)
	}
	p, err := iam.Parse(document, actions)
	if err != nil {
		t.Fatalf("%s\n%v", document, err)
	}
	return p.Evaluate(r).Allowed
}

// TestStatementsArePureLogic says what AWS's "Policy evaluation logic" comes to
// for any policy and request.
func TestStatementsArePureLogic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, r := drawRules(t, "Allow", "Deny"), drawRequest(t)
		allowed := decide(t, rules, r)
		if shuffled := rapid.Permutation(rules).Draw(t, "shuffled"); decide(t, shuffled, r) != allowed {
			t.Error("the order of statements counts")
		}
		if decide(t, append(slices.Clone(rules), drawRule(t, "Deny")), r) && !allowed {
			t.Error("one more Deny allows more")
		}
		if !decide(t, append(slices.Clone(rules), drawRule(t, "Allow")), r) && allowed {
			t.Error("one more Allow denies more")
		}
		everything := rule{"Effect": "Deny", "Action": "*", "Resource": "*"}
		at := rapid.IntRange(0, len(rules)).Draw(t, "at")
		if decide(t, slices.Insert(slices.Clone(rules), at, everything), r) {
			t.Error("a Deny of everything is overridden")
		}
	})
}

func TestDeniesAloneAllowNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if decide(t, drawRules(t, "Deny"), drawRequest(t)) {
			t.Error("allowed by default")
		}
	})
	got := iam.Policy{}.Evaluate(iam.Request{Action: "devicefarm:ListOfferings"})
	if want := (iam.Decision{Reason: "because no identity-based policy allows the devicefarm:ListOfferings action"}); got != want {
		t.Errorf("the zero policy: %+v, want %+v", got, want)
	}
}

// TestADecisionIsThatOfEachStatement splits a policy into its statements: it
// allows what one of them allows and none denies.
func TestADecisionIsThatOfEachStatement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, r := drawRules(t, "Allow", "Deny"), drawRequest(t)
		granted, denied := false, false
		for _, one := range rules {
			asAllow := rule{}
			for name, value := range one {
				asAllow[name] = value
			}
			asAllow["Effect"] = "Allow"
			applies := decide(t, []rule{asAllow}, r)
			granted = granted || applies && one["Effect"] == "Allow"
			denied = denied || applies && one["Effect"] == "Deny"
		}
		if got, want := decide(t, rules, r), granted && !denied; got != want {
			t.Errorf("allowed %v; its statements say %v", got, want)
		}
	})
}

func TestCaseOfActionsAndKeysDoesNotCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		recase := func(text string) string {
			letters := []byte(text)
			for i := range letters {
				if rapid.Bool().Draw(t, "upper") {
					letters[i] = bytes.ToUpper(letters[i : i+1])[0]
				} else {
					letters[i] = bytes.ToLower(letters[i : i+1])[0]
				}
			}
			return string(letters)
		}
		action := rapid.SampledFrom(actions).Draw(t, "action")
		quantity := rapid.IntRange(0, 9).Draw(t, "quantity")
		r := iam.Request{Action: recase(action), Resource: "*", Context: iam.Context{Quantity: &quantity}}
		condition := map[string]any{"NumericLessThan": map[string]any{recase("slotfarm:Quantity"): 5}}
		got := decide(t, []rule{{"Effect": "Allow", "Action": recase(action), "Resource": "*", "Condition": condition}}, r)
		if want := quantity < 5; got != want {
			t.Errorf("%s with %d: allowed %v, want %v", r.Action, quantity, got, want)
		}
	})
}

// TestWildcardsAreWhatARegexpSays compares StringLike, and the last part of a
// resource, with the same pattern as a regular expression.
func TestWildcardsAreWhatARegexpSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab*?]{1,12}`).Draw(t, "pattern")
		text := rapid.StringMatching(`[ab:]{0,12}`).Draw(t, "text")
		expression := strings.NewReplacer(`*`, `.*`, `?`, `.`).Replace(pattern)
		want := regexp.MustCompile(`^` + expression + `$`).MatchString(text)
		like := rule{
			"Effect": "Allow", "Action": "*", "Resource": "*",
			"Condition": map[string]any{"StringLike": map[string]any{"slotfarm:OfferingId": pattern}},
		}
		if got := decide(t, []rule{like}, iam.Request{Action: actions[0], Resource: "*", Context: iam.Context{OfferingID: &text}}); got != want {
			t.Errorf("StringLike %q of %q: %v, want %v", pattern, text, got, want)
		}
		const arn = "arn:aws:devicefarm:us-west-2:123456789012:"
		on := rule{"Effect": "Allow", "Action": "*", "Resource": arn + pattern}
		if got := decide(t, []rule{on}, iam.Request{Action: actions[0], Resource: arn + text}); got != want {
			t.Errorf("Resource %q of %q: %v, want %v", pattern, text, got, want)
		}
	})
}

// TestAddressesAreWhatTheirBitsSay compares IpAddress with the bits of addresses
// as text.
func TestAddressesAreWhatTheirBitsSay(t *testing.T) {
	bits := func(a netip.Addr) string {
		b := a.As4()
		return fmt.Sprintf("%08b%08b%08b%08b", b[0], b[1], b[2], b[3])
	}
	rapid.Check(t, func(t *rapid.T) {
		of := func(name string) netip.Addr {
			return netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 128, 192, 255}), 4, 4).Draw(t, name)))
		}
		network := netip.PrefixFrom(of("network"), rapid.IntRange(0, 32).Draw(t, "length")).Masked()
		r := iam.Request{Action: actions[0], Resource: "*", Context: iam.Context{SourceIP: of("address")}}
		condition := map[string]any{"IpAddress": map[string]any{"aws:SourceIp": network.String()}}
		got := decide(t, []rule{{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}}, r)
		want := strings.HasPrefix(bits(r.Context.SourceIP), bits(network.Addr())[:network.Bits()])
		if got != want {
			t.Errorf("%v in %v: %v, want %v", r.Context.SourceIP, network, got, want)
		}
	})
}
