package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// MaxEntries is how many entries one answer holds at most.
const MaxEntries = 1000

// Entry is one line of an account's journal.
type Entry struct {
	Account  string    `json:"account"`
	Seq      int64     `json:"seq"`      // 1, 2, 3, …
	Recorded time.Time `json:"recorded"` // by the wall clock
	By       By        `json:"by"`
	Event    Event     `json:"event"`
	Hash     string    `json:"hash"` // over this entry and the hash before it

	// Raw is the entry as it came, with all its members.
	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON reads an entry and keeps its text.
func (e *Entry) UnmarshalJSON(body []byte) error {
	type plain Entry // without this method
	if err := json.Unmarshal(body, (*plain)(e)); err != nil {
		return err
	}
	e.Raw = append(json.RawMessage(nil), body...)
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
	Kind         string             `json:"kind"` // opened, configured, clock, purchased, renewed, rolled
	At           time.Time          `json:"at"`   // by the account's clock
	Opening      *Opening           `json:"opening"`
	Settings     *Configured        `json:"settings"`
	Frozen       *time.Time         `json:"frozen"` // where the clock stands; nil after a release
	Transactions []EntryTransaction `json:"transactions"`
	Charges      []Charge           `json:"charges"`
}

// Opening is how an account started.
type Opening struct {
	Test   bool       `json:"test"`
	Frozen *time.Time `json:"frozen"`
}

// Configured is what was set of an account.
type Configured struct {
	Status *string `json:"status"`
	Test   *bool   `json:"test"`
	Limits []Limit `json:"limits"`
	Note   *string `json:"note"`
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
	Cents       int64     `json:"cents"` // of a US dollar
}

// Charge is what one offering costs for one period.
type Charge struct {
	OfferingID    string `json:"offeringId"`
	Quantity      int    `json:"quantity"`
	Cents         int64  `json:"cents"` // of a US dollar
	TransactionID string `json:"transactionId"`
}

// Journal returns up to limit entries of an account with a number above after,
// oldest first, and never more than MaxEntries. An account that was never
// opened has none.
func (c *Client) Journal(ctx context.Context, id string, after int64, limit int) ([]Entry, error) {
	var answer struct{ Entries []Entry }
	path := fmt.Sprintf("%s/journal?after=%d&limit=%d", accountPath(id), after, limit)
	err := c.call(ctx, http.MethodGet, path, nil, &answer)
	return answer.Entries, err
}

// Verification is what recomputing every hash and state of all journals gave.
type Verification struct {
	Accounts int64  `json:"accounts"`
	Entries  int64  `json:"entries"`
	OK       bool   `json:"ok"`
	Account  string `json:"account,omitzero"` // of the first entry that differs, with its number
	Seq      int64  `json:"seq,omitzero"`
	Reason   string `json:"reason,omitzero"`
}

// Verify recomputes every hash and state. An entry that differs is no error.
func (c *Client) Verify(ctx context.Context) (Verification, error) {
	var v Verification
	err := c.call(ctx, http.MethodGet, "/verify", nil, &v)
	return v, err
}
