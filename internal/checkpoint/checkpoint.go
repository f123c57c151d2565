// Package checkpoint records the newest entry of every journal, so that storage
// that later lacks some of the entries is detected: an older file, a journal
// without its newest entries, a missing account. The hash chain of a journal
// alone does not show that its end is missing.
//
// The package decides what a checkpoint holds, how it is signed, what storage has to
// have to be at least as new, and how checkpoints are called in a directory. Which
// directories keep them is decided elsewhere: a checkpoint that lies beside the data
// goes with the data.
package checkpoint

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// version is the format of the checkpoints that this program writes.
const version = 1

// page is how many accounts are read at a time.
const page = 500

// Checkpoint is how far the journals of all ordinary accounts had come, and that of
// the operator's account, which keeps the acts. Test accounts may go back, and stand
// in none.
type Checkpoint struct {
	Version   int       `json:"version"`
	Taken     time.Time `json:"taken"`     // by the wall clock, before the first account was read
	Accounts  int64     `json:"accounts"`  // number of Heads
	Entries   int64     `json:"entries"`   // total number of their entries
	Root      string    `json:"root"`      // SHA-256 of Heads, one per line, in hexadecimal
	Heads     []Head    `json:"heads"`     // in the order of the accounts
	Signature string    `json:"signature"` // of everything else, in hexadecimal
}

// Head is the newest entry that an account had.
type Head struct {
	Account account.ID
	Seq     int64
	Hash    journal.Hash
}

// MarshalText writes a head as account:seq:hash.
func (h Head) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// String returns the head as account:seq:hash.
func (h Head) String() string { return fmt.Sprintf("%s:%d:%s", h.Account, h.Seq, h.Hash) }

// UnmarshalText reads what MarshalText writes.
func (h *Head) UnmarshalText(text []byte) error {
	parts := strings.Split(string(text), ":")
	if len(parts) != 3 || len(parts[2]) != 2*sha256.Size {
		return fault.New(fault.Malformed, "%q is not a head of a checkpoint; it must be account:entry:hash.", text)
	}
	id, err := account.ParseID(parts[0])
	if err != nil {
		return err
	}
	seq, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || seq < 1 {
		return fault.New(fault.Malformed, "%q is not a head of a checkpoint: entries count from 1.", text)
	}
	h.Account, h.Seq = id, seq
	_, err = hex.Decode(h.Hash[:], []byte(parts[2]))
	return err
}

// Signer returns an authentication code for a message, which only a holder of
// the secret can make.
type Signer func(message []byte) []byte

// Take reads the newest entry of every ordinary account and signs the result.
func Take(ctx context.Context, r journal.Reader, sign Signer, now time.Time) (Checkpoint, error) {
	c := Checkpoint{Version: version, Taken: now.UTC(), Heads: []Head{}}
	for after := account.ID(""); ; {
		ids, err := r.Accounts(ctx, after, page)
		if err != nil {
			return c, err
		}
		if len(ids) == 0 {
			break
		}
		for _, id := range ids {
			if err := c.add(ctx, r, id); err != nil {
				return c, err
			}
		}
		after = ids[len(ids)-1]
	}
	c.Root = c.root()
	c.Signature = hex.EncodeToString(sign(c.message()))
	return c, nil
}

// add adds an account, unless it may go back.
func (c *Checkpoint) add(ctx context.Context, r journal.Reader, id account.ID) error {
	head, err := r.Head(ctx, id)
	if err != nil {
		return fmt.Errorf("read the newest entry of account %s: %w", id, err)
	}
	if head.State.Test && id != account.Operator || head.Seq == 0 {
		return nil
	}
	c.Heads = append(c.Heads, Head{id, head.Seq, head.Hash})
	c.Accounts++
	c.Entries += head.Seq
	return nil
}

// root returns the hash over all heads.
func (c Checkpoint) root() string {
	sum := sha256.New()
	for _, h := range c.Heads {
		fmt.Fprintln(sum, h) // writing to a hash cannot fail
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// message returns the text that is signed; the root stands for the heads.
func (c Checkpoint) message() []byte {
	return fmt.Appendf(nil, "slotfarm checkpoint %d\n%s\n%d\n%d\n%s\n",
		c.Version, c.Taken.Format(time.RFC3339Nano), c.Accounts, c.Entries, c.Root)
}

// Parse reads a checkpoint and checks its signature. Errors: Malformed for a
// body that is not a checkpoint or has a newer format; InvalidSignature if it
// was changed or another installation signed it.
func Parse(body []byte, sign Signer) (Checkpoint, error) {
	var c Checkpoint
	if err := json.Unmarshal(body, &c); err != nil {
		return c, &fault.Error{Kind: fault.Malformed, Message: "This is not a checkpoint of slotfarm.", Err: err}
	}
	if c.Version != version {
		return c, fault.New(fault.Malformed, "The checkpoint has format %d; this program reads format %d.", c.Version, version)
	}
	signature, err := hex.DecodeString(c.Signature)
	if err != nil || c.Root != c.root() || !hmac.Equal(signature, sign(c.message())) {
		return c, fault.New(fault.InvalidSignature, "The checkpoint was changed, or signed under another master key.")
	}
	return c, nil
}

// Forwarder reads the records of an account, as a journal.Reader does.
type Forwarder interface {
	Forward(ctx context.Context, id account.ID, after int64, limit int) ([]journal.Record, error)
}

// Lacks returns the first account whose journal is not at least as new as the
// checkpoint, and why; nil if every one is. The error is a failure to read.
func (c Checkpoint) Lacks(ctx context.Context, r Forwarder) (*journal.Wrong, error) {
	for _, h := range c.Heads {
		records, err := r.Forward(ctx, h.Account, h.Seq-1, 1)
		if err != nil {
			return nil, fmt.Errorf("read entry %d of account %s: %w", h.Seq, h.Account, err)
		}
		if len(records) == 0 || records[0].Seq != h.Seq {
			return h.wrong("the entry is missing"), nil
		}
		if records[0].Hash != h.Hash {
			return h.wrong("the entry is a different one"), nil
		}
	}
	return nil, nil
}

func (h Head) wrong(reason string) *journal.Wrong {
	return &journal.Wrong{Account: h.Account, Seq: h.Seq, Reason: reason + ", but the checkpoint names it"}
}
