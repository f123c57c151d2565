package acts

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
)

// retries begins the retry ids of acts. No header of a caller can hold it.
const retries = "\x01act/"

// adoption is the retry id of the first act of a journal, which no other act has.
const adoption = "\x01acts"

// adopted is what the first acts of a journal are.
const adopted = "documents adopted"

// atOnce is how many documents one act adopts.
const atOnce = 200

// Config is what a Book works with. All fields are required.
type Config struct {
	Store   store.Store
	Kinds   []Kind
	Now     func() time.Time       // the wall clock
	NewID   func() string          // unique ids
	Terms   func() account.Terms   // for sale now
	Opening func() account.Opening // how the operator's account starts if it was never opened
}

// Book keeps acts in the operator's journal. New makes one.
type Book struct {
	config Config
	begun  atomic.Bool // the journal has its first act
}

// New returns the book of the acts in a store.
func New(c Config) *Book { return &Book{config: c} }

// waiting is an act in the outbox. Its documents have the version of that of the
// outbox.
type waiting struct {
	At  time.Time   `json:"at"` // by the wall clock
	By  journal.By  `json:"by"`
	Act account.Act `json:"act"`
}

// As returns documents of which every commit is an act.
func (b *Book) As(by journal.By, what, name string) store.Documents {
	return acting{b.config.Store, b, waiting{By: by, Act: account.Act{What: what, Name: name}}}
}

// acting are documents of which every commit is an act.
type acting struct {
	store.Documents
	book *Book
	act  waiting
}

// Commit changes documents and keeps that as an act. When it returns nil, both are
// durable: an act that cannot be appended now waits in the outbox.
func (a acting) Commit(ctx context.Context, c store.Commit) (int64, error) {
	if err := a.book.Begin(ctx); err != nil {
		return 0, err
	}
	act, err := a.book.document(a.act, c)
	if err != nil {
		return 0, err
	}
	conditions := map[string]int64{act.Key: 0}
	maps.Copy(conditions, c.If)
	c.If, c.Put = conditions, append(slices.Clone(c.Put), act)
	if act.Version, err = a.Documents.Commit(ctx, c); err != nil {
		return 0, err
	}
	_ = a.book.carryOut(context.WithoutCancel(ctx), act) // if it fails now, it is for Settle to do and to say so
	return act.Version, nil
}

// document returns the outbox document of the act that a commit is.
func (b *Book) document(w waiting, c store.Commit) (d store.Document, err error) {
	w.At = b.config.Now().UTC()
	if w.Act.Documents, err = changed(b.config.Kinds, c); err != nil {
		return d, err
	}
	if _, err := (account.State{}).Act(w.Act, w.At); err != nil {
		return d, err
	}
	return store.Encode(outbox+b.config.NewID(), w)
}

// Settle appends the acts in the outbox to the operator's journal. Others may be about
// to append the same acts; each is appended once.
func (b *Book) Settle(ctx context.Context) error {
	left, err := store.All(ctx, b.config.Store, outbox)
	for _, d := range left {
		err = errors.Join(err, b.carryOut(ctx, d))
	}
	return err
}

// carryOut appends an act from the outbox, unless it was appended before, and
// removes it there.
func (b *Book) carryOut(ctx context.Context, d store.Document) error {
	w, err := store.Decode[waiting](d)
	if err != nil {
		return err
	}
	for i := range w.Act.Documents {
		w.Act.Documents[i].Version = d.Version
	}
	retry := journal.Retry{ID: retries + d.Key[len(outbox):], Request: hexOf(d.Body)}
	err = b.append(ctx, page{retry: retry, by: w.By, at: w.At, acts: []account.Act{w.Act}})
	if err == nil {
		_, err = b.config.Store.Commit(ctx, store.Commit{Delete: []string{d.Key}})
	}
	return err
}

// Begin makes the operator's journal keep acts, if it does not yet. The existing
// documents are adopted as they are; every later change is an act. Nothing else may
// change these documents meanwhile.
func (b *Book) Begin(ctx context.Context) error {
	if b.begun.Load() {
		return nil
	}
	first := page{retry: journal.Retry{ID: adoption, Request: adoption}, by: journal.By{Key: "start"}, at: b.config.Now()}
	asked := first.change(b.config)
	asked.Decide = func(account.State) ([]account.Event, error) { return nil, nil }
	found, err := b.config.Store.Update(ctx, asked)
	if err == nil && !found.Repeated {
		if first.acts, err = b.present(ctx); err == nil {
			err = b.append(ctx, first)
		}
	}
	if err == nil {
		b.begun.Store(true)
	}
	return err
}

// present returns acts that adopt the existing documents. There is at least one act,
// so that the journal says that it keeps them.
func (b *Book) present(ctx context.Context) ([]account.Act, error) {
	var documents []account.ActDocument
	for _, kind := range b.config.Kinds {
		found, err := store.All(ctx, b.config.Store, kind.Prefix)
		if err != nil {
			return nil, err
		}
		for _, d := range found {
			sum, err := digest(b.config.Kinds, d)
			if err != nil {
				return nil, err
			}
			if sum != "" {
				documents = append(documents, account.ActDocument{Key: d.Key, Version: d.Version, Digest: sum})
			}
		}
	}
	all := []account.Act{{What: adopted}}
	for some := range slices.Chunk(documents, atOnce) {
		all[len(all)-1].Documents = some
		all = append(all, account.Act{What: adopted})
	}
	return all[:max(1, len(all)-1)], nil
}

// page is what is appended at once.
type page struct {
	retry journal.Retry
	by    journal.By
	at    time.Time // by the wall clock
	acts  []account.Act
}

func (b *Book) append(ctx context.Context, p page) error {
	_, err := b.config.Store.Update(ctx, p.change(b.config))
	return err
}

// change returns what appends the page. The account is rolled first, as before
// everything that happens to it.
func (p page) change(c Config) journal.Change {
	opening, terms, wall := c.Opening(), c.Terms(), c.Now()
	return journal.Change{Account: account.Operator, Recorded: wall, By: p.by, Retry: &p.retry, Decide: func(state account.State) ([]account.Event, error) {
		var events []account.Event
		if !state.Opened() {
			events = append(events, account.Open(opening, p.at))
			state = account.Apply(state, events[0])
		}
		rolled, err := state.Roll(terms, state.Now(p.at))
		if err != nil {
			return nil, err
		}
		events = append(events, rolled...)
		for _, e := range rolled {
			state = account.Apply(state, e)
		}
		for _, act := range p.acts {
			acted, err := state.Act(act, p.at)
			if err != nil {
				return nil, err
			}
			events = append(events, acted)
			state = account.Apply(state, acted)
		}
		return events, nil
	}}
}
