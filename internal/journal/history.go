package journal

import (
	"context"
	"iter"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
)

// History reads the events of an account's first count entries, some at a time.
// It ends at an error: Conflict if the account was taken back meanwhile.
func History(ctx context.Context, r Reader, id account.ID, count int64) iter.Seq2[account.Event, error] {
	const page = 1000
	return func(yield func(account.Event, error) bool) {
		for seq := int64(0); seq < count; {
			records, err := r.Forward(ctx, id, seq, int(min(page, count-seq)))
			if err == nil && len(records) == 0 {
				err = fault.New(fault.Conflict, "account %q was taken back to an earlier entry meanwhile", id)
			}
			if err != nil {
				yield(account.Event{}, err)
				return
			}
			for _, r := range records {
				entry, err := r.Entry()
				if !yield(entry.Event, err) || err != nil {
					return
				}
				seq = entry.Seq
			}
		}
	}
}
