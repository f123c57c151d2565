package account

import (
	"fmt"
	"time"

	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// Tally adds up the sessions of a billing period that have the same kind, platform,
// method and rate.
type Tally struct {
	Kind     SessionKind       `json:"kind"`
	Platform offering.Platform `json:"platform,omitempty"`
	Method   BillingMethod     `json:"method"`
	Rate     money.Rate        `json:"rate,omitzero"`    // 0 for sessions that cost nothing whatever they take
	Faulty   bool              `json:"faulty,omitzero"`  //
	Several  bool              `json:"several,omitzero"` // of rates that have no tally of their own
	Since    time.Time         `json:"since"`            // when the first of them was booked
	Sessions int               `json:"sessions"`
	Length   Millis            `json:"ms"`
	Trial    Millis            `json:"trialMs,omitzero"`
	Sum      money.Exact       `json:"sum,omitzero"` // before it is rounded
	Cost     Cents             `json:"cents"`        // the sum of the charges
}

// maxTallies is how many tallies a state holds, so that it stays small however
// often rates change within a period. A few more have no rate, or several.
const maxTallies = 24

// in returns the state as it is at an instant that is not before it: another period
// has tallies of its own.
func (s State) in(at time.Time) State {
	if offering.PeriodOf(at).Since(offering.PeriodOf(s.At)) != 0 {
		s.Tallies = nil
	}
	return s
}

// sum returns the exact sum of the period's sessions that are metered as those of a
// kind are.
func (s State) sum(kind SessionKind) money.Exact {
	var sum money.Exact
	for _, t := range s.Tallies {
		if t.Kind.onDevice() == kind.onDevice() {
			sum += t.Sum
		}
	}
	return sum
}

func applyBooking(s State, e Event) State {
	b := *e.Booking
	s.Booked++
	s.Trial += b.Trial
	tallies := make([]Tally, len(s.Tallies), len(s.Tallies)+1)
	copy(tallies, s.Tallies)
	t := tallyOf(b.Session, e.At)
	i := place(tallies, t)
	if i < 0 && len(tallies) >= maxTallies && t.Rate > 0 {
		t.Rate, t.Several = 0, true
		i = place(tallies, t)
	}
	if i < 0 {
		tallies, i = append(tallies, t), len(tallies)
	}
	tallies[i].add(b)
	s.Tallies = tallies
	return s
}

// tallyOf returns an empty tally for sessions such as this one.
func tallyOf(s Session, at time.Time) Tally {
	t := Tally{Kind: s.Kind, Platform: s.Platform, Method: s.Method, Faulty: s.Faulty, Since: at}
	if s.charged() {
		t.Rate = s.Rate
	}
	return t
}

// place returns where the tally for the sessions of t is, or -1.
func place(tallies []Tally, t Tally) int {
	for i, have := range tallies {
		if have.Kind == t.Kind && have.Platform == t.Platform && have.Method == t.Method &&
			have.Rate == t.Rate && have.Faulty == t.Faulty && have.Several == t.Several {
			return i
		}
	}
	return -1
}

func (t *Tally) add(b Booking) {
	t.Sessions++
	t.Length += b.Length
	t.Trial += b.Trial
	t.Sum += b.sum()
	t.Cost += b.Cost
}

// Charged reports whether the minutes of the sessions are charged.
func (t Tally) Charged() bool { return t.Method == Metered && !t.Faulty }

// Title says in words what the sessions were.
func (t Tally) Title() string {
	title := map[SessionKind]string{RemoteAccess: "Remote access", TestGrid: "Test grid", Job: "Jobs"}[t.Kind]
	switch t.Platform {
	case offering.Android:
		title += " on Android"
	case offering.IOS:
		title += " on iOS"
	}
	return title
}

// why says in words how the tally's cost comes about.
func (t Tally) why() string {
	why := fmt.Sprintf("%d sessions, %s minutes", t.Sessions, t.Length.Minutes())
	if t.Sessions == 1 {
		why = fmt.Sprintf("1 session, %s minutes", t.Length.Minutes())
	}
	switch {
	case t.Faulty:
		return why + ", free: the lab failed"
	case t.Method == Unmetered:
		return why + ", unmetered"
	case t.Several:
		why += " at several prices"
	default:
		why += " × " + t.Rate.Decimal()
	}
	if t.Trial > 0 {
		why += fmt.Sprintf(", %s minutes of them free by the trial", t.Trial.Minutes())
	}
	return why
}

// Reached reports whether the account's books have come to an instant. Once they
// have, they never go back before it, since time that is charged stands.
func (s State) Reached(at time.Time) bool { return s.charged() && !s.At.Before(at) }
