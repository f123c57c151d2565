// Package slotfarmtest runs slotfarm inside a Go test: a whole sandbox on a port
// and in a directory of its own, which ends with the test.
//
// Start returns a Server. With its accounts, a test buys slots, moves clocks,
// breaks calls and goes back. An account has an aws.Config for the AWS SDK for
// Go v2, so the code under test need not change. Tests run in parallel either
// with a server each, or with one server and an account each
// (Server.NewAccount).
//
// The methods return no errors. They fail the test if they cannot do what they
// are asked to.
package slotfarmtest

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/server"
)

// TB is what the package needs from a test; *testing.T and *testing.B implement
// it.
type TB interface {
	Helper()
	Cleanup(func())
	TempDir() string
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Option changes how a server starts.
type Option func(*server.Config) error

// At starts every account with its clock frozen at an instant.
func At(now time.Time) Option {
	return func(c *server.Config) error {
		c.Frozen = &now
		return nil
	}
}

// MaxSlots sets how many slots of one offering an account may hold; the default
// is 100.
func MaxSlots(n int) Option {
	return func(c *server.Config) error {
		c.MaxSlots = n
		return nil
	}
}

// Seed starts with the catalogue and the accounts of a seed, YAML or JSON.
func Seed(text string) Option {
	return func(c *server.Config) error {
		seed, err := manifest.ParseSeed([]byte(text))
		c.Seed = &seed
		return err
	}
}

// SeedFile is Seed with the text of a file.
func SeedFile(name string) Option {
	return func(c *server.Config) error {
		seed, err := manifest.LoadSeed(name)
		c.Seed = &seed
		return err
	}
}

// Server is a running sandbox. Start makes one.
type Server struct {
	t        TB
	endpoint string
	client   *client.Client
	accounts atomic.Int64 // made by NewAccount
}

// drainTime is how long the end of a test waits for requests under way.
const drainTime = 20 * time.Second

// Start runs a sandbox until the test ends. Its log goes to the test's log.
func Start(t TB, options ...Option) *Server {
	t.Helper()
	config := server.Config{Data: t.TempDir(), Log: logTo(t)}
	for _, option := range options {
		if err := option(&config); err != nil {
			t.Fatalf("slotfarm: %v", err)
		}
	}
	running, err := server.Start(context.Background(), config)
	if err != nil {
		t.Fatalf("slotfarm: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), drainTime)
		defer cancel()
		if err := running.Close(ctx); err != nil {
			t.Fatalf("slotfarm: close: %v", err)
		}
	})
	operator, err := client.New(running.Endpoint())
	if err != nil {
		t.Fatalf("slotfarm: %v", err)
	}
	t.Cleanup(operator.Close)
	return &Server{t: t, endpoint: running.Endpoint(), client: operator}
}

// logTo returns a log whose lines a failing test shows.
func logTo(t TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(lines{t}, &slog.HandlerOptions{Level: slog.LevelInfo}))
}

type lines struct{ t TB }

// Write logs one line.
func (l lines) Write(line []byte) (int, error) {
	l.t.Logf("slotfarm: %s", strings.TrimSuffix(string(line), "\n"))
	return len(line), nil
}

// Endpoint returns the URL for clients, such as http://127.0.0.1:41235.
func (s *Server) Endpoint() string { return s.endpoint }

// firstAccount is the first id of NewAccount.
const firstAccount = 900_000_000_001

// NewAccount returns an account that no other call returns, for t, which need
// not be the server's test.
func (s *Server) NewAccount(t TB) *Account {
	return s.Account(t, fmt.Sprintf("%012d", firstAccount+s.accounts.Add(1)-1))
}

// Account returns the account with an id of twelve digits, for t, which need
// not be the server's test.
func (s *Server) Account(t TB, id string) *Account { return &Account{t: t, server: s, id: id} }

// Plant brings the accounts of a seed, YAML or JSON, to the state that it
// describes, in place of what they had.
func (s *Server) Plant(seed string) {
	s.t.Helper()
	_, err := s.client.PutSeed(context.Background(), []byte(seed))
	check(s.t, err)
}

// Reset deletes everything but the seed.
func (s *Server) Reset() {
	s.t.Helper()
	_, err := s.client.Reset(context.Background())
	check(s.t, err)
}

func check(t TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("slotfarm: %v", err)
	}
}
