package crash

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

	"github.com/slotfarm/slotfarm/e2e/harness"

	"golang.org/x/sys/unix"
)

// shortage is something that a server runs out of while it works.
type shortage struct {
	data func(t *testing.T) string // the directory to run on
	stay bool                      // it is there for the next server too
	take func(t *testing.T, s *harness.Server, data string) (giveBack func())
}

var shortages = map[string]shortage{
	"the disk is full": {data: smallDisk, stay: true, take: func(t *testing.T, _ *harness.Server, data string) func() {
		ballast := filepath.Join(filepath.Dir(data), "ballast")
		fill(t, ballast)
		return func() {
			if err := os.Remove(ballast); err != nil {
				t.Error(err)
			}
		}
	}},
	"a file must not grow": {data: plainDir, take: func(t *testing.T, s *harness.Server, data string) func() {
		log, err := os.Stat(filepath.Join(data, logFile))
		if err != nil {
			t.Fatal(err)
		}
		limitTo(t, s, unix.RLIMIT_FSIZE, uint64(log.Size())+5000) // in the middle of what a commit writes
		return func() {
			select {
			case <-s.Exited: // and the limit has gone with it
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
func limitTo(t *testing.T, s *harness.Server, resource int, limit uint64) {
	t.Helper()
	var now unix.Rlimit
	err := unix.Prlimit(s.Cmd.Process.Pid, resource, nil, &now)
	if err == nil {
		err = unix.Prlimit(s.Cmd.Process.Pid, resource, &unix.Rlimit{Cur: min(limit, now.Max), Max: now.Max}, nil)
	}
	if err != nil {
		t.Fatalf("limit %d: %v", resource, err)
	}
}

// TestShortage has storage run out under a load of purchases. They fail with a plain error while it lasts, and what
// can be read is; when there is room again, the same server goes on as if nothing had been. Nothing acknowledged is
// lost or doubled by it, nor when the server is killed in the middle of it.
func TestShortage(t *testing.T) {
	for name, short := range shortages {
		for _, killed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/killed=%v", name, killed), func(t *testing.T) {
				t.Parallel()
				at, b := harness.SandboxSite(t), harness.NewBooks()
				at.Data = short.data(t)
				at.Start = func(t *testing.T) *harness.Server {
					return harness.StartSandbox(t, "--data", at.Data, "--max-slots", "100000")
				}
				s := at.Start(t)
				shop(t, at, s, b, "before") // until all are open, and have something to lose
				giveBack := short.take(t, s, at.Data)
				for n := 0; shop(t, at, s, b, fmt.Sprint("meanwhile-", n)) == 0; n++ {
					if n == 1000 {
						t.Fatal("nothing runs short")
					}
				}
				checkReads(t, at, s)
				if killed {
					s.KillNow(t)
					at.VerifyOffline(t)
					s = at.Start(t)
					if refused := shop(t, at, s, b, "restarted"); short.stay && refused == 0 {
						t.Error("a server that was started in the middle of it sold something")
					}
					checkReads(t, at, s)
				}
				giveBack()
				if refused := shop(t, at, s, b, "after"); refused > 0 {
					t.Errorf("%d purchases were refused when there was room again", refused)
				}
				at.Settle(t, s, b)
				s.KillNow(t)
				t.Logf("%d acknowledged, %d entries", b.Count(), at.VerifyOffline(t))
			})
		}
	}
}

// shop lets each buyer order once. It returns how many orders were refused; all must be refused in the same way.
func shop(t *testing.T, at harness.Site, s *harness.Server, b *harness.Books, what string) (refused int) {
	t.Helper()
	var counting sync.Mutex
	var all sync.WaitGroup
	for i := range harness.Buyers {
		a := at.Tenants[i%len(at.Tenants)].At(s)
		all.Go(func() {
			o := harness.Order{Account: a.Account, Id: fmt.Sprintf("%s-%d", what, i)}
			b.Sent(o)
			switch got, err := harness.Try(t.Context(), a, o, b); {
			case err != nil:
				t.Errorf("order %s: %v", o.Id, err)
			case got == harness.Unavailable:
				counting.Lock()
				refused++
				counting.Unlock()
			case got.Status != http.StatusOK:
				t.Errorf("order %s: %+v, want %+v", o.Id, got, harness.Unavailable)
			}
		})
	}
	all.Wait()
	return refused
}

// checkReads reads every account, all at the same time.
func checkReads(t *testing.T, at harness.Site, s *harness.Server) {
	t.Helper()
	var all sync.WaitGroup
	for i := range harness.Buyers {
		a := at.Tenants[i%len(at.Tenants)].At(s)
		all.Go(func() {
			for _, operation := range []string{"ListOfferings", "GetOfferingStatus", "ListOfferingTransactions"} {
				if got, err := a.Post(t.Context(), operation, map[string]any{}); err != nil || got.Status != http.StatusOK {
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
	at, b := harness.SandboxSite(t), harness.NewBooks()
	s := at.Start(t)
	shop(t, at, s, b, "before")
	connect(t, at, s)
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.Cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	limitTo(t, s, unix.RLIMIT_NOFILE, uint64(len(open)))
	late, err := net.Dial("tcp", strings.TrimPrefix(s.Endpoint, "http://"))
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
	if status, _ := (&harness.Farm{Server: s}).Ask(t, harness.AccessKey{}, http.MethodGet, "/backup"); status != http.StatusServiceUnavailable {
		t.Errorf("a backup, which needs a file, is answered with status %d", status)
	}
	if !strings.Contains(s.Stderr.String(), "too many open files") {
		t.Errorf("descriptors did not run out: %s", s.Stderr)
	}
	limitTo(t, s, unix.RLIMIT_NOFILE, 1000)
	if text, err := io.ReadAll(late); err != nil || !strings.HasPrefix(string(text), "HTTP/1.0 200 OK\r\n") {
		t.Errorf("who came late heard %q, %v", text, err)
	}
	if refused := shop(t, at, s, b, "after"); refused > 0 {
		t.Errorf("%d purchases were refused when there were descriptors again", refused)
	}
	at.Settle(t, s, b)
	s.KillNow(t)
	t.Logf("%d acknowledged, %d entries", b.Count(), at.VerifyOffline(t))
}

// connect has every buyer get a connection of its own, which stays open: their calls last so long that none can use
// that of another.
func connect(t *testing.T, at harness.Site, s *harness.Server) {
	t.Helper()
	s.Operator(t, "PUT /faults", map[string]any{"rules": []any{map[string]any{"operation": "ListOfferings", "delay": "1s"}}}, nil)
	var all sync.WaitGroup
	for i := range harness.Buyers {
		all.Go(func() { at.Tenants[i%len(at.Tenants)].At(s).Post(t.Context(), "ListOfferings", map[string]any{}) })
	}
	all.Wait()
	s.Operator(t, "PUT /faults", map[string]any{"rules": []any{}}, nil)
}
