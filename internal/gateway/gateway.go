// Package gateway lets clients drive the sessions that slots admitted: a proxy for
// WebDriver at /wd/{token}/, between clients that are strangers and back-ends that
// are strangers.
//
// It decides what gets through: which paths, which capabilities, which answers. A
// new session is sent to the back-end as the gateway encoded it, and what follows
// streams both ways as long as the session lives. Who may begin a session, and when
// one is over, is decided in package fleet.
package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/store"
)

// URL is a test grid URL: where sessions of a project may be begun, for some time.
type URL struct {
	ID      string
	Account account.ID
	Project string
	Nonce   string
	Expires time.Time
}

// Grid knows the URLs of test grid projects.
type Grid interface {
	// URL returns the URL with an id. NotFound if there is none.
	URL(ctx context.Context, id string) (URL, error)

	// NewSession returns a session for a URL that may be queued, and the document of
	// what it lies in. NotFound if that was deleted.
	NewSession(ctx context.Context, u URL, w Wish) (lease.Session, store.Document, error)
}

// Wish is what a client of test grid asks for.
type Wish struct {
	Units  []string // ids of the browsers that would do
	Limits lease.Limits
}

// Command is one command that a client sent to a session.
type Command struct {
	Session string // id
	At      time.Time
	Method  string
	Path    string // below the session, without what was typed
	Status  int
	Took    time.Duration
}

// Config is what a gateway needs. All fields are required but Grid, Log and
// Observe.
type Config struct {
	Fleet   *fleet.Fleet
	Units   func() *fleet.Units
	Sign    Signer
	Grid    Grid // nil if there is no test grid
	Now     func() time.Time
	Node    string // as in the fleet's Config
	Log     *slog.Logger
	Observe func(Command) // hears of each command
}

// Gateway is the proxy. New makes one.
type Gateway struct {
	config    Config
	transport *http.Transport
	sessions  cache[lease.Session]
	urls      cache[URL]
	work      background
	closing   context.Context // ends when the gateway closes
	close     context.CancelFunc
}

// How long the gateway waits for a back-end.
const (
	dialTimeout   = 5 * time.Second
	createTimeout = 120 * time.Second // of a new session
	idleTimeout   = 90 * time.Second  // of a connection that is kept
)

// New returns a gateway.
func New(c Config) *Gateway {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Observe == nil {
		c.Observe = func(Command) {}
	}
	dialer := &net.Dialer{Timeout: dialTimeout}
	closing, closeIt := context.WithCancel(context.Background())
	return &Gateway{
		config: c, closing: closing, close: closeIt,
		transport: &http.Transport{
			DialContext: dialer.DialContext, MaxIdleConnsPerHost: 256, IdleConnTimeout: idleTimeout, DisableCompression: true,
		},
		sessions: newCache[lease.Session](), urls: newCache[URL](),
	}
}

// Close closes the WebSockets, waits for the creates under way, and gives up the
// connections to back-ends.
func (g *Gateway) Close() {
	g.close()
	g.work.wait()
	g.transport.CloseIdleConnections()
}

// Endpoint returns the path of a remote access session's end point, "" if it has
// ended.
func (g *Gateway) Endpoint(s lease.Session) string {
	if s.Nonce == "" {
		return ""
	}
	return Prefix + g.config.Sign.token(remote, s.ID, s.Nonce)
}

// GridPath returns the path of a test grid URL.
func (g *Gateway) GridPath(u URL) string { return Prefix + g.config.Sign.token(grid, u.ID, u.Nonce) }

// ServeHTTP answers a request at a path that begins with Prefix.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t, failed := parse(r)
	if failed == nil {
		failed = g.serve(w, r, t)
	}
	if failed != nil {
		failed.write(w)
	}
}

// unbound lets a request take as long as its session lets it.
func unbound(w http.ResponseWriter) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{})  // without deadlines there is nothing to lift
	_ = control.SetWriteDeadline(time.Time{}) //
}

// serve answers a request, or returns what its client is told instead.
func (g *Gateway) serve(w http.ResponseWriter, r *http.Request, t target) *failure {
	if !g.config.Fleet.Serving() {
		return unknownError("This node cannot reach the farm's storage and serves no sessions until it can.")
	}
	at, failed := g.open(r.Context(), t)
	if failed != nil {
		return failed
	}
	unbound(w)
	switch {
	case t.status:
		answer(w, http.StatusOK, map[string]any{"ready": true, "message": "slotfarm is ready for sessions"})
		return nil
	case t.session == "" && r.Method == http.MethodPost:
		return g.create(w, r, at)
	case t.session == "":
		return &failure{status: http.StatusMethodNotAllowed, code: "unknown method", message: "A session is begun by POST."}
	}
	s, failed := g.own(r.Context(), at, t)
	switch {
	case failed != nil:
		return failed
	case t.socket != "":
		return g.socket(w, r, s, t)
	case len(t.rest) == 0 && r.Method == http.MethodDelete:
		return g.delete(w, r, s)
	}
	g.forward(w, r, s, t)
	return nil
}

// door is what a token opens: a remote access session, or a test grid URL.
type door struct {
	token  string
	remote *lease.Session
	grid   *URL
}

// open returns what the token of a path opens.
func (g *Gateway) open(ctx context.Context, t target) (door, *failure) {
	void := invalidSession("The URL is not valid: it is of another farm, or its session has ended.")
	c, ok := readToken(t.token)
	if !ok {
		return door{}, void
	}
	switch c.kind {
	case remote:
		s, err := g.session(ctx, c.id)
		if err != nil || !g.config.Sign.holds(c, s.Nonce) || s.Kind == account.TestGrid {
			return door{}, void
		}
		return door{token: t.token, remote: &s}, nil
	case grid:
		if g.config.Grid == nil {
			return door{}, void
		}
		u, err := g.urls.get(c.id, g.config.Now(), func() (URL, error) { return g.config.Grid.URL(ctx, c.id) })
		if err != nil || !g.config.Sign.holds(c, u.Nonce) {
			return door{}, void
		}
		return door{token: t.token, grid: &u}, nil
	}
	return door{}, void
}

// own returns the session that a path names, which must be of what its token opens.
// A client of test grid knows a session by our id, one of remote access by the id
// that the back-end gave it.
func (g *Gateway) own(ctx context.Context, at door, t target) (lease.Session, *failure) {
	gone := invalidSession("There is no such session here.")
	s := at.remote
	if s == nil {
		found, err := g.session(ctx, t.session)
		if err != nil || found.Account != at.grid.Account || found.Project != at.grid.Project || found.Kind != account.TestGrid {
			return lease.Session{}, gone
		}
		s = &found
	} else if s.Remote != t.session {
		return lease.Session{}, gone
	}
	switch {
	case s.Stage() == lease.Ended:
		return *s, invalidSession("The session has ended. " + s.Message)
	case s.Stopping != nil:
		return *s, invalidSession("The session is being ended. " + s.Stopping.Message)
	case s.Remote == "":
		return *s, gone
	}
	return *s, nil
}

// session returns a session as it was at most staleAfter ago.
func (g *Gateway) session(ctx context.Context, id string) (lease.Session, error) {
	return g.sessions.get(id, g.config.Now(), func() (lease.Session, error) { return g.config.Fleet.Session(ctx, id) })
}

// seat returns the seat that a session is on.
func (g *Gateway) seat(s lease.Session) (fleet.Seat, *failure) {
	seat, ok := g.config.Units().Seat(s.Instance)
	if !ok {
		return seat, invalidSession("The device of the session has left the fleet.")
	}
	return seat, nil
}

// gone reports whether an error says that the client has gone.
func gone(ctx context.Context, err error) bool {
	return errors.Is(err, context.Canceled) || ctx.Err() != nil
}
