// Package apimodel is the API model of DeviceFarm_20150623 as data: the names
// of all operations, the members of their inputs and outputs, the types and
// bounds of these, and the errors.
//
// It decides what AWS's model says, and nothing about what slotfarm does. The
// data is in model.txt, in a format of its own:
//
//	type NAME BASE [MIN..MAX] [sensitive] [/PATTERN/]
//	enum NAME VALUE...
//	structure NAME
//	  MEMBER TYPE
//	operation NAME
//	  in MEMBER TYPE
//	  out MEMBER TYPE
//	  pages MEMBER...
//	  errors NAME...
//
// A member with an exclamation mark after its name is required. A type is a
// name, [TYPE] for a list or {TYPE:TYPE} for a map. Pages names the members
// that hold the items of an operation with page tokens. Errors are written
// without their suffix Exception. Empty lines and lines that start with # are
// ignored.
package apimodel

import (
	_ "embed" // for model.txt
	"regexp"
	"sync"
)

// Kind is the kind of a value, regardless of its bounds.
type Kind string

// The kinds. A timestamp is a number of seconds since 1970.
const (
	String    Kind = "string"
	Integer   Kind = "integer"
	Long      Kind = "long"
	Double    Kind = "double"
	Boolean   Kind = "boolean"
	Timestamp Kind = "timestamp"
	List      Kind = "list"
	Map       Kind = "map"
	Structure Kind = "structure"
)

// Shape is a type with its bounds.
type Shape struct {
	Name      string // "" for a list or map without bounds
	Kind      Kind
	Min, Max  *int64         // of a string's characters, a list's items, or the number itself; nil means no bound
	Pattern   *regexp.Regexp // has to match some part of the string; nil means none
	Sensitive bool           // must not be logged
	Values    []string       // of an enum, whose kind is String
	Members   []Member       // of a structure
	Key       *Shape         // of a map
	Element   *Shape         // of a list or map
}

// Member is one member of a structure, an input or an output.
type Member struct {
	Name     string
	Required bool
	*Shape
}

// Operation is one operation.
type Operation struct {
	Name   string
	Input  []Member
	Output []Member
	Pages  []string // output members that hold the items of a page; empty for an operation without pages
	Errors []string // without the suffix Exception
}

// Model holds all operations and all named shapes, by name.
type Model struct {
	Operations []Operation
	Shapes     map[string]*Shape
	places     map[string]int // of the operations, by name
}

//go:embed model.txt
var text string

// load reads the text once. The text is part of the program, and a test reads
// it too, so load cannot fail.
var load = sync.OnceValue(func() *Model {
	model, _ := Parse(text)
	return model
})

// Load returns the model of Device Farm, which must not be changed.
func Load() *Model { return load() }

// Operation returns the operation with a name.
func (m *Model) Operation(name string) (Operation, bool) {
	i, ok := m.places[name]
	if !ok {
		return Operation{}, false
	}
	return m.Operations[i], true
}

// Names returns the names of all operations.
func (m *Model) Names() []string {
	names := make([]string, 0, len(m.Operations))
	for _, o := range m.Operations {
		names = append(names, o.Name)
	}
	return names
}
