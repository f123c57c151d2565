package billing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// sessionRetry begins the retry ids of bookings. It starts with a byte that no
// header can carry, so no caller's id is one of them.
const sessionRetry = "\x01session/"

// Book enters a session that has ended into the account's journal and returns the
// place of its entry. However often it is called for a session, by however many
// processes at the same time, there is one entry, and every call returns its place.
// The caller's own Retry plays no part. Errors: NotFound for an account that was
// never opened, Argument for a session that was booked with other values before,
// those of account.State.Book and of the journal.
func (a *Accounts) Book(ctx context.Context, c journal.Caller, session account.Session) (journal.Place, error) {
	retry, err := retryOf(session)
	if err != nil {
		return journal.Place{}, err
	}
	c.Retry = &retry
	f := single(func(state account.State, terms account.Terms, now time.Time) (account.Event, error) {
		return state.Book(session, terms, now)
	})
	outcome, _, err := a.update(ctx, c, false, f.command)
	if err != nil {
		return journal.Place{}, err
	}
	entry := outcome.Entries[len(outcome.Entries)-1]
	if entry.Event.Kind != account.KindBooked {
		return journal.Place{}, fault.New(fault.Internal, "entry %d of account %s has the retry id of session %q and books none", entry.Seq, c.Account, session.ID)
	}
	return journal.Place{Seq: entry.Seq, Hash: outcome.Hash}, nil
}

// retryOf returns what tells the booking of a session from all others.
func retryOf(session account.Session) (journal.Retry, error) {
	body, err := json.Marshal(session.Whole())
	sum := sha256.Sum256(body)
	return journal.Retry{ID: sessionRetry + session.ID, Request: hex.EncodeToString(sum[:])}, err
}

// Open opens an account that was never opened, if it may be opened by its use; an
// account that is open stays as it is. NotFound if only an operator opens accounts.
func (a *Accounts) Open(ctx context.Context, c journal.Caller) error {
	head, err := a.config.Store.Head(ctx, c.Account)
	if err != nil || head.Seq > 0 {
		return err
	}
	_, _, err = a.Change(ctx, c, nothing)
	return err
}
