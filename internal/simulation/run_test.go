package simulation

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// maxSlots is the limit of accounts without one of their own.
const maxSlots = 12

// beginnings are instants just before the corners of the calendar.
var beginnings = []time.Time{
	time.Date(1999, 12, 30, 22, 0, 0, 0, time.UTC),
	time.Date(2000, 2, 27, 0, 0, 0, 0, time.UTC),
	time.Date(2023, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
	time.Date(2024, 1, 30, 12, 0, 0, 0, time.UTC),
	time.Date(2026, 11, 23, 6, 7, 8, 9_000, time.UTC),
	time.Date(2096, 2, 28, 23, 0, 0, 0, time.UTC),
	time.Date(2099, 11, 30, 0, 0, 0, 0, time.UTC),
	time.Date(2100, 2, 27, 1, 0, 0, 0, time.UTC),
}

// run is one simulated history.
type run struct {
	t     testing.TB
	chaos *rand.Rand
	calm  bool // no more troubles
	depth int  // of things that happen meanwhile

	now   time.Time
	nodes []*node
	store *faulty
	ids   int

	accounts []account.ID
	calls    []*call
	ended    []*ended
	auditor  *auditor
	figures  figures
}

// node is an instance of the service and its clock.
type node struct {
	*server.Parts
	off time.Duration // from the true time
}

// figures count what a run went through.
type figures struct {
	steps, months, faults, calls, acknowledged int
	sessions                                   int
	lost, doubled                              int // must stay 0
}

func (f *figures) add(o figures) {
	f.steps += o.steps
	f.months += o.months
	f.faults += o.faults
	f.calls += o.calls
	f.acknowledged += o.acknowledged
	f.sessions += o.sessions
	f.lost += o.lost
	f.doubled += o.doubled
}

// call is a purchase or renewal of one client, with all its attempts.
type call struct {
	id       string
	account  account.ID
	renew    bool
	order    account.Order
	attempts int
	over     bool   // the client has its answer, or has given up
	answer   string // id of the transaction that it was answered; "" for none
}

// simulate plays a history of so many steps and returns what it went through,
// and the hash of the newest entry of each account.
func simulate(t testing.TB, seed uint64, steps int) (figures, map[account.ID]journal.Hash) {
	t.Helper()
	ctx := context.Background()
	store, err := sqlite.OpenMemory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	r := &run{t: t, chaos: rand.New(rand.NewPCG(seed, 1))}
	r.store, r.auditor = &faulty{store, r}, newAuditor(t, store, &r.figures)
	r.now = beginnings[r.chaos.IntN(len(beginnings))]
	for i := range 2 {
		r.nodes = append(r.nodes, &node{})
		r.restart(i)
	}
	for i := range 3 {
		r.accounts = append(r.accounts, account.ID(fmt.Sprintf("%012d", 100+i)))
	}
	for range steps {
		r.step()
		r.audit()
	}
	r.settle()
	r.figures.steps = steps
	return r.figures, r.auditor.heads()
}

// restart makes an instance of the service anew, as after a crash.
func (r *run) restart(i int) {
	n := r.nodes[i]
	s, err := server.NewParts(context.Background(), server.PartsConfig{
		Store: r.store, Terms: account.Terms{Catalog: r.catalog(), MaxSlots: maxSlots},
		Now:   func() time.Time { return r.now.Add(n.off) },
		NewID: func() string { r.ids++; return fmt.Sprintf("id-%d", r.ids) },
	})
	if err != nil {
		r.t.Fatal(err)
	}
	n.Parts = s
}

// catalog sells four offerings, one of them at prices that change, with three
// promotions.
func (r *run) catalog() offering.Catalog {
	c := offering.Default()
	for months := 1; months < 60; months += 7 {
		from := time.Date(beginnings[0].Year(), time.Month(months), 3, 4, 5, 6, 0, time.UTC)
		c.Offerings[0].Prices = append(c.Offerings[0].Prices, offering.Price{From: from, Monthly: account.Cents(20000 + 333*months)})
	}
	c.Promotions = append(c.Promotions,
		offering.Promotion{ID: "HALF", PercentOff: []int{50, 50}}, offering.Promotion{ID: "ONCE", PercentOff: []int{33}})
	return c
}

// often reports true so many times of a hundred.
func (r *run) often(percent int) bool { return r.chaos.IntN(100) < percent }

// trouble draws what happens to an update.
func (r *run) trouble() trouble {
	if r.calm || !r.often(30) {
		return none
	}
	what := trouble(1 + r.chaos.IntN(int(troubles)-1))
	r.figures.faults++
	return what
}

// meanwhile lets other things happen while an update waits.
func (r *run) meanwhile() {
	if r.depth >= 3 {
		return
	}
	r.depth++
	for range 1 + r.chaos.IntN(3) {
		r.step()
	}
	r.depth--
}

// step does one thing, and whatever happens while it is under way.
func (r *run) step() {
	switch n := r.chaos.IntN(100); {
	case n < 24:
		r.ask()
	case n < 32:
		r.book()
	case n < 38:
		r.bookAgain()
	case n < 55:
		r.repeat()
	case n < 60:
		r.stray()
	case n < 80:
		r.wait()
	case n < 86:
		r.skew()
	case n < 91:
		r.sweep()
	case n < 95:
		r.configure()
	case n < 98:
		r.read()
	default:
		r.restart(r.chaos.IntN(len(r.nodes)))
	}
}

func (r *run) account() account.ID { return r.accounts[r.chaos.IntN(len(r.accounts))] }

func (r *run) node() *node { return r.nodes[r.chaos.IntN(len(r.nodes))] }

// ask begins a call.
func (r *run) ask() {
	offerings := offering.Default().Offerings
	c := &call{
		id: fmt.Sprintf("call-%d", len(r.calls)), account: r.account(), renew: r.often(40),
		order: account.Order{OfferingID: offerings[r.chaos.IntN(len(offerings))].ID, Quantity: r.chaos.IntN(5)},
	}
	if !c.renew && r.often(20) {
		c.order.PromotionID = []string{"2FREEMONTHS", "HALF", "ONCE"}[r.chaos.IntN(3)]
	}
	r.calls = append(r.calls, c)
	r.figures.calls++
	r.attempt(c)
}

// repeat has a client whose call has no answer try again, as an SDK does.
func (r *run) repeat() {
	var open []*call
	for _, c := range r.calls {
		if !c.over {
			open = append(open, c)
		}
	}
	if len(open) > 0 {
		r.attempt(open[r.chaos.IntN(len(open))])
	}
}

// stray delivers an old call once more; nobody waits for the answer.
func (r *run) stray() {
	if len(r.calls) == 0 {
		return
	}
	c := r.calls[r.chaos.IntN(len(r.calls))]
	r.figures.faults++
	if t, err := r.deliver(c); err == nil {
		r.auditor.answered(c, t)
	}
}

// attempt sends a call and takes the answer, if one comes.
func (r *run) attempt(c *call) {
	c.attempts++
	c.over = c.over || c.attempts >= 4
	if !r.calm && r.often(8) { // the call is lost
		r.figures.faults++
		return
	}
	t, err := r.deliver(c)
	if !r.calm && r.often(8) { // the answer is lost
		r.figures.faults++
		return
	}
	switch {
	case err == nil:
		r.auditor.answered(c, t)
		if c.answer == "" {
			r.figures.acknowledged++
		}
		c.over, c.answer = true, t.ID
	case fault.KindOf(err) == fault.Internal:
		r.t.Fatalf("%+v: %v", *c, err)
	case fault.KindOf(err) != fault.Unavailable:
		c.over = true
	}
}

// deliver has some instance of the service carry out a call.
func (r *run) deliver(c *call) (account.Transaction, error) {
	caller := journal.Caller{
		Account: c.account, By: journal.By{Key: "client"}, Retry: &journal.Retry{ID: c.id, Request: fmt.Sprint(c.renew, c.order)},
	}
	do := r.node().Orders.Purchase
	if c.renew {
		do = r.node().Orders.Renew
	}
	t, _, err := do(context.Background(), caller, c.order)
	return t, err
}

// wait lets time pass: some hours, to the edge of the month or over it, or
// months in which nobody looks.
func (r *run) wait() {
	next := time.Date(r.now.Year(), r.now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	switch r.chaos.IntN(8) {
	case 0, 1:
		r.now = r.now.Add(time.Duration(r.chaos.Int64N(int64(20 * 24 * time.Hour))))
	case 2:
		r.now = next.Add(-time.Microsecond)
	case 3:
		r.now = next
	case 4:
		r.now = next.Add(time.Microsecond)
	case 5:
		r.now = r.now.Add(time.Duration(r.chaos.IntN(1000)) * time.Microsecond)
	case 6:
		r.now = next.AddDate(0, r.chaos.IntN(24), r.chaos.IntN(28))
	default:
		r.now = r.now.AddDate(0, 0, 1)
	}
}

// skew sets an instance's clock anew: minutes off, at times a day.
func (r *run) skew() {
	reach := 10 * time.Minute
	if r.often(20) {
		reach = 36 * time.Hour
	}
	r.node().off = time.Duration(r.chaos.Int64N(int64(2*reach))) - reach
	r.figures.faults++
}

// sweep rolls what is due, by the clock of some instance.
func (r *run) sweep() {
	if err := r.node().Sweeper.Sweep(context.Background()); err != nil && fault.KindOf(err) != fault.Unavailable {
		r.t.Fatal(err)
	}
}

// configure changes a limit or a status; its answer may be lost like any other.
func (r *run) configure() {
	var settings account.Settings
	if r.often(70) {
		id := offering.Default().Offerings[r.chaos.IntN(4)].ID
		settings.Limits = []account.Limit{{OfferingID: id, Max: r.chaos.IntN(2 * maxSlots)}}
	} else {
		status := []account.Status{account.Active, account.Active, account.Active, account.Suspended, account.Ineligible}[r.chaos.IntN(5)]
		settings.Status = &status
	}
	_, err := r.node().Accounts.Configure(context.Background(), journal.Caller{Account: r.account(), By: journal.By{Key: "operator"}}, settings)
	if err != nil && fault.KindOf(err) != fault.Unavailable {
		r.t.Fatal(err)
	}
}

// read looks at an account, its list of transactions and a statement of it.
func (r *run) read() {
	ctx, n, caller := context.Background(), r.node(), journal.Caller{Account: r.account(), By: journal.By{Key: "reader"}}
	if _, err := n.Accounts.View(ctx, caller); err != nil {
		if fault.KindOf(err) != fault.Unavailable {
			r.t.Fatal(err)
		}
		return
	}
	r.audit()
	if r.often(50) {
		r.auditor.checkList(n.Orders, caller)
	} else {
		r.auditor.checkStatements(n.Orders, caller, 1)
	}
}

// audit has the auditor read what all accounts got.
func (r *run) audit() {
	for _, id := range r.accounts {
		r.auditor.read(id, r.calls)
	}
}

// settle ends the troubles, has every client repeat what it has no answer to,
// and checks everything once more from the beginning.
func (r *run) settle() {
	r.calm = true
	for _, c := range r.calls {
		if !c.over {
			r.attempt(c)
		}
	}
	for _, one := range r.ended {
		r.bookOnce(one)
		if !one.over {
			r.t.Fatalf("session %s is not booked", one.session.ID)
		}
	}
	r.now = r.now.AddDate(0, 2, 3)
	r.sweep()
	r.audit()
	for _, id := range r.accounts {
		caller := journal.Caller{Account: id, By: journal.By{Key: "reader"}}
		r.auditor.checkList(r.nodes[0].Orders, caller)
		r.auditor.checkStatements(r.nodes[0].Orders, caller, 2)
	}
	r.audit() // by the clock of who looked, another month may have begun
	r.auditor.end(r.calls)
	r.auditor.endSessions(r.ended)
}
