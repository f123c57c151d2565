package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/cli"
)

const (
	alice = "111111111111"
	ios   = "A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01"
)

// sandbox is a running `slotfarm sandbox`.
type sandbox struct {
	t        *testing.T
	Endpoint string
	Stderr   *log

	out    *bufio.Reader
	cancel context.CancelFunc
	status chan int
}

// log is what is printed on standard error.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// start runs the sandbox with flags until the test ends, and waits for the line
// that says where it is. What it prints for people goes to stderr where that is
// not nil.
func start(t *testing.T, stderr io.Writer, flags ...string) *sandbox {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	read, write := io.Pipe()
	s := &sandbox{t: t, Stderr: &log{}, out: bufio.NewReader(read), cancel: cancel, status: make(chan int, 1)}
	if stderr == nil {
		stderr = s.Stderr
	}
	go func() {
		s.status <- cli.Run(ctx, cli.IO{Args: append([]string{"sandbox"}, flags...), Out: write, Err: stderr})
		write.Close()
	}()
	t.Cleanup(func() { s.stop() })
	line, err := s.out.ReadBytes('\n')
	if err != nil {
		t.Fatalf("the sandbox did not start: status %d, %s", s.stop(), s.Stderr)
	}
	var ready map[string]string
	if err := json.Unmarshal(line, &ready); err != nil || len(ready) != 1 || ready["endpoint"] == "" {
		t.Fatalf("the first line on stdout is %q, want a JSON object with the endpoint alone", line)
	}
	s.Endpoint = ready["endpoint"]
	return s
}

// stop interrupts the sandbox, checks that it printed nothing more on stdout,
// and returns its exit status.
func (s *sandbox) stop() int {
	s.t.Helper()
	s.cancel()
	if rest, err := io.ReadAll(s.out); err != nil || len(rest) != 0 {
		s.t.Errorf("more on stdout: %q (%v)", rest, err)
	}
	status := <-s.status
	s.status <- status // for who asks next
	return status
}

// call calls the operator API and returns its answer, which has to be a success.
func (s *sandbox) call(method, path, body string) string {
	s.t.Helper()
	body, err := operate(s.Endpoint, method, path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	return body
}

// view is what an account shows of the sandbox's settings.
type view struct {
	Now      string
	Frozen   bool
	MaxSlots map[string]int
}

// open opens alice's account and returns it.
func (s *sandbox) open() view {
	s.t.Helper()
	var v view
	if err := json.Unmarshal([]byte(s.call(http.MethodPut, "/accounts/"+alice, "{}")), &v); err != nil {
		s.t.Fatal(err)
	}
	return v
}

// run runs a command that ends by itself.
func run(args ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = cli.Run(context.Background(), cli.IO{Args: args, Out: &out, Err: &err})
	return status, out.String(), err.String()
}

func TestSandboxStopsWhenInterrupted(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "--listen", "127.0.0.1:0")
	if !strings.HasPrefix(s.Endpoint, "http://127.0.0.1:") {
		t.Errorf("endpoint = %q", s.Endpoint)
	}
	s.open()
	if status := s.stop(); status != 0 {
		t.Errorf("status = %d, want 0", status)
	}
	if got := s.Stderr.String(); !strings.HasSuffix(got, "level=INFO msg=draining\n") || strings.Contains(got, "Ctrl-C") {
		t.Errorf("stderr = %q, want the log, and no words for people", got)
	}
	if _, err := http.Get(s.Endpoint + "/livez"); err == nil {
		t.Error("it still answers")
	}
}

func TestSandboxOnLocalhost(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "--listen", "localhost:0")
	if got := s.open().MaxSlots[ios]; got != 100 {
		t.Errorf("maxSlots = %d, want 100", got)
	}
}

func TestSandboxKeepsItsData(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "made", "below")
	first := start(t, nil, "--listen", "127.0.0.1:0", "--data", data)
	first.call(http.MethodPut, "/accounts/"+alice, `{"maxSlots":{"`+ios+`":3}}`)
	if status := first.stop(); status != 0 {
		t.Fatalf("status = %d, want 0", status)
	}
	second := start(t, nil, "--listen", "127.0.0.1:0", "--data", data)
	if got := second.open().MaxSlots[ios]; got != 3 {
		t.Errorf("maxSlots = %d after a restart, want 3", got)
	}
}

// TestSandboxInMemory has two sandboxes that know nothing of each other.
func TestSandboxInMemory(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	for range 2 {
		s := start(t, nil, "--listen", "127.0.0.1:0")
		s.open()
		if got, want := s.call(http.MethodGet, "/verify", ""), `{"accounts":1,"entries":2,"ok":true}`+"\n"; got != want {
			t.Errorf("verify = %s, want %s", got, want)
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("files left behind: %v (%v)", left, err)
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ flag, want string }{
		{"2026-01-31T00:00:00Z", "2026-01-31T00:00:00Z"},
		{"2026-02-01T01:30:00+02:00", "2026-01-31T23:30:00Z"},
		{"2026-01-31T00:00:00.5Z", "2026-01-31T00:00:00.5Z"},
		{"2026-01-31T00:00:00.123999999Z", "2026-01-31T00:00:00.123Z"},
		{"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
		{"1969-12-31T23:00:00-01:00", "1970-01-01T00:00:00Z"},
		{"9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"},
		{"2028-02-29T12:00:00Z", "2028-02-29T12:00:00Z"},
	} {
		t.Run(tt.flag, func(t *testing.T) {
			t.Parallel()
			s := start(t, nil, "--listen", "127.0.0.1:0", "--time", tt.flag)
			got := s.open()
			if got.Now != tt.want || !got.Frozen {
				t.Errorf("now = %s, frozen = %t; want %s, frozen", got.Now, got.Frozen, tt.want)
			}
		})
	}
}

// TestTimeIsUTC advances an account that was opened on a day that is another one
// in UTC.
func TestTimeIsUTC(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "--listen", "127.0.0.1:0", "--time", "2026-02-01T01:00:00+02:00")
	answer := s.call(http.MethodPost, "/accounts/"+alice+"/clock/advance", `{"periods":1}`)
	if want := `{"now":"2026-02-28T23:00:00Z","transactions":[]}` + "\n"; answer != want {
		t.Errorf("a month after 31 January: %s, want %s", answer, want)
	}
}

func TestLogLevel(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		level string
		want  bool // that the sandbox says that it drains
	}{{"debug", true}, {"info", true}, {"INFO", true}, {"warn", false}, {"error", false}} {
		s := start(t, nil, "--listen", "127.0.0.1:0", "--log-level", tt.level)
		s.stop()
		if got := strings.Contains(s.Stderr.String(), "draining"); got != tt.want {
			t.Errorf("--log-level %s: stderr = %q", tt.level, s.Stderr)
		}
	}
}

func TestLogFormat(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ format, want string }{
		{"text", "level=INFO msg=draining\n"}, {"json", `"level":"INFO","msg":"draining"}` + "\n"},
	} {
		s := start(t, nil, "--listen", "127.0.0.1:0", "--log-format", tt.format)
		s.stop()
		if got := s.Stderr.String(); !strings.HasSuffix(got, tt.want) {
			t.Errorf("--log-format %s: stderr = %q, want %q at its end", tt.format, got, tt.want)
		}
	}
}

// TestBuildIsShown checks that the metrics show the build.
func TestBuildIsShown(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "--listen", "127.0.0.1:0")
	response, err := http.Get(s.Endpoint + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if want := `slotfarm_build_info{commit="unknown",`; err != nil || !bytes.Contains(page, []byte(want)) {
		t.Errorf("%s is not in\n%s (%v)", want, page, err)
	}
}

// closed is an output that nobody reads.
type closed struct{}

// Write implements io.Writer.
func (closed) Write([]byte) (int, error) { return 0, errors.New("nobody reads this") }

// TestNobodyReadsTheEndpoint leaves no server behind; goleak sees to that.
func TestNobodyReadsTheEndpoint(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"sandbox", "--listen", "127.0.0.1:0"}, {"version"}, {"version", "--json"}} {
		var stderr bytes.Buffer
		status := cli.Run(context.Background(), cli.IO{Args: args, Out: closed{}, Err: &stderr})
		if want := "nobody reads this\n"; status != 1 || !strings.HasSuffix(stderr.String(), want) || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%v: status %d, stderr %q; want 1, one line that ends in %q", args, status, &stderr, want)
		}
	}
}

// TestOneLine has line breaks in what a message repeats.
func TestOneLine(t *testing.T) {
	t.Parallel()
	status, stdout, stderr := run("one\r\ntwo")
	got := []any{status, stdout, stderr}
	if diff := cmp.Diff([]any{2, "", "slotfarm: unexpected argument one; two\n"}, got); diff != "" {
		t.Errorf("status, stdout, stderr (-want +got):\n%s", diff)
	}
}
