// Package journal is the storage contract: one append-only, hash-chained
// sequence of entries per account, and the one way to append to it.
//
// An entry holds what happened, who did it, and the account's whole state after
// it, so the newest entry is all that a decision needs. The package decides how
// entries are sealed, chained, verified and matched with retries. An engine
// (such as store/sqlite) decides where they are kept; storetest.Run defines
// what makes a valid engine. The package holds no rules about offerings.
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
	// nothing at all, and returns when that is durable. Updates of one account
	// happen one after another: Decide sees the newest entry's state, and may
	// run more than once. A change whose Retry was already recorded is not
	// decided again: the outcome is the recorded entry. Errors: what Decide
	// returns; Argument for a Retry whose request differs from the recorded
	// one, and for one whose id is not UTF-8; any other error means that the
	// engine could not tell whether it appended, so callers retry with the same
	// Retry.
	Update(ctx context.Context, change Change) (Outcome, error)

	// Rewind takes back every entry of a test account after a place, and is
	// durable when it returns. The journal is then what it was at that place:
	// entries, hashes and retry ids. An account taken back to before its first
	// entry counts as never opened. Errors: those of Head.Rewind.
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
	// Head returns the newest entry of an account, or the zero value if the
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
	// State.Due is not after now, longest overdue first.
	Due(ctx context.Context, now time.Time, share string, limit int) ([]account.ID, error)
}

// Batch describes a commit that several updates shared.
type Batch struct {
	Updates int           // how many were decided
	Entries int           // how many were appended
	Took    time.Duration // from its beginning to its end on disk
	Err     error         // an error of storage; nothing was appended
}

// Change is one update of an account.
type Change struct {
	Account  account.ID
	Recorded time.Time // by the wall clock
	By       By
	Retry    *Retry // nil if retries of the change cannot be recognised
	Decide   Decide
}

// Decide returns the events that a command causes in a state, no events to
// leave the journal unchanged, or an error to refuse the command. It must have
// no effect but its result.
type Decide func(account.State) ([]account.Event, error)

// Outcome is the result of an update.
type Outcome struct {
	Entries  []Entry // those appended, oldest first; for a repeat, the recorded entry
	Hash     Hash    // of the newest of Entries; if there are none, of the journal's newest entry
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

// Retry distinguishes the attempts of one call from other calls.
type Retry struct {
	ID      string `json:"id"`      // chosen by the caller, unique to the call
	Request string `json:"request"` // digest of what was asked
}

// Caller says on which account, by whom and as which call something is done.
type Caller struct {
	Account account.ID
	By
	Retry *Retry // nil if the attempts of a call cannot be recognised
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
