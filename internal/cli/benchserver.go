package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
)

// benchServer is a sandbox in a process of its own, so that what it uses can be
// told from what the load generator uses.
type benchServer struct {
	command  *exec.Cmd
	endpoint string
	out      io.ReadCloser
}

// stopTime is how long a server may take to stop before it is killed.
const stopTime = drainTime + 10*time.Second

// startServer starts this program as a sandbox with its data in a directory, and
// waits until it answers. The end of ctx does not stop it; stop does.
func startServer(ctx context.Context, dir string, log io.Writer) (*benchServer, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.Command(program, "sandbox", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"),
		"--max-slots", strconv.Itoa(account.MaxQuantity), "--log-level", "error")
	command.Args[0] = "slotfarm"
	command.Env = withoutSettings(os.Environ())
	command.Stderr = log
	alone(command)
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start a server: %w", err)
	}
	s := &benchServer{command: command, out: out}
	if err := s.ready(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start a server: %w", err), s.stop())
	}
	return s, nil
}

// withoutSettings returns an environment without what is set for slotfarm, which
// would apply to the server too.
func withoutSettings(environment []string) []string {
	var rest []string
	for _, variable := range environment {
		if !strings.HasPrefix(variable, "SLOTFARM_") {
			rest = append(rest, variable)
		}
	}
	return rest
}

// ready reads where the server listens, which it prints once it does.
func (s *benchServer) ready(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { _ = s.out.Close() })()
	line, err := bufio.NewReader(s.out).ReadBytes('\n')
	if err != nil {
		return errors.Join(err, ctx.Err())
	}
	var first struct{ Endpoint string }
	if err := json.Unmarshal(line, &first); err != nil || first.Endpoint == "" {
		return fmt.Errorf("it printed %.100q", line)
	}
	s.endpoint = first.Endpoint
	return nil
}

func (s *benchServer) pid() int { return s.command.Process.Pid }

// stop has the server end and waits until it has.
func (s *benchServer) stop() error {
	if err := s.command.Process.Signal(stopSignal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return errors.Join(err, s.command.Process.Kill(), s.command.Wait())
	}
	defer time.AfterFunc(stopTime, func() { _ = s.command.Process.Kill() }).Stop()
	if err := s.command.Wait(); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	return nil
}
