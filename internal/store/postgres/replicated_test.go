package postgres_test

import (
	"testing"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
)

// TestRepeatIsReplicated has a commit wait in vain for a synchronous standby. PostgreSQL keeps it and shows it to
// everyone, though a failover would lose it: a repeat must not be told that it is done until the standby has it.
func TestRepeatIsReplicated(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	url := s.Database(t)
	j := open(t, url)
	configure(t, url, "synchronous_standby_names", "nobody")
	for range 2 {
		if outcome, err := j.Update(t.Context(), opening("000000000001")); fault.KindOf(err) != fault.Unavailable {
			t.Fatalf("without its standby the database has acknowledged %+v, %v", outcome, err)
		}
	}
	if head, err := j.Head(t.Context(), "000000000001"); err != nil || head.Seq != 1 {
		t.Fatalf("head = %+v, %v: this test needs a commit that is kept and not replicated", head, err)
	}
	configure(t, url, "synchronous_standby_names", "")
	outcome, err := j.Update(t.Context(), opening("000000000001"))
	if err != nil || !outcome.Repeated || outcome.Seq != 1 {
		t.Errorf("with its standby: %+v, %v, want the recorded entry", outcome, err)
	}
}

// configure changes a setting of a whole server, and returns when new connections have it.
func configure(t *testing.T, url, setting, value string) {
	t.Helper()
	conn := connect(t, url)
	for _, statement := range []string{"ALTER SYSTEM SET " + setting + " = '" + value + "'", "SELECT pg_reload_conf()"} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for now := "?"; now != value; {
		if err := conn.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&now); err != nil {
			t.Fatal(err)
		}
	}
}
