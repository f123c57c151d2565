package serve

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/slotfarm/slotfarm/e2e/harness"
)

// TestServeCrashKeepsSecrets crashes serve after it has used secrets, with all that Go can be told to print:
// there is no core dump, and what it printed holds no secret, of a key or the master key.
func TestServeCrashKeepsSecrets(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &limit); err != nil {
		t.Fatal(err)
	}
	allowed := syscall.Rlimit{Cur: limit.Max, Max: limit.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &allowed); err != nil { // for the server to inherit
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_CORE, &limit)
	for _, signal := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGABRT} {
		t.Run(signal.String(), func(t *testing.T) {
			dir, key := harness.Initialise(t)
			f := &harness.Farm{Server: harness.StartServer(t, []string{"GOTRACEBACK=crash"}, harness.ServeArgs(dir)...), Storage: harness.InDirectory(dir), Key: key}
			team := f.NewKey(t, f.Open(t), "")
			if got := harness.Gosdk.Run(t, team.Session(f.Server), harness.BuyOne)[0]; got.Error != "" {
				t.Fatalf("the purchase was refused: %+v", got)
			}
			limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", f.Cmd.Process.Pid))
			if err != nil || !regexp.MustCompile(`(?m)^Max core file size +0 +0 `).Match(limits) {
				t.Errorf("limits are %s, %v; want no core file", limits, err)
			}
			if err := f.Cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if _, err := f.Wait(); err != nil {
				t.Fatal(err)
			}
			if status := f.Cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.CoreDump() {
				t.Errorf("it ended with %v, want a signal and no core dump", f.Cmd.ProcessState)
			}
			if cores, err := filepath.Glob("core*"); err != nil || len(cores) > 0 { // its working directory is ours
				t.Errorf("core dumps: %v, %v", cores, err)
			}
			if !strings.Contains(f.Stderr.String(), "goroutine ") {
				t.Errorf("it printed no goroutines: %s", f.Stderr)
			}
			harness.NoSecrets(t, f, key, team)
			noMasterKey(t, f)
		})
	}
}

// noMasterKey fails if the server's output contains the master key, as it is, encoded, or as the words of a stack.
func noMasterKey(t *testing.T, f *harness.Farm) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(f.Data, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(raw) != 32 {
		t.Fatalf("the master key has %d bytes, %v", len(raw), err)
	}
	for _, form := range []string{
		hex.EncodeToString(raw[:8]), base64.StdEncoding.EncodeToString(raw[:9]), string(raw[:8]),
		fmt.Sprintf("%#x, %#x, %#x, %#x", raw[0], raw[1], raw[2], raw[3]), fmt.Sprintf("%#x", binary.LittleEndian.Uint64(raw)),
	} {
		if strings.Contains(f.Stderr.String(), form) {
			t.Errorf("the master key stands in what was printed, as %q", form)
		}
	}
}
