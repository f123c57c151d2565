package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/slotfarm/slotfarm/internal/cli"
	"github.com/slotfarm/slotfarm/internal/client"
)

const bob = "222222222222"

// tail is a running `slotfarm journal tail --follow`.
type tail struct {
	t      *testing.T
	out    *bufio.Reader
	stderr *log
	cancel context.CancelFunc
	status chan int
}

// follow runs the command on an endpoint, with more flags, until the test ends.
func follow(t *testing.T, endpoint string, flags ...string) *tail {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	read, write := io.Pipe()
	f := &tail{t: t, out: bufio.NewReader(read), stderr: &log{}, cancel: cancel, status: make(chan int, 1)}
	args := append([]string{"journal", "tail", "--follow", "--endpoint-url", endpoint}, flags...)
	go func() {
		f.status <- cli.Run(ctx, cli.IO{Args: args, Out: write, Err: f.stderr})
		write.Close()
	}()
	t.Cleanup(func() {
		cancel()
		_ = read.CloseWithError(errors.New("the test is over"))
		<-f.status
	})
	return f
}

// expect reads lines, each of which has to contain its words.
func (f *tail) expect(lines ...string) {
	f.t.Helper()
	for _, want := range lines {
		got, err := f.out.ReadString('\n')
		if err != nil {
			f.t.Fatalf("no line with %q: %v, %s", want, err, f.stderr)
		}
		for word := range strings.FieldsSeq(want) {
			if !strings.Contains(got, word) {
				f.t.Fatalf("line = %q, want one with %q", got, want)
			}
		}
	}
}

// stop interrupts the command, which has to have printed nothing more.
func (f *tail) stop() {
	f.t.Helper()
	f.cancel()
	rest, err := io.ReadAll(f.out)
	status := <-f.status
	f.status <- status // for the end of the test
	if err != nil || len(rest) != 0 || status != 0 {
		f.t.Errorf("when interrupted: status %d, %q, %v, %s", status, rest, err, f.stderr)
	}
}

func (s *sandbox) buy(account string) {
	s.t.Helper()
	if _, err := offerings(s.Endpoint, account, "PurchaseOffering", `{"offeringId":"`+ios+`","quantity":1}`); err != nil {
		s.t.Fatal(err)
	}
}

// TestFollow has entries and an account appear while somebody looks.
func TestFollow(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "--listen", "127.0.0.1:0")
	s.buy(alice)
	all := follow(t, s.Endpoint, "-n", "1")
	all.expect(alice + " #2 purchased")
	bobs := follow(t, s.Endpoint, "--account", bob, "-o", "json")
	s.buy(alice)
	all.expect(alice + " #3 purchased")
	s.buy(bob)
	all.expect(bob+" #1 opened", bob+" #2 purchased")
	bobs.expect(`"account":"222222222222" "seq":1 "hash":`, `"account":"222222222222" "seq":2 "hash":`)
	s.call(http.MethodPut, "/accounts/"+alice, `{"status":"SUSPENDED"}`)
	all.expect(alice + " #4 configured SUSPENDED")
	all.stop()
	bobs.stop()
}

// TestFollowManyEntries appends more entries at once than an answer holds.
func TestFollowManyEntries(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "--listen", "127.0.0.1:0", "--time", "2026-01-31T00:00:00Z")
	s.buy(alice)
	all := follow(t, s.Endpoint)
	all.expect("#1 opened", "#2 purchased")
	s.call(http.MethodPost, "/accounts/"+alice+"/clock/advance", `{"periods":1100}`)
	for range 1100 {
		all.expect("rolled 250.00")
	}
	all.expect("#1103 clock frozen 2117-09-30T00:00:00Z")
	all.stop()
}

// TestFollowWithoutServer ends when the server does.
func TestFollowWithoutServer(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "--listen", "127.0.0.1:0")
	s.buy(alice)
	f := follow(t, s.Endpoint)
	f.expect("opened", "purchased")
	s.stop()
	status := <-f.status
	f.status <- status
	if got := f.stderr.String(); status != 1 || !strings.HasPrefix(got, "slotfarm: no") || strings.Count(got, "\n") != 1 {
		t.Errorf("status %d, stderr %q; want 1 and one line", status, got)
	}
}

// front is an address that leads to one sandbox after another.
type front struct {
	*httptest.Server
	t        *testing.T
	mu       sync.Mutex // held by each request, and while sandboxes change places
	to       *sandbox
	answered chan struct{} // holds one when there was an answer
}

func open(t *testing.T) *front {
	f := &front{t: t, answered: make(chan struct{}, 1)}
	transport := &http.Transport{DisableKeepAlives: true}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		to, err := url.Parse(f.to.Endpoint)
		if err != nil {
			t.Error(err)
			return
		}
		proxy := &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}
		proxy.ServeHTTP(w, r)
		select {
		case f.answered <- struct{}{}:
		default:
		}
	}))
	t.Cleanup(f.Close)
	return f
}

// swap puts a sandbox in place whose accounts have what is in a copy of a data
// directory, and who buy more before anybody sees them.
func (f *front) swap(data string, buyers ...string) {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.to != nil {
		f.to.stop()
	}
	dir := filepath.Join(f.t.TempDir(), "copy")
	if err := os.CopyFS(dir, os.DirFS(data)); err != nil {
		f.t.Fatal(err)
	}
	f.to = start(f.t, nil, "--listen", "127.0.0.1:0", "--data", dir)
	for _, account := range buyers {
		f.to.buy(account)
	}
}

// backup returns a data directory in which alice has five entries.
func backup(t *testing.T) string {
	t.Helper()
	data := t.TempDir()
	s := start(t, nil, "--listen", "127.0.0.1:0", "--data", data)
	for range 4 {
		s.buy(alice)
	}
	s.stop()
	return data
}

// TestFollowGoesBack has journals put back to what they were, with fewer
// entries than were printed or with others in their place.
func TestFollowGoesBack(t *testing.T) {
	t.Parallel()
	data, f := backup(t), open(t)
	f.swap(data, alice, alice)
	all := follow(t, f.URL, "-n", "4")
	all.expect("#4", "#5", "#6", "#7")
	f.to.buy(bob)
	all.expect(bob+" #1", bob+" #2")

	f.swap(data) // fewer, and no bob
	all.expect("-- account 111111111111 went back to entry 5", "-- account 222222222222 went back to entry 0")
	f.to.buy(bob)
	all.expect(bob+" #1", bob+" #2")
	f.to.buy(alice)
	all.expect(alice + " #6")

	f.swap(data, bob, alice, alice, alice) // more, and others
	all.expect("-- account 111111111111 went back to entry 5", alice+" #6", alice+" #7", alice+" #8")
	f.to.buy(bob) // only now it shows that bob is another one
	all.expect("-- account 222222222222 went back to entry 0", bob+" #1", bob+" #2", bob+" #3")

	f.swap(t.TempDir(), slices.Repeat([]string{alice}, 20)...) // nothing is as it was
	all.expect("-- account 111111111111 went back to entry 0", "-- account 222222222222 went back to entry 0")
	all.expect(slices.Repeat([]string{alice}, 21)...)
	all.stop()
}

// TestFollowGoesBackUnseen has a journal put back of which nothing was printed.
func TestFollowGoesBackUnseen(t *testing.T) {
	t.Parallel()
	data, f := backup(t), open(t)
	f.swap(data, alice)
	none := follow(t, f.URL, "-n", "0")
	<-f.answered // how many entries there are
	<-f.answered // which they are
	f.swap(data)
	none.expect("-- account 111111111111 went back to entry 5")
	f.to.buy(alice)
	none.expect(alice + " #6")
	none.stop()
}

// TestFollowGoesFarBack has a journal put back to before all that was read.
func TestFollowGoesFarBack(t *testing.T) {
	t.Parallel()
	data, f := backup(t), open(t)
	f.swap(data)
	f.to.call(http.MethodPost, "/accounts/"+alice+"/clock/advance", `{"periods":1100}`)
	all := follow(t, f.URL, "-n", "2")
	all.expect("#1105 rolled", "#1106 clock")
	f.swap(data)
	all.expect("-- account 111111111111 went back to entry 5")
	f.to.buy(alice)
	all.expect(alice + " #6")
	all.stop()
}

// TestFollowGoesBackInJSON keeps words for people out of it.
func TestFollowGoesBackInJSON(t *testing.T) {
	t.Parallel()
	data, f := backup(t), open(t)
	f.swap(data, alice, alice)
	entries := follow(t, f.URL, "-n", "1", "-o", "json")
	entries.expect(`"seq":7,`)
	f.swap(data, alice)
	entries.expect(`"seq":6,`)
	if got, want := entries.stderr.String(), "-- account 111111111111 went back to entry 5\n"; got != want {
		t.Errorf("stderr = %q, want %q", got, want)
	}
	entries.stop()
}

// TestFollowRestore has a test restore snapshots.
func TestFollowRestore(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "--listen", "127.0.0.1:0")
	api, err := client.New(s.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	defer api.Close()
	ctx := context.Background()
	s.buy(alice)
	snapshot, err := api.Snapshot(ctx, alice)
	if err != nil {
		t.Fatal(err)
	}
	all := follow(t, s.Endpoint)
	all.expect("#1 opened", "#2 purchased")
	s.buy(alice)
	all.expect("#3 purchased")
	if _, err := api.Restore(ctx, alice, snapshot.ID, ""); err != nil {
		t.Fatal(err)
	}
	s.buy(alice)
	s.buy(alice)
	all.expect("-- account 111111111111 went back to entry 2", "#3 purchased", "#4 purchased")
	if _, err := api.Restore(ctx, alice, snapshot.ID, bob); err != nil {
		t.Fatal(err)
	}
	all.expect("222222222222 #1 opened", "222222222222 #2 purchased")
	if err := api.DeleteSnapshot(ctx, alice, snapshot.ID); err != nil {
		t.Fatal(err)
	}
	all.stop()
}

// TestNobodyReadsTheJournal lets the reader go away before and while entries
// are printed. Any other failure to print is an error.
func TestNobodyReadsTheJournal(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "--listen", "127.0.0.1:0")
	s.buy(alice)
	args := []string{"journal", "tail", "--follow", "--endpoint-url", s.Endpoint}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	if err := read.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		out    io.Writer
		status int
		stderr string
	}{
		{"pipe", write, 0, ""},
		{"other failure", closed{}, 1, "slotfarm: nobody reads this\n"},
	} {
		for _, format := range []string{"text", "json"} {
			var stderr bytes.Buffer
			status := cli.Run(context.Background(), cli.IO{Args: append(args, "-o", format), Out: tt.out, Err: &stderr})
			if status != tt.status || stderr.String() != tt.stderr {
				t.Errorf("%s, %s: status %d, stderr %q; want %d, %q", tt.name, format, status, &stderr, tt.status, tt.stderr)
			}
		}
	}
}

// TestReadyWaits asks a server that is ready the third time.
func TestReadyWaits(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer s.Close()
	if status, stdout, stderr := run("ready", "--endpoint-url", s.URL); status != 1 || stdout != "" || !strings.HasSuffix(stderr, "answers 503 Service Unavailable\n") {
		t.Errorf("without --wait: %d, %q, %q; want 1 and that it is not ready", status, stdout, stderr)
	}
	if status, stdout, stderr := run("ready", "--endpoint-url", s.URL, "--wait", "1m"); status != 0 || stdout+stderr != "" || asked.Load() != 3 {
		t.Errorf("with --wait: %d, %q, %q after %d questions; want 0 after 3", status, stdout, stderr, asked.Load())
	}
}

// TestReadyIsInterrupted while it waits.
func TestReadyIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(context.Background())
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		interrupt()
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer s.Close()
	var stderr bytes.Buffer
	status := cli.Run(ctx, cli.IO{Args: []string{"ready", "--wait", "1h", "--endpoint-url", s.URL}, Out: io.Discard, Err: &stderr})
	if status != 1 || strings.Count(stderr.String(), "\n") != 1 {
		t.Errorf("status %d, stderr %q; want 1 and one line", status, &stderr)
	}
}
