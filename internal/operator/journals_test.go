package operator_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// by says who caused an entry.
type by struct {
	Key, Source, Request string
}

// entry is what the tests read of a journal's entry.
type entry struct {
	Seq   int64
	By    by
	Event struct{ Kind string }
	Hash  string
}

// journal returns the entries that a query selects.
func (f *farm) journal(id, query string) []entry {
	f.t.Helper()
	var answer struct{ Entries []entry }
	if err := json.Unmarshal([]byte(f.accepted("GET", "/accounts/"+id+"/journal"+query, "")), &answer); err != nil {
		f.t.Fatal(err)
	}
	return answer.Entries
}

// fill makes journals of a few kinds of entries.
func (f *farm) fill() {
	f.t.Helper()
	f.accepted("PUT", "/accounts/"+alice, `{"maxSlots":{"`+ios+`":3}}`)
	f.accepted("PUT", "/accounts/"+alice+"/clock", `{"now":"2026-01-10T00:00:00.5Z"}`)
	f.buy(alice, ios, 2)
	f.renew(alice, ios, 0)
	f.buy(alice, android, 1)
	f.accepted("POST", "/accounts/"+alice+"/clock/advance", `{"periods":3}`)
	f.wall = wall.AddDate(1, 0, 0)
	f.accepted("DELETE", "/accounts/"+alice+"/clock", "")
	f.accepted("PUT", "/accounts/"+bob, `{"status":"SUSPENDED"}`)
}

// TestJournalIsTheStoredOne compares the entries shown with the bytes and hashes
// that are kept, and the hashes with the chain that they make.
func TestJournalIsTheStoredOne(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.fill()
	f.accepted("PUT", "/accounts/"+alice, "{}") // an entry that says nothing
	records, err := f.store.Forward(context.Background(), alice, 0, math.MaxInt32)
	if err != nil {
		t.Fatal(err)
	}
	var want []map[string]any
	var previous [sha256.Size]byte
	for _, record := range records {
		previous = sha256.Sum256(append(previous[:], record.Body...))
		var shown map[string]any
		if err := json.Unmarshal(record.Body, &shown); err != nil {
			t.Fatal(err)
		}
		shown["hash"] = hex.EncodeToString(previous[:])
		want = append(want, shown)
	}
	var got struct{ Entries []map[string]any }
	f.decoded("GET", "/accounts/"+alice+"/journal", "", &got)
	if diff := cmp.Diff(want, got.Entries); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if len(want) < 10 {
		t.Errorf("%d entries, want more to compare", len(want))
	}
}

func TestJournalPages(t *testing.T) {
	t.Parallel()
	f := open(t)
	for range 1001 {
		f.accepted("PUT", "/accounts/"+alice, "{}")
	}
	for _, tt := range []struct {
		query       string
		first, last int64 // 0 for none
	}{
		{"", 1, 100},
		{"?after=", 1, 100},
		{"?limit=", 1, 100},
		{"?after=0&limit=1", 1, 1},
		{"?after=1&limit=2", 2, 3},
		{"?after=100", 101, 200},
		{"?after=950", 951, 1002},
		{"?limit=1000", 1, 1000},
		{"?limit=1001", 1, 1000},
		{"?limit=9223372036854775807", 1, 1000},
		{"?after=1001&limit=1000", 1002, 1002},
		{"?after=1002", 0, 0},
		{"?after=9223372036854775807", 0, 0},
		{"?limit=0", 0, 0},
	} {
		var first, last int64
		if got := f.journal(alice, tt.query); len(got) > 0 {
			first, last = got[0].Seq, got[len(got)-1].Seq
		}
		if first != tt.first || last != tt.last {
			t.Errorf("journal%s: entries %d to %d, want %d to %d", tt.query, first, last, tt.first, tt.last)
		}
	}
}

// TestEntriesNameTheirRequest finds the request of each entry by its id.
func TestEntriesNameTheirRequest(t *testing.T) {
	t.Parallel()
	f := open(t)
	var want []by
	for _, call := range [][3]string{
		{"PUT", "/accounts/" + alice, `{"status":"ACTIVE"}`},
		{"PUT", "/accounts/" + alice + "/clock", `{"now":"2026-01-10T00:00:00Z"}`},
		{"POST", "/accounts/" + alice + "/clock/advance", `{"by":"1h"}`},
		{"DELETE", "/accounts/" + alice + "/clock", ""},
	} {
		a := f.call(call[0], call[1], call[2])
		want = append(want, by{"operator", "192.0.2.1", a.Header.Get("X-Amzn-Requestid")})
	}
	want = append(want[:1:1], want...) // the first call made two entries
	var got []by
	for _, e := range f.journal(alice, "") {
		got = append(got, e.By)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("who made the entries (-want +got):\n%s", diff)
	}
}

// onDisk returns a farm in a directory, after the change that SQL makes to it.
func onDisk(t *testing.T, dir string, change ...string) *farm {
	t.Helper()
	if len(change) > 0 {
		db, err := sql.Open("sqlite", filepath.Join(dir, "slotfarm.db"))
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range change {
			if _, err := db.Exec(statement); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	store, err := sqlite.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() }) // again; a second time does nothing
	return openOn(t, store, offering.Default())
}

// TestVerifyFinds changes what is stored behind the service's back.
func TestVerifyFinds(t *testing.T) {
	t.Parallel()
	rewrite := func(old, new string) string {
		return `UPDATE entries SET body = CAST(replace(CAST(body AS TEXT), '` + old + `', '` + new + `') AS BLOB)`
	}
	const at = ` WHERE account = '` + alice + `' AND seq = `
	for _, tt := range []struct{ name, change, want string }{
		{"another quantity", rewrite(`"quantity":2`, `"quantity":1`) + at + "4",
			`{"accounts":0,"entries":3,"ok":false,"account":"111111111111","seq":4,"reason":"the hash does not match the entry and the hash before it"}`},
		{"another hash", `UPDATE entries SET hash = zeroblob(32)` + at + "1",
			`{"accounts":0,"entries":0,"ok":false,"account":"111111111111","seq":1,"reason":"the hash does not match the entry and the hash before it"}`},
		{"an entry is gone", `DELETE FROM entries` + at + "2",
			`{"accounts":0,"entries":1,"ok":false,"account":"111111111111","seq":3,"reason":"entry 2 is missing"}`},
		{"another account", rewrite("SUSPENDED", "ACTIVE") + ` WHERE account = '` + bob + `'`,
			`{"accounts":1,"entries":21,"ok":false,"account":"222222222222","seq":2,"reason":"the hash does not match the entry and the hash before it"}`},
		{"nothing", `UPDATE entries SET seq = seq`, `{"accounts":2,"entries":22,"ok":true}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			f := onDisk(t, dir)
			f.fill()
			if err := f.store.Close(); err != nil {
				t.Fatal(err)
			}
			got := onDisk(t, dir, tt.change).accepted("GET", "/verify", "")
			if diff := cmp.Diff(tt.want+"\n", got); diff != "" {
				t.Errorf("verify (-want +got):\n%s", diff)
			}
		})
	}
}

// TestVerifyFindsAForgedState has an entry whose hash is right and whose state
// is not what its event leads to.
func TestVerifyFindsAForgedState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := onDisk(t, dir)
	f.accepted("PUT", "/accounts/"+alice, `{"status":"SUSPENDED"}`)
	records, err := f.store.Forward(context.Background(), alice, 0, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.store.Close(); err != nil {
		t.Fatal(err)
	}
	body := strings.Replace(string(records[1].Body), `"state":{`, `"state":{"customer":true,`, 1)
	hash := sha256.Sum256(append(records[0].Hash[:], body...))
	forge := fmt.Sprintf(`UPDATE entries SET body = CAST('%s' AS BLOB), hash = x'%x' WHERE seq = 2`, body, hash)
	got := onDisk(t, dir, forge).accepted("GET", "/verify", "")
	want := `{"accounts":0,"entries":1,"ok":false,"account":"111111111111","seq":2,"reason":"the stored state is not the one that the events lead to"}` + "\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verify (-want +got):\n%s", diff)
	}
}
