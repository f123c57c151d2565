package grid

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/commandlog"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/lease"
)

// Browser is a browser as a session remembers it, whatever becomes of the fleet.
type Browser struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Platform string `json:"platform"`
}

// details are what a session says of itself beside.
type details struct {
	Browsers map[string]Browser `json:"browsers"` // those that would do, by unit
}

// encodeDetails returns the details of a session on one of the units.
func encodeDetails(ids []string, units *fleet.Units) (json.RawMessage, error) {
	d := details{map[string]Browser{}}
	for _, id := range ids {
		if u, ok := units.Unit(id); ok {
			d.Browsers[id] = browserOf(u)
		}
	}
	return json.Marshal(d)
}

// Status is TestGridSessionStatus of the API.
type Status string

// The values of TestGridSessionStatus.
const (
	Active  Status = "ACTIVE"
	Closed  Status = "CLOSED"
	Errored Status = "ERRORED"
)

// Session is a session on a browser at a moment. It is seen once it has got a
// browser, and not while it waits for one.
type Session struct {
	lease.Session
	ARN     arn.ARN
	Status  Status
	Browser Browser
}

// ARNOf returns the ARN of a session.
func ARNOf(s lease.Session) arn.ARN {
	return arn.New(string(s.Account), arn.TestGridSession, s.Project, s.ID)
}

// Billed returns how much of a session that has ended was billed.
func (s Session) Billed() account.Millis {
	if s.Status == Errored || s.Ready.IsZero() || s.Stage() != lease.Ended {
		return 0
	}
	b := s.Booking().Whole()
	return account.Millis(max(0, b.Ended.Sub(b.Began).Milliseconds()))
}

// view returns a session as it is seen, or false if it has no browser yet, or never
// had one.
func view(of lease.Session) (Session, bool, error) {
	if of.Began.IsZero() {
		return Session{}, false, nil
	}
	var d details
	err := json.Unmarshal(of.Details, &d)
	s := Session{Session: of, ARN: ARNOf(of), Status: Active, Browser: d.Browsers[of.Unit]}
	switch {
	case of.Outcome == lease.Errored:
		s.Status = Errored
	case of.Stage() == lease.Ended:
		s.Status = Closed
	}
	return s, true, err
}

// Session returns a session of an account. NotFound if the account does not see it.
func (g *Grid) Session(ctx context.Context, id account.ID, of arn.ARN) (Session, error) {
	unknown := fault.New(fault.NotFound, "There is no test grid session %s.", of)
	if of.Account != string(id) {
		return Session{}, unknown
	}
	if _, err := g.Get(ctx, id, projectARN(id, of.Project())); err != nil {
		if fault.KindOf(err) == fault.NotFound {
			err = unknown
		}
		return Session{}, err
	}
	found, err := g.config.Fleet.Session(ctx, of.ID())
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return Session{}, err
	}
	if err != nil || found.Account != id || found.Kind != account.TestGrid || found.Project != of.Project() {
		return Session{}, unknown
	}
	s, seen, err := view(found)
	if err == nil && !seen {
		err = unknown
	}
	return s, err
}

// Filter says which sessions are listed. A zero field lets all through.
type Filter struct {
	Status                      Status
	CreatedAfter, CreatedBefore time.Time
	EndedAfter, EndedBefore     time.Time
}

// lets reports whether the filter lets a session through.
func (f Filter) lets(s Session) bool {
	switch {
	case f.Status != "" && s.Status != f.Status,
		!f.CreatedAfter.IsZero() && !s.Created.After(f.CreatedAfter),
		!f.CreatedBefore.IsZero() && !s.Created.Before(f.CreatedBefore),
		(!f.EndedAfter.IsZero() || !f.EndedBefore.IsZero()) && s.Ended.IsZero(),
		!f.EndedAfter.IsZero() && !s.Ended.After(f.EndedAfter),
		!f.EndedBefore.IsZero() && !s.Ended.Before(f.EndedBefore):
		return false
	}
	return true
}

// How many documents are read at once, and how many sessions one page of a list
// looks at. A page may have fewer than it could, and others follow all the same.
const (
	listed = 200
	looked = 5000
)

// Sessions returns a page of a project's sessions, newest first: limit of them at
// most, and where the next page begins, "" if there is none. NotFound for a project
// that the account does not have.
func (g *Grid) Sessions(ctx context.Context, of arn.ARN, f Filter, p Page) ([]Session, fleet.Page, error) {
	if _, err := g.Get(ctx, account.ID(of.Account), of); err != nil {
		return nil, "", err
	}
	if f.Status == Active {
		page, err := g.active(ctx, of, f)
		return page, "", err
	}
	if p.From == "" && !f.CreatedBefore.IsZero() {
		p.From = sessionsOf(of).Before(f.CreatedBefore)
	}
	var page []Session
	for n := 0; n < looked; n += listed {
		found, next, err := g.config.Fleet.List(ctx, sessionsOf(of), p.From, listed)
		if err != nil {
			return nil, "", err
		}
		for _, one := range found {
			if !f.CreatedAfter.IsZero() && !one.Created.After(f.CreatedAfter) {
				return page, "", nil // those that follow are older
			}
			s, seen, err := view(one)
			if err != nil {
				return nil, "", err
			}
			p.From = sessionsOf(of).At(one)
			if !seen || !f.lets(s) {
				continue
			}
			if page = append(page, s); len(page) == p.Limit {
				return page, p.From, nil
			}
		}
		if p.From = next; next == "" {
			return page, "", nil
		}
	}
	return page, p.From, nil
}

// Page says where a page of a list begins and how many it may have.
type Page struct {
	From  fleet.Page
	Limit int
}

// active returns all active sessions of a project, newest first. They are few.
func (g *Grid) active(ctx context.Context, of arn.ARN, f Filter) ([]Session, error) {
	live, err := g.config.Fleet.Live(ctx, account.ID(of.Account))
	if err != nil {
		return nil, err
	}
	var all []Session
	for _, one := range live {
		if one.Kind != account.TestGrid || one.Project != of.Project() {
			continue
		}
		s, seen, err := view(one)
		if err != nil {
			return nil, err
		}
		if seen && f.lets(s) {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b Session) int { return b.Created.Compare(a.Created) })
	return all, nil
}

// Actions returns up to limit commands of a session after the first ones, oldest
// first, and whether others follow.
func (g *Grid) Actions(ctx context.Context, s Session, first, limit int) ([]commandlog.Command, bool, error) {
	return g.config.Logs.Read(ctx, s.ID, first, limit)
}
