package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// FuzzParseConfig reads any bytes as a config file: a refusal is short and one
// line, and plain values are the same when they are written anew.
func FuzzParseConfig(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		values, err := parseConfig(body)
		if err != nil {
			if said := oneLine(err.Error()); said == "" || strings.Contains(said, "\n") || len(said) > 1000 {
				t.Errorf("%q: %q, want a short line", body, said)
			}
			return
		}
		plain := map[string]yaml.Node{}
		for key, value := range values {
			if value.Kind == yaml.ScalarNode {
				plain[key] = yaml.Node{Kind: yaml.ScalarNode, Tag: value.ShortTag(), Value: value.Value}
			}
		}
		written, err := yaml.Marshal(plain)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseConfig(written)
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if diff := cmp.Diff(texts(plain), texts(again)); diff != "" {
			t.Errorf("%q written anew (-want +got):\n%s", body, diff)
		}
	})
}

// texts returns values as flags get them.
func texts(values map[string]yaml.Node) map[string]string {
	all := map[string]string{}
	for key, value := range values {
		all[key] = value.ShortTag() + " " + value.Value
	}
	return all
}
