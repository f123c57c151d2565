package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// server is a slotfarm process that has said where it listens.
type server struct {
	*process
	endpoint    string
	operatorKey accessKey // none on a sandbox
}

// web is the HTTP client of every test that speaks to a server without an SDK.
var web = &http.Client{
	Transport: &http.Transport{MaxIdleConnsPerHost: 64},
	Timeout:   patience,
}

// start runs the binary with args and waits for its ready line.
func start(args ...string) (*server, error) { return startWith(nil, args...) }

// startWith is start with variables for the binary to read.
func startWith(env []string, args ...string) (*server, error) {
	p, err := launch(env, args...)
	if err != nil {
		return nil, err
	}
	select {
	case <-p.stdout.firstLine:
	case <-p.exited:
		return nil, fmt.Errorf("%s ended before it was ready:\n%s", p.cmd, p.stderr)
	case <-time.After(patience):
		p.kill()
		return nil, fmt.Errorf("%s was not ready within %v:\n%s", p.cmd, patience, p.stderr)
	}
	var ready struct{ Endpoint string }
	if err := json.Unmarshal([]byte(lines(p.stdout.String())[0]), &ready); err != nil || ready.Endpoint == "" {
		p.kill()
		return nil, fmt.Errorf("%s printed %q in place of the ready line", p.cmd, p.stdout)
	}
	return &server{process: p, endpoint: ready.Endpoint}, nil
}

// startSandbox runs a sandbox of the test's own on a free port, with frozen clocks, and has it killed at the
// end of the test if it still runs then.
func startSandbox(t *testing.T, flags ...string) *server {
	t.Helper()
	return startServer(t, nil, append([]string{"sandbox", "--listen", "127.0.0.1:0", "--time", frozen}, flags...)...)
}

// startServer runs the binary with variables and args, and has it killed at the end of the test if it still
// runs then.
func startServer(t *testing.T, env []string, args ...string) *server {
	t.Helper()
	s, err := startWith(env, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.kill() })
	return s
}

// stop asks the server to end, and reports what ended reports.
func (s *server) stop() error {
	s.cmd.Process.Signal(syscall.SIGTERM) // fails only when it has ended already, with what ended makes of it
	return s.ended()
}

// ended waits for the end of a server that has been told to stop, and reports all that is not as it should be:
// another exit code than 0, anything but the ready line on stdout, and errors in the log.
func (s *server) ended() error {
	code, err := s.wait()
	if err != nil {
		return err
	}
	if code != 0 {
		return fmt.Errorf("%s: exit code %d, want 0:\n%s", s.cmd, code, s.stderr)
	}
	if strings.Contains(s.stderr.String(), "level=ERROR") {
		return fmt.Errorf("%s logged errors:\n%s", s.cmd, s.stderr)
	}
	if n := len(lines(s.stdout.String())); n != 1 {
		return fmt.Errorf("%s printed %d lines on stdout, want only the ready line:\n%s", s.cmd, n, s.stdout)
	}
	return nil
}

// operator makes a call of the operator API, whose answer must be 200, and decodes the answer into out.
func (s *server) operator(t *testing.T, method, path string, in, out any) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.endpoint+"/_slotfarm/v1"+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if s.operatorKey.ID != "" {
		if err := s.operatorKey.signer("slotfarm").Sign(req, body, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	resp, err := web.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s, %v\n%s", method, path, resp.Status, err, text)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatalf("%s %s: %v in %s", method, path, err, text)
	}
}

// verify has the server refold all its journals, and returns how many entries they have.
func (s *server) verify(t *testing.T) (entries int) {
	t.Helper()
	var report struct {
		Entries int
		OK      bool
	}
	if s.operator(t, http.MethodGet, "/verify", nil, &report); !report.OK {
		t.Errorf("verify: %+v", report)
	}
	return report.Entries
}
