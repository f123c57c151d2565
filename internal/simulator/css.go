package simulator

import (
	"slices"
	"strings"
)

// parseCSS reads a list of selectors. It knows tags, *, #id, .class, attributes,
// and selectors within others, with a space or >.
func parseCSS(text string) ([]query, error) {
	s := &scanner{strings.TrimSpace(text)}
	var queries []query
	for {
		q, ok := s.cssQuery()
		if !ok {
			return nil, fail(invalidSelector, "the simulator cannot read the CSS selector %q at %q", shortened(text), shortened(s.rest))
		}
		queries = append(queries, q)
		if s.rest == "" {
			return queries, nil
		}
		s.eat(",")
		s.space()
	}
}

// cssQuery takes a selector up to a comma.
func (s *scanner) cssQuery() (query, bool) {
	var q query
	deep := true
	for {
		tests := s.cssTests()
		if len(tests) == 0 {
			return nil, false
		}
		q = append(q, step{deep, tests})
		spaced := strings.TrimLeft(s.rest, " \t\r\n") != s.rest
		s.space()
		switch {
		case s.rest == "" || strings.HasPrefix(s.rest, ","):
			return q, true
		case s.eat(">"):
			s.space()
			deep = false
		case spaced:
			deep = true
		default:
			return nil, false
		}
	}
}

// cssTests takes the tests that stand without a space; none if one is wrong.
func (s *scanner) cssTests() []test {
	var tests []test
	if s.eat("*") {
		tests = append(tests, func(*node) bool { return true })
	} else if tag := s.name(""); tag != "" {
		tests = append(tests, hasTag(strings.ToLower(tag)))
	}
	for {
		var next test
		switch {
		case s.eat("#"):
			next = hasValue("id", s.cssName())
		case s.eat("."):
			next = hasWord("class", s.cssName())
		case s.eat("["):
			next = s.cssAttribute()
		default:
			return tests
		}
		if next == nil {
			return nil
		}
		tests = append(tests, next)
	}
}

// cssName takes a name in which a backslash escapes, as clients write an id.
func (s *scanner) cssName() string {
	name := s.name("")
	for s.eat(`\`) && s.rest != "" {
		name += s.rest[:1]
		s.rest = s.rest[1:]
		name += s.name("")
	}
	return name
}

// hasValue tests for an attribute with a value; nil for none.
func hasValue(attribute, value string) test {
	if value == "" {
		return nil
	}
	return func(n *node) bool { return n.get(attribute) == value }
}

// hasWord tests for a word in an attribute; nil for none.
func hasWord(attribute, word string) test {
	if word == "" {
		return nil
	}
	return func(n *node) bool { return slices.Contains(strings.Fields(n.get(attribute)), word) }
}

// compare are the ways of CSS to compare an attribute with a text.
var compare = []struct {
	sign string
	is   func(value, text string) bool
}{
	{"=", func(value, text string) bool { return value == text }},
	{"*=", strings.Contains},
	{"^=", strings.HasPrefix},
	{"$=", strings.HasSuffix},
	{"~=", func(value, text string) bool { return slices.Contains(strings.Fields(value), text) }},
}

// cssAttribute takes what follows a [.
func (s *scanner) cssAttribute() test {
	s.space()
	name := s.name("")
	s.space()
	if name == "" {
		return nil
	}
	if s.eat("]") {
		return func(n *node) bool { return n.has(name) }
	}
	for _, c := range compare {
		if !s.eat(c.sign) {
			continue
		}
		s.space()
		text, ok := s.literal(true)
		if !ok {
			text = s.cssName()
		}
		s.space()
		if !s.eat("]") {
			return nil
		}
		return func(n *node) bool { return n.has(name) && c.is(n.get(name), text) }
	}
	return nil
}
