package journal

import (
	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
)

// Place returns where the journal ends.
func (h Head) Place() Place { return Place{Seq: h.Seq, Hash: h.Hash} }

// Rewind returns the head of the journal after it goes back to a place. The
// record there is the one at that place, or nil if the journal has none of that
// number. Errors: NotEligible if the account is not a test account, because
// only theirs are taken back; NotFound if the place is not in this journal.
func (h Head) Rewind(id account.ID, to Place, there *Record) (Head, error) {
	if h.State.Opened() && !h.State.Test {
		return h, fault.New(fault.NotEligible, "account %q is not a test account; only test accounts go back", id)
	}
	if to == (Place{}) {
		return Head{}, nil
	}
	if there == nil || there.Hash != to.Hash {
		return h, fault.New(fault.NotFound, "entry %d of account %q is not the one to go back to", to.Seq, id)
	}
	return there.Head()
}
