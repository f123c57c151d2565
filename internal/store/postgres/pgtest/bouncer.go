package pgtest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// Bouncer is a PgBouncer in transaction mode in front of a server. If there is
// more than one connection, two successive transactions of a client run on
// different ones, so nothing that the first leaves in its session is there for
// the second.
type Bouncer struct {
	Port int
	s    *Server
	cmd  *exec.Cmd
	done chan struct{} // closed when cmd has ended
	log  bytes.Buffer
}

// Bouncer runs a PgBouncer in front of the server until the end of the test. If
// PgBouncer is not installed, the test is skipped, or fails with CI=true.
func (s *Server) Bouncer(tb testing.TB) *Bouncer {
	tb.Helper()
	program, err := findBouncer()
	if err != nil {
		Missing(tb, err)
	}
	port, err := FreePort()
	if err != nil {
		tb.Fatal(err)
	}
	settings := filepath.Join(s.dir, fmt.Sprintf("pgbouncer%d.ini", port))
	if err := os.WriteFile(settings, fmt.Appendf(nil, bouncerSettings, s.Port, port), 0o644); err != nil {
		tb.Fatal(err)
	}
	b := &Bouncer{Port: port, s: s, cmd: exec.Command(program, settings), done: make(chan struct{})}
	b.cmd.Dir, b.cmd.SysProcAttr = s.dir, s.user.attributes()
	b.cmd.Stdout, b.cmd.Stderr = &b.log, &b.log
	if err := b.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	go func() {
		defer close(b.done)
		b.cmd.Wait() // it ends when told to
	}()
	tb.Cleanup(func() {
		b.cmd.Process.Signal(syscall.SIGTERM) // fails only if it has already ended
		<-b.done
	})
	if err := answers(b.URL("postgres"), b.done); err != nil {
		tb.Fatalf("PgBouncer did not start: %v\n%s", err, &b.log)
	}
	return b
}

// bouncerSettings configures a PgBouncer; its arguments are the server's port
// and its own. It has fewer connections than clients, and tries to reconnect to
// a lost server every second instead of every 15 seconds.
const bouncerSettings = `[databases]
* = host=127.0.0.1 port=%d user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 8
max_client_conn = 500
server_round_robin = 1
server_login_retry = 1
`

// findBouncer returns the program.
func findBouncer() (string, error) {
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if program, err := exec.LookPath(name); err == nil {
			return program, nil
		}
	}
	return "", fmt.Errorf("PgBouncer is not installed")
}

// URL returns the URL of a database of the server.
func (b *Bouncer) URL(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s", b.Port, database)
}

// Database makes an empty database and returns its URL.
func (b *Bouncer) Database(tb testing.TB) string {
	tb.Helper()
	return b.URL(b.s.newDatabase(tb))
}
