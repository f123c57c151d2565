package operator

import (
	"context"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// Bounds of a page of sessions: how many it has unless the query says so, and how
// many are looked at for it.
const (
	defaultSessions = 100
	mostLookedAt    = 4 * operatorapi.MaxPage
)

func (a api) sessionRows() []row {
	return []row{
		on(operatorapi.ListSessions, a.listSessions),
		on(operatorapi.GetSession, a.getSession),
		on(operatorapi.EndSession, a.endSession),
		on(operatorapi.ListQueue, a.listQueue),
	}
}

// listSessions shows a page of sessions. A page of those that have ended may hold
// fewer than asked for and go on all the same, since others stand between them.
func (a api) listSessions(ctx context.Context, in input[operatorapi.SessionsQuery, none]) (operatorapi.SessionPage, error) {
	page := operatorapi.SessionPage{Sessions: []operatorapi.Session{}}
	limit, err := limitOf(in.query.Limit, defaultSessions)
	if err != nil {
		return page, err
	}
	id, err := optionalAccount(in.query.Account)
	if err != nil {
		return page, err
	}
	list, want, err := a.listOf(in.query.State, id)
	if err != nil {
		return page, err
	}
	units, next := a.Lab.Units(), fleet.Page(in.query.After)
	for looked := 0; len(page.Sessions) < limit && looked < mostLookedAt; {
		n := limit - len(page.Sessions)
		var some []lease.Session
		if some, next, err = list(ctx, next, n); err != nil {
			return page, err
		}
		for _, s := range some {
			if want(s) {
				page.Sessions = append(page.Sessions, sessionShape(s, units))
			}
		}
		if looked += n; next == "" {
			break
		}
	}
	page.Next = string(next)
	return page, nil
}

// listing returns sessions from a place on, and where the next ones begin.
type listing = func(ctx context.Context, from fleet.Page, limit int) ([]lease.Session, fleet.Page, error)

// listOf returns what lists sessions, and which of them are in a state.
func (a api) listOf(state string, id account.ID) (listing, func(lease.Session) bool, error) {
	every := func(ctx context.Context, from fleet.Page, limit int) ([]lease.Session, fleet.Page, error) {
		return a.Lab.List(ctx, fleet.Of{Account: id}, from, limit)
	}
	live := func(ctx context.Context, from fleet.Page, limit int) ([]lease.Session, fleet.Page, error) {
		return a.Lab.ListLive(ctx, id, from, limit)
	}
	switch state {
	case "":
		return every, func(lease.Session) bool { return true }, nil
	case "live":
		return live, lease.Session.Holds, nil
	case "ended":
		return every, func(s lease.Session) bool { return s.Stage() == lease.Ended }, nil
	}
	return nil, nil, fault.New(fault.Argument, "state %s is unknown; it must be live or ended", fault.Quote(state))
}

// sessionShape returns a session as the API shows it: without its token, and without
// what its back-end calls it.
func sessionShape(s lease.Session, units *fleet.Units) operatorapi.Session {
	shape := operatorapi.Session{
		Session: s.ID, Account: string(s.Account), Project: s.Project, Kind: string(s.Kind), Platform: string(s.Platform),
		BillingMethod: string(s.Method), State: string(s.Stage()), Device: s.Unit, UDID: s.Instance, Fence: s.Fence,
		Created: s.Created, Began: optionalTime(s.Began), Ready: optionalTime(s.Ready), Ended: optionalTime(s.Ended),
		Outcome: string(s.Outcome), Message: s.Message,
	}
	if unit, ok := units.Unit(s.Unit); ok {
		shape.Device = unit.Label()
	}
	if s.Stopping != nil && s.Holds() {
		shape.State, shape.Message = "ending", s.Stopping.Message
	}
	if s.Bookable() {
		shape.Minutes = minutes(s.Booking().Whole())
	}
	if s.Booked != nil {
		shape.Entry = s.Booked.Seq
	}
	return shape
}

// minutes returns how long a session took, as its account's statement says.
func minutes(s account.Session) operatorapi.Decimal {
	return operatorapi.Decimal(account.Millis(max(0, s.Ended.Sub(s.Began).Milliseconds())).Minutes())
}

// optionalTime returns a time, nil for the zero time.
func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// session returns the session in the path, which has to be of the account that the
// query names, if it names one.
func (a api) session(ctx context.Context, id, owner string) (lease.Session, error) {
	whose, err := optionalAccount(owner)
	if err != nil {
		return lease.Session{}, err
	}
	s, err := a.Lab.Session(ctx, id)
	if err == nil && whose != "" && s.Account != whose {
		return lease.Session{}, fault.New(fault.NotFound, "Account %s has no session %s.", whose, fault.Quote(id))
	}
	return s, err
}

// getSession shows a session, and why it waits if it does.
func (a api) getSession(ctx context.Context, in input[operatorapi.SessionQuery, none]) (operatorapi.Session, error) {
	s, err := a.session(ctx, in.request.PathValue("session"), in.query.Account)
	if err != nil {
		return operatorapi.Session{}, err
	}
	shape := sessionShape(s, a.Lab.Units())
	why, waits, err := a.Lab.ExplainOne(ctx, s)
	if waits {
		shape.Message = why.Message
	}
	return shape, err
}

// endSession ends a session by the operator's word.
func (a api) endSession(ctx context.Context, in input[operatorapi.SessionQuery, operatorapi.Because]) (operatorapi.Session, error) {
	if err := checkReason(in.body.Reason); err != nil {
		return operatorapi.Session{}, err
	}
	s, err := a.session(ctx, in.request.PathValue("session"), in.query.Account)
	if err != nil {
		return operatorapi.Session{}, err
	}
	s, err = a.Lab.End(ctx, s.ID, lease.Stopped, "An operator ended it: "+in.body.Reason)
	return sessionShape(s, a.Lab.Units()), err
}

// listQueue shows what waits, whole accounts at a time.
func (a api) listQueue(ctx context.Context, in input[operatorapi.QueueQuery, none]) (operatorapi.Queue, error) {
	page := operatorapi.Queue{Waiting: []operatorapi.Waiting{}}
	limit, err := limitOf(in.query.Limit, operatorapi.MaxPage)
	if err != nil {
		return page, err
	}
	id, err := optionalAccount(in.query.Account)
	if err != nil {
		return page, err
	}
	if id != "" {
		err := a.addWaiting(ctx, id, &page)
		return page, err
	}
	after, err := optionalAccount(in.query.After)
	for err == nil {
		var next []account.ID
		if next, err = a.Lab.Queuing(ctx, after, 1); err != nil || len(next) == 0 {
			return page, err
		}
		if len(page.Waiting) >= limit {
			page.Next = string(after)
			return page, nil
		}
		after = next[0]
		err = a.addWaiting(ctx, after, &page)
	}
	return page, err
}

// addWaiting adds what waits of an account.
func (a api) addWaiting(ctx context.Context, id account.ID, page *operatorapi.Queue) error {
	all, err := a.Lab.Explain(ctx, id)
	for _, e := range all {
		page.Waiting = append(page.Waiting, operatorapi.Waiting{
			Session: e.Wait.Session, Account: string(e.Account), Kind: string(e.Wait.Class.Kind), Platform: string(e.Wait.Class.Platform),
			BillingMethod: string(e.Wait.Class.Method), Place: e.Place, Since: e.Wait.Since, Reason: string(e.Reason), Message: e.Message,
		})
	}
	return err
}
