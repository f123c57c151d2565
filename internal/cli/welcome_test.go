package cli_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/cli"
)

func TestWelcome(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	cli.Welcome(&got, "http://127.0.0.1:8623")
	checkWelcome(t, got.String(), "http://127.0.0.1:8623")
}

// checkWelcome compares what a person saw with the golden file, in which the
// endpoint is the default one.
func checkWelcome(t *testing.T, got, endpoint string) {
	t.Helper()
	const file = "testdata/welcome.golden"
	got = strings.ReplaceAll(got, endpoint, "http://127.0.0.1:8623")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("what a person sees (-want +got):\n%s", diff)
	}
}
