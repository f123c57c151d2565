package e2e

import (
	"strings"
	"testing"
	"time"

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
	for name, open := range sites {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, b := open(t), newBooks()
			s := at.start(t)
			load{site: at, books: b}.untilKilled(t, s, 10*time.Millisecond)
			mounted := readOnly(t, at.data)
			for _, args := range [][]string{
				{"sandbox", "--listen", "127.0.0.1:0", "--data", mounted},
				serveArgs(mounted),
				{"rekey", "--data", mounted},
			} {
				got := runToEnd(t, args...)
				if got.Code != 1 || got.Stdout != "" || len(lines(got.Stderr)) != 1 || !strings.Contains(got.Stderr, mounted) {
					t.Errorf("%v: %+v, want exit code 1 and one line that names the directory", args, got)
				}
			}
			there := site{data: mounted}
			entries := there.verifyOffline(t)
			restored := plainDir(t)
			offline(t, nil, "restore", mounted, "--data", restored)
			if got := (site{data: restored}).verifyOffline(t); got != entries || entries == 0 {
				t.Errorf("%d entries were restored of %d", got, entries)
			}
			s = at.start(t)
			at.settle(t, s, b)
			if err := s.stop(); err != nil {
				t.Error(err)
			}
		})
	}
}
