package apimodel

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Parse reads a model in the format of model.txt. Its errors name the line.
func Parse(text string) (*Model, error) {
	p := parser{model: &Model{Shapes: map[string]*Shape{}, places: map[string]int{}}}
	for _, kind := range []Kind{String, Integer, Long, Double, Boolean, Timestamp} {
		p.model.Shapes[string(kind)] = &Shape{Name: string(kind), Kind: kind}
	}
	for i, line := range strings.Split(text, "\n") {
		if err := p.line(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	return p.model, nil
}

// parser holds what was read. A shape that is used before it is declared has no
// kind until then.
type parser struct {
	model     *Model
	structure *Shape // the one that the indented lines belong to, or nil
	operation bool   // whether they belong to the last operation
}

func (p *parser) line(line string) error {
	words := strings.Fields(line)
	if len(words) == 0 || words[0][0] == '#' {
		return nil
	}
	inner := strings.HasPrefix(line, " ")
	switch {
	case inner && p.structure != nil && len(words) == 2:
		return p.member(&p.structure.Members, words)
	case inner && p.operation && len(words) > 1:
		return p.part(&p.model.Operations[len(p.model.Operations)-1], words)
	case !inner && len(words) > 1:
		return p.declaration(words)
	}
	return fmt.Errorf("%q is not a line of a model", line)
}

func (p *parser) declaration(words []string) error {
	p.structure, p.operation = nil, false
	name := words[1]
	switch keyword := words[0]; {
	case keyword == "operation" && len(words) == 2:
		if _, ok := p.model.Operation(name); ok {
			return fmt.Errorf("operation %s is declared twice", name)
		}
		p.operation = true
		p.model.places[name] = len(p.model.Operations)
		p.model.Operations = append(p.model.Operations, Operation{Name: name})
		return nil
	case keyword == "structure" && len(words) == 2:
		shape, err := p.declare(name, Shape{Kind: Structure})
		p.structure = shape
		return err
	case keyword == "enum" && len(words) > 2:
		_, err := p.declare(name, Shape{Kind: String, Values: words[2:]})
		return err
	case keyword == "type" && len(words) > 2:
		return p.alias(name, words[2], words[3:])
	}
	return fmt.Errorf("%q is not a declaration", strings.Join(words, " "))
}

// declare sets the shape of a name.
func (p *parser) declare(name string, shape Shape) (*Shape, error) {
	declared := p.named(name)
	if declared.Kind != "" {
		return nil, fmt.Errorf("shape %s is declared twice", name)
	}
	*declared = shape
	declared.Name = name
	return declared, nil
}

// named returns the shape with a name, which may be declared later.
func (p *parser) named(name string) *Shape {
	shape, ok := p.model.Shapes[name]
	if !ok {
		shape = &Shape{Name: name}
		p.model.Shapes[name] = shape
	}
	return shape
}

// alias declares a shape as another one with bounds.
func (p *parser) alias(name, base string, bounds []string) error {
	of, err := p.expression(base)
	if err != nil {
		return err
	}
	if of.Kind == "" {
		return fmt.Errorf("type %s is based on %s, which is not declared above", name, base)
	}
	shape := *of
	for _, word := range bounds {
		if err := shape.bound(word); err != nil {
			return fmt.Errorf("type %s: %w", name, err)
		}
	}
	_, err = p.declare(name, shape)
	return err
}

// bound applies one of the words that bound a shape.
func (s *Shape) bound(word string) error {
	if word == "sensitive" {
		s.Sensitive = true
		return nil
	}
	if len(word) > 2 && word[0] == '/' && word[len(word)-1] == '/' {
		pattern, err := regexp.Compile(word[1 : len(word)-1])
		s.Pattern = pattern
		return err
	}
	from, to, ok := strings.Cut(word, "..")
	if !ok || word == ".." {
		return fmt.Errorf("%q is not a bound", word)
	}
	var err error
	if s.Min, err = limit(from); err == nil {
		s.Max, err = limit(to)
	}
	if err == nil && s.Min != nil && s.Max != nil && *s.Min > *s.Max {
		err = fmt.Errorf("the bounds %s are empty", word)
	}
	return err
}

// limit returns one end of a range, or nil if there is none.
func limit(text string) (*int64, error) {
	if text == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return &n, err
}

// expression returns the shape that a type stands for.
func (p *parser) expression(text string) (*Shape, error) {
	shape := &Shape{}
	var err error
	switch inner := strings.Trim(text, "[]{}"); {
	case inner == "":
		return nil, fmt.Errorf("%q is not a type", text)
	case text[0] == '[' && text[len(text)-1] == ']':
		shape.Kind = List
		shape.Element, err = p.expression(text[1 : len(text)-1])
	case text[0] == '{' && text[len(text)-1] == '}':
		key, element, _ := strings.Cut(text[1:len(text)-1], ":")
		shape.Kind = Map
		if shape.Key, err = p.expression(key); err == nil {
			shape.Element, err = p.expression(element)
		}
	case len(inner) == len(text):
		shape = p.named(text)
	default:
		err = fmt.Errorf("%q is not a type", text)
	}
	return shape, err
}

// member adds a member, whose words are its name and its type.
func (p *parser) member(to *[]Member, words []string) error {
	shape, err := p.expression(words[1])
	if err != nil {
		return err
	}
	name, required := strings.CutSuffix(words[0], "!")
	if slices.ContainsFunc(*to, func(m Member) bool { return m.Name == name }) {
		return fmt.Errorf("member %s appears twice", name)
	}
	*to = append(*to, Member{Name: name, Required: required, Shape: shape})
	return nil
}

// part adds the content of a line to an operation.
func (p *parser) part(to *Operation, words []string) error {
	rest := words[1:]
	switch keyword := words[0]; {
	case keyword == "in" && len(rest) == 2:
		return p.member(&to.Input, rest)
	case keyword == "out" && len(rest) == 2:
		return p.member(&to.Output, rest)
	case keyword == "pages":
		to.Pages = rest
		return nil
	case keyword == "errors":
		to.Errors = rest
		return nil
	}
	return fmt.Errorf("%q is not a part of an operation", strings.Join(words, " "))
}

// check finds shapes that are used but not declared, and pages that name no
// member.
func (p *parser) check() error {
	for name, shape := range p.model.Shapes {
		if shape.Kind == "" {
			return fmt.Errorf("shape %s is used but not declared", name)
		}
	}
	for _, o := range p.model.Operations {
		for _, name := range o.Pages {
			if !slices.ContainsFunc(o.Output, func(m Member) bool { return m.Name == name }) {
				return fmt.Errorf("operation %s has pages of %s, which is not a member of its output", o.Name, name)
			}
		}
	}
	return nil
}
