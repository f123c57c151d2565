package lease

import (
	"encoding/json"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// Stage is how far a session has come.
type Stage string

// The stages, in their order. A session may end in each.
const (
	Waiting  Stage = "waiting"  // in the queue
	Assigned Stage = "assigned" // holds an instance that is prepared for it
	Running  Stage = "running"  // can be used; its minutes count
	Ended    Stage = "ended"
)

// Outcome says how a session ended.
type Outcome string

// The outcomes. Errored is the lab's own fault, and costs nothing.
const (
	Passed  Outcome = "PASSED"  // ended by itself or after it was idle
	Stopped Outcome = "STOPPED" // by its owner, an operator, or a limit
	Errored Outcome = "ERRORED"
)

// Limits are how long a session may live.
type Limits struct {
	Idle time.Duration `json:"idle"` // without a command
	Max  time.Duration `json:"max"`  // after it began
	Wait time.Duration `json:"wait"` // in the queue
}

// Create is a request to begin a session at a back-end that has not been answered.
type Create struct {
	Node  string    `json:"node"`  // that sent it
	Until time.Time `json:"until"` // it may begin one
}

// Stop is how a session is going to end, once its back-end has ended what lives there.
type Stop struct {
	At      time.Time `json:"at"`
	Outcome Outcome   `json:"outcome"`
	Message string    `json:"message"`
}

// Booked is where the journal has the session.
type Booked struct {
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
}

// Session is one use of an instance, from the request for it on.
type Session struct {
	ID       string                `json:"id"` // a UUID
	Account  account.ID            `json:"account"`
	Kind     account.SessionKind   `json:"kind"`
	Platform offering.Platform     `json:"platform,omitempty"`
	Method   account.BillingMethod `json:"method"`
	Project  string                `json:"project"`            // its ARN
	Units    []string              `json:"units"`              // ids of the devices or browsers that would do, the best first
	Only     string                `json:"only,omitempty"`     // id of the one instance that would do
	Rate     money.Rate            `json:"rate,omitzero"`      // of metered sessions, from the admission on
	Limits   Limits                `json:"limits"`             //
	Nonce    string                `json:"nonce"`              // of its token
	Details  json.RawMessage       `json:"details,omitempty"`  // of its kind
	Place    int64                 `json:"place,omitzero"`     // in the account's queue
	Created  time.Time             `json:"created"`            //
	Unit     string                `json:"unit,omitempty"`     // that it got
	Instance string                `json:"instance,omitempty"` // that it holds, or held
	Fence    int64                 `json:"fence,omitzero"`     //
	Began    time.Time             `json:"began,omitzero"`     // it got the instance
	Ready    time.Time             `json:"ready,omitzero"`     // its minutes count from here
	Ended    time.Time             `json:"ended,omitzero"`     //
	Outcome  Outcome               `json:"outcome,omitempty"`  //
	Message  string                `json:"message,omitempty"`  // why it ended
	Creating *Create               `json:"creating,omitempty"` //
	Remote   string                `json:"remote,omitempty"`   // the id of the session that lives at the back-end
	Sockets  map[string]string     `json:"sockets,omitempty"`  // paths of its WebSockets at the back-end, by name
	Stopping *Stop                 `json:"stopping,omitempty"` //
	Booked   *Booked               `json:"booked,omitempty"`   //
}

// Class returns what the session counts as.
func (s Session) Class() Class { return Class{s.Kind, s.Platform, s.Method} }

// RateIn returns what a minute of the session costs by the terms of now: nothing if
// a slot pays for it.
func (s Session) RateIn(terms account.Terms) money.Rate {
	switch {
	case s.Method != account.Metered:
		return 0
	case s.Kind == account.TestGrid:
		return terms.Catalog.Metering.TestGridMinute
	}
	return terms.Catalog.Metering.DeviceMinute
}

// Stage returns how far the session has come.
func (s Session) Stage() Stage {
	switch {
	case !s.Ended.IsZero():
		return Ended
	case s.Began.IsZero():
		return Waiting
	case s.Ready.IsZero():
		return Assigned
	}
	return Running
}

// Holds reports whether the session holds an instance.
func (s Session) Holds() bool { return s.Stage() == Assigned || s.Stage() == Running }

// Assign returns the session with an instance that holds it. Conflict unless it
// waits.
func (s Session) Assign(i Instance, now time.Time) (Session, error) {
	if s.Stage() != Waiting {
		return s, fault.New(fault.Conflict, "session %s is %s, and does not wait", s.ID, s.Stage())
	}
	s.Unit, s.Instance, s.Fence, s.Began = i.Unit, i.ID, i.Fence, now
	return s, nil
}

// Run returns the session ready for use. Conflict unless it holds an instance.
func (s Session) Run(now time.Time) (Session, error) {
	if !s.Holds() {
		return s, fault.New(fault.Conflict, "session %s is %s, and holds nothing", s.ID, s.Stage())
	}
	if s.Ready.IsZero() {
		s.Ready = now
	}
	return s, nil
}

// Stop returns the session on its way to its end: it gets no commands any more. One
// that is on its way already stays as it is. Conflict unless it holds an instance.
func (s Session) Stop(o Outcome, message string, now time.Time) (Session, error) {
	if !s.Holds() {
		return s, fault.New(fault.Conflict, "session %s is %s, and holds nothing", s.ID, s.Stage())
	}
	if s.Stopping == nil {
		s.Stopping = &Stop{now, o, message}
	}
	return s, nil
}

// End returns the session ended, and its token void. One that has ended stays as
// it is.
func (s Session) End(o Outcome, message string, now time.Time) Session {
	if s.Stage() == Ended {
		return s
	}
	if s.Stopping != nil {
		o, message = s.Stopping.Outcome, s.Stopping.Message
	}
	s.Ended, s.Outcome, s.Message, s.Nonce = now, o, message, ""
	return s
}

// Bookable reports whether the session has ended and belongs into the journal: it
// held an instance that was ready for it, or failed by the lab's fault on one.
func (s Session) Bookable() bool { return s.Stage() == Ended && !s.Began.IsZero() }

// Booking returns the session as its account's journal keeps it.
func (s Session) Booking() account.Session {
	from := s.Ready
	if from.IsZero() {
		from = s.Ended
	}
	return account.Session{
		ID: s.ID, Kind: s.Kind, Project: s.Project, Device: s.Unit, UDID: s.Instance, Platform: s.Platform,
		Began: from, Ended: s.Ended, Method: s.Method, Rate: s.Rate, Faulty: s.Outcome == Errored, Result: string(s.Outcome),
	}
}

// Over returns why the session has to end by now, or "". Last is when its newest
// command came, or the zero time.
func (s Session) Over(last, now time.Time) string {
	switch s.Stage() {
	case Waiting:
		if now.Sub(s.Created) >= s.Limits.Wait {
			return "It waited for " + s.Limits.Wait.String() + "."
		}
	case Assigned, Running:
		active := s.Began
		for _, t := range []time.Time{s.Ready, last} {
			if t.After(active) {
				active = t
			}
		}
		if now.Sub(s.Began) >= s.Limits.Max {
			return "It took " + s.Limits.Max.String() + ", as long as it may."
		}
		if now.Sub(active) >= s.Limits.Idle {
			return "It got no command for " + s.Limits.Idle.String() + "."
		}
	}
	return ""
}
