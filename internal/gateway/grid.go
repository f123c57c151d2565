package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/fleet"
	testgrid "github.com/slotfarm/slotfarm/internal/grid"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/store"
)

// gridKind is the kind of the sessions of test grid.
const gridKind = account.TestGrid

// AWS's bounds and defaults of a test grid session's limits, in seconds ("Supported
// capabilities and limits for desktop browser testing").
const (
	defaultMax, leastMax, mostMax    = 900, 180, 2400
	defaultIdle, leastIdle, mostIdle = 120, 30, 900
	gridWait                         = 5 * time.Minute
)

// projects are the projects of a test grid, as the gateway wants them.
type projects struct{ grid *testgrid.Grid }

// Projects returns the projects of a test grid.
func Projects(g *testgrid.Grid) Grid { return projects{g} }

// URL returns the URL with an id.
func (p projects) URL(ctx context.Context, id string) (URL, error) {
	u, err := p.grid.URL(ctx, id)
	return URL(u), err
}

// NewSession returns a session for a URL.
func (p projects) NewSession(ctx context.Context, u URL, w Wish) (lease.Session, store.Document, error) {
	return p.grid.NewSession(ctx, testgrid.URL(u), testgrid.Wish(w))
}

// createOnGrid begins a session on a browser: it waits in the queue as long as its
// client does.
func (g *Gateway) createOnGrid(w http.ResponseWriter, r *http.Request, at door, asked []Capabilities) *failure {
	if !g.config.Now().Before(at.grid.Expires) {
		return notCreated("The URL of the test grid has expired; call CreateTestGridUrl for another one.")
	}
	units, caps, failed := g.match(asked)
	if failed != nil {
		return failed
	}
	limits, failed := caps.limits()
	if failed != nil {
		return failed
	}
	s, err := g.enqueue(r.Context(), *at.grid, Wish{units, limits})
	if err != nil {
		return failureOf(err, notCreated)
	}
	m, failed := g.beginQueued(r.Context(), s, caps.matched())
	if failed != nil {
		g.end(s.ID, failed)
		return failed
	}
	g.tell(w, r, at, m)
	return nil
}

// enqueues is how often a session is queued whose project is changed meanwhile.
const enqueues = 5

// enqueue queues a session. It goes on when the client has gone, since what is in
// the queue must be known here to be taken out.
func (g *Gateway) enqueue(ctx context.Context, u URL, w Wish) (lease.Session, error) {
	ctx = context.WithoutCancel(ctx)
	for attempt := 1; ; attempt++ {
		s, parent, err := g.config.Grid.NewSession(ctx, u, w)
		if err == nil {
			s, err = g.config.Fleet.Enqueue(ctx, s, parent)
		}
		if err == nil || fault.KindOf(err) != fault.Conflict || attempt == enqueues {
			return s, err
		}
	}
}

// beginQueued waits until a session has a browser, and begins it there.
func (g *Gateway) beginQueued(ctx context.Context, s lease.Session, caps Capabilities) (made, *failure) {
	waiting, cancel := context.WithTimeout(ctx, gridWait)
	defer cancel()
	s, err := g.config.Fleet.Await(waiting, s.ID)
	switch {
	case err != nil && ctx.Err() != nil:
		return made{}, notCreated("The client has gone.")
	case err != nil && waiting.Err() == nil:
		return made{}, failureOf(err, notCreated)
	case err != nil:
		return made{}, notCreated(fmt.Sprintf("No browser became free within %s; other sessions of the account or of others use them.", gridWait))
	case s.Stage() == lease.Ended:
		return made{}, notCreated("The session was ended while it waited. " + s.Message)
	}
	seat, failed := g.seat(s)
	if failed != nil {
		return made{}, failed
	}
	return g.begin(ctx, s, seat, caps)
}

// end ends a session that could not be begun.
func (g *Gateway) end(id string, why *failure) {
	ctx, cancel := context.WithTimeout(context.Background(), createTimeout)
	defer cancel()
	outcome := lease.Stopped
	if why.lab {
		outcome = lease.Errored
	}
	if _, err := g.config.Fleet.End(ctx, id, outcome, why.message); err != nil && fault.KindOf(err) != fault.NotFound {
		g.config.Log.WarnContext(ctx, "a session that was not begun is left to the reaper", "session", id, "error", err)
	}
}

// match returns the browsers that have the first set of capabilities which any has
// and which a caller may ask of it.
func (g *Gateway) match(asked []Capabilities) ([]string, Capabilities, *failure) {
	var first *failure
	for _, caps := range asked {
		units, failed := caps.browsers(g.config.Units())
		if failed == nil {
			return units, caps, nil
		}
		if first == nil {
			first = failed
		}
	}
	return nil, nil, first
}

// browsers returns the ids of the browsers that the capabilities ask for.
func (c Capabilities) browsers(all *fleet.Units) ([]string, *failure) {
	var want [3]string
	for i, name := range []string{"browserName", "browserVersion", "platformName"} {
		text, failed := c.text(name)
		if failed != nil {
			return nil, failed
		}
		want[i] = text
	}
	if want[2] == "" { // what it was called before the W3C's standard, and in AWS's guide
		var failed *failure
		if want[2], failed = c.text("platform"); failed != nil {
			return nil, failed
		}
	}
	var found []string
	var refused *failure
	for _, u := range all.Browsers(want[0], want[1], want[2]) {
		if failed := c.permitted(u.Seats[0]); failed != nil {
			refused = failed
			continue
		}
		found = append(found, u.ID)
	}
	switch {
	case len(found) > 0:
		return found, nil
	case refused != nil:
		return nil, refused
	}
	return nil, notCreated(fmt.Sprintf("No browser here has browserName %q, browserVersion %q and platformName %q. There are: %s.",
		short(want[0]), short(want[1]), short(want[2]), strings.Join(all.BrowserNames(), ", ")))
}

func short(text string) string { return fmt.Sprintf("%.80s", text) }

// matched returns the capabilities without those by which a browser was found: the
// back-end may spell them in another way.
func (c Capabilities) matched() Capabilities {
	left := maps.Clone(c)
	for _, name := range []string{"browserVersion", "platformName", "platform", "ms:edgeChromium"} {
		delete(left, name)
	}
	return left
}

// limits returns how long a session may live as its capabilities say.
func (c Capabilities) limits() (lease.Limits, *failure) {
	longest, failed := c.seconds("aws:maxDurationSecs", leastMax, mostMax, defaultMax)
	if failed != nil {
		return lease.Limits{}, failed
	}
	idle, failed := c.seconds("aws:idleTimeoutSecs", leastIdle, mostIdle, defaultIdle)
	return lease.Limits{Idle: idle, Max: longest, Wait: gridWait}, failed
}

// seconds returns a capability that is a number of seconds.
func (c Capabilities) seconds(name string, least, most, otherwise int) (time.Duration, *failure) {
	value, ok := c[name]
	if !ok {
		return time.Duration(otherwise) * time.Second, nil
	}
	n, err := strconv.Atoi(string(bytes.TrimSpace(value)))
	if err != nil || n < least || n > most {
		return 0, invalidArgument(fmt.Sprintf("Capability %q is %.80s; it must be a whole number of seconds from %d to %d.", name, json.RawMessage(value), least, most))
	}
	return time.Duration(n) * time.Second, nil
}
