package pgtest

import (
	"context"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// KillBackend kills one of the processes that serve clients, as the kernel does
// when memory is short. The server then ends all the others; KillBackend waits
// until it accepts connections again.
func (s *Server) KillBackend(tb testing.TB) {
	tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		tb.Fatal(err)
	}
	defer conn.Close(ctx)
	var pid int
	err = conn.QueryRow(ctx, `
SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
ORDER BY state = 'active' DESC, random() LIMIT 1`).Scan(&pid)
	if err == nil {
		err = syscall.Kill(pid, syscall.SIGKILL)
	}
	if err != nil {
		tb.Fatalf("kill a process of PostgreSQL: %v", err)
	}
	if _, err := conn.Exec(ctx, `SELECT pg_sleep(60)`); ctx.Err() != nil || err == nil {
		tb.Fatal("PostgreSQL went on after the end of one of its processes")
	}
	if err := s.ready(); err != nil {
		tb.Fatalf("PostgreSQL did not come back: %v\n%s", err, &s.log)
	}
}
