package modeltest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/apimodel"
	"github.com/slotfarm/slotfarm/internal/apimodel/modeltest"
)

const small = `type Name string 2..4 /a/
type Percent integer 0..100
type Tags [Tag] 1..2
enum Color RED BLUE
structure Tag
  Key! string
operation Paint
  in name! Name
  in color Color
  in share Percent
  in tags Tags
  in labels {string:boolean}
  in since timestamp
  in weight double
`

func TestCases(t *testing.T) {
	model, err := apimodel.Parse(small)
	if err != nil {
		t.Fatal(err)
	}
	paint, _ := model.Operation("Paint")
	got := map[string]string{}
	for _, c := range modeltest.Cases(paint, modeltest.Samples{"name": `"anna"`}) {
		if _, ok := got[c.Name]; ok {
			t.Errorf("two cases are called %q", c.Name)
		}
		got[c.Name] = fmt.Sprintf("%s %s", c.Want, c.Body)
	}
	for name, want := range map[string]string{
		"valid":                               `accepted {"name":"anna"}`,
		"with an unknown member":              `accepted {"name":"anna","noSuchMember":{"a":[1,null]}}`,
		"JSON array":                          `SerializationException []`,
		"name: missing":                       `ArgumentException {}`,
		"name: null":                          `ArgumentException {"name":null}`,
		"name: JSON number":                   `SerializationException {"name":7}`,
		"name: 1 characters":                  `ArgumentException {"name":"a"}`,
		"name: 2 characters":                  `accepted {"name":"aa"}`,
		"name: 4 characters":                  `accepted {"name":"aaaa"}`,
		"name: 5 characters":                  `ArgumentException {"name":"aaaaa"}`,
		"name: not of the pattern":            `ArgumentException {"name":"!!"}`,
		"name: in capitals":                   `SerializationException {"NAME":"anna"}`,
		"name: twice":                         `SerializationException {"name":"anna","name":"anna"}`,
		"color: null":                         `accepted {"name":"anna","color":null}`,
		"color: last of the enum":             `accepted {"name":"anna","color":"BLUE"}`,
		"color: lower-case":                   `ArgumentException {"name":"anna","color":"red"}`,
		"share: too small":                    `ArgumentException {"name":"anna","share":-1}`,
		"share: smallest":                     `accepted {"name":"anna","share":0}`,
		"share: largest":                      `accepted {"name":"anna","share":100}`,
		"share: too large":                    `ArgumentException {"name":"anna","share":101}`,
		"share: a fraction":                   `ArgumentException {"name":"anna","share":1.5}`,
		"tags: 0 items":                       `ArgumentException {"name":"anna","tags":[]}`,
		"tags: 2 items":                       `accepted {"name":"anna","tags":[{"Key":"a"},{"Key":"a"}]}`,
		"tags.Key: an item that is missing":   `ArgumentException {"name":"anna","tags":[{}]}`,
		"tags: an item that is JSON string":   `SerializationException {"name":"anna","tags":["x"]}`,
		"labels: a value that is JSON number": `SerializationException {"name":"anna","labels":{"a":7}}`,
		"labels: a value that is true":        `accepted {"name":"anna","labels":{"a":true}}`,
		"since: milliseconds":                 `accepted {"name":"anna","since":1458596930.431}`,
		"weight: JSON string":                 `SerializationException {"name":"anna","weight":"x"}`,
	} {
		if diff := cmp.Diff(want, got[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestEveryMemberHasCases counts what each member of an input of the model gives
// rise to: something that is accepted, a wrong type, and, where there is a bound,
// something beyond it.
func TestEveryMemberHasCases(t *testing.T) {
	for _, o := range apimodel.Load().Operations {
		wants := map[string]map[modeltest.Want]bool{}
		for _, c := range modeltest.Cases(o, nil) {
			if !json.Valid([]byte(c.Body)) || len(c.Body) > 64<<10 {
				t.Errorf("%s, %s: the body is no JSON, or larger than a request may be: %.200s", o.Name, c.Name, c.Body)
			}
			if wants[c.Member] == nil {
				wants[c.Member] = map[modeltest.Want]bool{}
			}
			wants[c.Member][c.Want] = true
		}
		eachMember("", o.Input, func(path string, s *apimodel.Shape) {
			bounded := s.Min != nil && *s.Min > 0 || s.Max != nil || len(s.Values) > 0 || s.Pattern != nil
			if got := wants[path]; !got[modeltest.Accepted] || !got[modeltest.Malformed] || bounded && !got[modeltest.Argument] {
				t.Errorf("%s: cases of %s are %v", o.Name, path, got)
			}
		})
	}
}

// eachMember calls visit with every member down to the last structure.
func eachMember(where string, members []apimodel.Member, visit func(path string, s *apimodel.Shape)) {
	for _, m := range members {
		path := strings.TrimPrefix(where+"."+m.Name, ".")
		visit(path, m.Shape)
		inner := m.Shape
		for inner.Element != nil {
			inner = inner.Element
		}
		eachMember(path, inner.Members, visit)
	}
}
