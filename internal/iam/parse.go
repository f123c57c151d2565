package iam

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// MaxDocument is the most bytes that a policy document may have. The figure is
// that of an Amazon S3 bucket policy; IAM has several limits of its own, from
// 2,048 to 10,240 characters without white space ("IAM and AWS STS quotas").
const MaxDocument = 20_480

// version is the only version of the policy language that is evaluated.
const version = "2012-10-17"

// unevaluated holds elements that AWS has and slotfarm refuses, with the
// reasons.
var unevaluated = map[string]string{
	"Id":           "identity-based policies have none",
	"NotResource":  "list what the statement is about in Resource",
	"NotPrincipal": "a policy belongs to the key that it is given to",
	"Principal":    "a policy belongs to the key that it is given to",
}

// vocabulary holds the actions that exist, such as "devicefarm:ListOfferings",
// in lower case.
type vocabulary []string

// Parse reads a policy document. Actions lists those that exist, such as
// "devicefarm:ListOfferings"; a pattern that matches none of them is refused,
// because the statement would not do what it says. Errors: TooLarge; Malformed
// with the path of the member and what would be right.
func Parse(body []byte, actions []string) (Policy, error) {
	if len(body) > MaxDocument {
		return Policy{}, fault.New(fault.TooLarge, "the policy has %d bytes; it may have %d", len(body), MaxDocument)
	}
	root, err := decode(body)
	if err != nil {
		return Policy{}, err
	}
	if err := root.object("Version", "Statement"); err != nil {
		return Policy{}, err
	}
	if err := checkVersion(root); err != nil {
		return Policy{}, err
	}
	var known vocabulary
	for _, action := range actions {
		known = append(known, lower(action))
	}
	statements, err := known.statements(root)
	if err != nil {
		return Policy{}, err
	}
	return Policy{document: bytes.Clone(body), statements: statements}, nil
}

// checkVersion refuses the policy language of 2008. AWS assumes that version if
// a policy has no Version ("IAM JSON policy elements: Version").
func checkVersion(root node) error {
	n, ok := root.member("Version")
	switch {
	case !ok:
		return root.refuse("has no Version; it must be %q, because AWS assumes the language of 2008 without one", version)
	case n.kind != jsontext.KindString || n.text != version:
		return n.refuse("is %s; slotfarm evaluates %q only", n.show(), version)
	}
	return nil
}

func (v vocabulary) statements(root node) ([]statement, error) {
	n, ok := root.member("Statement")
	if !ok {
		return nil, root.refuse("has no Statement")
	}
	nodes, err := n.list()
	if err != nil {
		return nil, err
	}
	var statements []statement
	for _, n := range nodes {
		s, err := v.statement(n)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(statements, func(other statement) bool { return other.name == s.name }) {
			return nil, n.refuse("has the Sid of another statement; it must be unique")
		}
		statements = append(statements, s)
	}
	return statements, nil
}

func (v vocabulary) statement(n node) (s statement, err error) {
	if err = n.object("Sid", "Effect", "Action", "NotAction", "Resource", "Condition"); err != nil {
		return s, err
	}
	if s.name, err = name(n); err != nil {
		return s, err
	}
	if s.deny, err = denies(n); err != nil {
		return s, err
	}
	if s.actions, s.except, err = v.actions(n); err != nil {
		return s, err
	}
	if s.resources, err = v.resources(n); err != nil {
		return s, err
	}
	s.conditions, err = conditions(n)
	return s, err
}

// name returns the name of a statement in decisions: its Sid, or its place.
func name(n node) (string, error) {
	sid, ok := n.member("Sid")
	if !ok {
		return n.path, nil
	}
	text, err := sid.string()
	switch {
	case err != nil:
		return "", err
	case !made(text, ""):
		return "", sid.refuse("is %s; it may have the letters A to Z and a to z, and digits", sid.show())
	case text == "":
		return n.path, nil
	}
	return "statement " + strconv.Quote(text), nil
}

func denies(n node) (bool, error) {
	effect, ok := n.member("Effect")
	switch {
	case !ok:
		return false, n.refuse(`has no Effect; it must be "Allow" or "Deny"`)
	case effect.kind != jsontext.KindString || effect.text != "Allow" && effect.text != "Deny":
		return false, effect.refuse(`is %s; it must be "Allow" or "Deny", in exactly this spelling`, effect.show())
	}
	return effect.text == "Deny", nil
}

// actions returns the patterns of Action or NotAction, and whether it is the
// latter.
func (v vocabulary) actions(n node) (patterns []string, except bool, err error) {
	list, ok := n.member("Action")
	excluded, except := n.member("NotAction")
	if ok == except {
		return nil, false, n.refuse("must have either Action or NotAction")
	}
	if except {
		list = excluded
	}
	nodes, err := list.list()
	if err != nil {
		return nil, false, err
	}
	for _, n := range nodes {
		pattern, err := v.action(n)
		if err != nil {
			return nil, false, err
		}
		patterns = append(patterns, pattern)
	}
	return patterns, except, nil
}

// action returns one pattern in lower case, because services and names of
// actions are not case-sensitive ("IAM JSON policy elements: Action").
func (v vocabulary) action(n node) (string, error) {
	text, err := n.string()
	if err != nil {
		return "", err
	}
	service, name, ok := strings.Cut(text, ":")
	if text != "*" && (!ok || !made(service, "-") || !made(name, "*?") || service == "" || name == "") {
		return "", n.refuse(`is %s; it must be "*", or a service, a colon and the name of an action, with * and ? as wildcards`, n.show())
	}
	pattern := lower(text)
	if !slices.ContainsFunc(v, func(action string) bool { return matches(pattern, action) }) {
		return "", n.refuse("is %s, which matches no action of slotfarm", n.show())
	}
	return pattern, nil
}

func (v vocabulary) resources(n node) ([]resource, error) {
	list, ok := n.member("Resource")
	if !ok {
		return nil, n.refuse(`has no Resource; "*" stands for all`)
	}
	nodes, err := list.list()
	if err != nil {
		return nil, err
	}
	var patterns []resource
	for _, n := range nodes {
		pattern, err := v.resource(n)
		if err != nil {
			return nil, err
		}
		patterns = append(patterns, pattern)
	}
	return patterns, nil
}

// resource reads "*" or an ARN. The service in it must be one that slotfarm has,
// without wildcards ("IAM JSON policy elements: Resource").
func (v vocabulary) resource(n node) (resource, error) {
	text, err := n.string()
	if err != nil || text == "*" {
		return nil, err
	}
	parts := strings.SplitN(text, ":", arnParts)
	if len(parts) != arnParts || parts[0] != "arn" || parts[1] == "" || parts[arnParts-1] == "" {
		return nil, n.refuse(`is %s; it must be "*" or an ARN, arn:partition:service:region:account:resource`, n.show())
	}
	if !slices.ContainsFunc(v, func(action string) bool { return strings.HasPrefix(action, parts[2]+":") }) {
		return nil, n.refuse("is %s, an ARN of %s, which is not a service of slotfarm", n.show(), quote(parts[2]))
	}
	return parts, nil
}

// made reports whether a text consists of ASCII letters, digits and the
// characters in others.
func made(text, others string) bool {
	for _, r := range text {
		letter := 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' || '0' <= r && r <= '9'
		if !letter && !strings.ContainsRune(others, r) {
			return false
		}
	}
	return true
}
