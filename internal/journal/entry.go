package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
)

// Version is the newest format of the entries that this program writes and reads.
// Entries of a newer one are refused.
const Version = 2

// The formats. An entry has the oldest that holds what it says, so that a program
// of before reads the accounts that have nothing new.
const (
	versionOrders   = 1
	versionSessions = 2 // sessions that were booked, and quotas
)

// versionOf returns the format of an entry with a state.
func versionOf(s account.State) int {
	if s.Booked > 0 || s.Quotas != (account.Quotas{}) {
		return versionSessions
	}
	return versionOrders
}

// Hash is the SHA-256 of the previous entry's hash followed by the entry's
// body. The hash before the first entry is zero.
type Hash [sha256.Size]byte

// String returns the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Entry is one line of an account's journal.
type Entry struct {
	Version  int           `json:"v"`
	Account  account.ID    `json:"account"`
	Seq      int64         `json:"seq"` // 1, 2, 3, …
	Recorded time.Time     `json:"recorded"`
	By       By            `json:"by"`
	Retry    *Retry        `json:"retry,omitempty"`
	Event    account.Event `json:"event"`
	State    account.State `json:"state"` // after the event
}

// Booked is the Record.Transactions of an entry that books a session. There may be
// a million of them between two orders, so whoever reads orders skips them.
const Booked = -1

// Record is an entry as it is stored: its bytes and its hash. The other fields
// repeat parts of the body, so that the engine can find the entry by them.
type Record struct {
	Account      account.ID
	Seq          int64
	Transactions int    // how many the entry created; Booked if it books a session
	Retry        []byte // digest of its retry's id; nil if it has none
	Body         []byte // the entry as JSON
	Hash         Hash
}

// Appended is an entry that is about to be appended to the journal.
type Appended struct {
	Entry  Entry
	Record Record
}

// RetryDigest is a fixed-size digest of a Retry's ID, used as an index key.
type RetryDigest [16]byte

// Digest returns the digest of the retry's id.
func (r Retry) Digest() RetryDigest {
	sum := sha256.Sum256([]byte(r.ID))
	return RetryDigest(sum[:16])
}

// Extend returns the entries that a change adds to the journal that ends with
// head, or the error of its Decide. The last of them records the retry.
func Extend(head Head, change Change) ([]Appended, error) {
	if change.Retry != nil && !utf8.ValidString(change.Retry.ID) { // JSON would change it
		return nil, fault.New(fault.Argument, "The request id %+q is not UTF-8.", change.Retry.ID)
	}
	events, err := change.Decide(head.State)
	if err != nil {
		return nil, err
	}
	appended := make([]Appended, len(events))
	for i, event := range events {
		entry := Entry{
			Account: change.Account, Seq: head.Seq + 1,
			Recorded: change.Recorded.UTC(), By: change.By,
			Event: event, State: account.Apply(head.State, event),
		}
		entry.Version = versionOf(entry.State)
		if i == len(events)-1 {
			entry.Retry = change.Retry
		}
		record, err := seal(head.Hash, entry)
		if err != nil {
			return nil, err
		}
		appended[i] = Appended{Entry: entry, Record: record}
		head = Head{Seq: record.Seq, Hash: record.Hash, State: entry.State}
	}
	return appended, nil
}

func seal(previous Hash, e Entry) (Record, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return Record{}, err
	}
	return Record{
		Account: e.Account, Seq: e.Seq, Transactions: e.transactions(), Retry: e.digest(),
		Body: body, Hash: chain(previous, body),
	}, nil
}

// transactions returns the entry's Record.Transactions.
func (e Entry) transactions() int {
	if e.Event.Kind == account.KindBooked {
		return Booked
	}
	return len(e.Event.Transactions)
}

// digest returns the digest of the entry's retry id, or nil if it has none.
func (e Entry) digest() []byte {
	if e.Retry == nil {
		return nil
	}
	digest := e.Retry.Digest()
	return digest[:]
}

func chain(previous Hash, body []byte) Hash {
	digest := sha256.New()
	digest.Write(previous[:])
	digest.Write(body)
	return Hash(digest.Sum(nil))
}

// Entry returns the record's entry. A newer format, and a body that belongs to
// another account or number than the record's, are errors.
func (r Record) Entry() (Entry, error) {
	var e Entry
	if err := json.Unmarshal(r.Body, &e); err != nil {
		return e, &fault.Error{Message: "entry " + r.name() + " cannot be read", Err: err}
	}
	if e.Version > Version {
		return e, fault.New(fault.Internal, "entry %s has format %d; this program reads up to %d", r.name(), e.Version, Version)
	}
	if e.Account != r.Account || e.Seq != r.Seq {
		return e, fault.New(fault.Internal, "entry %s says that it is entry %d of account %s", r.name(), e.Seq, e.Account)
	}
	return e, nil
}

// Head returns the record as the head of its journal.
func (r Record) Head() (Head, error) {
	e, err := r.Entry()
	return Head{Seq: r.Seq, Hash: r.Hash, State: e.State}, err
}

// Repeat returns the outcome of a change whose retry id was already recorded in
// r: that entry, or an Argument error if the request differs.
func (r Record) Repeat(retry Retry, head Head) (Outcome, error) {
	e, err := r.Entry()
	if err != nil {
		return Outcome{}, err
	}
	if e.Retry == nil || *e.Retry != retry {
		return Outcome{}, fault.New(fault.Argument, "The request id %q was already used with a different request; a new request needs a new id.", retry.ID)
	}
	return Outcome{Entries: []Entry{e}, Hash: r.Hash, Repeated: true, Seq: head.Seq, State: head.State}, nil
}
