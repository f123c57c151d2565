package account

import (
	"time"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/plaintext"
)

// Credit is a correction in the account's favour. Journals never change, so a
// credit returns what was charged in error.
type Credit struct {
	Amount Cents  `json:"cents"`
	Reason string `json:"reason"`
}

// maxReason is the largest length of a credit's reason in bytes.
const maxReason = 256

// Credit returns the event of a credit, which lowers the statement of the
// period that now is in. Errors: Argument for an amount out of range and for a
// reason that is missing, is too long, or has invisible characters.
func (s State) Credit(c Credit, now time.Time) (Event, error) {
	if c.Amount < 1 || c.Amount > money.MaxPrice {
		return Event{}, fault.New(fault.Argument, "amount %s is out of range; it must be from 0.01 to %s.", c.Amount.Decimal(), money.MaxPrice.Decimal())
	}
	if c.Reason == "" {
		return Event{}, fault.New(fault.Argument, "reason is missing; the statement shows it.")
	}
	if err := plaintext.Check("reason", c.Reason, maxReason); err != nil {
		return Event{}, err
	}
	return Event{Kind: KindCredited, At: now, Credit: &c}, nil
}
