package iam

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// condition is one operator on one key of a Condition.
type condition struct {
	operator string // as the policy writes it
	key      string
	holds    func(Context) bool
}

// conditions reads the Condition of a statement. All of its conditions have to
// hold.
func conditions(statement node) ([]condition, error) {
	n, ok := statement.member("Condition")
	if !ok {
		return nil, nil
	}
	if err := n.filled(); err != nil {
		return nil, err
	}
	var all []condition
	for _, m := range n.members {
		some, err := operate(m)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// operate reads the conditions of one operator.
func operate(operator member) ([]condition, error) {
	if err := checkOperator(operator); err != nil {
		return nil, err
	}
	if err := operator.filled(); err != nil {
		return nil, err
	}
	var all []condition
	for _, m := range operator.members {
		k, err := findKey(m)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(all, func(c condition) bool { return c.key == k.name() }) {
			return nil, m.refuse("appears twice; the names of keys are not case-sensitive")
		}
		holds, err := compile(k, operator.name, m.node)
		if err != nil {
			return nil, err
		}
		all = append(all, condition{operator.name, k.name(), holds})
	}
	return all, nil
}

// null is the operator that tests whether a key is absent. It can be used with
// every key, but not with ifExists.
const null = "Null"

// ifExists is the suffix that makes an operator hold if the request lacks the
// key.
const ifExists = "IfExists"

// checkOperator refuses operators that are not evaluated. These include set
// operators: each key here has one value, and "Creating a condition with
// multiple keys or values" says not to use set operators with such keys.
func checkOperator(operator member) error {
	if set, _, ok := strings.Cut(operator.name, ":"); ok && (set == "ForAllValues" || set == "ForAnyValue") {
		return operator.refuse("is present, and slotfarm does not evaluate %s: every key has one value", set)
	}
	var all []string
	for _, k := range keys {
		all = append(all, k.operators()...)
	}
	if operator.name == null || slices.Contains(all, strings.TrimSuffix(operator.name, ifExists)) {
		return nil
	}
	return operator.refuse("is present, and slotfarm does not evaluate this operator; it evaluates %s, and all but %s also with the suffix %s",
		strings.Join(append(all, null), ", "), null, ifExists)
}

// findKey returns the key with a name, which is not case-sensitive ("IAM JSON
// policy elements: Condition").
func findKey(m member) (key, error) {
	var names []string
	for _, k := range keys {
		if lower(k.name()) == lower(m.name) {
			return k, nil
		}
		names = append(names, k.name())
	}
	return nil, m.refuse("is present, and slotfarm does not evaluate this condition key; it evaluates %s", strings.Join(names, ", "))
}

// key is a condition key: something that a request has or lacks.
type key interface {
	name() string
	present(Context) bool
	// operators returns those that can be used with the key's type of value.
	operators() []string
	// compare returns the condition on the key if it is present, and whether
	// the operator is negated.
	compare(operator string, values []node) (holds func(Context) bool, negated bool, err error)
}

// compile returns the condition that an operator sets on a key. If the request
// lacks the key, the condition holds if the operator is negated or ends in
// IfExists ("IAM JSON policy elements: Condition operators").
func compile(k key, operator string, n node) (func(Context) bool, error) {
	values, err := n.list()
	if err != nil {
		return nil, err
	}
	if operator == null {
		return compileNull(k, values)
	}
	base, absent := strings.CutSuffix(operator, ifExists)
	if !slices.Contains(k.operators(), base) {
		return nil, n.refuse("has a type that %s does not compare; use %s or %s", operator, strings.Join(k.operators(), ", "), null)
	}
	holds, negated, err := k.compare(base, values)
	if err != nil {
		return nil, err
	}
	absent = absent || negated
	return func(c Context) bool {
		if !k.present(c) {
			return absent
		}
		return holds(c)
	}, nil
}

// compileNull returns the condition that a key is absent (true) or present
// (false).
func compileNull(k key, nodes []node) (func(Context) bool, error) {
	wants, err := readAll(nodes, readBool)
	if err != nil {
		return nil, err
	}
	return func(c Context) bool { return slices.Contains(wants, !k.present(c)) }, nil
}

// comparison is an operator that compares a G in the request with a W in the
// policy.
type comparison[G, W any] struct {
	match   func(got G, want W) bool
	negated bool
}

// attribute is a key of one type.
type attribute[G, W any] struct {
	title string
	get   func(Context) (G, bool)
	kind  kind[G, W]
}

// kind is a type of value: how a policy writes it, and which operators compare
// it.
type kind[G, W any] struct {
	read        func(node) (W, error)
	names       []string
	comparisons map[string]comparison[G, W]
}

func (a attribute[G, W]) name() string { return a.title }

func (a attribute[G, W]) operators() []string { return a.kind.names }

func (a attribute[G, W]) present(c Context) bool {
	_, ok := a.get(c)
	return ok
}

// compare holds if the key matches any of the values or, for a negated
// operator, none of them ("Creating a condition with multiple keys or values").
func (a attribute[G, W]) compare(operator string, nodes []node) (func(Context) bool, bool, error) {
	wants, err := readAll(nodes, a.kind.read)
	if err != nil {
		return nil, false, err
	}
	o := a.kind.comparisons[operator]
	return func(c Context) bool {
		got, _ := a.get(c)
		return slices.ContainsFunc(wants, func(want W) bool { return o.match(got, want) }) != o.negated
	}, o.negated, nil
}

func readAll[W any](nodes []node, read func(node) (W, error)) ([]W, error) {
	var values []W
	for _, n := range nodes {
		value, err := read(n)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}

// keys lists the condition keys that are evaluated. AWS's own keys have the
// types that "AWS global condition context keys" gives.
var keys = []key{
	attribute[netip.Addr, netip.Prefix]{"aws:SourceIp", sourceIP, addresses},
	attribute[time.Time, time.Time]{"aws:CurrentTime", func(c Context) (time.Time, bool) { return c.Now, true }, dates},
	attribute[bool, bool]{"aws:SecureTransport", func(c Context) (bool, bool) { return c.Secure, true }, booleans},
	attribute[float64, float64]{"slotfarm:Quantity", quantity, numbers},
	attribute[string, string]{"slotfarm:OfferingId", offeringID, texts},
}

// sourceIP returns an IPv4 address as IPv4, even if an IPv6 socket received the
// request.
func sourceIP(c Context) (netip.Addr, bool) {
	return c.SourceIP.Unmap().WithZone(""), c.SourceIP.IsValid()
}

func quantity(c Context) (float64, bool) {
	if c.Quantity == nil {
		return 0, false
	}
	return float64(*c.Quantity), true
}

func offeringID(c Context) (string, bool) {
	if c.OfferingID == nil {
		return "", false
	}
	return *c.OfferingID, true
}
