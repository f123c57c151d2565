// Package benchserver starts the server that the load generator measures, in a
// process of its own, so that the server's use of resources can be measured
// apart from the generator's. The process runs this same program.
package benchserver

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Server is a sandbox in a process of its own.
type Server struct {
	command  *exec.Cmd
	Endpoint string // URL
	out      io.ReadCloser
}

// Command is the command of this program that runs the server.
const Command = "bench-server"

// grace is how long a server may take to stop after its requests are answered.
const grace = 10 * time.Second

// Start starts this program as a server to measure, with an environment
// variable that says where its data is, and waits until it answers. The end of
// ctx does not stop the server; Stop does.
func Start(ctx context.Context, variable string, log io.Writer) (*Server, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.Command(program, Command)
	command.Args[0] = "slotfarm"
	command.Env = append(withoutSettings(os.Environ()), variable)
	command.Stderr = log
	alone(command)
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start a server: %w", err)
	}
	s := &Server{command: command, out: out}
	if err := s.ready(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start a server: %w", err), s.Stop(0))
	}
	return s, nil
}

// withoutSettings returns an environment without slotfarm's variables, which
// would also apply to the server.
func withoutSettings(environment []string) []string {
	var rest []string
	for _, variable := range environment {
		if !strings.HasPrefix(variable, "SLOTFARM_") {
			rest = append(rest, variable)
		}
	}
	return rest
}

// ready reads the address that the server prints once it listens.
func (s *Server) ready(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { _ = s.out.Close() })()
	line, err := bufio.NewReader(s.out).ReadBytes('\n')
	if err != nil {
		return errors.Join(err, ctx.Err())
	}
	var first struct{ Endpoint string }
	if err := json.Unmarshal(line, &first); err != nil || first.Endpoint == "" {
		return fmt.Errorf("it printed %.100q", line)
	}
	s.Endpoint = first.Endpoint
	return nil
}

// PID returns the id of the process.
func (s *Server) PID() int { return s.command.Process.Pid }

// Stop ends the server and waits for its end. It kills a server that takes
// longer than draining plus a grace period.
func (s *Server) Stop(draining time.Duration) error {
	if err := s.command.Process.Signal(stopSignal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return errors.Join(err, s.command.Process.Kill(), s.command.Wait())
	}
	defer time.AfterFunc(draining+grace, func() { _ = s.command.Process.Kill() }).Stop()
	if err := s.command.Wait(); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	return nil
}
