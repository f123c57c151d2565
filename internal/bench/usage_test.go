package bench

import (
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseUsage(t *testing.T) {
	t.Parallel()
	const rest = "S 1 1 1 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 9 0 100 1000000 25 18446744073709551615 1"
	for _, stat := range []string{"7 (slotfarm) " + rest, "7 (a) b (c)) " + rest} {
		got, ok := parseUsage([]byte(stat), 4096)
		if diff := cmp.Diff(usage{2 * time.Second, 25 * 4096}, got, cmp.AllowUnexported(usage{})); !ok || diff != "" {
			t.Errorf("%s: (-want +got):\n%s", stat, diff)
		}
	}
	for _, stat := range []string{"", "7 (slotfarm) S 1 1", "7 (slotfarm) S 1 1 1 0 -1 4194560 1 0 0 0 x 50 0 0 20 0 9 0 100 1000000 25 1"} {
		if got, ok := parseUsage([]byte(stat), 4096); ok {
			t.Errorf("%q: %+v, want nothing", stat, got)
		}
	}
}

// TestListener finds this process.
func TestListener(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("there is no /proc")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if got := listener(l.Addr().String()); got != os.Getpid() {
		t.Errorf("listener = %d, want %d", got, os.Getpid())
	}
	if got := listener("192.0.2.1:80"); got != 0 {
		t.Errorf("listener on another machine = %d, want 0", got)
	}
	if got := meterOf(os.Getpid()).since(1); got.ResidentSetBytes <= 0 {
		t.Errorf("this process uses %+v, want some memory", got)
	}
	if got := (meter{}).since(1); got != (Used{}) {
		t.Errorf("no process uses %+v, want nothing", got)
	}
}
