package iam

import (
	"slices"
	"strings"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// Action is something that a policy may allow.
type Action struct {
	Name     string   // such as "slotfarm:GetAccount"
	Resource string   // a pattern for the ARNs that it acts on; "*" if it acts on no single resource
	Keys     []string // the condition keys of its requests, in addition to those that every request has
}

// everyRequest lists the condition keys that every request has.
var everyRequest = []string{"aws:SourceIp", "aws:CurrentTime", "aws:SecureTransport"}

// CheckApplies returns nil if every part of every statement can apply to some
// request. Otherwise it returns a Malformed error that names the statement: a
// Deny that never applies denies nothing, although its author believes that it
// does. Stored policies are not checked, because the actions may have changed
// since they were written.
func (p Policy) CheckApplies(actions []Action) error {
	for i := range p.statements {
		if err := p.statements[i].checkApplies(actions); err != nil {
			return err
		}
	}
	return nil
}

func (s *statement) checkApplies(actions []Action) error {
	var listed, covered []Action
	for _, a := range actions {
		if s.lists(lower(a.Name)) == s.except {
			continue
		}
		listed = append(listed, a)
		if slices.ContainsFunc(s.resources, a.on) {
			covered = append(covered, a)
		}
	}
	for _, r := range s.resources {
		if !slices.ContainsFunc(listed, func(a Action) bool { return a.on(r) }) {
			return s.refuse("Resource %q matches nothing that its actions act on; they act on %s", r.String(), resourcesOf(listed))
		}
	}
	for _, pattern := range s.actions {
		if !s.except && !slices.ContainsFunc(covered, func(a Action) bool { return matches(pattern, lower(a.Name)) }) {
			return s.refuse("Action %q acts on nothing that Resource lists; it acts on %s", pattern, resourcesOf(listed))
		}
	}
	for _, c := range s.conditions {
		if !slices.Contains(everyRequest, c.key) && !slices.ContainsFunc(covered, func(a Action) bool { return slices.Contains(a.Keys, c.key) }) {
			return s.refuse("no request for its actions has the condition key %s, so %s on it has no effect", c.key, c.operator)
		}
	}
	return nil
}

// lists reports whether one of the statement's patterns matches an action,
// given in lower case.
func (s *statement) lists(action string) bool {
	return slices.ContainsFunc(s.actions, func(pattern string) bool { return matches(pattern, action) })
}

// refuse returns an error that names the statement.
func (s *statement) refuse(format string, args ...any) error {
	return fault.New(fault.Malformed, s.name+" can never apply: "+format, args...)
}

// on reports whether a policy's resource matches some ARN that the action acts
// on.
func (a Action) on(r resource) bool {
	if r == nil {
		return true
	}
	parts := strings.SplitN(a.Resource, ":", arnParts)
	if len(parts) != arnParts {
		return false
	}
	for i, pattern := range r {
		if !overlap(pattern, parts[i]) {
			return false
		}
	}
	return true
}

// String returns the resource as a policy writes it.
func (r resource) String() string {
	if r == nil {
		return "*"
	}
	return strings.Join(r, ":")
}

// resourcesOf lists what actions act on.
func resourcesOf(actions []Action) string {
	var all []string
	for _, a := range actions {
		if !slices.Contains(all, a.Resource) {
			all = append(all, a.Resource)
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// overlap reports whether some text matches both patterns. Its time is
// proportional to the product of their lengths.
func overlap(a, b string) bool {
	next := make([]bool, len(b)+1) // whether a[i+1:] overlaps b[j:]
	for i := len(a); i >= 0; i-- {
		row := make([]bool, len(b)+1)
		for j := len(b); j >= 0; j-- {
			row[j] = step(a[i:], b[j:], func(di, dj int) bool {
				if di == 0 {
					return row[j+dj]
				}
				return next[j+dj]
			})
		}
		next = row
	}
	return next[0]
}

// step reports whether two patterns overlap; rest reports the same for what
// remains of them after di and dj more bytes.
func step(a, b string, rest func(di, dj int) bool) bool {
	starA, starB := strings.HasPrefix(a, "*"), strings.HasPrefix(b, "*")
	switch {
	case a == "" && b == "":
		return true
	case starA && b != "" && rest(0, 1), starB && a != "" && rest(1, 0): // a star takes one more
		return true
	case starA && rest(1, 0), starB && rest(0, 1): // a star takes no more
		return true
	case a == "" || b == "" || starA || starB:
		return false
	}
	return (a[0] == b[0] || a[0] == '?' || b[0] == '?') && rest(1, 1)
}
