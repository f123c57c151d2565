package account

import (
	"time"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// Script is a history for an account that was never opened. The same rules
// apply to it as to any other.
type Script struct {
	Path   string  // its place in the document, for errors
	Test   bool    // a test account
	Limits []Limit // own limits, from the opening on
	Quotas *Quotas // own quotas, from the opening on
	Steps  []Step  // in the order of their time
	Status *Status // set at the end
	Note   *string // set at the end
	Now    *time.Time
}

// Step is one thing that happens in a script. Exactly one of Purchase, Renew, Set,
// Cancel, Credit and Session is given.
type Step struct {
	Path     string
	At       *time.Time // nil means the script's end
	Purchase *Order
	Renew    *Order
	Set      *Settings
	Cancel   *Cancellation
	Credit   *Credit
	Session  *Session
}

// Events returns the events of the script, oldest first. The account opens at
// the first step and ends at Now, where its clock is frozen. Without Now it
// ends at o.Frozen or, if that is nil, at wall. Errors: those of the commands,
// with the path of what failed; Argument for steps that are out of order or
// after the end.
func (s Script) Events(o Opening, terms Terms, wall time.Time) ([]Event, error) {
	frozen := s.frozen(o)
	end := State{Frozen: frozen}.Now(wall)
	p := play{terms: terms}
	p.add(Open(Opening{Seed: o.Seed, Test: s.Test}, s.start(end)))
	if err := p.set(Settings{Limits: s.Limits}, p.state.At); err != nil {
		return nil, under(s.Path+".maxSlots", err)
	}
	if err := p.set(Settings{Quotas: s.Quotas}, p.state.At); err != nil {
		return nil, under(s.Path+".limits", err)
	}
	for _, step := range s.Steps {
		if err := p.step(step, end); err != nil {
			return nil, under(step.Path, err)
		}
	}
	if err := p.end(s, frozen, end); err != nil {
		return nil, err
	}
	return p.events, nil
}

// frozen returns the time at which the clock is frozen at the end, or nil if it
// runs: the clock of an ordinary account is never frozen.
func (s Script) frozen(o Opening) *time.Time {
	at := s.Now
	if at == nil && s.Test {
		at = o.Frozen
	}
	if at == nil {
		return nil
	}
	whole := at.UTC().Truncate(time.Millisecond)
	return &whole
}

// start returns when the account opens.
func (s Script) start(end time.Time) time.Time {
	if len(s.Steps) > 0 && s.Steps[0].At != nil && s.Steps[0].At.Before(end) {
		return *s.Steps[0].At
	}
	return end
}

// play is a script that is being played.
type play struct {
	terms  Terms
	state  State
	events []Event
}

func (p *play) add(events ...Event) {
	for _, e := range events {
		p.events = append(p.events, e)
		p.state = Apply(p.state, e)
	}
}

// roll crosses the boundaries up to an instant.
func (p *play) roll(at time.Time) error {
	events, err := p.state.Roll(p.terms, at)
	p.add(events...)
	return err
}

// set changes settings if there are any.
func (p *play) set(c Settings, at time.Time) error {
	if c.Status == nil && c.Test == nil && c.Note == nil && c.Quotas == nil && len(c.Limits) == 0 {
		return nil
	}
	event, err := p.state.Configure(c, p.terms, at)
	if err == nil {
		p.add(event)
	}
	return err
}

func (p *play) step(step Step, end time.Time) error {
	at := end
	if step.At != nil {
		at = step.At.UTC().Truncate(time.Millisecond)
	}
	if err := p.checkTime(at, end); err != nil {
		return err
	}
	if err := p.roll(at); err != nil {
		return err
	}
	var event Event
	var err error
	switch {
	case step.Purchase != nil:
		event, err = p.state.Purchase(*step.Purchase, p.terms, at)
	case step.Renew != nil:
		event, err = p.state.Renew(*step.Renew, p.terms, at)
	case step.Credit != nil:
		event, err = p.state.Credit(*step.Credit, at)
	case step.Cancel != nil:
		event, err = p.state.Cancel(*step.Cancel, p.terms, at)
	case step.Session != nil:
		event, err = p.state.Book(*step.Session, p.terms, at)
	default:
		return p.set(*step.Set, at)
	}
	if err == nil {
		p.add(event)
	}
	return err
}

func (p *play) checkTime(at, end time.Time) error {
	switch {
	case at.After(end):
		return fault.New(fault.Argument, "%s is after the account's own time, %s", at.Format(time.RFC3339Nano), end.Format(time.RFC3339Nano))
	case at.Before(p.state.At):
		return fault.New(fault.Argument, "%s is before the step that comes first, at %s", at.Format(time.RFC3339Nano), p.state.At.Format(time.RFC3339Nano))
	}
	return checkClock(at)
}

// end rolls the account to the end of the script and makes its final settings.
func (p *play) end(s Script, frozen *time.Time, end time.Time) error {
	if err := p.roll(end); err != nil {
		return err
	}
	if frozen != nil {
		events, err := p.state.Freeze(*frozen, p.terms, end)
		if err != nil {
			return under(s.Path+".now", err)
		}
		p.add(events...)
	}
	if err := p.set(Settings{Note: s.Note}, end); err != nil {
		return under(s.Path+".note", err)
	}
	return under(s.Path+".status", p.set(Settings{Status: s.Status}, end))
}

// under returns an error prefixed with the path of what failed.
func under(path string, err error) error {
	if err == nil || fault.KindOf(err) == fault.Internal {
		return err
	}
	return fault.New(fault.KindOf(err), "%s: %s", path, fault.MessageOf(err))
}

// ScriptOf returns a script that leads an account through what the events say.
// Played with the same catalogue, it gives the same transactions except for
// their ids.
func ScriptOf(events []Event) Script {
	var s Script
	var state State
	for _, e := range events {
		state = Apply(state, e)
		step := Step{At: &e.At}
		switch e.Kind {
		case KindPurchased:
			step.Purchase = orderOf(e.Transactions[0])
		case KindRenewed:
			step.Renew = orderOf(e.Transactions[0])
		case KindCredited:
			step.Credit = e.Credit
		case KindCancelled:
			step.Cancel = &Cancellation{OfferingID: e.Cancelled, Held: len(e.Transactions) > 0}
		case KindBooked:
			step.Session = &e.Booking.Session
		case KindConfigured:
			step.Set = &Settings{Status: e.Settings.Status, Limits: e.Settings.Limits, Quotas: e.Settings.Quotas, Note: e.Settings.Note}
		case KindClock:
			s.notAfter(e.At)
			continue
		default:
			continue
		}
		s.Steps = append(s.Steps, step)
	}
	s.Test, s.Now = state.Test, state.Frozen
	return s
}

// notAfter moves steps that are later than an instant to that instant: if a
// clock goes back, settings made before are now in the future.
func (s Script) notAfter(at time.Time) {
	for i, step := range s.Steps {
		if step.At.After(at) {
			s.Steps[i].At = &at
		}
	}
}

func orderOf(t Transaction) *Order {
	return &Order{OfferingID: t.OfferingID, Quantity: t.Quantity, PromotionID: t.PromotionID}
}
