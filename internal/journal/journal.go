// Package journal is the storage contract: one append-only, hash-chained
// sequence of entries per account, and the one way to append to it.
//
// An entry holds what happened, who did it, and the account's whole state after
// it, so the newest entry is all that a decision needs. The package decides how
// entries are sealed, chained, verified and matched with retries; where they
// are kept is up to an engine (store/sqlite), and what makes a valid engine
// is storetest.Run. It holds no rule of the offerings.
package journal

import (
	"context"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
)

// Journal stores the entries of all accounts.
type Journal interface {
	Reader

	// Update appends what change.Decide returns to the account's journal, or
	// nothing at all, and answers when that is durable. Updates of one account
	// happen one after another: Decide sees the newest entry's state, and may
	// run more than once. A change whose Retry was recorded before is not
	// decided again: the outcome is the recorded entry. Errors: what Decide
	// returns; Argument for a Retry whose request differs from the recorded
	// one, and for one whose id is not UTF-8; anything else means that the engine could not tell whether it
	// appended, which is why callers retry with the same Retry.
	Update(ctx context.Context, change Change) (Outcome, error)

	// Rewind takes back every entry of a test account after a place and is
	// durable when it returns: the journal is what it was there, entries, hashes
	// and retry ids. An account taken back to before its first entry was never
	// opened. Errors: those of Head.Rewind.
	Rewind(ctx context.Context, id account.ID, to Place) error

	// Clear removes every entry.
	Clear(ctx context.Context) error

	// Close ends the engine after the updates under way.
	Close() error
}

// Reader reads what is durable.
type Reader interface {
	Entries
	Lists
}

// Entries reads the journal of one account.
type Entries interface {
	// Head returns the newest entry of an account; its zero value when the
	// account was never opened.
	Head(ctx context.Context, id account.ID) (Head, error)

	// Forward returns up to limit records with a sequence number above after,
	// oldest first.
	Forward(ctx context.Context, id account.ID, after int64, limit int) ([]Record, error)

	// Back returns up to limit records with a sequence number below before that
	// hold transactions, newest first.
	Back(ctx context.Context, id account.ID, before int64, limit int) ([]Record, error)

	// Unbooked returns up to limit records with a sequence number above after that
	// book no session, oldest first. It reads none of those that do.
	Unbooked(ctx context.Context, id account.ID, after int64, limit int) ([]Record, error)
}

// Lists finds accounts.
type Lists interface {
	// Accounts returns up to limit ids of accounts above after, ascending.
	Accounts(ctx context.Context, after account.ID, limit int) ([]account.ID, error)

	// Due returns up to limit ids of accounts that end with share and whose
	// State.Due is not after now, those due longest first.
	Due(ctx context.Context, now time.Time, share string, limit int) ([]account.ID, error)
}

// Batch is what an engine tells of a commit that several updates shared.
type Batch struct {
	Updates int           // how many were decided in it
	Entries int           // how many it appended
	Took    time.Duration // from its beginning to its end on disk
	Err     error         // of storage; nothing was appended then
}

// Change is one update of an account.
type Change struct {
	Account  account.ID
	Recorded time.Time // by the wall clock
	By       By
	Retry    *Retry // nil for changes that are not told apart from their retries
	Decide   Decide
}

// Decide returns the events that a command causes in a state, none to leave the
// journal as it is, or an error to refuse. It has no effect but its result.
type Decide func(account.State) ([]account.Event, error)

// Outcome is what an update led to.
type Outcome struct {
	Entries  []Entry // appended, oldest first; of a repeat, the recorded entry
	Hash     Hash    // of the newest of Entries; where there are none, of the journal's newest entry
	Repeated bool
	Seq      int64         // of the journal's newest entry
	State    account.State // after it
}

// By says who caused an entry.
type By struct {
	Key     string `json:"key,omitempty"`     // access key id
	Source  string `json:"source,omitempty"`  // network address
	Request string `json:"request,omitempty"` // id of the request
}

// Retry tells the attempts of one call from other calls.
type Retry struct {
	ID      string `json:"id"`      // chosen by the caller, unique to the call
	Request string `json:"request"` // digest of what was asked
}

// Caller says on whose account, by whom and as which call something is done.
type Caller struct {
	Account account.ID
	By
	Retry *Retry // nil where the attempts of a call cannot be told apart
}

// Place is a point in an account's journal: an entry's number and the hash that
// it must have. The zero Place is before the first entry.
type Place struct {
	Seq  int64
	Hash Hash
}

// Head is the newest entry of an account, with the hash that the next one
// builds on.
type Head struct {
	Seq   int64
	Hash  Hash
	State account.State
}
