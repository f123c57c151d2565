package cli_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slotfarm/slotfarm/internal/cli"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// TestCSVHasNoFormulas prints descriptions that a spreadsheet would run. Carriage
// returns of their own are left out.
func TestCSVHasNoFormulas(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "'=1", "\n=1": "'\n=1",
		"＝1": "'＝1", "iOS slot": "iOS slot", "a=1": "a=1", "": "", "2 × =": "2 × =", "\xff": "\xff",
	} {
		if got := descriptionInCSV(t, in); got != want {
			t.Errorf("%q is printed as %q, want %q", in, got, want)
		}
	}
}

// TestCSVKeepsTexts reads back whatever was printed.
func TestCSVKeepsTexts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		want := rapid.StringMatching(`[a-zA-Z0-9 ",;'=+@\n-]*`).Draw(rt, "description")
		got := strings.TrimPrefix(descriptionInCSV(t, want), "'")
		if diff := cmp.Diff(strings.TrimPrefix(want, "'"), got); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// descriptionInCSV returns the description of a line as a reader of CSV sees it.
func descriptionInCSV(t *testing.T, description string) string {
	t.Helper()
	var out strings.Builder
	err := cli.PrintCSV(&out, operatorapi.Statement{Lines: []operatorapi.StatementLine{{Description: description}}})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v in %q", len(rows), err, &out)
	}
	return rows[1][3]
}
