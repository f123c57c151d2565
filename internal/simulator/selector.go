package simulator

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// query is a CSS selector or an XPath, as steps from a node to those below it.
type query []step

// step leads to the children of a node that pass all tests, or to all elements
// below it that do.
type step struct {
	deep  bool
	tests []test
}

// test says whether an element is meant.
type test func(*node) bool

// from returns what a query finds below n, in the order of the document.
func (q query) from(n *node) []*node {
	found := []*node{n}
	for _, s := range q {
		seen := map[*node]bool{}
		var next []*node
		for _, at := range found {
			for _, e := range s.candidates(at) {
				if !seen[e] && s.takes(e, len(s.tests)) {
					seen[e] = true
					next = append(next, e)
				}
			}
		}
		found = next
	}
	return found
}

func (s step) candidates(n *node) []*node {
	if s.deep {
		return slices.Collect(n.elements())
	}
	return slices.DeleteFunc(slices.Clone(n.children), func(c *node) bool { return c.tag == "" })
}

// takes reports whether an element passes the first tests of a step.
func (s step) takes(n *node, tests int) bool {
	return !slices.ContainsFunc(s.tests[:tests], func(t test) bool { return !t(n) })
}

// isAt returns a test for the place among the siblings that pass the tests
// before it.
func (s step) isAt(place int) test {
	return func(n *node) bool {
		count := 0
		for _, sibling := range n.parent.children {
			if sibling.tag != "" && s.takes(sibling, len(s.tests)) {
				count++
			}
			if sibling == n || count > place {
				break
			}
		}
		return count == place
	}
}

func hasTag(tag string) test { return func(n *node) bool { return n.tag == tag } }

// scanner reads a selector from left to right.
type scanner struct{ rest string }

// eat takes a text if it comes next.
func (s *scanner) eat(text string) bool {
	rest, ok := strings.CutPrefix(s.rest, text)
	s.rest = rest
	return ok
}

func (s *scanner) space() { s.rest = strings.TrimLeft(s.rest, " \t\r\n") }

// name takes letters, digits, - and _, and what else is given.
func (s *scanner) name(also string) string {
	end := strings.IndexFunc(s.rest, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_"+also, r)
	})
	if end < 0 {
		end = len(s.rest)
	}
	name := s.rest[:end]
	s.rest = s.rest[end:]
	return name
}

// literal takes a text in quotes, in which CSS escapes with a backslash.
func (s *scanner) literal(escapes bool) (string, bool) {
	quote, size := utf8.DecodeRuneInString(s.rest)
	if quote != '"' && quote != '\'' {
		return "", false
	}
	var b strings.Builder
	for i := size; i < len(s.rest); i++ {
		switch c := s.rest[i]; {
		case rune(c) == quote:
			s.rest = s.rest[i+1:]
			return b.String(), true
		case c == '\\' && escapes && i+1 < len(s.rest):
			i++
			b.WriteByte(s.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

// number takes digits.
func (s *scanner) number() (int, bool) {
	end := 0
	for end < len(s.rest) && s.rest[end] >= '0' && s.rest[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(s.rest[:end])
	if err != nil {
		return 0, false
	}
	s.rest = s.rest[end:]
	return n, true
}
