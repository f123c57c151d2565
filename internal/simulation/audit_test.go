package simulation

import (
	"bytes"
	"context"
	"crypto/sha256"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/store"
)

// auditor reads the journals as they grow and keeps books of its own.
type auditor struct {
	t       testing.TB
	store   store.Store // without its troubles
	figures *figures
	books   map[account.ID]*book
	ids     map[string]bool // of all transactions
}

// book is what the auditor knows of an account.
type book struct {
	at           time.Time
	hashes       []journal.Hash
	status       account.Status
	limits       map[string]int
	held         map[string]int
	standing     map[string]account.Transaction
	transactions []account.Transaction
	charged      map[string]bool                  // by offering and month
	totals       map[string]account.Cents         // by month
	calls        map[string]account.Transaction   // what each call led to
	answers      map[string][]account.Transaction // that clients got
	sessions     sessions
}

func newAuditor(t testing.TB, store store.Store, f *figures) *auditor {
	return &auditor{t: t, store: store, figures: f, books: map[account.ID]*book{}, ids: map[string]bool{}}
}

// heads returns the hash of the newest entry of each account.
func (a *auditor) heads() map[account.ID]journal.Hash {
	heads := map[account.ID]journal.Hash{}
	for id, b := range a.books {
		if n := len(b.hashes); n > 0 {
			heads[id] = b.hashes[n-1]
		}
	}
	return heads
}

func (a *auditor) book(id account.ID) *book {
	if a.books[id] == nil {
		a.books[id] = &book{
			limits: map[string]int{}, held: map[string]int{}, standing: map[string]account.Transaction{},
			charged: map[string]bool{}, totals: map[string]account.Cents{},
			calls: map[string]account.Transaction{}, answers: map[string][]account.Transaction{},
			sessions: newSessions(),
		}
	}
	return a.books[id]
}

// read checks the entries that an account got since the last time.
func (a *auditor) read(id account.ID, calls []*call) {
	a.t.Helper()
	b := a.book(id)
	for _, record := range a.records(id, int64(len(b.hashes))) {
		a.checkHash(b, record)
		entry, err := record.Entry()
		if err != nil {
			a.t.Fatal(err)
		}
		a.checkTime(b, entry)
		a.enter(b, entry, calls)
		a.checkState(b, entry)
	}
	for call, answers := range b.answers {
		for _, t := range answers {
			if diff := cmp.Diff(b.calls[call], t); diff != "" {
				a.t.Fatalf("the answer to %s is not what the journal has (-journal +answer):\n%s", call, diff)
			}
		}
	}
	clear(b.answers)
}

// records returns the records of an account after a number.
func (a *auditor) records(id account.ID, after int64) []journal.Record {
	a.t.Helper()
	head, err := a.store.Head(context.Background(), id)
	if err != nil {
		a.t.Fatal(err)
	}
	if head.Seq == after {
		return nil
	}
	records, err := a.store.Forward(context.Background(), id, after, math.MaxInt32)
	if err != nil {
		a.t.Fatal(err)
	}
	return records
}

// answered notes an answer that some client got, or could have got.
func (a *auditor) answered(c *call, t account.Transaction) {
	b := a.book(c.account)
	b.answers[c.id] = append(b.answers[c.id], t)
}

// checkHash has the hash cover the hash before it.
func (a *auditor) checkHash(b *book, record journal.Record) {
	a.t.Helper()
	var previous journal.Hash
	if n := len(b.hashes); n > 0 {
		previous = b.hashes[n-1]
	}
	if record.Seq != int64(len(b.hashes))+1 || record.Hash != sha256.Sum256(append(previous[:], record.Body...)) {
		a.t.Fatalf("entry %d of account %s does not follow entry %d", record.Seq, record.Account, len(b.hashes))
	}
	b.hashes = append(b.hashes, record.Hash)
}

// checkTime has an entry stand where its wall clock was, if that is not before
// the newest one, and a boundary where the month of the newest one ends.
func (a *auditor) checkTime(b *book, e journal.Entry) {
	a.t.Helper()
	want := e.Recorded.Truncate(time.Millisecond)
	if want.Before(b.at) {
		want = b.at
	}
	if e.Event.Kind == account.KindRolled {
		want = firstOfNext(b.at)
		if want.After(e.Recorded) {
			a.t.Fatalf("entry %d of account %s begins %s at %s", e.Seq, e.Account, want, e.Recorded)
		}
	}
	if !e.Event.At.Equal(want) {
		a.t.Fatalf("entry %d of account %s is of %s, want %s", e.Seq, e.Account, e.Event.At, want)
	}
	busy := len(b.held)+len(b.standing) > 0
	if skipped := monthOf(e.Event.At) != monthOf(b.at) && e.Event.Kind != account.KindRolled; busy && skipped {
		a.t.Fatalf("entry %d of account %s leaves %s without its end", e.Seq, e.Account, monthOf(b.at))
	}
	b.at = e.Event.At
}

func monthOf(at time.Time) string { return at.Format("2006-01") }

func firstOfNext(at time.Time) time.Time {
	return time.Date(at.Year(), at.Month()+1, 1, 0, 0, 0, 0, time.UTC)
}

// enter books an entry.
func (a *auditor) enter(b *book, e journal.Entry, calls []*call) {
	a.t.Helper()
	for _, t := range e.Event.Transactions {
		if a.ids[t.ID] {
			a.t.Fatalf("transaction %s is there twice", t.ID)
		}
		a.ids[t.ID] = true
		b.transactions = append(b.transactions, t)
	}
	switch e.Event.Kind {
	case account.KindOpened:
		b.status = account.Active
	case account.KindConfigured:
		for _, l := range e.Event.Settings.Limits {
			b.limits[l.OfferingID] = l.Max
		}
		if e.Event.Settings.Status != nil {
			b.status = *e.Event.Settings.Status
		}
	case account.KindPurchased, account.KindRenewed:
		a.enterOrder(b, e, calls)
	case account.KindRolled:
		a.enterMonth(b, e)
	case account.KindBooked:
		a.enterSession(b, e)
	default:
		a.t.Fatalf("entry %d of account %s is of kind %q", e.Seq, e.Account, e.Event.Kind)
	}
}

// enterOrder books a purchase or renewal, which some call asked for once.
func (a *auditor) enterOrder(b *book, e journal.Entry, calls []*call) {
	a.t.Helper()
	t := e.Event.Transactions[0]
	asked := slices.IndexFunc(calls, func(c *call) bool { return e.Retry != nil && c.id == e.Retry.ID })
	if asked < 0 {
		a.t.Fatalf("nobody asked for %+v", t)
	}
	c := calls[asked]
	want := account.Order{OfferingID: t.OfferingID, Quantity: t.Quantity, PromotionID: t.PromotionID}
	if c.account != e.Account || c.renew != (t.Type == account.Renew) || c.order != want {
		a.t.Fatalf("%+v was asked for, and %+v done", *c, t)
	}
	if first, done := b.calls[c.id]; done {
		a.figures.doubled++
		a.t.Errorf("call %s was done twice: %+v and %+v", c.id, first, t)
	}
	b.calls[c.id] = t
	total := t.Quantity
	if c.renew {
		b.standing[t.OfferingID] = t
		if !t.EffectiveOn.Equal(firstOfNext(e.Event.At)) {
			a.t.Fatalf("renewal %+v of %s does not wait for the month's end", t, e.Event.At)
		}
	} else {
		b.held[t.OfferingID] += t.Quantity
		b.totals[monthOf(e.Event.At)] += t.Cost
		total = b.held[t.OfferingID]
	}
	limit := b.limit(t.OfferingID)
	if total > limit || b.status != account.Active {
		a.t.Fatalf("call %s led to %d slots; the limit was %d, the account %s", c.id, total, limit, b.status)
	}
}

// limit returns how many slots of an offering the account may hold.
func (b *book) limit(id string) int {
	if limit, own := b.limits[id]; own {
		return limit
	}
	return maxSlots
}

// enterMonth books a boundary: one charge for everything held or renewed.
func (a *auditor) enterMonth(b *book, e journal.Entry) {
	a.t.Helper()
	a.figures.months++
	due := map[string]int{}
	for id, n := range b.held {
		due[id] = n
	}
	for id, t := range b.standing {
		if most := max(b.held[id], b.limit(id)); t.Quantity > most {
			due[id] = most
			delete(b.standing, id) // its charge is a SYSTEM transaction
			continue
		}
		due[id] = t.Quantity
	}
	for _, c := range e.Event.Charges {
		key := c.OfferingID + monthOf(e.Event.At)
		want, expected := due[c.OfferingID]
		if b.charged[key] {
			a.figures.doubled++
			a.t.Errorf("charge %+v at %s was made before", c, e.Event.At)
		}
		if !expected || c.Quantity != want {
			a.t.Fatalf("charge %+v at %s: %d slots are due", c, e.Event.At, want)
		}
		a.checkCharge(b, e, c)
		b.charged[key] = true
		b.totals[monthOf(e.Event.At)] += c.Cost
		delete(due, c.OfferingID)
		if b.held[c.OfferingID] = c.Quantity; c.Quantity == 0 {
			delete(b.held, c.OfferingID)
		}
	}
	if len(due) > 0 {
		a.t.Fatalf("account %s was not charged at %s for %v", e.Account, e.Event.At, due)
	}
	clear(b.standing)
}

// checkCharge has a charge be that of its transaction: the renewal that stood,
// else the system's.
func (a *auditor) checkCharge(b *book, e journal.Entry, c account.Charge) {
	a.t.Helper()
	t, explicit := b.standing[c.OfferingID]
	if !explicit {
		i := slices.IndexFunc(e.Event.Transactions, func(t account.Transaction) bool { return t.ID == c.TransactionID })
		if i < 0 {
			a.t.Fatalf("charge %+v has no transaction", c)
		}
		t = e.Event.Transactions[i]
		if t.Type != account.System || !t.CreatedOn.Equal(e.Event.At) || !t.EffectiveOn.Equal(e.Event.At) {
			a.t.Fatalf("charge %+v at %s has transaction %+v", c, e.Event.At, t)
		}
	}
	if t.ID != c.TransactionID || t.Cost != c.Cost || t.Quantity != c.Quantity || t.OfferingID != c.OfferingID || c.Cost < 0 {
		a.t.Fatalf("charge %+v is not its transaction %+v", c, t)
	}
}

// checkState compares the stored state with the books.
func (a *auditor) checkState(b *book, e journal.Entry) {
	a.t.Helper()
	held, standing := map[string]int{}, map[string]int{}
	for _, h := range e.State.Holdings {
		if h.Current < 0 {
			a.t.Fatalf("account %s holds %d of offering %s", e.Account, h.Current, h.OfferingID)
		}
		if h.Current > 0 {
			held[h.OfferingID] = h.Current
		}
		if h.Next != nil {
			standing[h.OfferingID] = h.Next.Quantity
		}
	}
	want := map[string]int{}
	for id, t := range b.standing {
		want[id] = t.Quantity
	}
	if !cmp.Equal(held, b.held) || !cmp.Equal(standing, want) {
		a.t.Fatalf("entry %d of account %s holds %v, then %v; want %v, then %v", e.Seq, e.Account, held, standing, b.held, want)
	}
}

// checkList compares the list of transactions, all its pages, with the books:
// what was listed once never changes.
func (a *auditor) checkList(o *billing.Orders, caller journal.Caller) {
	a.t.Helper()
	var all []account.Transaction
	for from := (billing.Cursor{}); ; {
		page, next, err := o.Transactions(context.Background(), caller, from, 30)
		if err != nil {
			a.t.Fatal(err)
		}
		all = append(all, page...)
		if from = next; from == (billing.Cursor{}) {
			break
		}
	}
	slices.Reverse(all)
	if diff := cmp.Diff(a.book(caller.Account).transactions, all); diff != "" {
		a.t.Fatalf("transactions of account %s (-books +list):\n%s", caller.Account, diff)
	}
}

// checkStatements compares the statements of the newest months with the sums of
// the books.
func (a *auditor) checkStatements(o *billing.Orders, caller journal.Caller, most int) {
	a.t.Helper()
	b := a.book(caller.Account)
	for month := b.at; most > 0 && len(b.hashes) > 0; most-- {
		statement, _, err := o.Statement(context.Background(), caller, offering.PeriodOf(month))
		if fault.KindOf(err) == fault.Argument && err != nil || fault.KindOf(err) == fault.Unavailable {
			return // by this clock the month has not begun, or the journal fails
		}
		if err != nil || statement.Total != b.totals[monthOf(month)] {
			a.t.Fatalf("statement of %s: %d, %v; want %d", monthOf(month), statement.Total, err, b.totals[monthOf(month)])
		}
		month = time.Date(month.Year(), month.Month()-1, 1, 0, 0, 0, 0, time.UTC)
	}
}

// end looks for everything that was answered, and reads all journals again.
func (a *auditor) end(calls []*call) {
	a.t.Helper()
	for _, c := range calls {
		if t := a.book(c.account).calls[c.id]; c.answer != "" && t.ID != c.answer {
			a.figures.lost++
			a.t.Errorf("call %s was answered %s, and the journal has %q", c.id, c.answer, t.ID)
		}
	}
	for id, b := range a.books {
		records := a.records(id, 0)
		if len(records) != len(b.hashes) {
			a.t.Fatalf("account %s has %d entries, want %d", id, len(records), len(b.hashes))
		}
		for i, record := range records {
			if !bytes.Equal(record.Hash[:], b.hashes[i][:]) {
				a.t.Fatalf("entry %d of account %s has changed", i+1, id)
			}
		}
	}
	report, err := journal.Verify(context.Background(), a.store)
	if err != nil || report.Wrong != nil {
		a.t.Fatalf("verify: %+v %v", report.Wrong, err)
	}
}
