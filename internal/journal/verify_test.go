package journal_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// shelf is a Reader of one account that may become another one between two reads.
type shelf struct {
	journal.Reader
	records []journal.Record
	reads   int
	between func(reads int, s *shelf)
}

func (s *shelf) Accounts(_ context.Context, after account.ID, _ int) ([]account.ID, error) {
	if id := s.records[0].Account; after < id {
		return []account.ID{id}, nil
	}
	return nil, nil
}

func (s *shelf) Forward(_ context.Context, _ account.ID, after int64, limit int) ([]journal.Record, error) {
	s.reads++
	s.between(s.reads, s)
	i := slices.IndexFunc(s.records, func(r journal.Record) bool { return r.Seq > after })
	if i < 0 {
		return nil, nil
	}
	return s.records[i:min(len(s.records), i+limit)], nil
}

// lived returns the records of an account that was noted about so often.
func lived(t *testing.T, seed string, notes int) []journal.Record {
	t.Helper()
	appended, err := journal.Extend(journal.Head{}, journal.Change{
		Account: "111111111111", Recorded: start,
		Decide: func(account.State) ([]account.Event, error) {
			events := []account.Event{account.Open(account.Opening{Seed: seed, Test: true}, start)}
			for i := range notes {
				note := fmt.Sprintf("%s %d", seed, i)
				events = append(events, account.Event{Kind: account.KindConfigured, At: start, Settings: &account.Settings{Note: &note}})
			}
			return events, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var records []journal.Record
	for _, a := range appended {
		records = append(records, a.Record)
	}
	return records
}

// TestVerifyReadsAnAccountThatGoesBack replaces a test account's history between
// the first page and the second, as restoring a snapshot does.
func TestVerifyReadsAnAccountThatGoesBack(t *testing.T) {
	one, other := lived(t, "one", 700), lived(t, "other", 900)
	s := &shelf{records: one, between: func(reads int, s *shelf) {
		if reads == 2 {
			s.records = other
		}
	}}
	report, err := journal.Verify(context.Background(), s)
	if err != nil || report.Wrong != nil || report.Entries != 901 {
		t.Errorf("Verify = %+v, %v, want 901 entries and nothing wrong", report, err)
	}
}

// TestVerifyNamesAnEntryBehindAPage changes the first entry of the second page for
// good, which no account that goes back explains.
func TestVerifyNamesAnEntryBehindAPage(t *testing.T) {
	records := lived(t, "one", 700)
	records[500].Hash[0]++
	report, err := journal.Verify(context.Background(), &shelf{records: records, between: func(int, *shelf) {}})
	if err != nil || report.Wrong == nil || report.Wrong.Seq != 501 {
		t.Errorf("Verify = %+v, %v, want entry 501 wrong", report, err)
	}
}

// TestVerifyGivesUp has an account that is another one at each read.
func TestVerifyGivesUp(t *testing.T) {
	histories := [][]journal.Record{lived(t, "one", 700), lived(t, "other", 700), lived(t, "third", 700)}
	s := &shelf{records: histories[0], between: func(reads int, s *shelf) { s.records = histories[reads%3] }}
	if report, err := journal.Verify(context.Background(), s); err == nil || report.Wrong != nil {
		t.Errorf("Verify = %+v, %v, want an error and nothing wrong", report, err)
	}
}
