package journal

import (
	"context"
	"iter"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
)

// pageSize is how many records are read at a time.
const pageSize = 1000

// History reads the events of an account's first count entries, some at a time.
// It ends at an error: Conflict if the account was taken back meanwhile.
func History(ctx context.Context, r Entries, id account.ID, count int64) iter.Seq2[account.Event, error] {
	return func(yield func(account.Event, error) bool) {
		for entry, err := range Between(ctx, r, id, Span{Until: count}) {
			if !yield(entry.Event, err) {
				return
			}
		}
	}
}

// Span is a part of an account's journal: the entries with a number above After, up
// to Until.
type Span struct{ After, Until int64 }

// Between reads the entries of a part of a journal, some at a time. An error is the
// last of them: Conflict where the account was taken back meanwhile.
func Between(ctx context.Context, r Entries, id account.ID, s Span) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for seq := s.After; seq < s.Until; {
			records, err := r.Forward(ctx, id, seq, int(min(pageSize, s.Until-seq)))
			if err == nil && len(records) == 0 {
				err = takenBack(id)
			}
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for _, r := range records {
				entry, err := r.Entry()
				if !yield(entry, err) || err != nil {
					return
				}
				seq = entry.Seq
			}
		}
	}
}

// Unbooked reads the entries of a part of a journal that book no session.
func Unbooked(ctx context.Context, r Entries, id account.ID, s Span) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for seq := s.After; seq < s.Until; {
			records, err := r.Unbooked(ctx, id, seq, pageSize)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for _, r := range records {
				if r.Seq > s.Until {
					return
				}
				entry, err := r.Entry()
				if !yield(entry, err) || err != nil {
					return
				}
				seq = entry.Seq
			}
			if len(records) < pageSize {
				return
			}
		}
	}
}

// Before returns the last entry of a part of a journal whose state does not have a
// property, or the zero Entry if they all have it. The property holds for all
// entries behind one for which it holds, so a few reads find it among a million.
func Before(ctx context.Context, r Entries, id account.ID, s Span, holds func(account.State) bool) (Entry, error) {
	var last Entry
	after, until := s.After, s.Until+1
	for next := s.Until; after+1 < until; next = after + (until-after)/2 {
		records, err := r.Forward(ctx, id, next-1, 1)
		if err == nil && (len(records) == 0 || records[0].Seq != next) {
			err = takenBack(id)
		}
		if err != nil {
			return Entry{}, err
		}
		entry, err := records[0].Entry()
		switch {
		case err != nil:
			return Entry{}, err
		case holds(entry.State):
			until = next
		default:
			after, last = next, entry
		}
	}
	return last, nil
}

func takenBack(id account.ID) error {
	return fault.New(fault.Conflict, "account %q was taken back to an earlier entry meanwhile", id)
}
