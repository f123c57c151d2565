// Package iam holds what a key may do: policies in the JSON of AWS's Identity
// and Access Management, whether they allow a request and why, access keys, and
// the seal under which their secrets are stored.
//
// A policy that has anything in it that would not be evaluated is refused when
// it is parsed, and so is one that names what does not exist. The rules are those
// of the IAM User Guide; comments name its pages by their titles. Nothing here
// reads a clock, and chance makes keys and nonces only. Which actions exist, what
// they act on and where keys are stored is decided elsewhere.
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
	except     bool     // actions are a NotAction
	resources  []resource
	conditions []condition
}

// Request is what a policy decides on.
type Request struct {
	Action   string // such as "devicefarm:PurchaseOffering"
	Resource string // an ARN, or "*" for what is no single resource
	Context  Context
}

// Context holds the values of the condition keys. The zero SourceIP and the nil
// pointers are keys that the request does not have; the time and whether the
// transport is secure are known of every request.
type Context struct {
	SourceIP   netip.Addr // aws:SourceIp
	Now        time.Time  // aws:CurrentTime
	Secure     bool       // aws:SecureTransport
	Quantity   *int       // slotfarm:Quantity, of slots, as the caller asks for it
	OfferingID *string    // slotfarm:OfferingId
}

// Decision is the answer of a policy. Reason goes on from "is not authorized to
// perform: <action>" or "is authorized to perform: <action>".
type Decision struct {
	Allowed bool
	Reason  string
}

// Evaluate decides on a request: one Deny that applies overrides every Allow,
// one Allow that applies is needed, and the order of statements means nothing
// (IAM User Guide, "Policy evaluation logic"). The words of a refusal are those
// of "Troubleshooting access denied error messages"; where only the condition
// of a statement stands in the way, they name its operator and key.
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

// covers reports whether the statement is about an action, in lower case, on a
// resource.
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

// unmet returns the first condition that does not hold, or nil: all have to
// ("Creating a condition with multiple keys or values").
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

// lower returns a text with the letters A to Z in lower case and all others as
// they are: names in policies are ASCII.
func lower(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}
