package service

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// snapshots is the kind of record that holds snapshots, each named after its
// account and id.
const snapshots = "snapshot"

// Snapshot is a point in a test account's journal to come back to.
type Snapshot struct {
	ID      string    `json:"id"`
	Entries int64     `json:"entries"` // how many the journal had
	Hash    string    `json:"hash"`    // of the newest of them
	Now     time.Time `json:"now"`     // the account's own time
	Taken   time.Time `json:"taken"`   // by the wall clock
}

// Snapshot remembers where a test account's journal ends now; it opens one that
// was never opened. NotEligible for an ordinary account.
func (s *Service) Snapshot(ctx context.Context, c Caller) (Snapshot, error) {
	_, _, err := s.change(ctx, c, func(state account.State, _ account.Terms, _ time.Time) ([]account.Event, error) {
		if !state.Test {
			return nil, fault.New(fault.NotEligible, "account %q is not a test account; only those have snapshots", c.Account)
		}
		return nil, nil
	})
	if err != nil {
		return Snapshot{}, err
	}
	head, err := s.Store.Head(ctx, c.Account)
	if err != nil {
		return Snapshot{}, err
	}
	wall := s.Now().UTC()
	taken := Snapshot{ID: s.NewID(), Entries: head.Seq, Hash: head.Hash.String(), Now: head.State.Now(wall), Taken: wall}
	body, err := json.Marshal(taken)
	if err != nil {
		return Snapshot{}, err
	}
	return taken, s.Store.PutRecords(ctx, snapshots, journal.Named{Name: snapshotName(c.Account, taken.ID), Body: body})
}

func snapshotName(id account.ID, snapshot string) string { return string(id) + "/" + snapshot }

// Snapshots returns an account's snapshots, oldest first. NotFound for one that
// was never opened.
func (s *Service) Snapshots(ctx context.Context, c Caller) ([]Snapshot, error) {
	if _, err := s.Known(ctx, c); err != nil {
		return nil, err
	}
	return s.snapshots(ctx, c.Account)
}

func (s *Service) snapshots(ctx context.Context, id account.ID) ([]Snapshot, error) {
	records, err := s.Store.ListRecords(ctx, snapshots, snapshotName(id, ""))
	if err != nil {
		return nil, err
	}
	var all []Snapshot
	for _, r := range records {
		var one Snapshot
		if err := json.Unmarshal(r.Body, &one); err != nil {
			return nil, fmt.Errorf("snapshot %s: %w", r.Name, err)
		}
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b Snapshot) int {
		return cmp.Or(cmp.Compare(a.Entries, b.Entries), a.Taken.Compare(b.Taken))
	})
	return all, nil
}

func (s *Service) snapshot(ctx context.Context, id account.ID, snapshot string) (Snapshot, journal.Place, error) {
	all, err := s.snapshots(ctx, id)
	if err != nil {
		return Snapshot{}, journal.Place{}, err
	}
	i := slices.IndexFunc(all, func(s Snapshot) bool { return s.ID == snapshot })
	if i < 0 {
		return Snapshot{}, journal.Place{}, noSnapshot(id, snapshot)
	}
	place := journal.Place{Seq: all[i].Entries}
	_, err = hex.Decode(place.Hash[:], []byte(all[i].Hash))
	return all[i], place, err
}

func noSnapshot(id account.ID, snapshot string) error {
	return fault.New(fault.NotFound, "account %q has no snapshot %s", id, fault.Quote(snapshot))
}

// Restore brings a test account back to a snapshot: the same entries, the same
// hashes. What came after is gone, later snapshots included. Errors: NotFound,
// and those of journal.Head.Rewind.
func (s *Service) Restore(ctx context.Context, c Caller, snapshot string) (View, error) {
	_, place, err := s.snapshot(ctx, c.Account, snapshot)
	if err != nil {
		return View{}, err
	}
	if err := s.rewind(ctx, c.Account, place); err != nil {
		return View{}, err
	}
	return s.View(ctx, c)
}

// rewind takes an account back, and its snapshots of what came after.
func (s *Service) rewind(ctx context.Context, id account.ID, to journal.Place) error {
	ctx = context.WithoutCancel(ctx) // a caller who goes leaves no later snapshots behind
	if err := s.Store.Rewind(ctx, id, to); err != nil {
		return err
	}
	all, err := s.snapshots(ctx, id)
	if err != nil {
		return err
	}
	for _, later := range all {
		if later.Entries <= to.Seq {
			continue
		}
		if _, err := s.Store.DeleteRecord(ctx, snapshots, snapshotName(id, later.ID)); err != nil {
			return err
		}
	}
	return nil
}

// DeleteSnapshot forgets a snapshot, or says NotFound.
func (s *Service) DeleteSnapshot(ctx context.Context, c Caller, snapshot string) error {
	found, err := s.Store.DeleteRecord(ctx, snapshots, snapshotName(c.Account, snapshot))
	if err == nil && !found {
		return noSnapshot(c.Account, snapshot)
	}
	return err
}

// Fork makes another account of a snapshot: the same history with transaction
// ids of its own, in place of whatever that account had. It must be a test
// account, or one that was never opened. Errors: those of Restore, Argument for
// the account itself.
func (s *Service) Fork(ctx context.Context, c Caller, snapshot string, into account.ID) (View, error) {
	if into == c.Account {
		return View{}, fault.New(fault.Argument, "into %q is the snapshot's own account; leave it out to restore that one", into)
	}
	if err := s.fork(ctx, c, snapshot, into); err != nil {
		return View{}, err
	}
	c.Account = into
	return s.View(ctx, c)
}

func (s *Service) fork(ctx context.Context, c Caller, snapshot string, into account.ID) error {
	s.setup.RLock()
	defer s.setup.RUnlock()
	_, place, err := s.snapshot(ctx, c.Account, snapshot)
	if err != nil {
		return err
	}
	events, err := s.events(ctx, c.Account, place.Seq)
	if err != nil {
		return err
	}
	c.Account = into
	return s.replace(ctx, c, account.Fork(events, s.NewID()))
}

// events returns the events of an account's first entries.
func (s *Service) events(ctx context.Context, id account.ID, count int64) ([]account.Event, error) {
	var events []account.Event
	for event, err := range s.history(ctx, id, count) {
		if err != nil {
			return nil, err
		}
		events = append(events, event)
	}
	return events, nil
}

// history reads the events of an account's first entries, some at a time. An
// error is the last of them.
func (s *Service) history(ctx context.Context, id account.ID, count int64) iter.Seq2[account.Event, error] {
	const page = 1000
	return func(yield func(account.Event, error) bool) {
		for seq := int64(0); seq < count; {
			records, err := s.Store.Forward(ctx, id, seq, int(min(page, count-seq)))
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

// replace gives an account another history.
func (s *Service) replace(ctx context.Context, c Caller, events []account.Event) error {
	ctx = context.WithoutCancel(ctx) // it must not stop between the two
	if err := s.rewind(ctx, c.Account, journal.Place{}); err != nil {
		return err
	}
	_, err := s.update(ctx, c, s.Now(), func(state account.State) ([]account.Event, error) {
		if state.Opened() {
			return nil, fault.New(fault.Conflict, "account %q was opened meanwhile", c.Account)
		}
		return events, nil
	})
	return err
}
