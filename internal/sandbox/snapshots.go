package sandbox

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// kind is the kind of record that holds snapshots, each named after its
// account and id.
const kind = "snapshot"

// Snapshot is a point in a test account's journal to come back to.
type Snapshot struct {
	ID      string    `json:"id"`
	Entries int64     `json:"entries"` // how many the journal had
	Hash    string    `json:"hash"`    // of the newest of them
	Now     time.Time `json:"now"`     // the account's own time
	Taken   time.Time `json:"taken"`   // by the wall clock
}

// Snapshots are those of all test accounts. New makes them.
type Snapshots struct{ config Config }

// Take remembers where a test account's journal ends now; it opens one that
// was never opened. NotEligible for an ordinary account.
func (s *Snapshots) Take(ctx context.Context, c journal.Caller) (Snapshot, error) {
	_, _, err := s.config.Accounts.Change(ctx, c, func(state account.State, _ account.Terms, _ time.Time) ([]account.Event, error) {
		if !state.Test {
			return nil, fault.New(fault.NotEligible, "account %q is not a test account; only those have snapshots", c.Account)
		}
		return nil, nil
	})
	if err != nil {
		return Snapshot{}, err
	}
	head, err := s.config.Store.Head(ctx, c.Account)
	if err != nil {
		return Snapshot{}, err
	}
	wall := s.config.Now().UTC()
	taken := Snapshot{ID: s.config.NewID(), Entries: head.Seq, Hash: head.Hash.String(), Now: head.State.Now(wall), Taken: wall}
	body, err := json.Marshal(taken)
	if err != nil {
		return Snapshot{}, err
	}
	return taken, s.config.Store.PutRecords(ctx, kind, journal.Named{Name: snapshotName(c.Account, taken.ID), Body: body})
}

func snapshotName(id account.ID, snapshot string) string { return string(id) + "/" + snapshot }

// List returns an account's snapshots, oldest first. NotFound for one that
// was never opened.
func (s *Snapshots) List(ctx context.Context, c journal.Caller) ([]Snapshot, error) {
	if _, err := s.config.Accounts.Known(ctx, c); err != nil {
		return nil, err
	}
	return s.list(ctx, c.Account)
}

func (s *Snapshots) list(ctx context.Context, id account.ID) ([]Snapshot, error) {
	records, err := s.config.Store.ListRecords(ctx, kind, snapshotName(id, ""))
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

func (s *Snapshots) find(ctx context.Context, id account.ID, snapshot string) (Snapshot, journal.Place, error) {
	all, err := s.list(ctx, id)
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
func (s *Snapshots) Restore(ctx context.Context, c journal.Caller, snapshot string) (billing.View, error) {
	_, place, err := s.find(ctx, c.Account, snapshot)
	if err != nil {
		return billing.View{}, err
	}
	if err := s.rewind(ctx, c.Account, place); err != nil {
		return billing.View{}, err
	}
	return s.config.Accounts.View(ctx, c)
}

// rewind takes an account back, and its snapshots of what came after.
func (s *Snapshots) rewind(ctx context.Context, id account.ID, to journal.Place) error {
	ctx = context.WithoutCancel(ctx) // a caller who goes leaves no later snapshots behind
	if err := s.config.Store.Rewind(ctx, id, to); err != nil {
		return err
	}
	all, err := s.list(ctx, id)
	if err != nil {
		return err
	}
	for _, later := range all {
		if later.Entries <= to.Seq {
			continue
		}
		if _, err := s.config.Store.DeleteRecord(ctx, kind, snapshotName(id, later.ID)); err != nil {
			return err
		}
	}
	return nil
}

// Delete forgets a snapshot, or says NotFound.
func (s *Snapshots) Delete(ctx context.Context, c journal.Caller, snapshot string) error {
	found, err := s.config.Store.DeleteRecord(ctx, kind, snapshotName(c.Account, snapshot))
	if err == nil && !found {
		return noSnapshot(c.Account, snapshot)
	}
	return err
}

// Fork makes another account of a snapshot: the same history with transaction
// ids of its own, in place of whatever that account had. It must be a test
// account, or one that was never opened. Errors: those of Restore, Argument for
// the account itself.
func (s *Snapshots) Fork(ctx context.Context, c journal.Caller, snapshot string, into account.ID) (billing.View, error) {
	if into == c.Account {
		return billing.View{}, fault.New(fault.Argument, "into %q is the snapshot's own account; leave it out to restore that one", into)
	}
	if err := s.fork(ctx, c, snapshot, into); err != nil {
		return billing.View{}, err
	}
	c.Account = into
	return s.config.Accounts.View(ctx, c)
}

func (s *Snapshots) fork(ctx context.Context, c journal.Caller, snapshot string, into account.ID) error {
	deciding := s.config.Catalog.Decisions()
	deciding.Lock()
	defer deciding.Unlock()
	_, place, err := s.find(ctx, c.Account, snapshot)
	if err != nil {
		return err
	}
	events, err := s.config.events(ctx, c.Account, place.Seq)
	if err != nil {
		return err
	}
	c.Account = into
	return s.replace(ctx, c, account.Fork(events, s.config.NewID()))
}

// replace gives an account another history.
func (s *Snapshots) replace(ctx context.Context, c journal.Caller, events []account.Event) error {
	ctx = context.WithoutCancel(ctx) // it must not stop between the two
	if err := s.rewind(ctx, c.Account, journal.Place{}); err != nil {
		return err
	}
	decide := func(state account.State) ([]account.Event, error) {
		if state.Opened() {
			return nil, fault.New(fault.Conflict, "account %q was opened meanwhile", c.Account)
		}
		return events, nil
	}
	_, err := s.config.Store.Update(ctx, journal.Change{
		Account: c.Account, Recorded: s.config.Now(), By: c.By, Retry: c.Retry, Decide: decide,
	})
	return err
}
