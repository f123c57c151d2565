package apimodel_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/apimodel"
)

const small = `# A model with one of each.
type Arn string 32..1011 /^arn:.+/
type Token string ..64 sensitive
type Arns [Arn] 1..
enum Color RED BLUE

structure Box
  color! Color
  inner [Lid]
structure Lid
  size Size
type Size integer 0..100

operation Open
  in arn! Arn
  in labels {string:[integer]}
  out boxes [Box]
  out nextToken Token
  pages boxes
  errors Argument NotFound
operation Shut
  errors Argument
`

func bounds(low, high int64) (*int64, *int64) { return &low, &high }

// byText compares patterns by what they say.
var byText = cmp.Comparer(func(a, b *regexp.Regexp) bool {
	return a == b || a != nil && b != nil && a.String() == b.String()
})

func TestParse(t *testing.T) {
	got, err := apimodel.Parse(small)
	if err != nil {
		t.Fatal(err)
	}
	text := &apimodel.Shape{Name: "string", Kind: apimodel.String}
	whole := &apimodel.Shape{Name: "integer", Kind: apimodel.Integer}
	arn := &apimodel.Shape{Name: "Arn", Kind: apimodel.String, Pattern: regexp.MustCompile("^arn:.+")}
	arn.Min, arn.Max = bounds(32, 1011)
	token := &apimodel.Shape{Name: "Token", Kind: apimodel.String, Sensitive: true}
	_, token.Max = bounds(0, 64)
	size := &apimodel.Shape{Name: "Size", Kind: apimodel.Integer}
	size.Min, size.Max = bounds(0, 100)
	arns := &apimodel.Shape{Name: "Arns", Kind: apimodel.List, Element: arn}
	arns.Min, _ = bounds(1, 0)
	color := &apimodel.Shape{Name: "Color", Kind: apimodel.String, Values: []string{"RED", "BLUE"}}
	lid := &apimodel.Shape{Name: "Lid", Kind: apimodel.Structure, Members: []apimodel.Member{{Name: "size", Shape: size}}}
	box := &apimodel.Shape{Name: "Box", Kind: apimodel.Structure, Members: []apimodel.Member{
		{Name: "color", Required: true, Shape: color},
		{Name: "inner", Shape: &apimodel.Shape{Kind: apimodel.List, Element: lid}},
	}}
	labels := &apimodel.Shape{Kind: apimodel.Map, Key: text, Element: &apimodel.Shape{Kind: apimodel.List, Element: whole}}
	want := []apimodel.Operation{
		{
			Name:  "Open",
			Input: []apimodel.Member{{Name: "arn", Required: true, Shape: arn}, {Name: "labels", Shape: labels}},
			Output: []apimodel.Member{
				{Name: "boxes", Shape: &apimodel.Shape{Kind: apimodel.List, Element: box}}, {Name: "nextToken", Shape: token},
			},
			Pages: []string{"boxes"}, Errors: []string{"Argument", "NotFound"},
		},
		{Name: "Shut", Errors: []string{"Argument"}},
	}
	if diff := cmp.Diff(want, got.Operations, byText); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
	for _, shape := range []*apimodel.Shape{arn, token, size, arns, color, lid, box} {
		if diff := cmp.Diff(shape, got.Shapes[shape.Name], byText); diff != "" {
			t.Errorf("shape %s (-want +got):\n%s", shape.Name, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"stray words", "something else", `line 1: "something else" is not a declaration`},
		{"lonely word", "structure", `line 1: "structure" is not a line of a model`},
		{"member of nothing", "  a string", `line 1: "  a string" is not a line`},
		{"member of an enum", "enum A B\n  a string", "line 2:"},
		{"member with three words", "structure A\n  a string string", "line 2:"},
		{"doubled member", "structure A\n  a string\n  a! string", "line 3: member a appears twice"},
		{"doubled shape", "enum A B\nstructure A", "line 2: shape A is declared twice"},
		{"doubled operation", "operation A\noperation A", "line 2: operation A is declared twice"},
		{"built-in shape", "type string integer", "line 1: shape string is declared twice"},
		{"unknown part", "operation A\n  inn a string", `line 2: "inn a string" is not a part`},
		{"unknown shape", "operation A\n  in a Thing", "shape Thing is used but not declared"},
		{"unknown base", "type A B 1..2", "line 1: type A is based on B, which is not declared above"},
		{"half a list", "structure A\n  a [string", `line 2: "[string" is not a type`},
		{"empty list", "structure A\n  a []", `line 2: "[]" is not a type`},
		{"half a map", "structure A\n  a {string}", `line 2: "" is not a type`},
		{"unknown bound", "type A string long", `line 1: type A: "long" is not a bound`},
		{"no bound", "type A string ..", `line 1: type A: ".." is not a bound`},
		{"bound that is no number", "type A string 1..x", "line 1: type A:"},
		{"empty bounds", "type A string 2..1", "line 1: type A: the bounds 2..1 are empty"},
		{"bad pattern", "type A string /[/", "line 1: type A:"},
		{"pages of nothing", "operation A\n  pages b", "operation A has pages of b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			model, err := apimodel.Parse(tt.text)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Parse = %+v, %v, want an error with %q", model, err, tt.want)
			}
		})
	}
}
