package e2e

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// shortage is something that a server runs out of while it works.
type shortage struct {
	data func(t *testing.T) string // the directory to run on
	stay bool                      // it is there for the next server too
	take func(t *testing.T, s *server, data string) (giveBack func())
}

var shortages = map[string]shortage{
	"the disk is full": {data: smallDisk, stay: true, take: func(t *testing.T, _ *server, data string) func() {
		ballast := filepath.Join(filepath.Dir(data), "ballast")
		fill(t, ballast)
		return func() {
			if err := os.Remove(ballast); err != nil {
				t.Error(err)
			}
		}
	}},
	"a file must not grow": {data: plainDir, take: func(t *testing.T, s *server, data string) func() {
		log, err := os.Stat(filepath.Join(data, logFile))
		if err != nil {
			t.Fatal(err)
		}
		limitTo(t, s, unix.RLIMIT_FSIZE, uint64(log.Size())+5000) // in the middle of what a commit writes
		return func() {
			select {
			case <-s.exited: // and the limit has gone with it
			default:
				limitTo(t, s, unix.RLIMIT_FSIZE, unix.RLIM_INFINITY)
			}
		}
	}},
}

func plainDir(t *testing.T) string { return filepath.Join(t.TempDir(), "data") }

// smallDisk returns a directory on a file system of its own that holds 4 MiB.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("NOT TESTED: a file system of one's own cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return filepath.Join(dir, "data")
}

// fill writes a file until the disk is full.
func fill(t *testing.T, name string) {
	t.Helper()
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for size := 1 << 16; size > 0; size /= 2 {
		for {
			if _, err = file.Write(make([]byte, size)); err != nil {
				break
			}
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
}

// limitTo sets a limit of a running server. The server may have it raised again.
func limitTo(t *testing.T, s *server, resource int, limit uint64) {
	t.Helper()
	var now unix.Rlimit
	err := unix.Prlimit(s.cmd.Process.Pid, resource, nil, &now)
	if err == nil {
		err = unix.Prlimit(s.cmd.Process.Pid, resource, &unix.Rlimit{Cur: min(limit, now.Max), Max: now.Max}, nil)
	}
	if err != nil {
		t.Fatalf("limit %d: %v", resource, err)
	}
}

// unavailable is what clients hear, and all that they hear, while a server cannot store anything.
var unavailable = answer{
	Status: http.StatusServiceUnavailable,
	Body:   `{"__type":"ServiceUnavailable","message":"The journal cannot be used now; try again."}`,
}

// TestShortage has storage run out under a load of purchases. They fail with a plain error while it lasts, and what
// can be read is; when there is room again, the same server goes on as if nothing had been. Nothing acknowledged is
// lost or doubled by it, nor when the server is killed in the middle of it.
func TestShortage(t *testing.T) {
	for name, short := range shortages {
		for _, killed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/killed=%v", name, killed), func(t *testing.T) {
				t.Parallel()
				at, b := sandboxSite(t), newBooks()
				at.data = short.data(t)
				at.start = func(t *testing.T) *server { return startSandbox(t, "--data", at.data, "--max-slots", "100000") }
				s := at.start(t)
				shop(t, at, s, b, "before") // until all are open, and have something to lose
				giveBack := short.take(t, s, at.data)
				for n := 0; shop(t, at, s, b, fmt.Sprint("meanwhile-", n)) == 0; n++ {
					if n == 1000 {
						t.Fatal("nothing runs short")
					}
				}
				checkReads(t, at, s)
				if killed {
					s.killNow(t)
					at.verifyOffline(t)
					s = at.start(t)
					if refused := shop(t, at, s, b, "restarted"); short.stay && refused == 0 {
						t.Error("a server that was started in the middle of it sold something")
					}
					checkReads(t, at, s)
				}
				giveBack()
				if refused := shop(t, at, s, b, "after"); refused > 0 {
					t.Errorf("%d purchases were refused when there was room again", refused)
				}
				at.settle(t, s, b)
				s.killNow(t)
				t.Logf("%d acknowledged, %d entries", b.count(), at.verifyOffline(t))
			})
		}
	}
}

// shop has each buyer order once. It returns how many orders were refused, which they must be in one way only.
func shop(t *testing.T, at site, s *server, b *books, what string) (refused int) {
	t.Helper()
	var counting sync.Mutex
	var all sync.WaitGroup
	for i := range buyers {
		a := at.tenants[i%len(at.tenants)].at(s)
		all.Go(func() {
			o := order{account: a.account, id: fmt.Sprintf("%s-%d", what, i)}
			b.sent(o)
			switch got, err := try(t.Context(), a, o, b); {
			case err != nil:
				t.Errorf("order %s: %v", o.id, err)
			case got == unavailable:
				counting.Lock()
				refused++
				counting.Unlock()
			case got.Status != http.StatusOK:
				t.Errorf("order %s: %+v, want %+v", o.id, got, unavailable)
			}
		})
	}
	all.Wait()
	return refused
}

// checkReads has every account read what it has, all at the same time.
func checkReads(t *testing.T, at site, s *server) {
	t.Helper()
	var all sync.WaitGroup
	for i := range buyers {
		a := at.tenants[i%len(at.tenants)].at(s)
		all.Go(func() {
			for _, operation := range []string{"ListOfferings", "GetOfferingStatus", "ListOfferingTransactions"} {
				if got, err := a.post(t.Context(), operation, map[string]any{}); err != nil || got.Status != http.StatusOK {
					t.Errorf("%s: %+v, %v", operation, got, err)
				}
			}
		})
	}
	all.Wait()
}

// TestTooManyOpenFiles has a server run out of file descriptors. Who is connected goes on, reading and buying; who
// comes later waits and is answered when there are some again; and a backup, which needs a file, is refused.
func TestTooManyOpenFiles(t *testing.T) {
	t.Parallel()
	at, b := sandboxSite(t), newBooks()
	s := at.start(t)
	shop(t, at, s, b, "before")
	connect(t, at, s)
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	limitTo(t, s, unix.RLIMIT_NOFILE, uint64(len(open)))
	late, err := net.Dial("tcp", strings.TrimPrefix(s.endpoint, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	if _, err := io.WriteString(late, "GET /livez HTTP/1.0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		if refused := shop(t, at, s, b, fmt.Sprint("meanwhile-", n)); refused > 0 {
			t.Errorf("%d purchases were refused though their callers were connected", refused)
		}
		checkReads(t, at, s)
	}
	if status, _ := (&farm{server: s}).ask(t, accessKey{}, http.MethodGet, "/backup"); status != http.StatusServiceUnavailable {
		t.Errorf("a backup, which needs a file, is answered with status %d", status)
	}
	if !strings.Contains(s.stderr.String(), "too many open files") {
		t.Errorf("descriptors did not run out: %s", s.stderr)
	}
	limitTo(t, s, unix.RLIMIT_NOFILE, 1000)
	if text, err := io.ReadAll(late); err != nil || !strings.HasPrefix(string(text), "HTTP/1.0 200 OK\r\n") {
		t.Errorf("who came late heard %q, %v", text, err)
	}
	if refused := shop(t, at, s, b, "after"); refused > 0 {
		t.Errorf("%d purchases were refused when there were descriptors again", refused)
	}
	at.settle(t, s, b)
	s.killNow(t)
	t.Logf("%d acknowledged, %d entries", b.count(), at.verifyOffline(t))
}

// connect has every buyer get a connection of its own, which stays open: their calls last so long that none can use
// that of another.
func connect(t *testing.T, at site, s *server) {
	t.Helper()
	s.operator(t, http.MethodPut, "/faults", map[string]any{"rules": []any{map[string]any{"operation": "ListOfferings", "delay": "1s"}}}, nil)
	var all sync.WaitGroup
	for i := range buyers {
		all.Go(func() { at.tenants[i%len(at.tenants)].at(s).post(t.Context(), "ListOfferings", map[string]any{}) })
	}
	all.Wait()
	s.operator(t, http.MethodPut, "/faults", map[string]any{"rules": []any{}}, nil)
}
