package simulation

import (
	"context"
	"errors"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
)

// trouble is what the journal does to an update.
type trouble int

const (
	none       trouble = iota
	failBefore         // it decides, and then fails to commit
	failAfter          // it commits, and the answer is lost
	late               // other things happen before it begins
	stale              // it decides on a head that others then move, and decides again
	twice              // the change is delivered twice
	troubles
)

// faulty is a journal with troubles that the run draws.
type faulty struct {
	store.Store
	run *run
}

// Update is the engine's, with a trouble now and then.
func (f *faulty) Update(ctx context.Context, change journal.Change) (journal.Outcome, error) {
	what := f.run.trouble()
	switch what {
	case failBefore:
		f.decide(ctx, change)
		return journal.Outcome{}, lost()
	case failAfter:
		if _, err := f.Store.Update(ctx, change); err != nil {
			return journal.Outcome{}, err
		}
		return journal.Outcome{}, lost()
	case late:
		f.run.meanwhile()
	case stale:
		f.decide(ctx, change)
		f.run.meanwhile()
	case twice:
		if _, err := f.Store.Update(ctx, change); err != nil {
			return journal.Outcome{}, err
		}
	}
	return f.Store.Update(ctx, change)
}

// decide runs a decision whose result nobody keeps.
func (f *faulty) decide(ctx context.Context, change journal.Change) {
	head, err := f.Store.Head(ctx, change.Account)
	if err != nil {
		f.run.t.Fatal(err)
	}
	_, _ = change.Decide(head.State)
}

// Due names one account at a time, so that a sweep does one thing at a time.
func (f *faulty) Due(ctx context.Context, now time.Time, share string, _ int) ([]account.ID, error) {
	return f.Store.Due(ctx, now, share, 1)
}

func lost() error {
	return &fault.Error{Kind: fault.Unavailable, Message: "The journal cannot be used now; try again.", Err: errors.New("simulated")}
}
