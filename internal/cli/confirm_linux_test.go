package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/internal/cli"
)

// dearer is a catalogue in which the price of an offering is another one.
const dearer = `offerings:
  - {id: ` + ios + `, description: iOS Unmetered Device Slot, platform: IOS, monthly: 310.5}
`

// TestQuestion answers at a terminal whether a price may change.
func TestQuestion(t *testing.T) {
	t.Parallel()
	file := write(t, "catalog.yaml", dearer)
	for _, tt := range []struct {
		name, answer string
		changed      bool
	}{
		{"yes", "yes\n", true},
		{"y", "Y\n", true},
		{"no", "n\n", false},
		{"nothing", "\n", false},
		{"a word", "yesterday\n", false},
		{"end of the input", "\x04", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, nil, "--listen", "127.0.0.1:0")
			screen, terminal := openTerminal(t)
			var stdout bytes.Buffer
			done := make(chan int)
			args := []string{"catalog", "apply", file, "--endpoint-url", s.Endpoint}
			go func() {
				done <- cli.Run(context.Background(), cli.IO{Args: args, In: terminal, Out: &stdout, Err: terminal})
			}()
			if got := question(t, screen); !strings.Contains(got, "price 250.00 → 310.50\r\nChange the price of 1 of the offerings? [y/N] ") {
				t.Errorf("question = %q", got)
			}
			if _, err := io.WriteString(screen, tt.answer); err != nil {
				t.Fatal(err)
			}
			want := 1
			if tt.changed {
				want = 0
			}
			if status := <-done; status != want || (stdout.Len() > 0) != tt.changed {
				t.Errorf("status %d, stdout %q; want %d", status, &stdout, want)
			}
			if got := strings.Contains(s.call(http.MethodGet, "/catalog", ""), "310.5"); got != tt.changed {
				t.Errorf("the price changed: %t, want %t", got, tt.changed)
			}
		})
	}
}

// question reads from a terminal until the prompt for the answer.
func question(t *testing.T, screen *os.File) string {
	t.Helper()
	var seen strings.Builder
	for in := bufio.NewReader(screen); !strings.HasSuffix(seen.String(), "[y/N] "); {
		b, err := in.ReadByte()
		if err != nil {
			t.Fatalf("after %q: %v", &seen, err)
		}
		seen.WriteByte(b)
	}
	return seen.String()
}

// TestQuestionNeedsBothWays runs without anybody who could see the question, or
// who could answer it.
func TestQuestionNeedsBothWays(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "--listen", "127.0.0.1:0")
	_, terminal := openTerminal(t)
	args := []string{"catalog", "apply", write(t, "catalog.yaml", dearer), "--endpoint-url", s.Endpoint}
	for name, in := range map[string]io.Reader{"seen by nobody": terminal, "answered by nobody": strings.NewReader("y\n"), "no input": nil} {
		var stdout, stderr bytes.Buffer
		status := cli.Run(context.Background(), cli.IO{Args: args, In: in, Out: &stdout, Err: &stderr})
		if status != 2 || stdout.Len() > 0 || !strings.HasSuffix(stderr.String(), "give --yes to answer in advance\n") {
			t.Errorf("%s: status %d, %q, %q; want 2", name, status, &stdout, &stderr)
		}
	}
}
