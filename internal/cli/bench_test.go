package cli_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/cli"
)

// measured is what `slotfarm bench -o json` prints, as far as it is the same
// each time.
type measured struct {
	Settings struct {
		Endpoint              string
		Connections, Accounts int
		DurationSeconds       float64
	}
	Machine struct {
		Cores int
		Go    string
	}
	FdatasyncMicros struct{ P50 float64 }
	Rows            []struct {
		Name                            string
		Requests, Failed                int64
		RequestsPerSecond, RatioToFloor float64
		LatencyMicros                   struct{ P50, P99, Max float64 }
		Server                          struct{ ResidentSetBytes float64 }
	}
	Interrupted bool
}

// TestBench starts a server of its own, measures it, and leaves nothing behind.
func TestBench(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	status, stdout, stderr := run("bench", "--duration", "200ms", "--warmup", "50ms", "--connections", "4", "--accounts", "50",
		"--rounds", "2", "--fdatasync", "--data", folder, "-o", "json")
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, stderr %q; want 0 and nothing", status, stderr)
	}
	var got measured
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	if s := got.Settings; s.Connections != 4 || s.Accounts != 50 || s.DurationSeconds != 0.2 || got.Interrupted {
		t.Errorf("settings = %+v, interrupted %t", s, got.Interrupted)
	}
	if got.Machine.Cores < 1 || !strings.HasPrefix(got.Machine.Go, "go") || got.FdatasyncMicros.P50 <= 0 {
		t.Errorf("machine = %+v, fdatasync = %+v", got.Machine, got.FdatasyncMicros)
	}
	var names []string
	for _, row := range got.Rows {
		names = append(names, row.Name)
		l := row.LatencyMicros
		if row.Requests == 0 || row.Failed != 0 || row.RequestsPerSecond <= 0 || row.RatioToFloor <= 0 || l.P50 <= 0 || l.P50 > l.P99 || l.P99 > l.Max {
			t.Errorf("row = %+v, want requests that succeed", row)
		}
		if _, err := os.Stat("/proc/self/stat"); err == nil && row.Server.ResidentSetBytes <= 0 {
			t.Errorf("row = %+v, want the memory of the server", row)
		}
	}
	if diff := cmp.Diff([]string{"offerings", "purchases", "status"}, names); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	checkGone(t, got.Settings.Endpoint, folder)
}

// checkGone finds that a server has ended, and that its directory is empty.
func checkGone(t *testing.T, endpoint, folder string) {
	t.Helper()
	if connection, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "http://")); err == nil {
		connection.Close()
		t.Errorf("the server at %s still listens", endpoint)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("files left behind: %v (%v)", left, err)
	}
}

// runIn runs a command until it ends or ctx does.
func runIn(ctx context.Context, out, err io.Writer, args ...string) int {
	return cli.Run(ctx, cli.IO{Args: args, Out: out, Err: err})
}

// TestBenchOfNothing is interrupted before it begins.
func TestBenchOfNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stdout, stderr log
	status := runIn(ctx, &stdout, &stderr, "bench", "--data", folder)
	if status != 1 || strings.Contains(stdout.String(), "purchases") {
		t.Errorf("status %d, stdout %q, stderr %q; want 1 and no figures", status, &stdout, &stderr)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("files left behind: %v (%v)", left, err)
	}
}
