package apimodel_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/devicefarm"
	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/apimodel"
)

// sdkOperations returns the operations of AWS's SDK: methods of its client that
// take an input struct and options.
func sdkOperations() map[string]reflect.Type {
	operations := map[string]reflect.Type{}
	client := reflect.TypeFor[*devicefarm.Client]()
	for method := range client.Methods() {
		if t := method.Type; t.NumIn() == 4 && t.NumOut() == 2 && strings.HasSuffix(t.In(2).String(), "."+method.Name+"Input") {
			operations[method.Name] = t
		}
	}
	return operations
}

func TestOperationsAreThoseOfTheSDK(t *testing.T) {
	var want []string
	for name := range sdkOperations() {
		want = append(want, name)
	}
	slices.Sort(want)
	got := apimodel.Load().Names()
	if diff := cmp.Diff(want, got); diff != "" || len(got) != 77 {
		t.Errorf("%d operations, want 77 (-SDK +model):\n%s", len(got), diff)
	}
}

// TestMembersAreThoseOfTheSDK compares every member of every operation, down to
// the last structure, and every value of every enum.
func TestMembersAreThoseOfTheSDK(t *testing.T) {
	model := apimodel.Load()
	for name, method := range sdkOperations() {
		o, _ := model.Operation(name)
		c := comparison{t, map[reflect.Type]bool{}}
		c.members(name+" in", o.Input, method.In(2).Elem())
		c.members(name+" out", o.Output, method.Out(0).Elem())
	}
}

// comparison compares the model with the SDK's types. It visits each type once.
type comparison struct {
	*testing.T
	seen map[reflect.Type]bool
}

func (c comparison) members(path string, members []apimodel.Member, of reflect.Type) {
	if c.seen[of] {
		return
	}
	c.seen[of] = true
	var want, got []string
	for field := range of.Fields() {
		if field.IsExported() && field.Name != "ResultMetadata" {
			want = append(want, field.Name)
		}
	}
	for _, m := range members {
		name := strings.ToUpper(m.Name[:1]) + m.Name[1:]
		got = append(got, name)
		if field, ok := of.FieldByName(name); ok {
			c.shape(path+"."+m.Name, m.Shape, field.Type)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		c.Errorf("%s: members (-SDK +model):\n%s", path, diff)
	}
}

func (c comparison) shape(path string, s *apimodel.Shape, of reflect.Type) {
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	if got := sdkKind(of); got != s.Kind {
		c.Errorf("%s is a %s, and %s in the SDK", path, s.Kind, of)
		return
	}
	switch s.Kind {
	case apimodel.String:
		if diff := cmp.Diff(sdkValues(of), s.Values); diff != "" {
			c.Errorf("%s: values (-SDK +model):\n%s", path, diff)
		}
	case apimodel.List:
		c.shape(path+"[]", s.Element, of.Elem())
	case apimodel.Map:
		c.shape(path+"{}", s.Element, of.Elem())
	case apimodel.Structure:
		c.members(path, s.Members, of)
	}
}

// sdkKind returns the kind that a type of the SDK stands for.
func sdkKind(t reflect.Type) apimodel.Kind {
	if t.String() == "time.Time" {
		return apimodel.Timestamp
	}
	return map[reflect.Kind]apimodel.Kind{
		reflect.String: apimodel.String, reflect.Int32: apimodel.Integer, reflect.Int64: apimodel.Long,
		reflect.Float64: apimodel.Double, reflect.Bool: apimodel.Boolean, reflect.Slice: apimodel.List,
		reflect.Map: apimodel.Map, reflect.Struct: apimodel.Structure,
	}[t.Kind()]
}

// sdkValues returns the values of an enum of the SDK, nil for a plain string.
func sdkValues(t reflect.Type) []string {
	method := reflect.New(t).Elem().MethodByName("Values")
	if !method.IsValid() {
		return nil
	}
	var values []string
	for _, v := range method.Call(nil)[0].Seq2() {
		values = append(values, v.String())
	}
	return values
}
