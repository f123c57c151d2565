package postgres_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/store/postgres"
	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
)

// wantRefused wants a journal not to be opened, for a reason that is told.
func wantRefused(t *testing.T, url, reason string) {
	t.Helper()
	j, err := postgres.Open(t.Context(), url)
	if err == nil {
		j.Close()
		t.Fatal("the journal was opened")
	}
	if !strings.Contains(err.Error(), reason) {
		t.Errorf("error = %v, want one with %q", err, reason)
	}
}

func execute(t *testing.T, url, statement string) {
	t.Helper()
	if _, err := connect(t, url).Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestNewerFormatIsRefused(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t).Database(t)
	if err := open(t, url).Close(); err != nil {
		t.Fatal(err)
	}
	execute(t, url, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)")
	wantRefused(t, url, "the storage format is 9999; this program knows up to ")
	wantRefused(t, url, ": use a newer slotfarm")
	execute(t, url, "DELETE FROM goose_db_version WHERE version_id = 9999")
	open(t, url)
}

// TestCommitsThatMayBeLostAreRefused has every way in which a database can be told to acknowledge what is not on
// disk.
func TestCommitsThatMayBeLostAreRefused(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	const lazy, unsynced = "the database has synchronous_commit off", "the database has fsync off"
	t.Run("asked for by the URL", func(t *testing.T) {
		wantRefused(t, s.Database(t)+"?synchronous_commit=off", lazy)
	})
	t.Run("a setting of the database", func(t *testing.T) {
		url := s.Database(t)
		execute(t, url, "ALTER DATABASE "+url[strings.LastIndex(url, "/")+1:]+" SET synchronous_commit = off")
		wantRefused(t, url, lazy)
	})
	t.Run("a setting of the role", func(t *testing.T) {
		url := s.Database(t)
		execute(t, url, "CREATE ROLE lazy SUPERUSER LOGIN")
		execute(t, url, "ALTER ROLE lazy SET synchronous_commit = off")
		wantRefused(t, strings.Replace(url, "postgres@", "lazy@", 1), lazy)
		open(t, url)
	})
	for setting, reason := range map[string]string{"synchronous_commit": lazy, "fsync": unsynced} {
		t.Run(setting+" of the server", func(t *testing.T) {
			url := s.Database(t)
			configure(t, url, setting, "off")
			wantRefused(t, url, reason)
			configure(t, url, setting, "on")
			open(t, url)
		})
	}
	t.Run("full_page_writes is up to who knows the file system", func(t *testing.T) {
		url := s.Database(t)
		configure(t, url, "full_page_writes", "off")
		open(t, url)
	})
}

// silence returns the port of a server that takes connections and says nothing.
func silence(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			context.AfterFunc(t.Context(), func() { conn.Close() })
			go io.Copy(io.Discard, conn)
		}
	}()
	t.Cleanup(func() { l.Close(); <-ended })
	return l.Addr().(*net.TCPAddr).Port
}

// TestPasswordIsNeverShown opens what cannot be opened, in every form that a URL has.
func TestPasswordIsNeverShown(t *testing.T) {
	t.Parallel()
	const password = "hunter2%2Fsecret"
	s := pgtest.Start(t)
	nobody, err := pgtest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	execute(t, s.URL("postgres"), "CREATE ROLE guest")
	tests := []struct{ name, url, want string }{
		{"nobody listens", fmt.Sprintf("postgres://me:%s@127.0.0.1:%d/slotfarm", password, nobody), "connection refused"},
		{"nobody listens, keywords", fmt.Sprintf("host=127.0.0.1 port=%d user=me password=%s dbname=slotfarm", nobody, password), "connection refused"},
		{"a server that says nothing", fmt.Sprintf("postgres://me:%s@127.0.0.1:%d/slotfarm", password, silence(t)), "failed to connect"},
		{"no such database", fmt.Sprintf("postgres://postgres:%s@127.0.0.1:%d/nowhere", password, s.Port), `database "nowhere" does not exist`},
		{"no such role", fmt.Sprintf("postgres://me:%s@127.0.0.1:%d/postgres", password, s.Port), `role "me" does not exist`},
		{"a role that may not log in", fmt.Sprintf("postgres://guest:%s@127.0.0.1:%d/postgres", password, s.Port), "not permitted to log in"},
		{"no TLS", fmt.Sprintf("postgres://postgres:%s@127.0.0.1:%d/postgres?sslmode=require", password, s.Port), "refused TLS"},
		{"no such mode", fmt.Sprintf("postgres://postgres:%s@127.0.0.1:%d/postgres?sslmode=perhaps", password, s.Port), "the database URL cannot be read"},
		{"no port", fmt.Sprintf("postgres://me:%s@127.0.0.1:port/slotfarm", password), "the database URL cannot be read"},
		{"no host", fmt.Sprintf("postgres://me:%s@[::1/slotfarm", password), "the database URL cannot be read"},
		{"no number of connections", fmt.Sprintf("postgres://me:%s@127.0.0.1/slotfarm?pool_max_conns=many", password), "the database URL cannot be read"},
		{"no keyword", "user=me password=" + password + " dbname", "the database URL cannot be read"},
		{"no escape", fmt.Sprintf("postgres://me:%s%%zz@127.0.0.1/slotfarm", password), "the database URL cannot be read"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			j, err := postgres.Open(ctx, tt.url)
			if err == nil {
				j.Close()
				t.Fatal("the journal was opened")
			}
			if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, "hunter2") || !strings.Contains(text, tt.want) {
				t.Errorf("error = %s, want one with %q and without the password", text, tt.want)
			}
			if ctx.Err() != nil {
				t.Error("it took ten seconds to say so")
			}
		})
	}
}
