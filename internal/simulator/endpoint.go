package simulator

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// endpoint is what stands at one base path: a device or a browser.
type endpoint struct {
	server   *Server
	device   *Device  // nil at a browser
	browser  *Browser // nil at a device
	router   *router
	capacity int

	mu       sync.Mutex
	closed   bool
	sessions map[string]*session
	apps     map[string]string // what is installed on the device: paths by name
}

func (e *endpoint) path() string {
	if e.device != nil {
		return "/device/" + e.device.UDID
	}
	return "/browser/" + e.browser.Name
}

func (e *endpoint) udid() string {
	if e.device == nil {
		return ""
	}
	return e.device.UDID
}

func (e *endpoint) browserName() string {
	if e.browser == nil {
		return ""
	}
	return e.browser.Name
}

// isNamedBy reports whether a rule holds here.
func (e *endpoint) isNamedBy(r Rule) bool {
	return r.UDID == "" && r.Browser == "" || r.UDID != "" && r.UDID == e.udid() || r.Browser != "" && r.Browser == e.browserName()
}

// isAndroid reports whether the end point is an Android device.
func (e *endpoint) isAndroid() bool { return e.device != nil && e.device.Platform == Android }

// live returns the sessions, oldest first.
func (e *endpoint) live() []*session {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.SortedFunc(maps.Values(e.sessions), func(a, b *session) int {
		if c := a.created.Compare(b.created); c != 0 {
			return c
		}
		return strings.Compare(a.id, b.id)
	})
}

// find returns a live session.
func (e *endpoint) find(id string) (*session, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s := e.sessions[id]; s != nil {
		return s, nil
	}
	return nil, gone(id)
}

func gone(id string) error {
	return fail(invalidSessionID, "there is no session %q here: it has ended, or was never begun", shortened(id))
}

// begin adds a session, unless the end point has as many as it can.
func (e *endpoint) begin(s *session) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
		return fail(sessionNotCreated, "the simulator is closing")
	case len(e.sessions) < e.capacity:
		e.sessions[s.id] = s
		return nil
	case e.device != nil:
		return fail(sessionNotCreated, "device %s has a session already, and has one at a time", e.device.UDID)
	default:
		return fail(sessionNotCreated, "browser %s has %d sessions already, and no more at a time", e.browser.Name, e.capacity)
	}
}

// end removes a session, and reports whether it was live. Its WebSockets close.
func (e *endpoint) end(s *session) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.sessions[s.id] != s {
		return false
	}
	delete(e.sessions, s.id)
	s.stop()
	if s.bool("appium:fullReset") {
		delete(e.apps, s.appAtStart)
	}
	return true
}

// endAll ends every session, and lets none begin.
func (e *endpoint) endAll() {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	for _, s := range e.live() {
		e.end(s)
	}
}

// app returns the path from which an app was installed, and whether it is.
func (e *endpoint) app(name string) (string, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	path, ok := e.apps[name]
	return path, ok
}

// appNames returns the names of the apps, in order.
func (e *endpoint) appNames() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Sorted(maps.Keys(e.apps))
}

// maxApps is how many apps a device holds.
const maxApps = 1000

// install records an app.
func (e *endpoint) install(name, path string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, ok := e.apps[name]; !ok && len(e.apps) >= maxApps {
		return fail(unknownError, "device %s holds %d apps", e.device.UDID, maxApps)
	}
	e.apps[name] = path
	return nil
}

// uninstall forgets an app, and reports whether it was there.
func (e *endpoint) uninstall(name string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, ok := e.apps[name]
	delete(e.apps, name)
	return ok
}
