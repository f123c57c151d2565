// Package modeltest makes inputs of an operation from the API model: values at
// the bounds of each member, beyond them, and of wrong types.
//
// It decides which inputs are worth sending and what the model says about them.
// It sends none: a test with a server does, to every operation in its table.
package modeltest

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/slotfarm/slotfarm/internal/apimodel"
)

// Want is the model's verdict on an input.
type Want string

// The verdicts.
const (
	// Accepted means that the input is within the model: the call may fail, but
	// not because of its form.
	Accepted Want = "accepted"
	// Argument means that the types are right, but a value is out of bounds or
	// missing.
	Argument Want = "ArgumentException"
	// Malformed means that a value has a wrong type.
	Malformed Want = "SerializationException"
)

// Case is one input.
type Case struct {
	Name   string
	Member string // the tested member with its path, such as "vpcConfig.vpcId"; "" for the whole input
	Value  string // the tested value as JSON
	Body   string
	Want   Want
}

// Samples holds values as JSON, by the name of their member. For a member
// without a sample, a value is made that the model allows.
type Samples map[string]string

// Cases returns the inputs that are worth sending to an operation. The first
// has all required members and no error.
func Cases(o apimodel.Operation, samples Samples) []Case {
	input := &apimodel.Shape{Kind: apimodel.Structure, Members: o.Input}
	cases := []Case{{Name: "valid", Body: samples.value(input), Want: Accepted}}
	for _, v := range append(samples.variants(input), samples.misspelled(o.Input)...) {
		name := v.name
		if v.member != "" {
			name = v.member + ": " + v.name
		}
		cases = append(cases, Case{Name: name, Member: v.member, Value: v.about, Body: v.value, Want: v.want})
	}
	return cases
}

// variant is a value of a shape that is worth sending.
type variant struct {
	name   string
	member string // inside the shape; "" for the shape itself
	about  string // the value of the member
	value  string // of the shape, containing that of the member
	want   Want
}

// variants returns the values of a shape that are worth sending.
func (s Samples) variants(shape *apimodel.Shape) []variant {
	out := wrongTypes(shape.Kind)
	switch {
	case len(shape.Values) > 0:
		out = append(out, enums(shape.Values)...)
	case shape.Kind == apimodel.String:
		out = append(out, texts(shape)...)
	case shape.Kind == apimodel.Structure:
		out = append(out, s.structures(shape)...)
	case shape.Kind == apimodel.List:
		out = append(out, s.lists(shape)...)
	case shape.Kind == apimodel.Map:
		for _, v := range s.variants(shape.Element) {
			v.name = "a value that is " + v.name
			v.value = `{` + s.value(shape.Key) + `:` + v.value + `}`
			out = append(out, v)
		}
	default:
		out = append(out, numbers(shape)...)
	}
	return out
}

// plain returns a variant that is about the shape itself.
func plain(name, value string, want Want) variant {
	return variant{name: name, about: value, value: value, want: want}
}

// wrongTypes returns a value of each JSON type that a kind does not have.
func wrongTypes(kind apimodel.Kind) []variant {
	values := map[string]string{"string": `"x"`, "number": "7", "boolean": "true", "array": "[]", "object": "{}"}
	delete(values, jsonTypes[kind])
	var out []variant
	for _, name := range slices.Sorted(maps.Keys(values)) {
		out = append(out, plain("JSON "+name, values[name], Malformed))
	}
	return out
}

// jsonTypes says how each kind looks in JSON.
var jsonTypes = map[apimodel.Kind]string{
	apimodel.String: "string", apimodel.Boolean: "boolean",
	apimodel.Integer: "number", apimodel.Long: "number", apimodel.Double: "number", apimodel.Timestamp: "number",
	apimodel.List: "array", apimodel.Map: "object", apimodel.Structure: "object",
}

// enums returns the first and last value of an enum, and values that are not in
// it.
func enums(values []string) []variant {
	return []variant{
		plain("first of the enum", strconv.Quote(values[0]), Accepted),
		plain("last of the enum", strconv.Quote(values[len(values)-1]), Accepted),
		plain("not of the enum", `"NO_SUCH_VALUE"`, Argument),
		plain("empty and not of the enum", `""`, Argument),
		plain("lower-case", strconv.Quote(strings.ToLower(values[0])), Argument),
	}
}

// structures returns structures with each variant of each member, without each
// required member, and with an unknown member.
func (s Samples) structures(shape *apimodel.Shape) []variant {
	out := []variant{{name: "with an unknown member", value: s.object(shape.Members, "noSuchMember", `{"a":[1,null]}`), want: Accepted}}
	for _, m := range shape.Members {
		absent := Accepted
		if m.Required {
			absent = Argument
			out = append(out, variant{name: "missing", member: m.Name, value: s.object(shape.Members, m.Name, ""), want: Argument})
		}
		out = append(out, variant{name: "null", member: m.Name, value: s.object(shape.Members, m.Name, "null"), want: absent})
		for _, v := range s.variants(m.Shape) {
			v.member = strings.TrimSuffix(m.Name+"."+v.member, ".")
			v.value = s.object(shape.Members, m.Name, v.value)
			out = append(out, v)
		}
	}
	return out
}

// misspelled returns inputs with a member in the wrong case or twice.
func (s Samples) misspelled(members []apimodel.Member) []variant {
	var out []variant
	for _, m := range members {
		value := s.of(m)
		other := strings.ToUpper(m.Name)
		out = append(out,
			variant{name: "in capitals", member: m.Name, about: other, value: s.object(members, other, value), want: Malformed},
			variant{name: "twice", member: m.Name, value: `{"` + m.Name + `":` + value + `,"` + m.Name + `":` + value + `}`, want: Malformed})
	}
	return out
}

// lists returns lists at and beyond their bounds, and lists with each variant
// of an element.
func (s Samples) lists(shape *apimodel.Shape) []variant {
	var out []variant
	add := func(n int64, want Want) {
		items := slices.Repeat([]string{s.value(shape.Element)}, int(n))
		out = append(out, plain(strconv.FormatInt(n, 10)+" items", "["+strings.Join(items, ",")+"]", want))
	}
	atBounds(shape, add)
	for _, v := range s.variants(shape.Element) {
		v.name = "an item that is " + v.name
		v.value = "[" + v.value + "]"
		out = append(out, v)
	}
	return out
}

// atBounds calls add with the bounds of a length, and with the lengths just
// beyond them.
func atBounds(shape *apimodel.Shape, add func(n int64, want Want)) {
	if shape.Min != nil {
		add(*shape.Min, Accepted)
		if *shape.Min > 0 {
			add(*shape.Min-1, Argument)
		}
	}
	if shape.Max != nil {
		add(*shape.Max, Accepted)
		add(*shape.Max+1, Argument)
	}
}
