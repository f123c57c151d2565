package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Process is a started slotfarm process.
type Process struct {
	Cmd            *exec.Cmd
	Stdout, Stderr *Output
	Exited         chan struct{} // closed once the process has ended and all its output is collected
}

// Output collects what a process prints.
type Output struct {
	Mu        sync.Mutex
	Text      bytes.Buffer
	FirstLine chan struct{} // closed once the first line is complete
	Complete  sync.Once
}

func newOutput() *Output { return &Output{FirstLine: make(chan struct{})} }

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	o.Mu.Lock()
	defer o.Mu.Unlock()
	o.Text.Write(p)
	if bytes.ContainsRune(p, '\n') {
		o.Complete.Do(func() { close(o.FirstLine) })
	}
	return len(p), nil
}

// String returns what the process has printed until now.
func (o *Output) String() string {
	o.Mu.Lock()
	defer o.Mu.Unlock()
	return o.Text.String()
}

// Launch starts the binary under test in an environment that contains only env.
func Launch(env []string, args ...string) (*Process, error) {
	p := &Process{
		Cmd:    exec.Command(Binary("slotfarm"), args...),
		Stdout: newOutput(),
		Stderr: newOutput(),
		Exited: make(chan struct{}),
	}
	p.Cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir()}, env...)
	p.Cmd.Stdout, p.Cmd.Stderr = p.Stdout, p.Stderr
	if err := p.Cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.Cmd.Wait() // ProcessState holds the same result
		close(p.Exited)
	}()
	return p, nil
}

// Wait waits for the process to end and returns its exit code, or -1 after a signal.
func (p *Process) Wait() (int, error) {
	select {
	case <-p.Exited:
		return p.Cmd.ProcessState.ExitCode(), nil
	case <-time.After(Patience):
		p.Cmd.Process.Kill()
		return 0, fmt.Errorf("%s did not end within %v:\n%s", p.Cmd, Patience, p.Stderr)
	}
}

// Kill ends the process with SIGKILL, and waits until it is gone.
func (p *Process) Kill() error {
	p.Cmd.Process.Kill() // fails only if it has already ended
	_, err := p.Wait()
	return err
}

// Result holds the output and exit code of a finished process.
type Result struct {
	Code           int
	Stdout, Stderr string
}

// RunToEnd runs the binary under test with args until it ends by itself.
func RunToEnd(t *testing.T, args ...string) Result {
	t.Helper()
	return RunToEndWith(t, nil, args...)
}

// RunToEndWith is RunToEnd with environment variables.
func RunToEndWith(t *testing.T, env []string, args ...string) Result {
	t.Helper()
	p, err := Launch(env, args...)
	if err != nil {
		t.Fatal(err)
	}
	code, err := p.Wait()
	if err != nil {
		t.Fatal(err)
	}
	return Result{Code: code, Stdout: p.Stdout.String(), Stderr: p.Stderr.String()}
}

// Lines splits what a process printed into its lines.
func Lines(text string) []string {
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// KillNow kills a server, which must not have ended by itself before.
func (s *Server) KillNow(t *testing.T) {
	t.Helper()
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if status := s.Cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Fatalf("it ended with %v, before it was killed:\n%s", s.Cmd.ProcessState, s.Stderr)
	}
}

// Offline runs a command that needs no server and must succeed, and decodes the JSON that it prints.
func Offline(t *testing.T, out any, args ...string) {
	t.Helper()
	got := RunToEnd(t, args...)
	if got.Code != 0 {
		t.Fatalf("%v: %+v", args, got)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal([]byte(got.Stdout), out); err != nil {
		t.Fatalf("%v printed %q: %v", args, got.Stdout, err)
	}
}

// Await waits until something holds.
func Await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(Patience)
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited %v for %s, which did not happen", Patience, what)
		}
	}
}
