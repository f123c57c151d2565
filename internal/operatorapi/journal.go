package operatorapi

import (
	"bytes"
	"encoding/json"
	"time"
)

// GetJournal shows entries of an account's journal, oldest first. An account
// that was never opened has no entries.
var GetJournal = Call[JournalQuery, None, Journal]{Route{Method: "GET", Path: "/accounts/{account}/journal", Action: "GetJournal"}}

// Verify recomputes every hash and state of all journals, and compares keys, the
// catalogue and snapshots with the operator's acts. Whatever differs is part of the
// answer, not an error.
var Verify = Call[None, None, Verification]{Route{Method: "GET", Path: "/verify", Action: "Verify"}}

// MaxEntries is the largest number of entries in one answer.
const MaxEntries = 1000

// JournalQuery says which entries of a journal are shown.
type JournalQuery struct {
	After *int64 `query:"after"` // entries with a higher number; default: 0
	Limit *int64 `query:"limit"` // how many entries at most
}

// Journal is a part of an account's journal.
type Journal struct {
	Entries []Entry `json:"entries"` // oldest first
}

// Entry is one line of an account's journal. Its text is authoritative: the
// other fields are read from it, and only the text is written.
type Entry struct {
	Account  string    `json:"account"`
	Seq      int64     `json:"seq"`      // 1, 2, 3, …
	Recorded time.Time `json:"recorded"` // by the wall clock
	By       By        `json:"by"`
	Event    Event     `json:"event"`
	Hash     string    `json:"hash"` // over this entry and the hash before it

	// Raw is the text of the entry, with all its members.
	Raw json.RawMessage `json:"-"`
}

// MarshalJSON returns the text of the entry.
func (e Entry) MarshalJSON() ([]byte, error) { return e.Raw, nil }

// UnmarshalJSON reads an entry and keeps its text.
func (e *Entry) UnmarshalJSON(body []byte) error {
	type plain Entry // without this method
	if err := json.Unmarshal(body, (*plain)(e)); err != nil {
		return err
	}
	e.Raw = bytes.Clone(body)
	return nil
}

// By says who caused an entry.
type By struct {
	Key     string `json:"key"`     // access key id
	Source  string `json:"source"`  // network address
	Request string `json:"request"` // id of the request
}

// Event is what happened. Which fields are set depends on its kind.
type Event struct {
	Kind         string             `json:"kind"` // opened, configured, clock, purchased, renewed, rolled, cancelled, credited, booked, acted
	At           time.Time          `json:"at"`   // by the account's clock
	Opening      *Opening           `json:"opening"`
	Settings     *Configured        `json:"settings"`
	Frozen       *time.Time         `json:"frozen"` // the instant at which the clock is stopped; nil after a release
	Transactions []EntryTransaction `json:"transactions"`
	Charges      []Charge           `json:"charges"`
	Booking      *Booking           `json:"booking"`
	Act          *Act               `json:"act"` // of the operator, in the journal of the operator's account
}

// Booking is what a session came to.
type Booking struct {
	Session EntrySession `json:"session"`
	Ms      int64        `json:"ms"`      // how long it took, in milliseconds
	TrialMs int64        `json:"trialMs"` // the part of it that the trial pays for
	Cents   int64        `json:"cents"`   // of a US dollar
}

// EntrySession is a session as a journal keeps it.
type EntrySession struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"` // remote-access, test-grid or job
	Project  string    `json:"project"`
	Device   string    `json:"device"` // or the browser
	UDID     string    `json:"udid"`
	Platform string    `json:"platform"`
	Began    time.Time `json:"began"` // by the wall clock
	Ended    time.Time `json:"ended"`
	Method   string    `json:"method"` // METERED or UNMETERED
	Rate     int64     `json:"rate"`   // price of a minute in thousandths of a cent
	Faulty   bool      `json:"faulty"` // it failed through the lab's own fault
	Result   string    `json:"result"`
}

// Act is something that the operator did.
type Act struct {
	What      string        `json:"what"`
	Name      string        `json:"name"` // of what it was done to
	Documents []ActDocument `json:"documents"`
}

// ActDocument is a document as an act left it.
type ActDocument struct {
	Key     string `json:"key"`
	Version int64  `json:"version"`
	Digest  string `json:"digest"` // "" if it is gone
}

// Opening is how an account started.
type Opening struct {
	Test   bool       `json:"test"`
	Frozen *time.Time `json:"frozen"`
}

// Configured holds the settings of an account that were changed.
type Configured struct {
	Status *string `json:"status"`
	Test   *bool   `json:"test"`
	Limits []Limit `json:"limits"`
	Quotas *Quotas `json:"quotas"`
	Note   *string `json:"note"`
}

// Quotas are how many sessions an account may have at a time. Nil fields stay as
// they were.
type Quotas struct {
	Metered  *int `json:"metered"`
	TestGrid *int `json:"testGrid"`
	Waiting  *int `json:"waiting"`
}

// Limit is the most slots of one offering that an account may hold.
type Limit struct {
	OfferingID string `json:"offeringId"`
	Max        int    `json:"max"`
}

// EntryTransaction is a transaction as a journal keeps it.
type EntryTransaction struct {
	ID          string    `json:"id"`
	Type        string    `json:"type"` // PURCHASE, RENEW or SYSTEM
	OfferingID  string    `json:"offeringId"`
	Quantity    int       `json:"quantity"`
	PromotionID string    `json:"promotionId"`
	CreatedOn   time.Time `json:"createdOn"`
	EffectiveOn time.Time `json:"effectiveOn"`
	Cents       int64     `json:"cents"` // hundredths of a US dollar
}

// Charge is what one offering costs for one period.
type Charge struct {
	OfferingID    string `json:"offeringId"`
	Quantity      int    `json:"quantity"`
	Cents         int64  `json:"cents"` // hundredths of a US dollar
	TransactionID string `json:"transactionId"`
}

// Verification is the result of recomputing every hash and state of all
// journals.
type Verification struct {
	Accounts  int64  `json:"accounts"`
	Entries   int64  `json:"entries"`
	Acts      int64  `json:"acts,omitzero"`      // of the operator; without any, nothing vouches for the documents
	Documents int64  `json:"documents,omitzero"` // keys, versions of the catalogue, snapshots
	OK        bool   `json:"ok"`
	Account   string `json:"account,omitzero"` // account of the first entry that differs; Seq is its number
	Seq       int64  `json:"seq,omitzero"`
	Document  string `json:"document,omitzero"` // the first document that differs, if no entry does
	Reason    string `json:"reason,omitzero"`
}
