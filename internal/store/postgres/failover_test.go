package postgres_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store/postgres"
	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
)

// opening opens an account, under a retry id.
func opening(id account.ID) journal.Change {
	at := time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC)
	return journal.Change{
		Account: id, Recorded: at, Retry: &journal.Retry{ID: "call", Request: "request"},
		Decide: func(account.State) ([]account.Event, error) {
			return []account.Event{account.Open(account.Opening{Seed: string(id)}, at)}, nil
		},
	}
}

func open(t *testing.T, url string) *postgres.Journal {
	t.Helper()
	j, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

// relay passes connections on to a server, until it goes dark: from then on it takes what it is sent, and says
// nothing, as a machine does that has lost its power.
type relay struct {
	net.Listener
	port int
	dark atomic.Bool
}

func startRelay(t *testing.T, to int) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{Listener: l, port: to}
	var all sync.WaitGroup
	all.Go(func() {
		for conn, err := r.Accept(); err == nil; conn, err = r.Accept() {
			all.Go(func() { r.pass(t, conn) })
		}
	})
	t.Cleanup(func() { r.Close(); all.Wait() })
	return r
}

// pass passes one connection on until both its ends have closed it, or the test ends.
func (r *relay) pass(t *testing.T, client net.Conn) {
	server, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", r.port))
	if err != nil {
		t.Error(err)
		return
	}
	context.AfterFunc(t.Context(), func() { client.Close(); server.Close() })
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
		both.Go(func() {
			io.Copy(&shade{way[1], &r.dark}, way[0]) // ends when either side does
			way[1].Close()
		})
	}
	both.Wait()
}

// shade drops what is written while it is dark.
type shade struct {
	io.Writer
	dark *atomic.Bool
}

func (s *shade) Write(p []byte) (int, error) {
	if s.dark.Load() {
		return len(p), nil
	}
	return s.Writer.Write(p)
}

// hosts returns the URL of a database that is reached through a relay and, where that fails, directly.
func hosts(r *relay, url string) string {
	return strings.Replace(url, "127.0.0.1:", r.Addr().String()+",127.0.0.1:", 1) + "?target_session_attrs=read-write"
}

// TestHostGoesDark has the host go dark to which the journal has all its connections. The first update has to
// find that out; those that come after it succeed.
func TestHostGoesDark(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	r := startRelay(t, s.Port)
	j := open(t, hosts(r, s.Database(t)))
	read := func() (failed int64) {
		var failures atomic.Int64
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				if _, err := j.Head(t.Context(), "000000000001"); err != nil {
					failures.Add(1)
				}
			})
		}
		all.Wait()
		return failures.Load()
	}
	if failed := read(); failed > 0 {
		t.Fatalf("%d of 16 reads failed", failed)
	}
	r.dark.Store(true)
	if _, err := j.Update(t.Context(), opening("000000000001")); err == nil {
		t.Fatal("the update reached a database that does not answer")
	}
	if failed := read(); failed > 0 {
		t.Errorf("%d of 16 reads failed after the first failure", failed)
	}
	if _, err := j.Update(t.Context(), opening("000000000001")); err != nil {
		t.Errorf("update: %v", err)
	}
}
