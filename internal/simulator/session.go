package simulator

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// session is a live session. Its commands run one at a time, under mu.
type session struct {
	id         string
	endpoint   *endpoint
	created    time.Time
	caps       map[string]any // as the client was told; never change
	idleLimit  time.Duration  // without a command; 0 for none
	appAtStart string         // that the session began with, if any
	ended      context.Context
	stop       context.CancelFunc

	idleMu  sync.Mutex
	running int         // commands
	idle    time.Time   // when the last one ended
	disarm  func() bool // stops the timer

	mu       sync.Mutex
	left     int           // commands until it dies; negative for none
	delay    time.Duration // before each answer
	timeouts timeouts
	inWeb    bool // a device shows a page, and not an app
	web      *document
	native   *document // nil until it is looked at
	pages    []string  // the addresses that were open
	page     int       // the one of pages that is open
	serial   int       // of the newest document
	app      string    // in front; empty for the home screen
	sideways bool      // held in landscape
	window   rectangle // of a browser
	cookies  []cookie
	pointer  point
	settings map[string]any
	log      []logLine
	subs     []subscription // of BiDi
	sockets  map[chan bidiEvent]struct{}
}

// timeouts are those of WebDriver, in milliseconds. No script has none.
type timeouts struct {
	Implicit int64  `json:"implicit"`
	PageLoad int64  `json:"pageLoad"`
	Script   *int64 `json:"script"`
}

func defaultTimeouts() timeouts {
	script := int64(30_000)
	return timeouts{PageLoad: 300_000, Script: &script}
}

// merge sets the timeouts that a client names.
func (t timeouts) merge(named map[string]any) (timeouts, error) {
	for name, value := range named {
		n, isNumber := value.(float64)
		if value == nil && name == "script" {
			t.Script = nil
			continue
		}
		if !isNumber || n < 0 || n > maxSafeInteger || n != float64(int64(n)) {
			return t, fail(invalidArgument, "the timeout %s must be a whole number of milliseconds from 0 to %d, and is %v", name, int64(maxSafeInteger), value)
		}
		ms := int64(n)
		switch name {
		case "script":
			t.Script = &ms
		case "pageLoad":
			t.PageLoad = ms
		case "implicit":
			t.Implicit = ms
		}
	}
	return t, nil
}

// maxSafeInteger is the largest integer that JSON numbers are sure to hold.
const maxSafeInteger = 1<<53 - 1

func getTimeouts(c *call) (any, error) { return c.session.timeouts, nil }

func setTimeouts(c *call) (any, error) {
	named := map[string]any{}
	if err := c.decode(&named); err != nil {
		return nil, err
	}
	merged, err := c.session.timeouts.merge(named)
	if err == nil {
		c.session.timeouts = merged
	}
	return nil, err
}

// newSession begins a session, or says why not.
func newSession(c *call) (reply, error) {
	rule := c.endpoint.server.script.forStart(c.endpoint)
	if rule.FailStart != "" {
		return reply{delay: time.Duration(rule.Delay)}, fail(sessionNotCreated, "%s", rule.FailStart)
	}
	wanted, err := c.wanted()
	if err != nil {
		return reply{}, err
	}
	s := c.endpoint.newSession(wanted)
	s.left, s.delay = -1, time.Duration(rule.Delay)
	if rule.DieAfter != nil {
		s.left = *rule.DieAfter
	}
	if err := c.endpoint.begin(s); err != nil {
		s.stop()
		return reply{}, err
	}
	if err := s.launch(); err != nil {
		c.endpoint.end(s)
		return reply{}, err
	}
	s.watch()
	return reply{delay: s.delay, value: map[string]any{"sessionId": s.id, "capabilities": s.caps}}, nil
}

// newSession makes a session that is not live yet.
func (e *endpoint) newSession(wanted map[string]any) *session {
	s := &session{id: e.newID(), endpoint: e, timeouts: defaultTimeouts(), pages: []string{blankPage}}
	s.ended, s.stop = context.WithCancel(e.server.base)
	s.created = s.now()
	s.idle = s.created
	s.window = rectangle{0, 0, 1200, 800}
	if named, ok := wanted["timeouts"].(map[string]any); ok {
		s.timeouts, _ = s.timeouts.merge(named) // was checked
	}
	s.caps = e.answered(s, wanted)
	if e.device != nil {
		s.plan(wanted)
	}
	return s
}

// newID returns an id that looks as those of the server that is simulated.
func (e *endpoint) newID() string {
	id := uuid.NewString()
	if e.browser != nil {
		return strings.ReplaceAll(id, "-", "")
	}
	return id
}

func (s *session) now() time.Time { return s.endpoint.server.clock.Now() }

// bool returns whether a capability is true.
func (s *session) bool(name string) bool { return s.caps[name] == true }

// mayRun counts a command, and reports whether the session lives to run it.
func (s *session) mayRun() bool {
	if s.left < 0 {
		return true
	}
	s.left--
	return s.left >= 0
}

// enter notes that a command begins, also if it has to wait for another.
func (s *session) enter() {
	s.idleMu.Lock()
	s.running++
	s.idleMu.Unlock()
}

// leave notes that a command has ended.
func (s *session) leave() {
	s.idleMu.Lock()
	s.running--
	s.idle = s.now()
	s.idleMu.Unlock()
}

// idleFor returns how long the session has had no command.
func (s *session) idleFor() time.Duration {
	s.idleMu.Lock()
	defer s.idleMu.Unlock()
	if s.running > 0 {
		return 0
	}
	return s.now().Sub(s.idle)
}

// watch ends the session once it is without a command for too long, as Appium
// does for newCommandTimeout. A command that runs holds the session.
func (s *session) watch() {
	if s.idleLimit == 0 {
		return
	}
	s.watchFor(s.idleLimit)
	context.AfterFunc(s.ended, func() {
		s.idleMu.Lock()
		defer s.idleMu.Unlock()
		s.disarm()
	})
}

func (s *session) watchFor(d time.Duration) {
	s.idleMu.Lock()
	defer s.idleMu.Unlock()
	s.disarm = s.endpoint.server.clock.AfterFunc(d, s.endIfIdle)
}

func (s *session) endIfIdle() {
	if s.ended.Err() != nil {
		return
	}
	left := s.idleLimit - s.idleFor()
	if left <= 0 {
		s.endpoint.end(s)
		return
	}
	s.watchFor(left)
}

func deleteSession(c *call) (reply, error) {
	s, err := c.endpoint.find(c.values[0])
	switch {
	case err == nil:
		c.endpoint.end(s)
		return reply{delay: s.delay}, nil
	case c.endpoint.browser != nil:
		return reply{}, nil // as chromedriver answers
	default:
		return reply{}, err
	}
}

// getSession tells the capabilities, or opens a WebSocket, which chromedriver
// has at the same place.
func getSession(c *call) (reply, error) {
	if c.endpoint.browser != nil && isUpgrade(c.r) {
		return openBiDi(c)
	}
	return c.run(command{true, plain(func(c *call) (any, error) { return c.session.caps, nil })})
}

func getCapabilities(c *call) (any, error) {
	return map[string]any{"capabilities": c.session.caps}, nil
}

// statusShape is the answer to GET /status.
func statusShape() any {
	return map[string]any{
		"ready":   true,
		"message": "The simulator is ready for new sessions",
		"build":   map[string]any{"version": "simulator"},
	}
}

func getStatus(*call) (reply, error) { return reply{value: statusShape()}, nil }

// listBrowserSessions lists as chromedriver does.
func listBrowserSessions(c *call) (reply, error) {
	list := []any{}
	for _, s := range c.endpoint.live() {
		list = append(list, map[string]any{"id": s.id, "capabilities": s.caps})
	}
	return reply{value: list}, nil
}

// listDeviceSessions lists as Appium does with its feature session_discovery.
func listDeviceSessions(c *call) (reply, error) {
	list := []any{}
	for _, s := range c.endpoint.live() {
		list = append(list, map[string]any{"id": s.id, "created": s.created.UnixMilli(), "capabilities": s.caps})
	}
	return reply{value: list}, nil
}

// socketURL is where the session's BiDi is.
func (s *session) socketURL() string {
	base := "ws" + strings.TrimPrefix(s.endpoint.server.URL(), "http") + s.endpoint.path()
	if s.endpoint.browser != nil {
		return base + "/session/" + s.id
	}
	return base + "/bidi/" + s.id
}

// isUpgrade reports whether a request asks for a WebSocket.
func isUpgrade(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}
