// Package arn reads and writes the names of resources: Amazon Resource Names of
// Device Farm, such as arn:aws:devicefarm:us-west-2:111122223333:project:<id>.
//
// It decides which kinds of resources there are, how many parts the path of each
// has, and which kind is the parent of which. It does not know what exists.
package arn

import (
	"slices"
	"strings"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// DefaultRegion is the region of Device Farm, and of an ARN that names none.
const DefaultRegion = "us-west-2"

// Bounds of an ARN, in bytes: those of the whole are of the API model.
const (
	minLength = 32
	maxLength = 1011
	maxPart   = 64
)

// prefix begins every ARN of Device Farm.
const prefix = "arn:aws:devicefarm:"

// ARN names a resource. ARNs are comparable. One that Parse or New made is valid,
// and so is its String.
type ARN struct {
	Region  string // "" is DefaultRegion
	Account string // twelve digits; "" is of a resource that belongs to no account
	Kind    Kind
	Path    string // the ids of its parents and its own, with "/" between them
}

// New returns the ARN of a resource of an account, in the default region.
func New(account string, kind Kind, ids ...string) ARN {
	return ARN{Account: account, Kind: kind, Path: strings.Join(ids, "/")}
}

// Parse returns the ARN that a text is. It must be one of the kinds, if there are
// any. Errors: Argument, which begins with the text in quotes, so that the name of
// a member can stand before it.
func Parse(text string, kinds ...Kind) (ARN, error) {
	rest, ok := strings.CutPrefix(text, prefix)
	fields := strings.Split(rest, ":")
	if !ok || len(fields) != 4 {
		return ARN{}, refused(text, "is not an ARN of Device Farm; one is "+form(kinds))
	}
	a := ARN{Region: fields[0], Account: fields[1], Kind: Kind(fields[2]), Path: fields[3]}
	if reason := a.wrong(kinds); reason != "" {
		return ARN{}, refused(text, reason)
	}
	if len(text) < minLength || len(text) > maxLength {
		return ARN{}, fault.New(fault.Argument, "%s has %d bytes; an ARN has from %d to %d.", fault.Quote(text), len(text), minLength, maxLength)
	}
	if a.Region == DefaultRegion {
		a.Region = ""
	}
	return a, nil
}

func refused(text, reason string) error {
	return fault.New(fault.Argument, "%s %s.", fault.Quote(text), reason)
}

// wrong says what is wrong with an ARN that must be of one of the kinds, or "".
func (a ARN) wrong(kinds []Kind) string {
	s, known := shapes[a.Kind]
	switch {
	case !known:
		return "is an ARN of kind " + fault.Quote(string(a.Kind)) + ", which does not exist; it must be " + form(kinds)
	case len(kinds) > 0 && !slices.Contains(kinds, a.Kind):
		return "is an ARN of kind " + fault.Quote(string(a.Kind)) + "; it must be " + form(kinds)
	case !isPart(a.Region):
		return "has region " + fault.Quote(a.Region) + "; a region has letters, digits and hyphens"
	case !s.owner.allows(a.Account):
		return "has account " + fault.Quote(a.Account) + "; " + s.owner.rule(a.Kind)
	case len(a.Parts()) != s.partsFor(a.Account):
		return "has " + count(len(a.Parts()), "part") + " after " + string(a.Kind) + ":; " + form([]Kind{a.Kind}) + " has " + count(s.partsFor(a.Account), "part")
	case slices.ContainsFunc(a.Parts(), func(part string) bool { return !isPart(part) }):
		return "has the path " + fault.Quote(a.Path) + "; each part of it has 1 to 64 letters, digits, hyphens, underscores or dots"
	}
	return ""
}

// isPart reports whether a text may be a part of a path.
func isPart(text string) bool {
	return text != "" && len(text) <= maxPart && !strings.ContainsFunc(text, func(r rune) bool {
		letter := 'a' <= r|0x20 && r|0x20 <= 'z'
		return !letter && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
	})
}

// String returns the ARN as it goes over the wire.
func (a ARN) String() string {
	region := a.Region
	if region == "" {
		region = DefaultRegion
	}
	return prefix + region + ":" + a.Account + ":" + string(a.Kind) + ":" + a.Path
}

// Parts returns the ids of the parents and its own, the topmost first.
func (a ARN) Parts() []string { return strings.Split(a.Path, "/") }

// ID returns the resource's own id: what tells it from others of its parent.
func (a ARN) ID() string {
	parts := a.Parts()
	own := 0
	if parent, ok := a.Parent(); ok {
		own = len(parent.Parts())
	}
	if own >= len(parts) {
		return ""
	}
	return parts[own]
}

// Parent returns the ARN of what the resource lies in. False where it lies in
// nothing.
func (a ARN) Parent() (ARN, bool) {
	parent := shapes[a.Kind].parent
	parts := a.Parts()
	n := shapes[parent].parts
	if parent == "" || a.Account == "" || n > len(parts) {
		return ARN{}, false
	}
	return ARN{a.Region, a.Account, parent, strings.Join(parts[:n], "/")}, true
}

// Project returns the id of the project, or the test grid project, that the
// resource is or lies in, "" where there is none.
func (a ARN) Project() string {
	for {
		if a.Kind == Project || a.Kind == TestGridProject {
			return a.Path
		}
		parent, ok := a.Parent()
		if !ok {
			return ""
		}
		a = parent
	}
}
