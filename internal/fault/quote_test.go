package fault_test

import (
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/internal/fault"
)

func TestQuote(t *testing.T) {
	most := strings.Repeat("x", 64)
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", `""`},
		{"with a quote", `a"b`, `"a\"b"`},
		{"longest that is shown whole", most, `"` + most + `"`},
		{"too long", most + "y", `"` + most + `…" (65 characters)`},
		{"long", strings.Repeat("é", 60_000), `"` + strings.Repeat("é", 64) + `…" (60000 characters)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := fault.Quote(tt.text); got != tt.want {
				t.Errorf("Quote = %s, want %s", got, tt.want)
			}
		})
	}
}
