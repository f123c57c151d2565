package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/slotfarm/slotfarm/internal/account"
)

// page is how many records Verify reads at a time.
const page = 500

// Report is what Verify found.
type Report struct {
	Accounts int64
	Entries  int64
	Wrong    *Wrong // the first entry that differs; nil when all is well
}

// Wrong names an entry that is not what it should be.
type Wrong struct {
	Account account.ID
	Seq     int64
	Reason  string
}

// Verify reads every journal from its first entry, recomputes every hash, folds
// every event, and compares each stored state. It stops at the first difference
// in the order of accounts and entries. The error is of reading, not of what
// was read.
func Verify(ctx context.Context, r Reader) (Report, error) {
	return Walk(ctx, r, func(Record, account.State) error { return nil })
}

// Walk is Verify that calls visit with each entry that is as it should be, and
// the account's state after it. An error of visit ends it.
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

func (w walk) account(ctx context.Context, id account.ID) error {
	var head Head
	for {
		records, err := w.Forward(ctx, id, head.Seq, page)
		if err != nil {
			return fmt.Errorf("read account %s after entry %d: %w", id, head.Seq, err)
		}
		if len(records) == 0 {
			return nil
		}
		for _, record := range records {
			next, reason := follow(head, record)
			if reason != "" {
				w.report.Wrong = &Wrong{Account: id, Seq: record.Seq, Reason: reason}
				return nil
			}
			head = next
			if err := w.visit(record, head.State); err != nil {
				return err
			}
			w.report.Entries++
		}
	}
}

// follow returns the head after record, or why record cannot follow head.
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
	if record.Transactions != len(entry.Event.Transactions) || !bytes.Equal(record.Retry, entry.digest()) {
		return head, "what it is found by is not what it holds"
	}
	state := account.Apply(head.State, entry.Event)
	if !same(state, entry.State) {
		return head, "the stored state is not what the events lead to"
	}
	return Head{Seq: record.Seq, Hash: record.Hash, State: state}, ""
}

func same(a, b account.State) bool {
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(x, y)
}

func (r Record) name() string { return fmt.Sprintf("%d of account %s", r.Seq, r.Account) }
