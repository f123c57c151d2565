package strictjson_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/strictjson"
)

type shelf struct {
	Name  string  `json:"name"`
	Count int     `json:"count"`
	Boxes []shelf `json:"boxes"`
}

func TestDecodeYAML(t *testing.T) {
	want := shelf{Name: "a", Boxes: []shelf{{Count: 2}}}
	for _, body := range []string{`{"name":"a","boxes":[{"count":2}]}`, "name: a\nboxes:\n- count: 2\n"} {
		var got shelf
		if err := strictjson.DecodeYAML([]byte(body), &got); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"unknown member", `{"nmae":"a"}`, `member "nmae" is unknown; it must be one of name, count, boxes`},
		{"member twice", `{"name":"a","name":"b"}`, `member "name" appears twice`},
		{"null", `{"name":null}`, `member "name" is null; leave it out or give it a value`},
		{"another type", `{"boxes":[{"name":1}]}`, `member "boxes[0].name" is a JSON number; it must be a string`},
		{"no object", `[]`, `the body is a JSON array; it must be an object`},
		{"cut short", `{"name":`, `the body is not valid JSON at byte 8`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := strictjson.Decode([]byte(tt.body), &shelf{})
			if got := fault.MessageOf(err); got != tt.want || fault.KindOf(err) != fault.Malformed {
				t.Errorf("error = %v, want Malformed %q", err, tt.want)
			}
		})
	}
}
