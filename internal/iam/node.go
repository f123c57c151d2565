package iam

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// maxDepth is the depth of the deepest value of a policy: statements,
// statement, Condition, operator, key, list of values.
const maxDepth = 6

// node is a JSON value that knows its place in the document.
type node struct {
	path     string // such as Statement[1].Condition.IpAddress; empty for the whole document document
	kind     jsontext.Kind
	text     string // of a string, number or boolean; without the quotes of a string
	members  []member
	elements []node
}

type member struct {
	name string
	node
}

// decode reads a JSON document, and refuses null, duplicate names and excessive
// depth.
func decode(body []byte) (node, error) {
	d := jsontext.NewDecoder(bytes.NewReader(body))
	root, err := read(d, "")
	if err != nil {
		return node{}, malformed(err)
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return node{}, root.refuse("is followed by more text")
	}
	return root, nil
}

// read reads the next value, whose place is path.
func read(d *jsontext.Decoder, path string) (node, error) {
	n := node{path: path, kind: d.PeekKind()}
	if d.StackDepth() > maxDepth {
		return n, n.refuse("is nested more deeply than anything in a policy")
	}
	token, err := d.ReadToken()
	switch {
	case err != nil:
		return n, err
	case n.kind == jsontext.KindNull:
		return n, n.refuse("is null; leave it out or give it a value")
	case n.kind == jsontext.KindBeginObject:
		return n, n.readMembers(d)
	case n.kind == jsontext.KindBeginArray:
		return n, n.readElements(d)
	}
	n.text = token.String()
	return n, nil
}

func (n *node) readMembers(d *jsontext.Decoder) error {
	for d.PeekKind() != jsontext.KindEndObject {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		m := member{name: name.String()} // the token is valid only until the next one
		if m.node, err = read(d, strings.TrimPrefix(n.path+"."+m.name, ".")); err != nil {
			return err
		}
		n.members = append(n.members, m)
	}
	_, err := d.ReadToken()
	return err
}

func (n *node) readElements(d *jsontext.Decoder) error {
	for d.PeekKind() != jsontext.KindEndArray {
		element, err := read(d, fmt.Sprintf("%s[%d]", n.path, len(n.elements)))
		if err != nil {
			return err
		}
		n.elements = append(n.elements, element)
	}
	_, err := d.ReadToken()
	return err
}

// malformed turns an error of the JSON library into a sentence for the caller.
func malformed(err error) error {
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.EOF):
		return fault.New(fault.Malformed, "the policy is empty")
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntax):
		return fault.New(fault.Malformed, "the policy has %s twice in one object", quote(syntax.JSONPointer.LastToken()))
	case errors.As(err, &syntax):
		return fault.New(fault.Malformed, "the policy is not valid JSON at byte %d", syntax.ByteOffset)
	}
	return err
}

// refuse returns an error that names a value by its path and says what is wrong
// with it.
func (n node) refuse(format string, args ...any) error {
	place := "the policy"
	if n.path != "" {
		place = "member " + quote(n.path)
	}
	return fault.New(fault.Malformed, "%s "+format, append([]any{place}, args...)...)
}

// quote returns a text in quotes, shortened so that it fits into a sentence.
func quote(text string) string { return fmt.Sprintf("%.100q", text) }

// show returns how an error shows a value: a scalar as it was written, or the
// type of any other value.
func (n node) show() string {
	switch n.kind {
	case jsontext.KindString:
		return quote(n.text)
	case jsontext.KindBeginObject:
		return "an object"
	case jsontext.KindBeginArray:
		return "an array"
	}
	return fmt.Sprintf("%.100s", n.text)
}

// member returns a member by its name.
func (n node) member(name string) (node, bool) {
	i := slices.IndexFunc(n.members, func(m member) bool { return m.name == name })
	if i < 0 {
		return node{}, false
	}
	return n.members[i].node, true
}

// object checks that a value is an object with no members but the known ones.
func (n node) object(known ...string) error {
	if n.kind != jsontext.KindBeginObject {
		return n.refuse("is %s; it must be an object", n.show())
	}
	for _, m := range n.members {
		switch why, named := unevaluated[m.name]; {
		case slices.Contains(known, m.name):
		case named:
			return m.refuse("is present, and slotfarm does not evaluate %s: %s", m.name, why)
		default:
			return m.refuse("is unknown; it must be one of %s", strings.Join(known, ", "))
		}
	}
	return nil
}

// filled checks that a value is an object with members of any name.
func (n node) filled() error {
	if n.kind != jsontext.KindBeginObject {
		return n.refuse("is %s; it must be an object", n.show())
	}
	if len(n.members) == 0 {
		return n.refuse("is empty; leave it out or fill it")
	}
	return nil
}

// list returns the elements of an array, or the value itself if it is not an
// array: brackets around a single value are optional ("Grammar of the IAM JSON
// policy language"). An empty array is refused.
func (n node) list() ([]node, error) {
	if n.kind != jsontext.KindBeginArray {
		return []node{n}, nil
	}
	if len(n.elements) == 0 {
		return nil, n.refuse("is an empty array; it needs a value")
	}
	return n.elements, nil
}

// string returns the text of a string.
func (n node) string() (string, error) {
	switch {
	case n.kind != jsontext.KindString:
		return "", n.refuse("is %s; it must be a string", n.show())
	case strings.Contains(n.text, "${"):
		return "", n.refuse("is %s, and slotfarm does not evaluate policy variables", n.show())
	}
	return n.text, nil
}
