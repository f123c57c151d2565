package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal/postgres/pgtest"
)

// TestRepeatIsReplicated has a commit wait in vain for a synchronous standby. PostgreSQL keeps it and shows it to
// everyone, though a failover would lose it: a repeat must not be told that it is done until the standby has it.
func TestRepeatIsReplicated(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	url := s.Database(t)
	j := open(t, url)
	standbys(t, url, "nobody")
	for range 2 {
		if outcome, err := j.Update(t.Context(), opening("000000000001")); fault.KindOf(err) != fault.Unavailable {
			t.Fatalf("without its standby the database has acknowledged %+v, %v", outcome, err)
		}
	}
	if head, err := j.Head(t.Context(), "000000000001"); err != nil || head.Seq != 1 {
		t.Fatalf("head = %+v, %v: this test needs a commit that is kept and not replicated", head, err)
	}
	standbys(t, url, "")
	outcome, err := j.Update(t.Context(), opening("000000000001"))
	if err != nil || !outcome.Repeated || outcome.Seq != 1 {
		t.Errorf("with its standby: %+v, %v, want the recorded entry", outcome, err)
	}
}

// standbys has commits of a server wait for the standbys of some names, and returns when it does so.
func standbys(t *testing.T, url, names string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, statement := range []string{"ALTER SYSTEM SET synchronous_standby_names = '" + names + "'", "SELECT pg_reload_conf()"} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	for now := "?"; now != names; {
		if err := conn.QueryRow(ctx, "SELECT current_setting('synchronous_standby_names')").Scan(&now); err != nil {
			t.Fatal(err)
		}
	}
}
