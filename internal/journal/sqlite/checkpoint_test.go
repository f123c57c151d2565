package sqlite

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// TestLogStartsOver appends while the write-ahead log is moved into the database: it is moved though nobody stops for
// it, and does not grow with what is appended.
func TestLogStartsOver(t *testing.T) {
	t.Parallel()
	const every = 400
	j, err := Open(context.Background(), t.TempDir(), func(j *Journal) { j.movedEvery = every })
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	var database, log, first int64
	for round := range 6 {
		before, begin := database, time.Now()
		grow(t, j, round, every)
		for database <= before { // what is appended goes into the log, and into the database when that is moved
			if database, log, err = j.Size(); err != nil || time.Since(begin) > time.Minute {
				t.Fatalf("the log is not moved: %v", err)
			}
		}
		if round == 0 {
			first = log
		}
	}
	if log > 3*first {
		t.Errorf("the log has %d bytes, and had %d when it was moved first", log, first)
	}
	if report, err := journal.Verify(context.Background(), j); err != nil || report.Wrong != nil || report.Entries != 6*every {
		t.Errorf("verify: %+v, %v", report, err)
	}
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
