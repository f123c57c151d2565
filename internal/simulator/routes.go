package simulator

import (
	"strings"
)

// The kinds of end points that have a command.
const (
	onDevice = 1 << iota
	onBrowser
	onBoth = onDevice | onBrowser
)

// handler runs a command.
type handler func(*call) (any, error)

// route says where a command is. The first {} of a path is the session's id.
type route struct {
	method, path string
	on           int
	do           handler
}

// routes are the commands of sessions.
var routes = []route{
	{"GET", "/session/{}/appium/capabilities", onDevice, getCapabilities},
	{"GET", "/session/{}/timeouts", onBoth, getTimeouts},
	{"POST", "/session/{}/timeouts", onBoth, setTimeouts},

	{"GET", "/session/{}/url", onBoth, getURL},
	{"POST", "/session/{}/url", onBoth, setURL},
	{"POST", "/session/{}/back", onBoth, back},
	{"POST", "/session/{}/forward", onBoth, forward},
	{"POST", "/session/{}/refresh", onBoth, refresh},
	{"GET", "/session/{}/title", onBoth, getTitle},
	{"GET", "/session/{}/source", onBoth, getSource},

	{"GET", "/session/{}/window", onBoth, getWindow},
	{"DELETE", "/session/{}/window", onBoth, closeWindow},
	{"POST", "/session/{}/window", onBoth, switchWindow},
	{"GET", "/session/{}/window/handles", onBoth, getWindows},
	{"GET", "/session/{}/window/rect", onBoth, getWindowRect},
	{"POST", "/session/{}/window/rect", onBrowser, setWindowRect},
	{"POST", "/session/{}/window/maximize", onBrowser, maximize},
	{"POST", "/session/{}/frame", onBoth, switchFrame},
	{"POST", "/session/{}/frame/parent", onBoth, nothing},

	{"POST", "/session/{}/element", onBoth, findElement},
	{"POST", "/session/{}/elements", onBoth, findElements},
	{"GET", "/session/{}/element/active", onBoth, activeElement},
	{"POST", "/session/{}/element/{}/element", onBoth, findElement},
	{"POST", "/session/{}/element/{}/elements", onBoth, findElements},
	{"POST", "/session/{}/element/{}/click", onBoth, click},
	{"POST", "/session/{}/element/{}/clear", onBoth, clearElement},
	{"POST", "/session/{}/element/{}/value", onBoth, sendKeys},
	{"GET", "/session/{}/element/{}/text", onBoth, elementText},
	{"GET", "/session/{}/element/{}/name", onBoth, elementTag},
	{"GET", "/session/{}/element/{}/attribute/{}", onBoth, elementAttribute},
	{"GET", "/session/{}/element/{}/property/{}", onBoth, elementProperty},
	{"GET", "/session/{}/element/{}/rect", onBoth, elementRect},
	{"GET", "/session/{}/element/{}/displayed", onBoth, elementDisplayed},
	{"GET", "/session/{}/element/{}/enabled", onBoth, elementEnabled},
	{"GET", "/session/{}/element/{}/selected", onBoth, elementSelected},
	{"GET", "/session/{}/element/{}/screenshot", onBoth, elementScreenshot},
	{"GET", "/session/{}/screenshot", onBoth, screenshot},

	{"POST", "/session/{}/execute/sync", onBoth, execute},
	{"POST", "/session/{}/actions", onBoth, performActions},
	{"DELETE", "/session/{}/actions", onBoth, nothing},

	{"GET", "/session/{}/cookie", onBoth, getCookies},
	{"POST", "/session/{}/cookie", onBoth, addCookie},
	{"DELETE", "/session/{}/cookie", onBoth, deleteCookies},
	{"GET", "/session/{}/cookie/{}", onBoth, getCookie},
	{"DELETE", "/session/{}/cookie/{}", onBoth, deleteCookie},
	{"POST", "/session/{}/alert/accept", onBoth, noAlert},
	{"POST", "/session/{}/alert/dismiss", onBoth, noAlert},
	{"GET", "/session/{}/alert/text", onBoth, noAlert},
	{"POST", "/session/{}/alert/text", onBoth, noAlert},

	{"GET", "/session/{}/log/types", onBoth, logTypes},
	{"POST", "/session/{}/log", onBoth, getLog},
	{"GET", "/session/{}/se/log/types", onBoth, logTypes},
	{"POST", "/session/{}/se/log", onBoth, getLog},

	{"GET", "/session/{}/contexts", onDevice, getContexts},
	{"GET", "/session/{}/context", onDevice, getContext},
	{"POST", "/session/{}/context", onDevice, setContext},
	{"GET", "/session/{}/orientation", onDevice, getOrientation},
	{"POST", "/session/{}/orientation", onDevice, setOrientation},
	{"GET", "/session/{}/appium/settings", onDevice, getSettings},
	{"POST", "/session/{}/appium/settings", onDevice, setSettings},
	{"POST", "/session/{}/appium/device/install_app", onDevice, installApp},
	{"POST", "/session/{}/appium/device/remove_app", onDevice, removeApp},
	{"POST", "/session/{}/appium/device/app_installed", onDevice, isAppInstalled},
	{"POST", "/session/{}/appium/device/app_state", onDevice, appState},
	{"POST", "/session/{}/appium/device/activate_app", onDevice, activateApp},
	{"POST", "/session/{}/appium/device/terminate_app", onDevice, terminateApp},
}

// outerRoutes are the commands without a session, or that look for it themselves.
var outerRoutes = []struct {
	method, path string
	on           int
	do           func(*call) (reply, error)
}{
	{"GET", "/status", onBoth, getStatus},
	{"POST", "/session", onBoth, newSession},
	{"DELETE", "/session/{}", onBoth, deleteSession},
	{"GET", "/session/{}", onBoth, getSession},
	{"GET", "/sessions", onBrowser, listBrowserSessions},
	{"GET", "/appium/sessions", onDevice, listDeviceSessions},
	{"GET", "/bidi/{}", onDevice, openBiDi},
}

// command is what a route leads to.
type command struct {
	inSession bool
	do        func(*call) (reply, error)
}

// router finds commands by the parts of their paths.
type router struct {
	next     map[string]*router // by part; "{}" for any other
	commands map[string]command // by method
}

// newRouter returns a router for one kind of end point.
func newRouter(kind int) *router {
	root := &router{}
	for _, r := range outerRoutes {
		if r.on&kind != 0 {
			root.add(r.method, r.path, command{false, r.do})
		}
	}
	for _, r := range routes {
		if r.on&kind != 0 {
			root.add(r.method, r.path, command{true, plain(r.do)})
		}
	}
	return root
}

// plain makes a command of a handler.
func plain(do handler) func(*call) (reply, error) {
	return func(c *call) (reply, error) {
		value, err := do(c)
		return reply{value: value}, err
	}
}

func (r *router) add(method, path string, c command) {
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if r.next == nil {
			r.next = map[string]*router{}
		}
		if r.next[part] == nil {
			r.next[part] = &router{}
		}
		r = r.next[part]
	}
	if r.commands == nil {
		r.commands = map[string]command{}
	}
	r.commands[method] = c
}

// find returns a command, and what stood for each {} in its path.
func (r *router) find(method, path string) (command, []string, error) {
	var values []string
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		next := r.next[part]
		if next == nil || part == "{}" {
			next = r.next["{}"]
			values = append(values, part)
		}
		if next == nil || part == "" {
			return command{}, nil, unknown(method, path)
		}
		r = next
	}
	if r.commands == nil {
		return command{}, nil, unknown(method, path)
	}
	c, ok := r.commands[method]
	if !ok {
		return command{}, nil, fail(unknownMethod, "%s does not take %s", path, method)
	}
	return c, values, nil
}

func unknown(method, path string) error {
	return fail(unknownCommand, "the simulator has no command %s %s", method, path)
}

// nothing is a command that has nothing to do here.
func nothing(*call) (any, error) { return nil, nil }

// noAlert says that a page shows no alert: none of them does.
func noAlert(*call) (any, error) { return nil, fail("no such alert", "no alert is open") }
