package plaintext_test

import (
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/plaintext"
)

func TestCheck(t *testing.T) {
	for _, text := range []string{"", "checkout team", "Team Ä – 東京", "می\u200cخواهم", "👩\u200d🔧", "a b", strings.Repeat("x", 64)} {
		if err := plaintext.Check("name", text, 64); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	tests := []struct{ name, text, want string }{
		{"C0 control", "a\tb", "U+0009"},
		{"line feed", "a\nb", "U+000A"},
		{"delete", "a\x7f", "U+007F"},
		{"C1 control", "a\u0085b", "U+0085"},
		{"another direction", "a\u202eb", "U+202E"},
		{"mark of a direction", "\u200fa", "U+200F"},
		{"isolate", "a\u2066b", "U+2066"},
		{"line separator", "a\u2028b", "U+2028"},
		{"paragraph separator", "a\u2029b", "U+2029"},
		{"byte order mark", "\ufeffa", "U+FEFF"},
		{"no UTF-8", "a\xff", "not UTF-8"},
		{"too long", strings.Repeat("x", 65), "has 65 bytes; it may have 64"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := plaintext.Check("name", tt.text, 64)
			if fault.KindOf(err) != fault.Argument || !strings.Contains(fault.MessageOf(err), tt.want) {
				t.Errorf("error = %v, want Argument with %q", err, tt.want)
			}
		})
	}
}
