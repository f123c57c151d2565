package account

import (
	"fmt"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/plaintext"
)

// SessionKind says what a session was used for.
type SessionKind string

// The kinds of sessions. Remote access sessions and jobs take device minutes, and
// test grid sessions take test grid minutes.
const (
	RemoteAccess SessionKind = "remote-access"
	TestGrid     SessionKind = "test-grid"
	Job          SessionKind = "job"
)

// onDevice reports whether sessions of this kind take device minutes.
func (k SessionKind) onDevice() bool { return k != TestGrid }

// BillingMethod is BillingMethod of the API.
type BillingMethod string

// The values of BillingMethod.
const (
	Metered   BillingMethod = "METERED"
	Unmetered BillingMethod = "UNMETERED"
)

// Session is one use of a device or a browser that has ended. Its times are by the
// wall clock, whatever the account's own clock shows, and count to the millisecond.
type Session struct {
	ID       string            `json:"id"`
	Kind     SessionKind       `json:"kind"`
	Project  string            `json:"project,omitempty"`
	Device   string            `json:"device,omitempty"`   // or the browser
	UDID     string            `json:"udid,omitempty"`     // of the instance
	Platform offering.Platform `json:"platform,omitempty"` // "" for browsers
	Began    time.Time         `json:"began"`              // when it was ready
	Ended    time.Time         `json:"ended"`              // before Began is no time at all
	Method   BillingMethod     `json:"method"`
	Rate     money.Rate        `json:"rate,omitzero"`   // at admission; counts only if it is metered
	Faulty   bool              `json:"faulty,omitzero"` // it failed through the lab's own fault, and costs nothing
	Result   string            `json:"result,omitempty"`
}

// Millis is a length of time in milliseconds.
type Millis int64

// minute is how many Millis a minute has.
const minute Millis = 60_000

// Minutes returns the length in minutes, rounded half-up to two decimals: "12.35".
func (m Millis) Minutes() string {
	return m.hundredths(minute)
}

// Hours returns the length in hours, rounded half-up to two decimals.
func (m Millis) Hours() string { return m.hundredths(60 * minute) }

// hundredths returns the length in some unit with two decimals.
func (m Millis) hundredths(unit Millis) string {
	n := (100*m + unit/2) / unit
	return fmt.Sprintf("%d.%02d", n/100, n%100)
}

// Decimal returns Minutes with one decimal where the second is 0, as AWS writes
// numbers: "12.35", "954.1", "1000.0".
func (m Millis) Decimal() string { return strings.TrimSuffix(m.Minutes(), "0") }

// Booking is what a session comes to in the books.
type Booking struct {
	Session Session `json:"session"`
	Length  Millis  `json:"ms"`
	Trial   Millis  `json:"trialMs,omitzero"` // the part of Length that the trial pays for
	Cost    Cents   `json:"cents"`
}

// Bounds of a session's texts, in bytes, and of its length.
const (
	maxSessionID   = 256
	maxSessionText = 1024
	longestSession = 366 * 24 * time.Hour
)

// Book enters a session that has ended into the books. It is neither refused for a
// suspended nor for an ineligible account: what was used is owed. The charge of a
// metered session is the exact sum of the period with it, rounded to cents, less
// the rounded sum without it; trial minutes come off first. Errors: Argument for a
// session that cannot be, LimitExceeded if the period's sum becomes too large.
func (s State) Book(session Session, terms Terms, now time.Time) (Event, error) {
	session = session.Whole()
	if err := session.check(); err != nil {
		return Event{}, err
	}
	b := Booking{Session: session, Length: session.length()}
	if session.Kind.onDevice() && session.charged() {
		b.Trial = min(b.Length, s.TrialLeft(terms))
	}
	before, sum := s.in(now).sum(session.Kind), b.sum()
	if before > money.MaxExact-sum {
		return Event{}, fault.New(fault.LimitExceeded, "session %q costs more than the books of a period can hold, with what they have.", session.ID)
	}
	b.Cost = (before + sum).Cents() - before.Cents()
	return Event{Kind: KindBooked, At: now, Booking: &b}, nil
}

// Whole returns the session as it is booked: its times in UTC and to the
// millisecond.
func (s Session) Whole() Session {
	s.Began, s.Ended = s.Began.UTC().Truncate(time.Millisecond), s.Ended.UTC().Truncate(time.Millisecond)
	return s
}

// check holds the session against what it may be.
func (s Session) check() error {
	switch {
	case s.ID == "":
		return fault.New(fault.Argument, "the session has no id.")
	case s.Kind != RemoteAccess && s.Kind != TestGrid && s.Kind != Job:
		return s.wrong("kind %s; it must be %s, %s or %s", fault.Quote(string(s.Kind)), RemoteAccess, TestGrid, Job)
	case s.Method != Metered && s.Method != Unmetered:
		return s.wrong("billing method %s; it must be %s or %s", fault.Quote(string(s.Method)), Metered, Unmetered)
	case s.Platform != "" && s.Platform != offering.Android && s.Platform != offering.IOS:
		return s.wrong("platform %s; it must be %s, %s or empty", fault.Quote(string(s.Platform)), offering.Android, offering.IOS)
	case s.Rate < 0 || s.Rate > money.MaxRate:
		return s.wrong("a price of %d thousandths of a cent a minute; it must be from 0 to %d", s.Rate, money.MaxRate)
	case checkClock(s.Began) != nil || checkClock(s.Ended) != nil:
		return s.wrong("times %s and %s; they must be from 1970 to 9999", s.Began.Format(time.RFC3339), s.Ended.Format(time.RFC3339))
	case s.Ended.Sub(s.Began) > longestSession:
		return s.wrong("%s from its begin to its end; a session has at most %s", s.Ended.Sub(s.Began), longestSession)
	}
	return s.checkTexts()
}

func (s Session) wrong(format string, args ...any) error {
	return fault.New(fault.Argument, "session %s has %s.", fault.Quote(s.ID), fmt.Sprintf(format, args...))
}

func (s Session) checkTexts() error {
	if err := plaintext.Check("the id of the session", s.ID, maxSessionID); err != nil {
		return err
	}
	for _, text := range []struct{ what, text string }{
		{"project", s.Project}, {"device", s.Device}, {"udid", s.UDID}, {"result", s.Result},
	} {
		if err := plaintext.Check(text.what+" of the session", text.text, maxSessionText); err != nil {
			return err
		}
	}
	return nil
}

// length returns how long the session took.
func (s Session) length() Millis {
	return max(0, Millis(s.Ended.Sub(s.Began).Milliseconds()))
}

// charged reports whether the session's minutes are charged.
func (s Session) charged() bool { return s.Method == Metered && !s.Faulty }

// sum returns what the session costs, before it is rounded.
func (b Booking) sum() money.Exact {
	if !b.Session.charged() {
		return 0
	}
	return b.Session.Rate.For(int64(b.Length - b.Trial))
}

// Rate returns what a metered minute of a session costs that is admitted by these
// terms.
func (t Terms) Rate(kind SessionKind) money.Rate {
	if kind.onDevice() {
		return t.Catalog.Metering.DeviceMinute
	}
	return t.Catalog.Metering.TestGridMinute
}

// TrialLeft returns how much of the trial the account has not used.
func (s State) TrialLeft(terms Terms) Millis {
	return max(0, Millis(terms.Catalog.Metering.TrialMinutes)*minute-s.Trial)
}
