package devicefarm

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/apimodel"
	"github.com/slotfarm/slotfarm/internal/awsjson"
)

// omitted lists members of the model that the shapes leave out, with the reason.
// An entry that the shapes have fails the test.
var omitted = map[string]string{
	"GetOfferingStatus out.nextToken": "the status always fits one page",
}

// TestShapesAreThoseOfTheModel compares every member of every operation here with
// the API model: its exact name, its kind, and how it may be absent.
func TestShapesAreThoseOfTheModel(t *testing.T) {
	unused := maps.Clone(omitted)
	c := comparison{unused: unused}
	for _, o := range (api{}).operations() {
		model, ok := apimodel.Load().Operation(o.Name)
		if !ok {
			t.Errorf("the model has no operation %s", o.Name)
		}
		c.input = true
		c.members(o.Name+" in", o.Input, model.Input)
		c.input = false
		c.members(o.Name+" out", o.Output, model.Output)
	}
	for path := range unused {
		c.find("%s: is there and must leave the list of omitted members", path)
	}
	for _, finding := range c.findings {
		t.Error(finding)
	}
}

// comparison holds Go's shapes against the model's.
type comparison struct {
	input    bool
	unused   map[string]string // of omitted
	findings []string
}

// members compares a struct with a structure.
func (c *comparison) members(path string, t reflect.Type, members []apimodel.Member) {
	fields := map[string]reflect.StructField{}
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		fields[name] = field
	}
	for _, m := range members {
		path := path + "." + m.Name
		field, ok := fields[m.Name]
		delete(fields, m.Name)
		switch _, allowed := c.unused[path]; {
		case ok:
			c.presence(path, field, m)
			c.shape(path, field.Type, m.Shape)
		case allowed:
			delete(c.unused, path)
		default:
			c.find("%s: is missing", path)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		c.find("%s.%s: is unknown to the model", path, name)
	}
}

// presence checks that an input tells an absent member from a zero one, and that
// an output always has what is required.
func (c *comparison) presence(path string, field reflect.StructField, m apimodel.Member) {
	omits := strings.Contains(field.Tag.Get("json"), ",omit")
	nilable := slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map}, field.Type.Kind())
	switch {
	case c.input && !nilable:
		c.find("%s: is a %s, in which an absent member looks like its zero value", path, field.Type)
	case !c.input && m.Required && omits:
		c.find("%s: is required and may be left out", path)
	}
}

// shape compares a type with a shape.
func (c *comparison) shape(path string, t reflect.Type, s *apimodel.Shape) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if !slices.Contains(kinds(t), s.Kind) {
		c.find("%s: is a %s of type %s", path, s.Kind, t)
		return
	}
	switch s.Kind {
	case apimodel.List:
		c.shape(path+"[]", t.Elem(), s.Element)
	case apimodel.Map:
		c.shape(path+" key", t.Key(), s.Key)
		c.shape(path+"{}", t.Elem(), s.Element)
	case apimodel.Structure:
		c.members(path, t, s.Members)
	}
}

// kinds returns the kinds of shapes that a Go type can carry.
func kinds(t reflect.Type) []apimodel.Kind {
	switch t {
	case reflect.TypeFor[awsjson.Number]():
		return []apimodel.Kind{apimodel.Integer, apimodel.Long, apimodel.Double, apimodel.Timestamp}
	case reflect.TypeFor[awsjson.Decimal]():
		return []apimodel.Kind{apimodel.Double}
	case reflect.TypeFor[awsjson.Timestamp]():
		return []apimodel.Kind{apimodel.Timestamp}
	}
	switch t.Kind() {
	case reflect.String:
		return []apimodel.Kind{apimodel.String}
	case reflect.Int, reflect.Int64:
		return []apimodel.Kind{apimodel.Integer, apimodel.Long}
	case reflect.Bool:
		return []apimodel.Kind{apimodel.Boolean}
	case reflect.Slice:
		return []apimodel.Kind{apimodel.List}
	case reflect.Map:
		return []apimodel.Kind{apimodel.Map}
	case reflect.Struct:
		return []apimodel.Kind{apimodel.Structure}
	}
	return nil
}

func (c *comparison) find(format string, args ...any) {
	c.findings = append(c.findings, fmt.Sprintf(format, args...))
}

func TestShapesCanDiffer(t *testing.T) {
	model, err := apimodel.Parse(`structure Box
  name! string
  size! double
  lid string
operation Open
  in name! string
  in tags {string:string}
  in boxes [Box]
  in color string
  out box Box`)
	if err != nil {
		t.Fatal(err)
	}
	type box struct {
		Name string          `json:"name,omitempty"`
		Size awsjson.Decimal `json:"size"`
		Lid  bool            `json:"lid"`
		Key  string          `json:"key"`
	}
	type input struct {
		Name   string         `json:"name"`
		Tags   map[int]string `json:"tags"`
		Boxes  []box          `json:"boxes"`
		Colour *string        `json:"Color"`
	}
	type output struct {
		Box box `json:"box"`
	}
	c := comparison{input: true}
	open, _ := model.Operation("Open")
	c.members("in", reflect.TypeFor[input](), open.Input)
	c.input = false
	c.members("out", reflect.TypeFor[output](), open.Output)
	want := []string{
		"in.name: is a string, in which an absent member looks like its zero value",
		"in.tags key: is a string of type int",
		"in.boxes[].name: is a string, in which an absent member looks like its zero value",
		"in.boxes[].size: is a awsjson.Decimal, in which an absent member looks like its zero value",
		"in.boxes[].lid: is a bool, in which an absent member looks like its zero value",
		"in.boxes[].lid: is a string of type bool",
		"in.boxes[].key: is unknown to the model",
		"in.color: is missing",
		"in.Color: is unknown to the model",
		"out.box.name: is required and may be left out",
		"out.box.lid: is a string of type bool",
		"out.box.key: is unknown to the model",
	}
	if diff := cmp.Diff(want, c.findings); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestExceptionsAreThoseOfTheModel(t *testing.T) {
	var names []string
	for _, e := range Exceptions() {
		names = append(names, e.Name)
	}
	for _, o := range apimodel.Load().Operations {
		for _, name := range o.Errors {
			if !slices.Contains(names, name+"Exception") {
				t.Errorf("%s: no exception is called %sException", o.Name, name)
			}
		}
	}
}

func TestMissingOperations(t *testing.T) {
	here, lacking := Operations(), missing()
	if got, want := len(here)+len(lacking), len(apimodel.Load().Operations); got != want {
		t.Errorf("%d operations are here or missing, want %d", got, want)
	}
	for _, name := range here {
		if lacking[name] || !HasOperation(name) {
			t.Errorf("%s is here, and missing: %t, at AWS: %t", name, lacking[name], HasOperation(name))
		}
	}
	for name, want := range map[string]bool{"ScheduleRun": true, "ListOfferings": false, "BuyEverything": false} {
		if got := lacking[name]; got != want {
			t.Errorf("missing %s: %t, want %t", name, got, want)
		}
	}
	if HasOperation("BuyEverything") {
		t.Error("Device Farm has BuyEverything")
	}
}
