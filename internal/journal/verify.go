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
	var report Report
	for after := account.ID(""); ; {
		ids, err := r.Accounts(ctx, after, page)
		if err != nil || len(ids) == 0 {
			return report, err
		}
		for _, id := range ids {
			if err := verifyAccount(ctx, r, id, &report); err != nil || report.Wrong != nil {
				return report, err
			}
			report.Accounts++
		}
		after = ids[len(ids)-1]
	}
}

func verifyAccount(ctx context.Context, r Reader, id account.ID, report *Report) error {
	var head Head
	for {
		records, err := r.Forward(ctx, id, head.Seq, page)
		if err != nil {
			return fmt.Errorf("read account %s after entry %d: %w", id, head.Seq, err)
		}
		if len(records) == 0 {
			return nil
		}
		for _, record := range records {
			next, reason := follow(head, record)
			if reason != "" {
				report.Wrong = &Wrong{Account: id, Seq: record.Seq, Reason: reason}
				return nil
			}
			head = next
			report.Entries++
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
