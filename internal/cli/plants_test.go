package cli_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/checkpoint"
	"github.com/slotfarm/slotfarm/internal/cli"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// scene is the storage of a service, from which somebody takes and to which
// somebody adds.
type scene struct {
	t      *testing.T
	whole  string // the data directory, closed
	older  string // a copy from before the newest purchase, and before the newest acts
	log    string // a copy whose newest purchase is in the write-ahead log
	since  string // a directory with a checkpoint of the whole
	master string // the file of the master key

	kept     *sqlite.Journal
	parts    *server.Parts
	key      string // the access key of the team
	snapshot string
	entries  int64 // that the team has
}

const (
	team     account.ID = "111122223333"
	neighbor account.ID = "444455556666"
	tester   account.ID = "222222222222"
)

// on is who acts on an account.
func on(id account.ID) journal.Caller {
	return journal.Caller{Account: id, By: journal.By{Key: "SLOTOPERATOR"}}
}

// newScene has a service live for a while.
func newScene(t *testing.T) *scene {
	t.Helper()
	dir := t.TempDir()
	s := &scene{t: t}
	for name, path := range map[string]*string{"whole": &s.whole, "older": &s.older, "log": &s.log, "since": &s.since} {
		*path = filepath.Join(dir, name)
		s.must(os.Mkdir(*path, 0o700))
	}
	master, err := iam.NewMasterKey(rand.Reader)
	s.must(err)
	s.master = filepath.Join(dir, "master.key")
	s.must(os.WriteFile(s.master, []byte(master.Text()), 0o600))
	s.kept, err = sqlite.Open(context.Background(), s.whole)
	s.must(err)
	ids := 0
	s.parts, err = server.NewParts(context.Background(), server.PartsConfig{
		Store: s.kept, Terms: account.Terms{Catalog: offering.Default(), MaxSlots: 10}, Now: time.Now, Acts: true, Closed: true, Master: master,
		NewID: func() string { ids++; return fmt.Sprintf("id-%d", ids) }, Actions: []iam.Action{{Name: "devicefarm:ListOfferings", Resource: "*"}, {Name: "slotfarm:ListKeys", Resource: "*"}},
	})
	s.must(err)
	s.live(master)
	return s
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// live makes what is tampered with.
func (s *scene) live(master iam.MasterKey) {
	ctx := context.Background()
	_, err := s.parts.Installation.Install(ctx, func() (iam.MasterKey, error) { return master, nil })
	s.must(err)
	for id, test := range map[account.ID]bool{team: false, neighbor: false, tester: true} {
		_, err := s.parts.Accounts.Configure(ctx, on(id), account.Settings{Test: &test})
		s.must(err)
	}
	everything := []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"devicefarm:ListOfferings","Resource":"*"}]}`)
	made, err := s.parts.Keys.Create(ctx, on(team), "ci", everything)
	s.must(err)
	s.key = made.Key.ID
	shot, err := s.parts.Snapshots.Take(ctx, on(tester))
	s.must(err)
	s.snapshot = shot.ID
	s.buy()
	s.copyTo(s.older)
	s.must(s.parts.Catalog.Set(ctx, on(account.Operator), offering.Default(), nil))
	s.buy()
	head, err := s.kept.Head(ctx, team)
	s.must(err)
	s.entries = head.Seq
	taken, err := checkpoint.Take(ctx, s.kept, server.Signer(&master), time.Now())
	s.must(err)
	_, err = taken.Keep(s.since)
	s.must(err)
	s.copyTo(s.log)
	s.must(s.kept.Close())
}

// buy has the team buy a slot.
func (s *scene) buy() {
	s.t.Helper()
	order := account.Order{OfferingID: offering.Default().Offerings[0].ID, Quantity: 1}
	_, _, err := s.parts.Orders.Purchase(context.Background(), on(team), order)
	s.must(err)
}

// copyTo copies the storage as it is, while nobody writes.
func (s *scene) copyTo(dir string) {
	s.t.Helper()
	for _, name := range []string{"slotfarm.db", "slotfarm.db-wal"} {
		body, err := os.ReadFile(filepath.Join(s.whole, name))
		if os.IsNotExist(err) {
			continue
		}
		s.must(err)
		s.must(os.WriteFile(filepath.Join(dir, name), body, 0o600))
	}
}

// verify returns the exit status of verifying a directory with the checkpoint, and
// what the command printed.
func (s *scene) verify(dir string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	args := []string{"verify", "--data", dir, "--since", s.since, "--master-key-file", s.master}
	status = cli.Run(context.Background(), cli.IO{Args: args, Out: &out, Err: &err})
	return status, out.String(), err.String()
}

// run runs a statement on the database in a directory, as somebody does who can
// write there. It has to change something.
func (s *scene) run(dir, statement string, args ...any) {
	s.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "slotfarm.db"))
	s.must(err)
	defer func() { s.must(db.Close()) }()
	done, err := db.Exec(statement, args...)
	s.must(err)
	if n, err := done.RowsAffected(); !strings.HasPrefix(statement, "CREATE") && !strings.HasPrefix(statement, "DROP") && (n == 0 || err != nil) {
		s.t.Fatalf("%s changed %d rows, %v", statement, n, err)
	}
}

// rewrite has the body of a document say something else.
func (s *scene) rewrite(dir, key, old, changed string) {
	s.t.Helper()
	s.run(dir, `UPDATE documents SET body = CAST(replace(CAST(body AS TEXT), ?, ?) AS BLOB) WHERE key = ? AND instr(CAST(body AS TEXT), ?) > 0`, old, changed, key, old)
}

// flipLast changes a byte in the last frame of the write-ahead log in a directory.
func (s *scene) flipLast(dir string) {
	s.t.Helper()
	name := filepath.Join(dir, "slotfarm.db-wal")
	log, err := os.ReadFile(name)
	s.must(err)
	log[len(log)-100] ^= 1
	s.must(os.WriteFile(name, log, 0o600))
}

// plants returns what somebody does to a copy of the storage, and the words with
// which verify names that.
func (s *scene) plants() map[string]plant {
	newest := fmt.Sprintf("entry %d of account %s is not what was written: the entry is missing, and the checkpoint has it", s.entries, team)
	key, catalogue, snapshot := "access/"+string(team)+"/"+s.key, "catalog/version/000000001", "snapshot/"+string(tester)+"/"+s.snapshot
	document := func(key string) string { return "document " + key + " is not what the operator left: " }
	return map[string]plant{
		"a trigger": {s.whole, func(dir string) {
			s.run(dir, `CREATE TRIGGER eat AFTER INSERT ON entries BEGIN DELETE FROM entries WHERE rowid = NEW.rowid; END`)
		}, "the database has the trigger eat, which slotfarm does not make"},
		"an index":        {s.whole, func(dir string) { s.run(dir, `DROP INDEX entries_retry`) }, "the database lacks the index entries_retry"},
		"a foreign table": {s.whole, func(dir string) { s.run(dir, `CREATE TABLE ours (x)`) }, "the database has the table ours, which slotfarm does not make"},
		"when an account is due": {s.whole, func(dir string) { s.run(dir, `UPDATE accounts SET due = due + 1 WHERE account = ?`, team) },
			fmt.Sprintf("entry %d of account %s is not what was written: the account is due at another time", s.entries, team)},
		"the newest entry": {s.whole, func(dir string) { s.run(dir, `DELETE FROM entries WHERE account = ? AND seq = ?`, team, s.entries) }, newest},
		"a whole account": {s.whole, func(dir string) {
			s.run(dir, `DELETE FROM entries WHERE account = ?`, neighbor)
			s.run(dir, `DELETE FROM accounts WHERE account = ?`, neighbor)
		}, "of account " + string(neighbor) + " is not what was written: the entry is missing, and the checkpoint has it"},
		"an older file": {s.older, func(string) {}, "of account 000000000000 is not what was written: the entry is missing, and the checkpoint has it"},
		"the body of an entry": {s.whole, func(dir string) {
			s.run(dir, `UPDATE entries SET body = CAST(replace(CAST(body AS TEXT), '"quantity":1', '"quantity":9') AS BLOB) WHERE account = ? AND seq = ?`, team, s.entries)
		}, fmt.Sprintf("entry %d of account %s is not what was written: the hash does not match", s.entries, team)},
		"a frame of the log":         {s.log, s.flipLast, newest},
		"a version of the catalogue": {s.whole, func(dir string) { s.rewrite(dir, catalogue, "250", "1") }, document(catalogue) + "it is not what entry "},
		"the catalogue in force":     {s.whole, func(dir string) { s.rewrite(dir, "catalog/head", "1", "0") }, document("catalog/head") + "it is not what entry "},
		"a key is deleted":           {s.whole, func(dir string) { s.run(dir, `DELETE FROM documents WHERE key = ?`, key) }, document(key) + "it is missing, and entry "},
		"a key may do more":          {s.whole, func(dir string) { s.rewrite(dir, key, "devicefarm:ListOfferings", "*") }, document(key) + "it is not what entry "},
		"the owner of a key":         {s.whole, func(dir string) { s.rewrite(dir, "key/"+s.key, string(team), string(neighbor)) }, document("key/"+s.key) + "it is not what entry "},
		"a key that nobody made": {s.whole, func(dir string) {
			s.run(dir, `INSERT INTO documents SELECT replace(key, ?, ?), version, body FROM documents WHERE key = ?`, s.key, "SLOTAAAAAAAAAAAAAAAA", key)
		}, document("access/"+string(team)+"/SLOTAAAAAAAAAAAAAAAA") + "no act of the operator left it"},
		"a snapshot": {s.whole, func(dir string) { s.rewrite(dir, snapshot, `"entries":`, `"entries":1`) }, document(snapshot) + "it is not what entry "},
	}
}

// plant is what is done to a copy of storage.
type plant struct {
	from string // what is copied
	do   func(dir string)
	want string
}

// TestPlants tampers with storage in all the ways that there are, one at a time:
// verify with a checkpoint names each of them, and is content with copies that are
// as they were.
func TestPlants(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for name, p := range s.plants() {
		t.Run(name, func(t *testing.T) {
			s.t = t
			dir := filepath.Join(t.TempDir(), "copied")
			s.must(os.CopyFS(dir, os.DirFS(p.from)))
			if status, out, stderr := s.verify(dir); p.from != s.older && (status != 0 || !strings.Contains(out, "acts of the operator: 5, documents: 7")) {
				t.Fatalf("as it was: status %d, %s%s", status, out, stderr)
			}
			p.do(dir)
			status, out, stderr := s.verify(dir)
			if status != 1 || !strings.Contains(stderr, p.want) {
				t.Errorf("status %d, %s%s, want 1 and %q", status, out, stderr, p.want)
			}
		})
	}
}
