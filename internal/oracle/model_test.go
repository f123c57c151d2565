package oracle

import (
	"cmp"
	"maps"
	"math/big"
	"slices"
	"time"
)

// world is everything there is, as the model sees it.
type world struct {
	wall     time.Time // what the wall clock shows
	catalog  catalog
	accounts map[string]*account // those that were opened
}

// account is one account. All its lists are flat, and copying one is copying it.
type account struct {
	status  string
	test    bool
	frozen  bool      // its clock stands at clock
	clock   time.Time // where it stands
	newest  time.Time // the time of the newest entry of its journal
	entries int       // of its journal

	limits   map[string]int
	atATime  map[string]int // own limits of sessions
	slots    []slot
	renewals []renewal // that stand for the next period
	used     []string  // promotions
	customer bool      // has ever held a slot

	transactions []transaction // oldest first
	charges      []charge      // oldest first
	calls        []call
	sessions     []booked   // oldest first
	bookings     []booking  // oldest first
	snapshots    []snapshot // oldest first
	learned      int        // entries of which the server's ids are known
}

// slot is one device slot, from its purchase to its end.
type slot struct {
	offering  string
	promotion string // that it was bought with
	percents  []int  // that it takes off, by month
	months    int    // how many it was renewed
}

// renewal is what RenewOffering asked for.
type renewal struct {
	offering    string
	quantity    int
	cost        *big.Rat
	transaction int // its place in the list
	reductions  []reduction
}

type transaction struct {
	id        string // what the server called it; learned from its list
	kind      string
	offering  string
	quantity  int
	promotion string
	created   time.Time
	effective time.Time
	cost      *big.Rat
}

type charge struct {
	at          time.Time
	kind        string
	offering    string
	quantity    int
	cost        *big.Rat
	transaction int
	reductions  []reduction
}

// reduction is what a promotion takes off the price of some slots.
type reduction struct {
	promotion string
	quantity  int
	percent   int
}

// call is a purchase or renewal that named itself, to be told from others.
type call struct {
	id, operation, body string
	transaction         int
}

type snapshot struct {
	id   string // what the server called it; learned from its answer
	copy *account
}

// copied returns an account that shares nothing that changes with a.
func (a *account) copied() *account {
	b := *a
	b.limits = maps.Clone(a.limits)
	b.atATime = maps.Clone(a.atATime)
	b.slots = slices.Clone(a.slots)
	b.renewals = slices.Clone(a.renewals)
	b.used = slices.Clone(a.used)
	b.transactions = slices.Clone(a.transactions)
	b.charges = slices.Clone(a.charges)
	b.calls = slices.Clone(a.calls)
	b.sessions = slices.Clone(a.sessions)
	b.bookings = slices.Clone(a.bookings)
	b.snapshots = slices.Clone(a.snapshots)
	return &b
}

// known returns an account for reading, caught up with its time. One that was
// never opened looks as if it were opened now.
func (w *world) known(id string) *account {
	a, opened := w.accounts[id]
	if !opened {
		return &account{status: "ACTIVE", test: true, newest: w.wallTime(), limits: map[string]int{}, atATime: map[string]int{}}
	}
	w.catchUp(a, w.now(a))
	return a
}

// opened returns an account for writing, which opens it.
func (w *world) opened(id string) *account {
	a := w.known(id)
	if _, there := w.accounts[id]; !there {
		a.entries = 1
		w.accounts[id] = a
	}
	return a
}

// enter notes that the journal got an entry.
func (a *account) enter(at time.Time) {
	a.entries++
	a.newest = at
}

// wallTime is the wall clock in whole milliseconds, as all times are.
func (w *world) wallTime() time.Time { return w.wall.UTC().Truncate(time.Millisecond) }

// now is an account's own time, which never goes back behind its newest entry.
func (w *world) now(a *account) time.Time {
	now := w.wallTime()
	if a.frozen {
		now = a.clock
	}
	if now.Before(a.newest) {
		return a.newest
	}
	return now
}

// held counts an account's slots of an offering.
func (a *account) held(offering string) int {
	n := 0
	for _, s := range a.slots {
		if s.offering == offering {
			n++
		}
	}
	return n
}

// standing returns the renewal that stands for an offering.
func (a *account) standing(offering string) (renewal, bool) {
	for _, r := range a.renewals {
		if r.offering == offering {
			return r, true
		}
	}
	return renewal{}, false
}

// upcoming is the quantity with which the next period starts.
func (a *account) upcoming(offering string) int {
	if r, ok := a.standing(offering); ok {
		return r.quantity
	}
	return a.held(offering)
}

// concerned lists the offerings of which something is held or to come.
func (a *account) concerned() []string {
	var ids []string
	for _, s := range a.slots {
		ids = append(ids, s.offering)
	}
	for _, r := range a.renewals {
		ids = append(ids, r.offering)
	}
	slices.SortFunc(ids, cmp.Compare[string])
	return slices.Compact(ids)
}

// limit is how many slots of an offering an account may hold.
func (a *account) limit(offering string) int {
	if n, ok := a.limits[offering]; ok {
		return n
	}
	return 100
}
