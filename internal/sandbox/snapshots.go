package sandbox

import (
	"cmp"
	"context"
	"encoding/hex"
	"slices"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/acts"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
)

// prefix is the prefix of the keys of snapshots. The account and the id follow.
const prefix = "snapshot/"

// Kinds returns the kinds of documents that only acts change.
func Kinds() []acts.Kind { return []acts.Kind{{Prefix: prefix, Content: acts.Body}} }

// Snapshot is a point in a test account's journal to come back to.
type Snapshot struct {
	ID      string    `json:"id"`
	Entries int64     `json:"entries"` // number of entries in the journal
	Hash    string    `json:"hash"`    // of the newest entry
	Now     time.Time `json:"now"`     // the account's own time
	Taken   time.Time `json:"taken"`   // by the wall clock
}

// Snapshots keeps the snapshots of all test accounts. New makes it.
type Snapshots struct{ config Config }

// Take records where a test account's journal ends now. It opens the account if
// it was never opened. Errors: NotEligible for an ordinary account.
func (s *Snapshots) Take(ctx context.Context, c journal.Caller) (Snapshot, error) {
	_, _, err := s.config.Accounts.Change(ctx, c, func(state account.State, _ account.Terms, _ time.Time) ([]account.Event, error) {
		if !state.Test {
			return nil, fault.New(fault.NotEligible, "account %q is not a test account; only test accounts have snapshots", c.Account)
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
	d, err := store.Encode(keyOf(c.Account, taken.ID), taken)
	if err == nil {
		_, err = s.config.Acts.As(c.By, "snapshot taken", named(c.Account, taken.ID)).Commit(ctx, store.Commit{Put: []store.Document{d}})
	}
	return taken, err
}

// named returns a snapshot as acts name it.
func named(id account.ID, snapshot string) string { return snapshot + " of account " + string(id) }

func keyOf(id account.ID, snapshot string) string { return prefix + string(id) + "/" + snapshot }

// List returns an account's snapshots, oldest first. Errors: NotFound if the
// account was never opened.
func (s *Snapshots) List(ctx context.Context, c journal.Caller) ([]Snapshot, error) {
	if _, err := s.config.Accounts.Known(ctx, c); err != nil {
		return nil, err
	}
	return s.list(ctx, c.Account)
}

func (s *Snapshots) list(ctx context.Context, id account.ID) ([]Snapshot, error) {
	found, err := store.All(ctx, s.config.Store, keyOf(id, ""))
	if err != nil {
		return nil, err
	}
	var all []Snapshot
	for _, d := range found {
		one, err := store.Decode[Snapshot](d)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b Snapshot) int {
		return cmp.Or(cmp.Compare(a.Entries, b.Entries), a.Taken.Compare(b.Taken))
	})
	return all, nil
}

func (s *Snapshots) find(ctx context.Context, id account.ID, snapshot string) (Snapshot, journal.Place, error) {
	key := keyOf(id, snapshot)
	if store.CheckKey(key) != nil { // no snapshot can have this id
		return Snapshot{}, journal.Place{}, noSnapshot(id, snapshot)
	}
	found, err := store.Read(ctx, s.config.Store, key)
	if err != nil {
		return Snapshot{}, journal.Place{}, err
	}
	d, ok := found[key]
	if !ok {
		return Snapshot{}, journal.Place{}, noSnapshot(id, snapshot)
	}
	one, err := store.Decode[Snapshot](d)
	if err != nil {
		return Snapshot{}, journal.Place{}, err
	}
	place := journal.Place{Seq: one.Entries}
	_, err = hex.Decode(place.Hash[:], []byte(one.Hash))
	return one, place, err
}

func noSnapshot(id account.ID, snapshot string) error {
	return fault.New(fault.NotFound, "account %q has no snapshot %s", id, fault.Quote(snapshot))
}

// Restore brings a test account back to a snapshot: the same entries, the same
// hashes. Everything later is gone, including later snapshots. Errors:
// NotFound, and those of journal.Head.Rewind.
func (s *Snapshots) Restore(ctx context.Context, c journal.Caller, snapshot string) (billing.View, error) {
	_, place, err := s.find(ctx, c.Account, snapshot)
	if err != nil {
		return billing.View{}, err
	}
	act := s.config.Acts.As(c.By, "snapshot restored", named(c.Account, snapshot))
	if err := s.rewind(ctx, c.Account, back{place, act}); err != nil {
		return billing.View{}, err
	}
	return s.config.Accounts.View(ctx, c)
}

// back is where an account goes back to, and the act that this is.
type back struct {
	to  journal.Place
	act store.Documents
}

// atOnce is how many snapshots one commit deletes.
const atOnce = 500

// rewind takes an account back, and its snapshots of what came after.
func (s *Snapshots) rewind(ctx context.Context, id account.ID, b back) error {
	if id == s.config.Ordinary {
		return fault.New(fault.NotEligible, "account %q keeps the operator's acts; it never goes back", id)
	}
	ctx = context.WithoutCancel(ctx) // a caller who goes leaves no later snapshots behind
	if err := s.config.BookEnded(ctx, id); err != nil {
		return err
	}
	if err := s.config.Store.Rewind(ctx, id, b.to); err != nil {
		return err
	}
	all, err := s.list(ctx, id)
	if err != nil {
		return err
	}
	var later []string
	for _, one := range all {
		if one.Entries > b.to.Seq {
			later = append(later, keyOf(id, one.ID))
		}
	}
	for len(later) > atOnce && err == nil {
		_, err = b.act.Commit(ctx, store.Commit{Delete: later[:atOnce]})
		later = later[atOnce:]
	}
	if err == nil {
		_, err = b.act.Commit(ctx, store.Commit{Delete: later})
	}
	return err
}

// Delete deletes a snapshot, or returns NotFound.
func (s *Snapshots) Delete(ctx context.Context, c journal.Caller, snapshot string) error {
	key := keyOf(c.Account, snapshot)
	if store.CheckKey(key) != nil {
		return noSnapshot(c.Account, snapshot)
	}
	act := s.config.Acts.As(c.By, "snapshot deleted", named(c.Account, snapshot))
	return store.Change(ctx, act, []string{key}, func(found store.Moment) (store.Commit, error) {
		if _, ok := found[key]; !ok {
			return store.Commit{}, noSnapshot(c.Account, snapshot)
		}
		return store.Commit{Delete: []string{key}}, nil
	})
}

// Fork makes another account from a snapshot: the same history with transaction
// ids of its own, in place of what that account had. It must be a test account,
// or one that was never opened. Errors: those of Restore; Argument if it is the
// snapshot's own account.
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
	act := s.config.Acts.As(c.By, "snapshot forked", named(c.Account, snapshot)+" into account "+string(into))
	c.Account = into
	return s.replace(ctx, c, history{account.Fork(events, s.config.NewID()), act})
}

// history is what an account gets in place of its own, and the act that this is.
type history struct {
	events []account.Event
	act    store.Documents
}

// replace gives an account another history.
func (s *Snapshots) replace(ctx context.Context, c journal.Caller, h history) error {
	ctx = context.WithoutCancel(ctx) // it must not stop between the two
	if err := s.rewind(ctx, c.Account, back{act: h.act}); err != nil {
		return err
	}
	decide := func(state account.State) ([]account.Event, error) {
		if state.Opened() {
			return nil, fault.New(fault.Conflict, "account %q was opened meanwhile", c.Account)
		}
		return h.events, nil
	}
	_, err := s.config.Store.Update(ctx, journal.Change{
		Account: c.Account, Recorded: s.config.Now(), By: c.By, Retry: c.Retry, Decide: decide,
	})
	return err
}
