package account

import (
	"time"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/plaintext"
)

// Operator is the account of the operator. Its journal also keeps the operator's
// acts.
const Operator ID = "000000000000"

// Act is something that the operator did which is no matter of one account's
// journal: a key that was made, a catalogue that was put in force.
type Act struct {
	What string `json:"what"`          // such as "key made"
	Name string `json:"name,omitzero"` // of what it was done to, for people

	// Documents are those that it changed, as it left them.
	Documents []ActDocument `json:"documents,omitempty"`
}

// ActDocument is a document as an act left it.
type ActDocument struct {
	Key     string `json:"key"`
	Version int64  `json:"version"`         // of the commit that changed it
	Digest  string `json:"digest,omitzero"` // SHA-256 of what it holds but for secrets, in hexadecimal; "" if it is gone
}

// Bounds of the texts of an act, in bytes.
const (
	maxWhat    = 64
	maxActName = 256
)

// Act returns the event of an act, which changes nothing of the account but its
// time. Errors: Argument for an act that does not say what it is, and for texts that
// are too long or have characters that cannot be seen.
func (s State) Act(a Act, now time.Time) (Event, error) {
	if a.What == "" {
		return Event{}, fault.New(fault.Argument, "what is missing; an act says what was done.")
	}
	if err := plaintext.Check("what", a.What, maxWhat); err != nil {
		return Event{}, err
	}
	if err := plaintext.Check("name", a.Name, maxActName); err != nil {
		return Event{}, err
	}
	return Event{Kind: KindActed, At: s.Now(now), Act: &a}, nil
}
