package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/e2e/harness"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// The files of a data directory.
const (
	databaseFile = "slotfarm.db"
	logFile      = "slotfarm.db-wal"
)

// files are the contents of some files of a data directory, by their names.
type files map[string][]byte

// take reads one more file of a data directory, as cp would.
func (f files) take(t *testing.T, dir, name string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Error(err)
	}
	f[name] = content
}

// put writes the files into a new directory.
func (f files) put(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, content := range f {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// chains are the hashes of journals, oldest first. Each covers the entry and all before it.
type chains map[account.ID][]journal.Hash

// archived verifies a data directory or a database file and returns the hashes.
func archived(t *testing.T, path string) chains {
	t.Helper()
	a, err := sqlite.OpenArchive(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	all := chains{}
	report, err := a.Walk(context.Background(), func(r journal.Record, _ account.State) error {
		all[r.Account] = append(all[r.Account], r.Hash)
		return nil
	})
	if err != nil || report.Wrong != nil {
		t.Fatalf("%s: %+v, %v", path, report.Wrong, err)
	}
	return all
}

// checkPrefix checks that each journal of got is the beginning of that of whole, and returns how many entries are
// in got.
func checkPrefix(t *testing.T, whole, got chains) (entries int) {
	t.Helper()
	for id, hashes := range got {
		entries += len(hashes)
		if len(hashes) > len(whole[id]) || !slices.Equal(whole[id][:len(hashes)], hashes) {
			t.Errorf("account %s has %d entries that are not the first of those written", id, len(hashes))
		}
	}
	return entries
}

// salt returns what tells a write-ahead log from the one before it, "" while there is none.
func salt(t *testing.T, dir string) string {
	t.Helper()
	log, err := os.Open(filepath.Join(dir, logFile))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	header := make([]byte, 8)
	if _, err := log.ReadAt(header, 16); err != nil {
		return ""
	}
	return string(header)
}

// pass has so many months pass for an account, each an entry.
func pass(t *testing.T, a harness.Tenant, months int) {
	t.Helper()
	a.Server.Operator(t, "POST /accounts/"+a.Account+"/clock/advance", map[string]any{"periods": months}, nil)
}

// beginAnotherLog has months pass until there are so many entries that the server begins its write-ahead log anew, and
// waits for that.
func beginAnotherLog(t *testing.T, a harness.Tenant, dir string) {
	t.Helper()
	before, deadline := salt(t, dir), time.Now().Add(harness.Patience)
	for range 4 {
		pass(t, a, 4096)
	}
	for tick := time.Tick(time.Millisecond); salt(t, dir) == before; <-tick {
		if time.Now().After(deadline) {
			t.Fatalf("the log was not begun anew within %v", harness.Patience)
		}
	}
}

// copies copies the files of a server at work in the ways that are no backup, and returns what each of them has. In
// between the server begins its log anew.
func copies(t *testing.T, a harness.Tenant, dir string) map[string]files {
	t.Helper()
	pass(t, a, 2048) // so that there is something in the log
	before, after := files{}, files{}
	before.take(t, dir, databaseFile)
	before.take(t, dir, logFile)
	beginAnotherLog(t, a, dir)
	after.take(t, dir, logFile)
	after.take(t, dir, databaseFile)
	return map[string]files{
		"the file alone":                {databaseFile: before[databaseFile]},
		"the file and then its log":     before,
		"the file and then a later log": {databaseFile: before[databaseFile], logFile: after[logFile]},
		"the log and then a later file": {logFile: before[logFile], databaseFile: after[databaseFile]},
	}
}

// TestCopiesOfALiveFile copies the files of a server at work, as nobody should, and verifies and restores each copy.
// It is refused with a sentence, or what it holds is the beginning of each account's journal. With -soak it does so
// ten times.
func TestCopiesOfALiveFile(t *testing.T) {
	t.Parallel()
	for n := range harness.Rounds(1, 10) {
		t.Run(fmt.Sprint(n), copiesOfALiveFile)
	}
}

func copiesOfALiveFile(t *testing.T) {
	at, b := harness.SandboxSite(t), harness.NewBooks()
	s := at.Start(t)
	old := harness.NewTenant(s)
	old.Buy(t, harness.Purchase{OfferingID: harness.IosSlot, Quantity: 1})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var buying sync.WaitGroup
	for i := range harness.Buyers {
		a := at.Tenants[i%len(at.Tenants)].At(s)
		buying.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				o := harness.Order{Account: a.Account, Id: fmt.Sprintf("buyer-%d-order-%d", i, n)}
				b.Sent(o)
				harness.Place(t, a, o, b)
			}
		})
	}
	beginAnotherLog(t, old, at.Data) // so that there is something in the file
	taken := copies(t, old, at.Data)
	stop()
	buying.Wait()
	s.KillNow(t)
	whole := archived(t, at.Data)
	for way, f := range taken {
		t.Run(way, func(t *testing.T) {
			dir := f.put(t)
			file := filepath.Join(dir, databaseFile)
			judge(t, whole, file, "verify", file, "-o", "json")
			restored := filepath.Join(t.TempDir(), "restored")
			judge(t, whole, restored, "restore", file, "--data", restored)
		})
	}
}

// judge runs a command that accepts or refuses a copy, and checks the result at path if it accepted.
func judge(t *testing.T, whole chains, path string, args ...string) {
	t.Helper()
	got := harness.RunToEnd(t, args...)
	if got.Code == 0 {
		t.Logf("%s took %d entries", args[0], checkPrefix(t, whole, archived(t, path)))
		return
	}
	if got.Code != 1 || len(harness.Lines(got.Stderr)) != 1 || strings.Contains(got.Stderr, "goroutine") {
		t.Errorf("%s refused it so: %+v", args[0], got)
	}
	t.Logf("%s refused it: %s", args[0], got.Stderr)
}

// TestDamagedLog kills a server and damages the log that it left. What was answered and stood in the log alone may
// be gone by that, the newest first; what is left is the beginning of each journal, and is served.
func TestDamagedLog(t *testing.T) {
	t.Parallel()
	at, b := harness.SandboxSite(t), harness.NewBooks()
	s := at.Start(t)
	load{Site: at, books: b}.untilKilled(t, s, 20*time.Millisecond)
	left := files{}
	left.take(t, at.Data, databaseFile)
	left.take(t, at.Data, logFile)
	whole, log := archived(t, left.put(t)), left[logFile]
	for name, damaged := range map[string][]byte{
		"whole":                log,
		"gone":                 nil,
		"empty":                {},
		"zeroed":               make([]byte, len(log)),
		"cut in its header":    log[:17],
		"cut by a byte":        log[:len(log)-1],
		"cut in a page":        log[:len(log)/2],
		"cut in a page header": log[:len(log)-4096-11],
		"with more behind it":  append(append([]byte{}, log...), log[32:]...),
	} {
		t.Run(name, func(t *testing.T) {
			f := files{databaseFile: left[databaseFile], logFile: damaged}
			if name == "gone" {
				delete(f, logFile)
			}
			dir := f.put(t)
			entries := checkPrefix(t, whole, archivedOrNone(t, dir))
			if full := checkPrefix(t, whole, whole); (name == "whole" || name == "with more behind it") && entries != full {
				t.Errorf("%d entries of %d are left", entries, full)
			}
			s := harness.StartSandbox(t, "--data", dir, "--max-slots", "100000")
			s.Verify(t)
			for _, a := range at.Tenants {
				harness.RepeatOpen(t, a.At(s), b)
			}
			s.Verify(t)
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
			t.Logf("%d entries", entries)
		})
	}
}

// archivedOrNone is archived, as the binary verifies it, where a directory may hold no journal any more: all of it
// stood in the log.
func archivedOrNone(t *testing.T, dir string) chains {
	t.Helper()
	got := harness.RunToEnd(t, "verify", "--data", dir, "-o", "json")
	if got.Code != 0 && strings.Contains(got.Stderr, "this is not a journal of slotfarm, or it is damaged") {
		return nil
	}
	var report struct{ OK bool }
	if err := json.Unmarshal([]byte(got.Stdout), &report); err != nil || !report.OK {
		t.Errorf("verify: %+v", got)
	}
	return archived(t, dir)
}
