package crash

import (
	"strings"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/e2e/harness"

	"golang.org/x/sys/unix"
)

// readOnly mounts a directory read only until the end of the test, and returns where.
func readOnly(t *testing.T, dir string) string {
	t.Helper()
	mounted := t.TempDir()
	if err := unix.Mount(dir, mounted, "", unix.MS_BIND, ""); err != nil {
		t.Skipf("NOT TESTED: directories cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(mounted, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	if err := unix.Mount("", mounted, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	return mounted
}

// TestReadOnlyDirectory has a directory in which nothing can be written, as a server left it that was killed: no
// server starts on it, and says so in one line; but it can be verified, and what it holds restored elsewhere. Where
// it can be written, it is served, and nothing is missing.
func TestReadOnlyDirectory(t *testing.T) {
	for _, name := range []string{"sandbox", "serve"} { // those that have a directory
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, b := harness.Sites[name](t), harness.NewBooks()
			s := at.Start(t)
			load{Site: at, books: b}.untilKilled(t, s, 10*time.Millisecond)
			mounted := readOnly(t, at.Data)
			for _, args := range [][]string{
				{"sandbox", "--listen", "127.0.0.1:0", "--data", mounted},
				harness.ServeArgs(mounted),
				{"rekey", "--data", mounted},
			} {
				got := harness.RunToEnd(t, args...)
				if got.Code != 1 || got.Stdout != "" || len(harness.Lines(got.Stderr)) != 1 || !strings.Contains(got.Stderr, mounted) {
					t.Errorf("%v: %+v, want exit code 1 and one line that names the directory", args, got)
				}
			}
			there := harness.Site{Data: mounted}
			entries := there.VerifyOffline(t)
			restored := plainDir(t)
			harness.Offline(t, nil, "restore", mounted, "--data", restored)
			if got := (harness.Site{Data: restored}).VerifyOffline(t); got != entries || entries == 0 {
				t.Errorf("%d entries were restored of %d", got, entries)
			}
			s = at.Start(t)
			at.Settle(t, s, b)
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
		})
	}
}
