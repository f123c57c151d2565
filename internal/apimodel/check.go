package apimodel

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// Check checks a JSON object against the members of the model, and returns the
// first error in the order of the object: Malformed for a value of a wrong
// type; Argument for a missing required member or a value out of bounds.
// Members that the model does not know are ignored.
func Check(members []Member, object []byte) error {
	if string(object) == "{}" { // as most reads send
		return checkPresence("", members, make([]bool, len(members)))
	}
	return checkMembers("", members, jsontext.NewDecoder(bytes.NewBuffer(object)))
}

// checkMembers reads an object. The path of its members is in where, including
// the dot.
func checkMembers(where string, members []Member, d *jsontext.Decoder) error {
	if _, err := d.ReadToken(); err != nil {
		return unreadable(err)
	}
	seen := make([]bool, len(members))
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return unreadable(err)
		}
		i := slices.IndexFunc(members, func(m Member) bool { return m.Name == name.String() })
		if i < 0 || d.PeekKind() == 'n' {
			err = skip(d)
		} else {
			seen[i] = true
			err = members[i].check(where+members[i].Name, d)
		}
		if err != nil {
			return err
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return unreadable(err)
	}
	return checkPresence(where, members, seen)
}

// checkPresence finds a required member that was not seen.
func checkPresence(where string, members []Member, seen []bool) error {
	for i, m := range members {
		if m.Required && !seen[i] {
			return fault.New(fault.Argument, "%s%s is missing; it is required.", where, m.Name)
		}
	}
	return nil
}

func skip(d *jsontext.Decoder) error {
	if err := d.SkipValue(); err != nil {
		return unreadable(err)
	}
	return nil
}

func unreadable(err error) error {
	return &fault.Error{Kind: fault.Malformed, Message: "The JSON cannot be read.", Err: err}
}

// check reads a value of the shape. The path of the value is in where.
func (s *Shape) check(where string, d *jsontext.Decoder) error {
	if !s.takes(d.PeekKind()) {
		return fault.New(fault.Malformed, "%s has the wrong type; it must be of type %s.", where, s.Kind)
	}
	switch s.Kind {
	case Structure:
		return checkMembers(where+".", s.Members, d)
	case List:
		return s.checkList(where, d)
	case Map:
		return s.checkMap(where, d)
	}
	token, err := d.ReadToken()
	if err != nil {
		return unreadable(err)
	}
	switch s.Kind {
	case String:
		return s.checkText(where, token.String())
	case Integer, Long:
		return s.checkWhole(where, token.String())
	}
	return nil
}

// takes reports whether values of the shape have a JSON kind.
func (s *Shape) takes(kind jsontext.Kind) bool {
	switch s.Kind {
	case String:
		return kind == '"'
	case Boolean:
		return kind == 't' || kind == 'f'
	case List:
		return kind == '['
	case Map, Structure:
		return kind == '{'
	}
	return kind == '0'
}

func (s *Shape) checkList(where string, d *jsontext.Decoder) error {
	if _, err := d.ReadToken(); err != nil {
		return unreadable(err)
	}
	n := int64(0)
	for ; d.PeekKind() != ']' && d.PeekKind() != 0; n++ {
		if err := s.Element.check(fmt.Sprintf("%s[%d]", where, n), d); err != nil {
			return err
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return unreadable(err)
	}
	if !s.within(n) {
		return fault.New(fault.Argument, "%s has %d items; it must have %s.", where, n, s.limits())
	}
	return nil
}

func (s *Shape) checkMap(where string, d *jsontext.Decoder) error {
	if _, err := d.ReadToken(); err != nil {
		return unreadable(err)
	}
	for d.PeekKind() == '"' {
		key, err := d.ReadToken()
		if err != nil {
			return unreadable(err)
		}
		text := key.String()
		if err := s.Key.checkText("A key of "+where+",", text); err != nil {
			return err
		}
		if err := s.Element.check(fmt.Sprintf("%s[%s]", where, fault.Quote(text)), d); err != nil {
			return err
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return unreadable(err)
	}
	return nil
}

// checkText checks a string against the enum, the length and the pattern.
func (s *Shape) checkText(where, text string) error {
	shown := fault.Quote(text)
	if s.Sensitive {
		shown = "(not shown)"
	}
	n := int64(utf8.RuneCountInString(text))
	switch {
	case len(s.Values) > 0 && !slices.Contains(s.Values, text):
		return fault.New(fault.Argument, "%s %s is unknown; it must be one of %s.", where, shown, strings.Join(s.Values, ", "))
	case !s.within(n):
		return fault.New(fault.Argument, "%s %s has %d characters; it must have %s.", where, shown, n, s.limits())
	case s.Pattern != nil && !s.Pattern.MatchString(text):
		return fault.New(fault.Argument, "%s %s does not match %s.", where, shown, s.Pattern)
	}
	return nil
}

// checkWhole checks a number against the range of its kind and the bounds.
func (s *Shape) checkWhole(where, number string) error {
	if strings.ContainsAny(number, ".eE") {
		return fault.New(fault.Argument, "%s %s is not a whole number.", where, cut(number))
	}
	low, high := s.ends()
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < low || n > high {
		return fault.New(fault.Argument, "%s %s is out of range; it must be from %d to %d.", where, cut(number), low, high)
	}
	return nil
}

// cut shortens a number so that a message can repeat it.
func cut(number string) string {
	const most = 64
	if len(number) <= most {
		return number
	}
	return fmt.Sprintf("%s… (%d characters)", number[:most], len(number))
}

// ends returns the smallest and the largest number of the shape.
func (s *Shape) ends() (low, high int64) {
	low, high = math.MinInt32, math.MaxInt32
	if s.Kind == Long {
		low, high = math.MinInt64, math.MaxInt64
	}
	if s.Min != nil {
		low = *s.Min
	}
	if s.Max != nil {
		high = *s.Max
	}
	return low, high
}

// within reports whether a length is within the bounds.
func (s *Shape) within(n int64) bool {
	return (s.Min == nil || n >= *s.Min) && (s.Max == nil || n <= *s.Max)
}

// limits returns the bounds of a length in words.
func (s *Shape) limits() string {
	switch {
	case s.Max == nil:
		return fmt.Sprintf("at least %d", *s.Min)
	case s.Min == nil || *s.Min == 0:
		return fmt.Sprintf("at most %d", *s.Max)
	}
	return fmt.Sprintf("from %d to %d", *s.Min, *s.Max)
}
