package harness

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

	"github.com/google/go-cmp/cmp"
)

// Server is a slotfarm process that has printed its address.
type Server struct {
	*Process
	Endpoint    string
	OperatorKey AccessKey // zero for a sandbox
}

// Web is the HTTP client of all tests that call a server without an SDK.
var Web = &http.Client{
	Transport: &http.Transport{MaxIdleConnsPerHost: 64},
	Timeout:   Patience,
}

// Start runs the binary with args and waits for its ready line.
func Start(args ...string) (*Server, error) { return StartWith(nil, args...) }

// StartWith is Start with environment variables.
func StartWith(env []string, args ...string) (*Server, error) {
	p, err := Launch(env, args...)
	if err != nil {
		return nil, err
	}
	select {
	case <-p.Stdout.FirstLine:
	case <-p.Exited:
		return nil, fmt.Errorf("%s ended before it was ready:\n%s", p.Cmd, p.Stderr)
	case <-time.After(Patience):
		p.Kill()
		return nil, fmt.Errorf("%s was not ready within %v:\n%s", p.Cmd, Patience, p.Stderr)
	}
	var ready struct{ Endpoint string }
	if err := json.Unmarshal([]byte(Lines(p.Stdout.String())[0]), &ready); err != nil || ready.Endpoint == "" {
		p.Kill()
		return nil, fmt.Errorf("%s printed %q instead of the ready line", p.Cmd, p.Stdout)
	}
	return &Server{Process: p, Endpoint: ready.Endpoint}, nil
}

// StartSandbox runs a sandbox for one test on a free port, with frozen clocks. At the end of the test it kills the
// sandbox if it still runs.
func StartSandbox(t *testing.T, flags ...string) *Server {
	t.Helper()
	return StartServer(t, nil, append([]string{"sandbox", "--listen", "127.0.0.1:0", "--time", Frozen}, flags...)...)
}

// StartServer runs the binary with environment variables and arguments. At the end of the test it kills the server if
// it still runs.
func StartServer(t *testing.T, env []string, args ...string) *Server {
	t.Helper()
	s, err := StartWith(env, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Kill() })
	return s
}

// Stop asks the server to end, and returns the result of Ended.
func (s *Server) Stop() error {
	s.Cmd.Process.Signal(syscall.SIGTERM) // fails only if it has already ended, which Ended reports
	return s.Ended()
}

// Ended waits for the end of a server that has been told to stop, and reports everything unexpected: an exit code
// other than 0, anything but the ready line on standard output, and errors in the log.
func (s *Server) Ended() error {
	code, err := s.Wait()
	if err != nil {
		return err
	}
	if code != 0 {
		return fmt.Errorf("%s: exit code %d, want 0:\n%s", s.Cmd, code, s.Stderr)
	}
	if strings.Contains(s.Stderr.String(), "level=ERROR") {
		return fmt.Errorf("%s logged errors:\n%s", s.Cmd, s.Stderr)
	}
	if n := len(Lines(s.Stdout.String())); n != 1 {
		return fmt.Errorf("%s printed %d lines on stdout, want only the ready line:\n%s", s.Cmd, n, s.Stdout)
	}
	return nil
}

// Operator makes a call of the operator API, such as "GET /verify", whose answer must be 200, and decodes the answer into out.
func (s *Server) Operator(t *testing.T, route string, in, out any) {
	t.Helper()
	method, path, _ := strings.Cut(route, " ")
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.Endpoint+"/_slotfarm/v1"+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if s.OperatorKey.ID != "" {
		if err := s.OperatorKey.Signer("slotfarm").Sign(req, body, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	resp, err := Web.Do(req)
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

// Verify makes the server verify all its journals, and returns how many entries they have.
func (s *Server) Verify(t *testing.T) (entries int) {
	t.Helper()
	var report struct {
		Entries int
		OK      bool
	}
	if s.Operator(t, "GET /verify", nil, &report); !report.OK {
		t.Errorf("verify: %+v", report)
	}
	return report.Entries
}

// Fired returns how often each fault took effect.
func (s *Server) Fired(t *testing.T) []int {
	t.Helper()
	var report struct{ Rules []Fault }
	s.Operator(t, "GET /faults", nil, &report)
	var fired []int
	for _, r := range report.Rules {
		fired = append(fired, r.Fired)
	}
	return fired
}

// CheckFired fails the test unless each fault took effect the given number of times, and nothing was logged as an
// error.
func (s *Server) CheckFired(t *testing.T, want ...int) {
	t.Helper()
	if diff := cmp.Diff(want, s.Fired(t)); diff != "" {
		t.Errorf("how often each fault took effect (-want +got):\n%s", diff)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}

// Ready reports whether the node says that it is ready.
func (s *Server) Ready() bool {
	resp, err := Web.Get(s.Endpoint + "/readyz")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// Fault is a rule by which a server breaks answers.
type Fault struct {
	Operation       string `json:"operation,omitempty"`
	Error           string `json:"error,omitempty"`
	Message         string `json:"message,omitempty"`
	Status          int    `json:"status,omitempty"`
	DropAfterCommit bool   `json:"dropAfterCommit,omitempty"`
	Times           int    `json:"times,omitempty"`
	Fired           int    `json:"fired,omitempty"` // in answers only
}
