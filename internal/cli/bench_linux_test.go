package cli_test

import (
	"bufio"
	"context"
	"encoding/json"
	"strings"
	"testing"
)

// TestBenchInterrupted is Ctrl-C while purchases are measured, as the progress
// on a terminal says.
func TestBenchInterrupted(t *testing.T) {
	t.Parallel()
	screen, terminal := openTerminal(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		defer cancel()
		for lines := bufio.NewReader(screen); ; {
			line, err := lines.ReadString('/') // of "/s"
			if err != nil || strings.Contains(line, "\r\x1b[Kpurchases, round ") {
				return
			}
		}
	}()
	folder := t.TempDir()
	var stdout log
	status := runIn(ctx, &stdout, terminal, "bench", "--duration", "300ms", "--rounds", "1000", "--connections", "4",
		"--accounts", "50", "--data", folder, "-o", "json")
	var got measured
	if err := json.Unmarshal([]byte(stdout.String()), &got); err != nil {
		t.Fatalf("%v in %s", err, &stdout)
	}
	if status != 1 || !got.Interrupted || len(got.Rows) < 2 || got.Rows[1].Name != "purchases" {
		t.Errorf("status %d, %+v; want 1 and what there was until then", status, got)
	}
	for _, row := range got.Rows {
		if row.Failed > 0 {
			t.Errorf("row = %+v, want no failures", row)
		}
	}
	checkGone(t, got.Settings.Endpoint, folder)
}
