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

// bouncerConfig has few connections to the server, so that those of the tests
// take turns on them.
const bouncerConfig = `[databases]
* = host=127.0.0.1 port=%d user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_client_conn = 200
`

// Bouncer is a PgBouncer in transaction mode in front of a server: each
// transaction of a connection may run on another connection to the server.
type Bouncer struct {
	server *Server
	port   int
}

// Bouncer runs a PgBouncer until the end of the test.
func (s *Server) Bouncer(tb testing.TB) *Bouncer {
	tb.Helper()
	program, err := bouncerProgram()
	if err != nil {
		Missing(tb, err)
	}
	b := &Bouncer{server: s}
	if b.port, err = FreePort(); err != nil {
		tb.Fatal(err)
	}
	config := filepath.Join(s.dir, fmt.Sprintf("pgbouncer-%d.ini", b.port))
	if err := os.WriteFile(config, fmt.Appendf(nil, bouncerConfig, s.Port, b.port), 0o644); err != nil {
		tb.Fatal(err)
	}
	var log bytes.Buffer
	cmd := exec.Command(program, config)
	cmd.Dir, cmd.SysProcAttr = s.dir, s.user.attributes()
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		cmd.Wait() // it is ended by a signal
	}()
	end := func() { cmd.Process.Signal(syscall.SIGTERM); <-done }
	tb.Cleanup(end)
	if err := ready(b.URL("postgres"), done); err != nil {
		end()
		tb.Fatalf("PgBouncer did not start: %v\n%s", err, &log)
	}
	return b
}

// bouncerProgram returns the path of PgBouncer, which Debian has where only
// root looks for programs.
func bouncerProgram() (string, error) {
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("PgBouncer is not installed")
}

// URL returns the URL of a database by way of PgBouncer.
func (b *Bouncer) URL(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s", b.port, database)
}

// Database makes an empty database and returns its URL by way of PgBouncer.
func (b *Bouncer) Database(tb testing.TB) string {
	tb.Helper()
	return b.URL(b.server.create(tb))
}
