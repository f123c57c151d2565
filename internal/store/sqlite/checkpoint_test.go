package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// TestLogStartsOver appends while the write-ahead log is moved into the database: it is moved although appends go on,
// and is then written from its beginning again.
func TestLogStartsOver(t *testing.T) {
	t.Parallel()
	const every = 400
	j := openMoving(t, every)
	var database int64
	for round := range 6 {
		before, begin := database, time.Now()
		grow(t, j, round, every)
		for database <= before { // what is appended goes into the log, and into the database when that is moved
			var err error
			if database, _, err = j.Size(); err != nil || time.Since(begin) > time.Minute {
				t.Fatalf("the log is not moved: %v", err)
			}
		}
	}
	if got := starts(t, j); got < 3 {
		t.Errorf("the log started over %d times in 6 rounds", got)
	}
	if report, err := journal.Verify(context.Background(), j); err != nil || report.Wrong != nil || report.Entries != 6*every {
		t.Errorf("verify: %+v, %v", report, err)
	}
}

// TestLogStartsOverUnderReaders appends while there is always a reader. The log can start over only when nobody reads
// it, and would otherwise grow as long as readers come.
func TestLogStartsOverUnderReaders(t *testing.T) {
	t.Parallel()
	const every = 400
	j := openMoving(t, every)
	grow(t, j, 0, every)
	var readers sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	for range 8 {
		readers.Go(func() {
			for ctx.Err() == nil {
				if _, err := j.Accounts(context.Background(), "", 1000); err != nil {
					t.Error(err)
				}
			}
		})
	}
	const rounds = 8
	for round := range rounds {
		grow(t, j, round+1, every)
	}
	stop()
	readers.Wait()
	if got := starts(t, j); got < rounds/4 {
		t.Errorf("the log started over %d times in %d rounds", got, rounds)
	}
}

// TestLogWaitsForNobodyLong appends while something reads from one moment: the log cannot start over, and the writer
// goes on.
func TestLogWaitsForNobodyLong(t *testing.T) {
	t.Parallel()
	const every = 200
	j := openMoving(t, every)
	grow(t, j, 0, every)
	reader, err := j.read.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	var accounts int
	if err := reader.QueryRow("SELECT count(*) FROM accounts").Scan(&accounts); err != nil {
		t.Fatal(err)
	}
	before := starts(t, j)
	for round := range 5 {
		grow(t, j, round+1, every)
	}
	if got := starts(t, j); got > before+1 { // one may have been under way
		t.Errorf("the log started over %d times under a reader", got-before)
	}
	var again int
	if err := reader.QueryRow("SELECT count(*) FROM accounts").Scan(&again); err != nil || again != accounts {
		t.Errorf("the reader sees %d accounts and then %d, %v", accounts, again, err)
	}
	if err := reader.Rollback(); err != nil {
		t.Fatal(err)
	}
	for round := 6; starts(t, j) < before+2; round++ {
		if round == 40 {
			t.Fatal("the log does not start over after the reader is gone")
		}
		grow(t, j, round, every)
	}
}

// openMoving opens a journal that moves its log after so many entries.
func openMoving(t *testing.T, every int) *Journal {
	t.Helper()
	j, err := Open(context.Background(), t.TempDir(), func(j *Journal) { j.movedEvery = every })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

// starts returns how often the log has started over: SQLite counts it in the fourth word of the log.
func starts(t *testing.T, j *Journal) int {
	t.Helper()
	log, err := os.Open(j.file + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	var word [4]byte
	if _, err := log.ReadAt(word[:], 12); err != nil {
		t.Fatal(err)
	}
	return int(binary.BigEndian.Uint32(word[:]))
}

// grow opens accounts of its own.
func grow(t *testing.T, j *Journal, round, entries int) {
	t.Helper()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var all sync.WaitGroup
	const callers = 64
	for c := range callers {
		all.Go(func() {
			for i := c; i < entries; i += callers {
				id := account.ID(fmt.Sprintf("%02d%010d", round, i))
				_, err := j.Update(context.Background(), journal.Change{Account: id, Recorded: at, Decide: func(account.State) ([]account.Event, error) {
					return []account.Event{account.Open(account.Opening{Seed: string(id)}, at)}, nil
				}})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}
