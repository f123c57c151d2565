package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// process is a started slotfarm process.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr *output
	exited         chan struct{} // closed once the process is gone and all it printed is here
}

// output collects what a process prints.
type output struct {
	mu        sync.Mutex
	text      bytes.Buffer
	firstLine chan struct{} // closed once the first line is complete
	complete  sync.Once
}

func newOutput() *output { return &output{firstLine: make(chan struct{})} }

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	if bytes.ContainsRune(p, '\n') {
		o.complete.Do(func() { close(o.firstLine) })
	}
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// launch starts the binary under test in an environment that holds nothing else for it to read than env.
func launch(env []string, args ...string) (*process, error) {
	p := &process{
		cmd:    exec.Command(slotfarmBinary, args...),
		stdout: newOutput(),
		stderr: newOutput(),
		exited: make(chan struct{}),
	}
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir()}, env...)
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.cmd.Wait() // what it returns stands in ProcessState too
		close(p.exited)
	}()
	return p, nil
}

// wait waits for the process to end and returns its exit code, -1 after a signal.
func (p *process) wait() (int, error) {
	select {
	case <-p.exited:
		return p.cmd.ProcessState.ExitCode(), nil
	case <-time.After(patience):
		p.cmd.Process.Kill()
		return 0, fmt.Errorf("%s did not end within %v:\n%s", p.cmd, patience, p.stderr)
	}
}

// kill ends the process as kill -9 does, and waits until it is gone.
func (p *process) kill() error {
	p.cmd.Process.Kill() // fails only when it has ended already
	_, err := p.wait()
	return err
}

// result is what a finished process left behind.
type result struct {
	Code           int
	Stdout, Stderr string
}

// runToEnd runs the binary under test with args until it ends by itself.
func runToEnd(t *testing.T, args ...string) result {
	t.Helper()
	return runToEndWith(t, nil, args...)
}

// runToEndWith is runToEnd with variables for the binary to read.
func runToEndWith(t *testing.T, env []string, args ...string) result {
	t.Helper()
	p, err := launch(env, args...)
	if err != nil {
		t.Fatal(err)
	}
	code, err := p.wait()
	if err != nil {
		t.Fatal(err)
	}
	return result{Code: code, Stdout: p.stdout.String(), Stderr: p.stderr.String()}
}

// lines splits what a process printed into its lines.
func lines(text string) []string {
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}
