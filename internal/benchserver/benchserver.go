package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/bench"
	"github.com/slotfarm/slotfarm/internal/server"
)

// benchServer is a sandbox in a process of its own, so that what it uses can be
// told from what the load generator uses.
type benchServer struct {
	command  *exec.Cmd
	endpoint string
	out      io.ReadCloser
}

// benchServerCommand runs a server for the load generator: a sandbox that
// verifies signatures.
type benchServerCommand struct {
	Data        string `required:"" xor:"storage"`
	DatabaseURL string `name:"database-url" required:"" xor:"storage"`
}

// Run serves until ctx ends. A database that holds anything is not for that.
func (c *benchServerCommand) Run(ctx context.Context, streams IO) error {
	if err := c.unused(ctx); err != nil {
		return err
	}
	log := slog.New(format("text").handler(streams.Err, level(slog.LevelError)))
	s, err := server.Start(ctx, server.Config{
		Data: c.Data, Database: c.DatabaseURL, MaxSlots: account.MaxQuantity, Log: log,
		Secrets: func(id string) (string, error) { return bench.Secret(id), nil },
	})
	if err != nil {
		return err
	}
	if err := json.NewEncoder(streams.Out).Encode(map[string]string{"endpoint": s.Endpoint()}); err != nil {
		return errors.Join(err, closeServer(ctx, s))
	}
	return serve(ctx, s, log, 0)
}

// unused refuses a database that holds accounts.
func (c *benchServerCommand) unused(ctx context.Context) error {
	if c.DatabaseURL == "" {
		return nil
	}
	return server.Offline(ctx, server.Config{Database: c.DatabaseURL}, func(p *server.Parts) error {
		ids, err := p.Accounts.List(ctx, "", 1)
		if err == nil && len(ids) > 0 {
			err = errors.New("the database to measure with holds accounts; it must be a new one")
		}
		return err
	})
}

// stopTime is how long a server may take to stop before it is killed.
const stopTime = drainTime + 10*time.Second

// startServer starts this program as a server to measure, with a variable that
// says where its data is, and waits until it answers. The end of ctx does not stop
// it; stop does.
func startServer(ctx context.Context, variable string, log io.Writer) (*benchServer, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.Command(program, "bench-server")
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
