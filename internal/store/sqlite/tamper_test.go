package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// stored is a journal file that no process has open, and what was written into it for two accounts of five
// entries each.
type stored struct {
	db      *sql.DB
	file    string
	written []journal.Record // of alice
	other   []journal.Record // of bob, whose journal stays unchanged
}

func newStored(t *testing.T) stored {
	t.Helper()
	dir := t.TempDir()
	j := openDir(t, dir)
	fill(t, j, alice)
	fill(t, j, bob)
	s := stored{file: filepath.Join(dir, "slotfarm.db"), written: history(t, j, alice), other: history(t, j, bob)}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", s.file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`DROP INDEX entries_retry`); err != nil { // so that the index does not prevent tampering
		t.Fatal(err)
	}
	s.db = db
	return s
}

// hold has alice's journal hold these records, in their order, in place of what it holds.
func (s stored) hold(t rapid.TB, records []journal.Record) {
	t.Helper()
	tx, err := s.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec(`DELETE FROM entries WHERE account = ?`, alice); err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if _, err := tx.Exec(`INSERT INTO entries (account, seq, transactions, retry, body, hash) VALUES (?, ?, ?, ?, ?, ?)`,
			alice, r.Seq, r.Transactions, r.Retry, r.Body, r.Hash[:]); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// verify returns what journal.Verify finds, the reason left out.
func (s stored) verify(t rapid.TB) journal.Report {
	t.Helper()
	a, err := sqlite.OpenArchive(context.Background(), s.file)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	report, err := journal.Verify(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	if report.Wrong != nil {
		report.Wrong.Reason = ""
	}
	return report
}

// expected is what Verify has to find if alice's journal holds records: the first record that differs from the one
// that was written there. If only the newest entries are missing, Verify cannot detect it.
func (s stored) expected(records []journal.Record) journal.Report {
	for i, r := range records {
		if i >= len(s.written) || !cmp.Equal(r, s.written[i]) {
			return journal.Report{Entries: int64(i), Wrong: &journal.Wrong{Account: alice, Seq: r.Seq}}
		}
	}
	return journal.Report{Accounts: 2, Entries: int64(len(records) + len(s.other))}
}

// check stores records and compares the result of Verify with the expected one.
func (s stored) check(t rapid.TB, what string, records []journal.Record) {
	t.Helper()
	s.hold(t, records)
	if diff := cmp.Diff(s.expected(records), s.verify(t)); diff != "" {
		t.Errorf("%s: report (-want +got):\n%s", what, diff)
	}
}

// numbered returns records under the numbers of their places.
func numbered(records []journal.Record) []journal.Record {
	records = slices.Clone(records)
	for i := range records {
		records[i].Seq = int64(i + 1)
	}
	return records
}

// swapped exchanges the records in two places.
func swapped(records []journal.Record, i, k int) []journal.Record {
	records = slices.Clone(records)
	records[i], records[k] = records[k], records[i]
	return numbered(records)
}

// changes are the ways to alter one record, by their names.
var changes = map[string]func(r *journal.Record, at int){
	"a bit of the body":          func(r *journal.Record, at int) { r.Body = flipped(r.Body, at) },
	"a bit of the hash":          func(r *journal.Record, at int) { r.Hash = journal.Hash(flipped(r.Hash[:], at)) },
	"the end of the body":        func(r *journal.Record, at int) { r.Body = r.Body[:at%max(len(r.Body), 1)] },
	"the number of transactions": func(r *journal.Record, at int) { r.Transactions += 1 + at },
	"the retry digest":           func(r *journal.Record, at int) { r.Retry = []byte{byte(at)} },
	"the number of the entry":    func(r *journal.Record, at int) { r.Seq += 100 + int64(at) },
}

func flipped(b []byte, at int) []byte {
	if len(b) == 0 { // another change took it all
		return []byte{byte(at)}
	}
	b = bytes.Clone(b)
	b[at%len(b)] ^= 1 << (at % 8)
	return b
}

// TestTamperingEverywhere changes, drops, swaps and inserts every entry of a journal at every place.
func TestTamperingEverywhere(t *testing.T) {
	s := newStored(t)
	chance := rand.New(rand.NewPCG(1, 2))
	for i := range s.written {
		for name, change := range changes {
			if name == "the number of the entry" && i < len(s.written)-1 {
				continue // that moves it to the end: the next one is what is noticed, as in TestTampering
			}
			records := slices.Clone(s.written)
			change(&records[i], chance.IntN(1<<16))
			s.check(t, fmt.Sprintf("%s of entry %d changed", name, i+1), records)
		}
		without := slices.Delete(slices.Clone(s.written), i, i+1)
		s.check(t, fmt.Sprintf("entry %d dropped", i+1), without)
		s.check(t, fmt.Sprintf("entry %d dropped and the gap closed", i+1), numbered(without))
		for k := range i {
			s.check(t, fmt.Sprintf("entries %d and %d swapped", k+1, i+1), swapped(s.written, k, i))
		}
		for k := range len(s.written) + 1 {
			s.check(t, fmt.Sprintf("entry %d inserted as entry %d", i+1, k+1), numbered(slices.Insert(slices.Clone(s.written), k, s.written[i])))
			s.check(t, fmt.Sprintf("entry %d of another account inserted as entry %d", i+1, k+1), numbered(slices.Insert(slices.Clone(s.written), k, s.other[i])))
		}
	}
	s.check(t, "all as it was", s.written)
}

// TestTampering does several of these at once, in any order.
func TestTampering(t *testing.T) {
	s := newStored(t)
	names := make([]string, 0, len(changes))
	for name := range changes {
		names = append(names, name)
	}
	slices.Sort(names)
	rapid.Check(t, func(r *rapid.T) {
		records := slices.Clone(s.written)
		draw := func(n int, label string) int { return rapid.IntRange(0, n-1).Draw(r, label) }
		for range 1 + draw(4, "more") {
			switch what := draw(4, "what"); {
			case len(records) == 0 || what == 0:
				records = slices.Insert(records, draw(len(records)+1, "place"), slices.Concat(s.written, s.other)[draw(10, "entry")])
			case what == 1:
				at := draw(len(records), "place")
				records = slices.Delete(records, at, at+1)
			case what == 2:
				records = swapped(records, draw(len(records), "one"), draw(len(records), "other"))
			default:
				changes[names[draw(len(names), "change")]](&records[draw(len(records), "place")], draw(1<<16, "at"))
			}
			if rapid.Bool().Draw(r, "numbered") {
				records = numbered(records)
			}
		}
		slices.SortStableFunc(records, func(a, b journal.Record) int { return int(a.Seq - b.Seq) }) // as they are read
		records = slices.CompactFunc(records, func(a, b journal.Record) bool { return a.Seq == b.Seq })
		s.check(r, "tampered with", records)
	})
}

// rewritten returns a journal whose entries from a place on are other ones, sealed as the engine seals them.
func (s stored) rewritten(t *testing.T, from int) []journal.Record {
	t.Helper()
	records := slices.Clone(s.written[:from])
	var head journal.Head
	for i, old := range s.written {
		entry, err := old.Entry()
		if err != nil {
			t.Fatal(err)
		}
		if i < from {
			head = journal.Head{Seq: old.Seq, Hash: old.Hash, State: entry.State}
			continue
		}
		entry.Event.At = entry.Event.At.AddDate(0, 0, 1) // the lie
		appended, err := journal.Extend(head, journal.Change{Account: alice, Decide: func(account.State) ([]account.Event, error) {
			return []account.Event{entry.Event}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, appended[0].Record)
		head = journal.Head{Seq: appended[0].Record.Seq, Hash: appended[0].Record.Hash, State: appended[0].Entry.State}
	}
	return records
}

// TestWhatVerifyCannotNotice records what cannot be detected from the file alone: that the newest entries are
// missing, or that all entries from one on were rewritten correctly. If only one entry was rewritten, the next one
// shows it.
func TestWhatVerifyCannotNotice(t *testing.T) {
	s := newStored(t)
	for from := range s.written {
		forged := s.rewritten(t, from)
		for what, records := range map[string][]journal.Record{"dropped": s.written[:from], "written anew": forged} {
			s.hold(t, records)
			want := journal.Report{Accounts: 2, Entries: int64(len(records) + len(s.other))}
			if diff := cmp.Diff(want, s.verify(t)); diff != "" {
				t.Errorf("entries from %d %s: report (-want +got):\n%s", from+1, what, diff)
			}
		}
		if from == len(s.written)-1 {
			continue
		}
		s.hold(t, slices.Concat(forged[:from+1], s.written[from+1:]))
		want := journal.Report{Entries: int64(from + 1), Wrong: &journal.Wrong{Account: alice, Seq: int64(from + 2)}}
		if diff := cmp.Diff(want, s.verify(t)); diff != "" {
			t.Errorf("entry %d alone written anew: report (-want +got):\n%s", from+1, diff)
		}
	}
}
