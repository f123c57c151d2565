package lease

import (
	"slices"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
)

// Phase is where an instance is between two sessions.
type Phase string

// The phases. An instance goes preparing → ready ⇄ held → cleaning → ready. The
// lab's own faults lead to suspect and, if they come often, to quarantined. An
// operator drains an instance, and takes back what stands in its way.
const (
	Preparing   Phase = "preparing"   // its back-end has not yet said that it is ready
	Ready       Phase = "ready"       // free for the next session
	Held        Phase = "held"        // a session has it
	Cleaning    Phase = "cleaning"    // what its session left has not yet been seen to be gone
	Suspect     Phase = "suspect"     // it failed, and is tried again
	Quarantined Phase = "quarantined" // it failed often; an operator must look at it
	Draining    Phase = "draining"    // an operator took it out of use
	Offline     Phase = "offline"     // its back-end does not answer
)

// Phases returns all phases, in the order in which an instance may go through them.
func Phases() []Phase {
	return []Phase{Preparing, Ready, Held, Cleaning, Suspect, Quarantined, Draining, Offline}
}

// How many of the lab's faults within which time put an instance into quarantine,
// and how much of its past an instance remembers.
const (
	MaxFaults   = 3
	FaultWindow = time.Hour
	pastKept    = 20
)

// Change is one step of an instance's past, with its evidence.
type Change struct {
	At     time.Time `json:"at"`
	Phase  Phase     `json:"phase"`
	Reason string    `json:"reason,omitempty"`
}

// Instance is one device of a model, or one seat of a browser: what exactly one
// session can hold at a time.
type Instance struct {
	ID      string     `json:"id"`   // the udid of a device
	Unit    string     `json:"unit"` // the id of the device or browser that it is one of
	Phase   Phase      `json:"phase"`
	Since   time.Time  `json:"since"` // of the phase
	Reason  string     `json:"reason,omitempty"`
	Fence   int64      `json:"fence"`             // grows with each session that gets it
	Session string     `json:"session,omitempty"` // that holds it, or held it until the cleaning
	Account account.ID `json:"account,omitempty"` // of Session

	// Node is the one that works on it: that asks its back-end and cleans it.
	Node string `json:"node,omitempty"`

	// Until is when no create that was sent to the back-end for a former session can
	// begin a session there any more. Before it, nobody knows that the instance is
	// clean.
	Until  time.Time   `json:"until,omitzero"`
	Leave  bool        `json:"leave,omitzero"` // goes out of use once its session has ended
	Faults []time.Time `json:"faults,omitempty"`
	Past   []Change    `json:"past,omitempty"` // newest last
}

// NewInstance returns an instance that was just added to the fleet.
func NewInstance(id, unit string, now time.Time) Instance {
	return Instance{ID: id, Unit: unit}.enter(Preparing, "added to the fleet", now)
}

// enter returns the instance in another phase.
func (i Instance) enter(p Phase, reason string, now time.Time) Instance {
	i.Phase, i.Reason, i.Since = p, reason, now
	past := append(slices.Clone(i.Past), Change{now, p, reason})
	i.Past = past[max(0, len(past)-pastKept):]
	return i
}

// Hold returns the instance held by a session, under a fence that it never had.
// Conflict unless it is ready.
func (i Instance) Hold(session string, owner account.ID, now time.Time) (Instance, error) {
	if i.Phase != Ready {
		return i, fault.New(fault.Conflict, "instance %q is %s, and not ready", i.ID, i.Phase)
	}
	i.Fence++
	i.Session, i.Account, i.Until = session, owner, time.Time{}
	return i.enter(Held, "", now), nil
}

// Release returns the instance when the session that holds it has ended. Until is
// as in Instance. A session that does not hold it changes nothing.
func (i Instance) Release(session string, until, now time.Time) Instance {
	if i.Phase != Held || i.Session != session {
		return i
	}
	i.Until = until
	return i.enter(Cleaning, "", now)
}

// Cleaned returns the instance when its back-end says that it is ready and that no
// session is left there. An instance that an operator took out of use stays so.
func (i Instance) Cleaned(now time.Time) Instance {
	switch i.Phase {
	case Preparing, Cleaning, Suspect, Offline:
	default:
		return i
	}
	i.Session, i.Account, i.Until = "", "", time.Time{}
	if i.Leave {
		return i.enter(Draining, i.lastReason(Draining), now)
	}
	return i.enter(Ready, "", now)
}

// lastReason returns the reason with which the phase was last entered or asked for.
func (i Instance) lastReason(p Phase) string {
	for _, c := range slices.Backward(i.Past) {
		if c.Phase == p {
			return c.Reason
		}
	}
	return ""
}

// Fail returns the instance after a fault of the lab: suspect, and quarantined
// after MaxFaults within FaultWindow. A session that holds it goes on until it ends.
func (i Instance) Fail(reason string, now time.Time) Instance {
	i.Faults = append(slices.DeleteFunc(slices.Clone(i.Faults), func(at time.Time) bool { return now.Sub(at) >= FaultWindow }), now)
	switch {
	case i.Phase == Held, i.Phase == Draining, i.Phase == Quarantined:
		return i
	case len(i.Faults) >= MaxFaults:
		return i.enter(Quarantined, reason, now)
	}
	return i.enter(Suspect, reason, now)
}

// Silent returns the instance when its back-end does not answer. It is ready again
// when that does.
func (i Instance) Silent(reason string, now time.Time) Instance {
	switch i.Phase {
	case Preparing, Ready, Cleaning, Suspect:
		return i.enter(Offline, reason, now)
	}
	return i
}

// Drain returns the instance out of use: at once, or when its session has ended.
func (i Instance) Drain(reason string, now time.Time) Instance {
	i.Leave = true
	if i.Phase == Held || i.Phase == Cleaning {
		i.Past = append(slices.Clone(i.Past), Change{now, Draining, reason})
		return i
	}
	if i.Phase == Draining {
		return i
	}
	return i.enter(Draining, reason, now)
}

// Quarantine returns the instance out of use by an operator's word, at once unless
// a session holds it. Conflict if one does.
func (i Instance) Quarantine(reason string, now time.Time) (Instance, error) {
	if i.Phase == Held || i.Phase == Cleaning {
		return i, fault.New(fault.Conflict, "instance %q is %s for session %s; end that first, or drain the instance", i.ID, i.Phase, i.Session)
	}
	return i.enter(Quarantined, reason, now), nil
}

// Resume returns the instance on its way back into use, its faults forgiven. One
// that is in use stays as it is, and is not drained any more.
func (i Instance) Resume(reason string, now time.Time) Instance {
	i.Leave, i.Faults = false, nil
	switch i.Phase {
	case Quarantined, Draining, Suspect, Offline:
		return i.enter(Preparing, reason, now)
	}
	return i
}

// Restart returns the instance as storage of a former time has to begin: nobody
// knows what its back-end does, so it is prepared anew under another fence.
func (i Instance) Restart(now time.Time) Instance {
	i.Fence++
	i.Session, i.Account, i.Until = "", "", time.Time{}
	switch i.Phase {
	case Quarantined, Draining:
		return i
	}
	if i.Leave {
		return i.enter(Draining, i.lastReason(Draining), now)
	}
	return i.enter(Preparing, "storage was restored", now)
}
