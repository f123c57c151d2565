// Package pgtest runs a real PostgreSQL for tests: a cluster of its own in a
// temporary directory, on a free port of the loopback interface, which syncs
// what it commits. If PostgreSQL is not installed, the test is skipped, or
// fails with CI=true.
package pgtest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience is how long anything may take that normally takes no time.
const patience = time.Minute

// Server is a PostgreSQL that tests may stop and start again.
type Server struct {
	Port int
	bin  string // directory of the programs
	dir  string // of the cluster
	user *account

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{} // closed when cmd has ended
	log  bytes.Buffer

	databases atomic.Int64
}

// Start makes a cluster and runs it until the end of the test.
func Start(tb testing.TB) *Server {
	tb.Helper()
	bin, err := Programs()
	if err != nil {
		Missing(tb, err)
	}
	s := &Server{bin: bin}
	if s.user, err = owner(); err == nil {
		err = s.make()
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		s.Stop(syscall.SIGQUIT)
		if err := os.RemoveAll(s.dir); err != nil {
			tb.Error(err)
		}
	})
	s.Run(tb)
	return s
}

// Missing ends a test that needs a program that is not installed.
func Missing(tb testing.TB, err error) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatalf("%v; make deps installs it", err)
	}
	tb.Skipf("SKIPPED: %v; make deps installs it", err)
}

// Programs returns the directory of PostgreSQL's programs.
func Programs() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // where Debian installs it
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	initdb, err := exec.LookPath("initdb")
	if err != nil {
		return "", fmt.Errorf("PostgreSQL is not installed: %w", err)
	}
	return filepath.Dir(initdb), nil
}

// make makes the cluster.
func (s *Server) make() error {
	var err error
	if s.Port, err = FreePort(); err != nil {
		return err
	}
	if s.dir, err = os.MkdirTemp("", "pgtest"); err != nil {
		return err
	}
	if err := s.user.own(s.dir); err != nil {
		return err
	}
	initdb := exec.Command(filepath.Join(s.bin, "initdb"), "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = s.dir, s.user.attributes()
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// Run starts the server, and waits until it accepts connections.
func (s *Server) Run(tb testing.TB) {
	tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), "-D", s.data(), "-p", fmt.Sprint(s.Port), "-k", s.dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200", "-c", "shared_buffers=128MB")
	cmd.Dir, cmd.SysProcAttr = s.dir, s.user.attributes()
	cmd.Stdout, cmd.Stderr = &s.log, &s.log
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		cmd.Wait() // how it ended does not matter: tests end it in various ways
	}()
	s.cmd, s.done = cmd, done
	if err := s.ready(); err != nil {
		tb.Fatalf("PostgreSQL did not start: %v\n%s", err, &s.log)
	}
}

// ready waits until the server accepts connections.
func (s *Server) ready() error { return answers(s.URL("postgres"), s.done) }

// answers waits until the database at a URL accepts connections. It gives up if
// the server ends.
func answers(url string, done <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, url)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-done:
			return fmt.Errorf("it has ended: %w", err)
		case <-ctx.Done():
			return err
		default:
		}
	}
}

// Stop sends the server a signal and waits for its end: SIGINT shuts it down in
// good order, SIGQUIT immediately, and SIGKILL is a crash.
func (s *Server) Stop(signal syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return
	}
	if signal == syscall.SIGKILL {
		s.killBackends()
	}
	s.cmd.Process.Signal(signal) // fails only if it has already ended
	<-s.done
	s.cmd = nil
}

// killBackends kills all processes of the server except the first. They would
// notice the end of the first by themselves, a little later. The first process
// is stopped before, so that it starts no more of them.
func (s *Server) killBackends() {
	s.cmd.Process.Signal(syscall.SIGSTOP) // fails only if it has already ended
	for runs(s.cmd.Process.Pid) {
		runtime.Gosched()
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", s.cmd.Process.Pid, s.cmd.Process.Pid))
	if err != nil {
		return // no such file on this system: they notice it by themselves
	}
	for _, pid := range strings.Fields(string(children)) {
		var child int
		if _, err := fmt.Sscan(pid, &child); err == nil {
			syscall.Kill(child, syscall.SIGKILL) // it may have ended already already
		}
	}
}

// runs reports whether a process exists and is not stopped, if the system can
// tell.
func runs(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	state := status[bytes.LastIndexByte(status, ')')+2]
	return state != 'T' && state != 'Z'
}

// URL returns the URL of a database.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s", s.Port, database)
}

// Database makes an empty database and returns its URL.
func (s *Server) Database(tb testing.TB) string {
	tb.Helper()
	return s.URL(s.newDatabase(tb))
}

// newDatabase makes an empty database and returns its name.
func (s *Server) newDatabase(tb testing.TB) string {
	tb.Helper()
	name := fmt.Sprintf("test%d", s.databases.Add(1))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		tb.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		tb.Fatal(err)
	}
	return name
}

// Dump returns the whole contents of a database as text.
func (s *Server) Dump(tb testing.TB, database string) string {
	tb.Helper()
	out, err := exec.Command(filepath.Join(s.bin, "pg_dump"), "--dbname", s.URL(database)).Output()
	if err != nil {
		tb.Fatalf("pg_dump: %v", err)
	}
	return string(out)
}

// FreePort returns a free port of the loopback interface.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}
