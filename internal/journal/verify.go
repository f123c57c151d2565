package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
)

// page is how many records Verify reads at a time.
const page = 500

// Report is what Verify found.
type Report struct {
	Accounts int64
	Entries  int64
	Wrong    *Wrong // the first entry that differs; nil if none does
}

// Wrong names an entry, or a document beside the journals, that is not what it
// should be.
type Wrong struct {
	Account  account.ID
	Seq      int64
	Document string // its key, if it is a document; then Account and Seq are not set
	Reason   string
}

// Err returns nil if all is well, or an error that names the entry or the document.
func (r Report) Err() error {
	switch {
	case r.Wrong == nil:
		return nil
	case r.Wrong.Document != "":
		return fmt.Errorf("document %s is not what the operator left: %s", r.Wrong.Document, r.Wrong.Reason)
	}
	return fmt.Errorf("entry %d of account %s is not what was written: %s", r.Wrong.Seq, r.Wrong.Account, r.Wrong.Reason)
}

// Verify reads every journal from its first entry, recomputes every hash, folds
// every event, and compares each stored state. It stops at the first difference
// in the order of accounts and entries. The error is a failure to read, not a
// difference that was found.
func Verify(ctx context.Context, r Reader) (Report, error) {
	return Walk(ctx, r, func(Record, account.State) error { return nil })
}

// Walk is Verify that also calls visit with each correct entry and the
// account's state after it. An error of visit ends the walk. If an account goes
// back meanwhile, it is visited again from its first entry.
func Walk(ctx context.Context, r Reader, visit func(Record, account.State) error) (Report, error) {
	var report Report
	w := walk{r, visit, &report}
	for after := account.ID(""); ; {
		ids, err := r.Accounts(ctx, after, page)
		if err != nil || len(ids) == 0 {
			return report, err
		}
		for _, id := range ids {
			if err := w.account(ctx, id); err != nil || report.Wrong != nil {
				return report, err
			}
			report.Accounts++
		}
		after = ids[len(ids)-1]
	}
}

// walk is what Walk does with each account.
type walk struct {
	Reader
	visit  func(Record, account.State) error
	report *Report
}

// attempts is how many times an account that goes back meanwhile is read.
const attempts = 100

// account reads an account. A test account may go back between two pages, so
// that the second page does not follow the first: such an account is read again
// from its first entry. Each page is read at one moment, so any other
// difference is an error.
func (w walk) account(ctx context.Context, id account.ID) error {
	for range attempts {
		head, wrong, err := w.entries(ctx, id)
		if err != nil {
			return err
		}
		moved := false
		if wrong != nil {
			if moved, err = w.moved(ctx, id, head); err != nil {
				return err
			}
		}
		if !moved {
			w.report.Entries += head.Seq
			w.report.Wrong = wrong
			return nil
		}
	}
	return fault.New(fault.Unavailable, "account %s goes back faster than it can be read; try again.", id)
}

// moved reports whether an account has gone back behind an entry that it had.
func (w walk) moved(ctx context.Context, id account.ID, had Head) (bool, error) {
	if had.Seq == 0 {
		return false, nil
	}
	records, err := w.Forward(ctx, id, had.Seq-1, 1)
	if err != nil {
		return false, fmt.Errorf("read entry %d of account %s: %w", had.Seq, id, err)
	}
	return len(records) == 0 || records[0].Seq != had.Seq || records[0].Hash != had.Hash, nil
}

// entries reads an account's entries up to the first wrong one, and returns the
// newest correct one.
func (w walk) entries(ctx context.Context, id account.ID) (head Head, wrong *Wrong, err error) {
	for {
		records, err := w.Forward(ctx, id, head.Seq, page)
		if err != nil {
			return head, nil, fmt.Errorf("read account %s after entry %d: %w", id, head.Seq, err)
		}
		if len(records) == 0 {
			return head, nil, nil
		}
		for _, record := range records {
			next, reason := follow(head, record)
			if reason != "" {
				return head, &Wrong{Account: id, Seq: record.Seq, Reason: reason}, nil
			}
			head = next
			if err := w.visit(record, head.State); err != nil {
				return head, nil, err
			}
		}
	}
}

// follow returns the head after record, or the reason why record cannot follow
// head.
func follow(head Head, record Record) (Head, string) {
	if record.Seq != head.Seq+1 {
		return head, fmt.Sprintf("entry %d is missing", head.Seq+1)
	}
	if chain(head.Hash, record.Body) != record.Hash {
		return head, "the hash does not match the entry and the hash before it"
	}
	entry, err := record.Entry()
	if err != nil {
		return head, err.Error()
	}
	if record.Transactions != entry.transactions() || !bytes.Equal(record.Retry, entry.digest()) {
		return head, "its index columns do not match its body"
	}
	state := account.Apply(head.State, entry.Event)
	if !same(state, entry.State) {
		return head, "the stored state is not the one that the events lead to"
	}
	return Head{Seq: record.Seq, Hash: record.Hash, State: state}, ""
}

func same(a, b account.State) bool {
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(x, y)
}

func (r Record) name() string { return fmt.Sprintf("%d of account %s", r.Seq, r.Account) }
