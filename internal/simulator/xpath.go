package simulator

import "strings"

// parseXPath reads a path. It knows / and //, tags and *, and between brackets a
// place, attributes, text() and ., alone, compared with =, in contains() and
// starts-with(), with not(), and, or.
func parseXPath(text string) (q query, fromRoot bool, err error) {
	s := &scanner{strings.TrimSpace(text)}
	fromRoot = !s.eat(".")
	for s.rest != "" {
		step, ok := s.xpathStep()
		if !ok {
			return nil, false, fail(invalidSelector, "the simulator cannot read the XPath %q at %q", shortened(text), shortened(s.rest))
		}
		q = append(q, step)
	}
	if len(q) == 0 {
		return nil, false, fail(invalidSelector, "the XPath %q has no step", shortened(text))
	}
	return q, fromRoot, nil
}

// xpathStep takes a step with what is in its brackets.
func (s *scanner) xpathStep() (step, bool) {
	var next step
	if !s.eat("/") {
		return next, false
	}
	next.deep = s.eat("/")
	if !s.eat("*") {
		tag := s.name(".")
		if tag == "" {
			return next, false
		}
		next.tests = append(next.tests, hasTag(tag))
	}
	for s.eat("[") {
		t := s.xpathPredicate(next)
		s.space()
		if t == nil || !s.eat("]") {
			return next, false
		}
		next.tests = append(next.tests, t)
	}
	return next, true
}

func (s *scanner) xpathPredicate(before step) test {
	s.space()
	if place, ok := s.number(); ok {
		return before.isAt(place)
	}
	return s.xpathOr()
}

// xpathOr takes conditions with or between them; nil if one is wrong.
func (s *scanner) xpathOr() test {
	left := s.xpathAnd()
	for left != nil && s.word("or") {
		one, other := left, s.xpathAnd()
		if other == nil {
			return nil
		}
		left = func(n *node) bool { return one(n) || other(n) }
	}
	return left
}

func (s *scanner) xpathAnd() test {
	left := s.xpathCondition()
	for left != nil && s.word("and") {
		one, other := left, s.xpathCondition()
		if other == nil {
			return nil
		}
		left = func(n *node) bool { return one(n) && other(n) }
	}
	return left
}

// word takes a word with spaces around it.
func (s *scanner) word(word string) bool {
	s.space()
	return s.eat(word + " ")
}

func (s *scanner) xpathCondition() test {
	s.space()
	switch {
	case s.eat("not("):
		t := s.xpathOr()
		s.space()
		if t == nil || !s.eat(")") {
			return nil
		}
		return func(n *node) bool { return !t(n) }
	case s.eat("contains("):
		return s.xpathFunction(strings.Contains)
	case s.eat("starts-with("):
		return s.xpathFunction(strings.HasPrefix)
	}
	values := s.xpathValues()
	s.space()
	if values == nil {
		return nil
	}
	if !s.eat("=") {
		return func(n *node) bool { return len(values(n)) > 0 }
	}
	return s.xpathCompare(values, func(value, text string) bool { return value == text })
}

// xpathFunction takes the arguments of a function of two texts.
func (s *scanner) xpathFunction(is func(value, text string) bool) test {
	s.space()
	values := s.xpathValues()
	s.space()
	if values == nil || !s.eat(",") {
		return nil
	}
	t := s.xpathCompare(values, is)
	s.space()
	if !s.eat(")") {
		return nil
	}
	return t
}

// xpathCompare takes a text to compare with: one of the values must pass.
func (s *scanner) xpathCompare(values func(*node) []string, is func(value, text string) bool) test {
	s.space()
	text, ok := s.literal(false)
	if !ok {
		return nil
	}
	return func(n *node) bool {
		for _, value := range values(n) {
			if is(value, text) {
				return true
			}
		}
		return false
	}
}

// xpathValues takes something of an element that has values; nil if it is wrong.
func (s *scanner) xpathValues() func(*node) []string {
	switch {
	case s.eat("normalize-space("):
		if s.eat(")") {
			return func(n *node) []string { return []string{strings.Join(strings.Fields(n.content()), " ")} }
		}
		inner := s.xpathValues()
		if inner == nil || !s.eat(")") {
			return nil
		}
		return func(n *node) []string { return normalized(inner(n)) }
	case s.eat("@"):
		name := s.name(":")
		return func(n *node) []string {
			if value, ok := n.lookup(name); ok {
				return []string{value}
			}
			return nil
		}
	case s.eat("text()"):
		return (*node).texts
	case s.eat("."):
		return func(n *node) []string { return []string{n.content()} }
	}
	return nil
}

func normalized(values []string) []string {
	var all []string
	for _, v := range values {
		all = append(all, strings.Join(strings.Fields(v), " "))
	}
	return all
}

// texts returns the pieces of text right below n.
func (n *node) texts() []string {
	var texts []string
	for _, child := range n.children {
		if child.tag == "" {
			texts = append(texts, child.text)
		}
	}
	return texts
}
