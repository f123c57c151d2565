// Package iam holds what a key may do: policies in the JSON of AWS's Identity
// and Access Management, whether they allow a request and why, access keys, and
// the encryption of their stored secrets.
//
// Parsing refuses a policy that contains anything that would not be evaluated,
// or names something that does not exist. The rules are those of the IAM User
// Guide; comments cite its pages by title. The package never reads a clock, and
// uses randomness only for keys and nonces. Other packages decide which actions
// exist, what they act on and where keys are stored.
package iam

import (
	"bytes"
	"net/netip"
	"strings"
	"time"
)

// Policy is a policy document that slotfarm evaluates in full. The zero Policy
// has no statement and so allows nothing.
type Policy struct {
	document   []byte
	statements []statement
}

// statement is one rule of a policy.
type statement struct {
	name       string // as decisions name it
	deny       bool
	actions    []string // lower-case patterns
	except     bool     // actions come from NotAction
	resources  []resource
	conditions []condition
}

// Request is what a policy decides on.
type Request struct {
	Action   string // such as "devicefarm:PurchaseOffering"
	Resource string // an ARN, or "*" if the action acts on no single resource
	Context  Context
}

// Context holds the values of the condition keys. A zero SourceIP or a nil
// pointer means that the request lacks the key; every request has a time and a
// secure flag.
type Context struct {
	SourceIP   netip.Addr // aws:SourceIp
	Now        time.Time  // aws:CurrentTime
	Secure     bool       // aws:SecureTransport
	Quantity   *int       // slotfarm:Quantity, the number of slots that the caller asks for
	OfferingID *string    // slotfarm:OfferingId
}

// Decision is the answer of a policy. Reason continues "is not authorized to
// perform: <action>" or "is authorized to perform: <action>".
type Decision struct {
	Allowed bool
	Reason  string
}

// Evaluate decides on a request: one Deny that applies overrides every Allow,
// one Allow that applies is needed, and the order of statements does not matter
// (IAM User Guide, "Policy evaluation logic"). The wording of a refusal follows
// "Troubleshooting access denied error messages". If only the condition of a
// statement is not met, the refusal names its operator and key.
func (p Policy) Evaluate(r Request) Decision {
	action := lower(r.Action)
	allowed, missed := "", ""
	for i := range p.statements {
		s := &p.statements[i]
		if !s.covers(action, r.Resource) {
			continue
		}
		switch unmet := s.unmet(r.Context); {
		case s.deny && unmet == nil:
			return Decision{Reason: "with an explicit deny in " + s.name}
		case s.deny:
		case unmet == nil && allowed == "":
			allowed = s.name
		case unmet != nil && missed == "":
			missed = "; the condition " + unmet.operator + " on " + unmet.key + " of " + s.name + " is not met"
		}
	}
	if allowed != "" {
		return Decision{Allowed: true, Reason: "by " + allowed}
	}
	return Decision{Reason: "because no identity-based policy allows the " + r.Action + " action" + missed}
}

// covers reports whether the statement covers an action, given in lower case,
// on a resource.
func (s *statement) covers(action, on string) bool {
	if s.lists(action) == s.except {
		return false
	}
	for _, r := range s.resources {
		if r.matches(on) {
			return true
		}
	}
	return false
}

// unmet returns the first condition that does not hold, or nil; all have to
// hold ("Creating a condition with multiple keys or values").
func (s *statement) unmet(c Context) *condition {
	for i := range s.conditions {
		if !s.conditions[i].holds(c) {
			return &s.conditions[i]
		}
	}
	return nil
}

// MarshalJSON returns the document that the policy was parsed from, byte for
// byte, or null for the zero Policy.
func (p Policy) MarshalJSON() ([]byte, error) {
	if p.document == nil {
		return []byte("null"), nil
	}
	return bytes.Clone(p.document), nil
}

// lower returns a text with the letters A to Z in lower case and all others
// unchanged: names in policies are ASCII.
func lower(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}
