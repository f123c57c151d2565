package apimodel_test

import (
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/internal/apimodel"
	"github.com/slotfarm/slotfarm/internal/apimodel/modeltest"
	"github.com/slotfarm/slotfarm/internal/fault"
)

const lab = `type Arn string 8..20 /^arn:/
type Secret string 4.. sensitive
type Tags [Tag] 1..2
type Percent integer 0..100
enum Color RED BLUE
structure Tag
  Key! Arn
structure Box
  color Color
operation Paint
  in arn! Arn
  in tags Tags
  in labels {Arn:Percent}
  in box Box
  in secret Secret
  in count integer
  in size long
  in open boolean
  in since timestamp`

func TestCheck(t *testing.T) {
	model, err := apimodel.Parse(lab)
	if err != nil {
		t.Fatal(err)
	}
	paint, _ := model.Operation("Paint")
	tests := []struct {
		name, body string // what follows the required member
		kind       fault.Kind
		want       string
	}{
		{"all right", `,"tags":[{"Key":"arn:aaaa"}],"labels":{"arn:aaaa":7},"box":{"color":"RED"},"count":1,"size":-1,"open":true,"since":1.5`, 0, ""},
		{"unknown member and null", `,"x":{"y":[1]},"tags":null`, 0, ""},
		{"wrong type", `,"open":"yes"`, fault.Malformed, "open has the wrong type; it must be of type boolean."},
		{"wrong type inside", `,"box":{"color":7}`, fault.Malformed, "box.color has the wrong type; it must be of type string."},
		{"null item", `,"tags":[null]`, fault.Malformed, "tags[0] has the wrong type; it must be of type structure."},
		{"no items", `,"tags":[]`, fault.Argument, "tags has 0 items; it must have from 1 to 2."},
		{"missing inside", `,"tags":[{"Key":"arn:aaaa"},{}]`, fault.Argument, "tags[1].Key is missing; it is required."},
		{"short inside", `,"tags":[{"Key":"arn:"}]`, fault.Argument, `tags[0].Key "arn:" has 4 characters; it must have from 8 to 20.`},
		{"pattern", `,"tags":[{"Key":"urn:aaaa"}]`, fault.Argument, `tags[0].Key "urn:aaaa" does not match ^arn:.`},
		{"key", `,"labels":{"arn:":7}`, fault.Argument, `A key of labels, "arn:" has 4 characters; it must have from 8 to 20.`},
		{"value", `,"labels":{"arn:aaaa":101}`, fault.Argument, `labels["arn:aaaa"] 101 is out of range; it must be from 0 to 100.`},
		{"enum", `,"box":{"color":"red"}`, fault.Argument, `box.color "red" is unknown; it must be one of RED, BLUE.`},
		{"secret", `,"secret":"abc"`, fault.Argument, "secret (not shown) has 3 characters; it must have at least 4."},
		{"fraction", `,"count":1.0`, fault.Argument, "count 1.0 is not a whole number."},
		{"2^31", `,"count":2147483648`, fault.Argument, "count 2147483648 is out of range; it must be from -2147483648 to 2147483647."},
		{"2^63", `,"size":9223372036854775808`, fault.Argument, "size 9223372036854775808 is out of range; it must be from -9223372036854775808 to 9223372036854775807."},
		{"long number", `,"size":` + strings.Repeat("9", 100), fault.Argument, "size " + strings.Repeat("9", 64) + "… (100 characters) is out of range"},
		{"cut short", `,"secret":"ab`, fault.Malformed, "The JSON cannot be read."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := apimodel.Check(paint.Input, []byte(`{"arn":"arn:aaaa"`+tt.body+`}`))
			if (err == nil) != (tt.want == "") || err != nil && (fault.KindOf(err) != tt.kind || !strings.HasPrefix(fault.MessageOf(err), tt.want)) {
				t.Errorf("Check = %v, want %q of kind %v", err, tt.want, tt.kind)
			}
		})
	}
	if err := apimodel.Check(paint.Input, []byte("{}")); fault.MessageOf(err) != "arn is missing; it is required." {
		t.Errorf("Check of nothing = %v, want that arn is missing", err)
	}
}

// TestCheckAgreesWithTheCases compares the cases of every operation with Check.
func TestCheckAgreesWithTheCases(t *testing.T) {
	verdicts := map[fault.Kind]modeltest.Want{fault.Argument: modeltest.Argument, fault.Malformed: modeltest.Malformed}
	for _, o := range apimodel.Load().Operations {
		for _, c := range modeltest.Cases(o, nil) {
			if c.Member == "" && c.Want != modeltest.Accepted || strings.HasSuffix(c.Name, "in capitals") {
				continue // the whole input is no object, or has an unknown member: for the protocol to refuse
			}
			err := apimodel.Check(o.Input, []byte(c.Body))
			got := modeltest.Accepted
			if err != nil {
				got = verdicts[fault.KindOf(err)]
			}
			if got != c.Want {
				t.Errorf("%s, %s: %.200s: %q, %v; want %q", o.Name, c.Name, c.Body, got, err, c.Want)
			}
		}
	}
}
