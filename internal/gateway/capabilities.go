package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/slotfarm/slotfarm/internal/fleet"
)

// Capabilities are what a client asks of a session, by name.
type Capabilities map[string]json.RawMessage

// newSession is the body of POST /session.
type newSession struct {
	Capabilities *struct {
		AlwaysMatch Capabilities   `json:"alwaysMatch"`
		FirstMatch  []Capabilities `json:"firstMatch"`
	} `json:"capabilities"`
}

// candidates returns the sets of capabilities of which the first that can be had is
// meant (WebDriver, "processing capabilities").
func candidates(body []byte) ([]Capabilities, *failure) {
	var asked newSession
	if err := json.Unmarshal(body, &asked); err != nil {
		return nil, invalidArgument("The body is not the JSON of a new session.")
	}
	if asked.Capabilities == nil {
		return nil, notCreated(`The body has no "capabilities"; desiredCapabilities alone are not spoken here. Use a client that speaks W3C WebDriver.`)
	}
	first := asked.Capabilities.FirstMatch
	if len(first) == 0 {
		first = []Capabilities{{}}
	}
	if len(first) > maxCandidates {
		return nil, invalidArgument(fmt.Sprintf("firstMatch has %d sets of capabilities; it may have %d.", len(first), maxCandidates))
	}
	var all []Capabilities
	for _, one := range first {
		merged := Capabilities{}
		for name, value := range asked.Capabilities.AlwaysMatch {
			merged[name] = value
		}
		for name, value := range one {
			if _, twice := merged[name]; twice {
				return nil, invalidArgument(fmt.Sprintf("Capability %.80q is in alwaysMatch and in firstMatch.", name))
			}
			merged[name] = value
		}
		for name, value := range merged {
			if bytes.Equal(value, []byte("null")) {
				delete(merged, name)
			}
		}
		all = append(all, merged)
	}
	return all, nil
}

// maxCandidates is how many sets of capabilities a client may give.
const maxCandidates = 32

// text returns a capability that is a string, "" if there is none.
func (c Capabilities) text(name string) (string, *failure) {
	value, ok := c[name]
	if !ok {
		return "", nil
	}
	var text string
	if err := json.Unmarshal(value, &text); err != nil {
		return "", invalidArgument(fmt.Sprintf("Capability %q is %.80s; it must be a string.", name, value))
	}
	return text, nil
}

// usual are the capabilities that any caller may ask for. None of them names a
// program, a path, another device, a host or a port on the back-end's machine.
var usual = set(`
	acceptInsecureCerts browserName browserVersion pageLoadStrategy platformName setWindowRect
	platform ms:edgeChromium strictFileInteractability timeouts unhandledPromptBehavior webSocketUrl
	aws:idleTimeoutSecs aws:maxDurationSecs wdio:enforceWebDriverClassic
	appium:appActivity appium:appPackage appium:appWaitActivity appium:appWaitDuration appium:appWaitPackage
	appium:autoAcceptAlerts appium:autoDismissAlerts appium:autoGrantPermissions appium:autoLaunch appium:automationName
	appium:autoWebview appium:autoWebviewTimeout appium:bundleId appium:connectHardwareKeyboard appium:deviceName
	appium:disableWindowAnimation appium:ensureWebviewsHavePages appium:forceAppLaunch appium:includeSafariInWebviews
	appium:language appium:locale appium:nativeWebScreenshot appium:newCommandTimeout appium:noReset appium:orientation
	appium:platformVersion appium:printPageSourceOnFindFailure appium:shouldTerminateApp appium:skipUnlock
	appium:unicodeKeyboard appium:waitForIdleTimeout`)

// browserOptions are the vendors' options for browsers, and which of their members
// any caller may use.
var browserOptions = map[string]map[string]bool{
	"goog:chromeOptions": set("args excludeSwitches mobileEmulation perfLoggingPrefs w3c windowTypes"),
	"ms:edgeOptions":     set("args excludeSwitches mobileEmulation perfLoggingPrefs w3c windowTypes"),
	"moz:firefoxOptions": set("args log"),
}

// arguments are the arguments of browsers that any caller may use, without values.
var arguments = set(`
	disable-dev-shm-usage disable-extensions disable-gpu disable-infobars disable-notifications disable-popup-blocking
	force-color-profile force-dark-mode force-device-scale-factor guest headless height hide-scrollbars incognito kiosk lang
	mute-audio no-default-browser-check no-first-run private private-window start-fullscreen start-maximized user-agent
	width window-position window-size`)

func set(names string) map[string]bool {
	all := map[string]bool{}
	for _, name := range strings.Fields(names) {
		all[name] = true
	}
	return all
}

// permitted returns nil if a caller may ask a seat's back-end for the capabilities.
func (c Capabilities) permitted(s fleet.Seat) *failure {
	if slices.Contains(s.Allow, "*") {
		return nil
	}
	for name, value := range c {
		options, isBrowser := browserOptions[name]
		switch {
		case slices.Contains(s.Allow, name), usual[name]:
		case isBrowser && s.Browser:
			if err := permittedOptions(s, name, value, options); err != nil {
				return err
			}
		default:
			return notCreated(fmt.Sprintf("Capability %.80q may not be used on %s. An operator can allow it there.", name, s.Name))
		}
	}
	return nil
}

// permittedOptions returns nil if a caller may use the options of a browser.
func permittedOptions(s fleet.Seat, name string, value json.RawMessage, usual map[string]bool) *failure {
	var options map[string]json.RawMessage
	if err := json.Unmarshal(value, &options); err != nil {
		return invalidArgument(fmt.Sprintf("Capability %q is not an object.", name))
	}
	for option, value := range options {
		if slices.Contains(s.Allow, option) {
			continue
		}
		if !usual[option] {
			return notCreated(fmt.Sprintf("Option %.80q of %s may not be used on %s. An operator can allow it there.", option, name, s.Name))
		}
		if option == "args" {
			if err := permittedArguments(s, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func permittedArguments(s fleet.Seat, value json.RawMessage) *failure {
	var args []string
	if err := json.Unmarshal(value, &args); err != nil {
		return invalidArgument("The args of a browser are not a list of strings.")
	}
	for _, arg := range args {
		bare, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if !arguments[bare] && !slices.ContainsFunc(s.Allow, func(a string) bool { return strings.TrimLeft(a, "-") == bare }) {
			return notCreated(fmt.Sprintf("Argument %.80q may not be used on %s. An operator can allow it there.", arg, s.Name))
		}
	}
	return nil
}

// consumed are capabilities for the gateway, which no back-end knows.
var consumed = []string{"aws:idleTimeoutSecs", "aws:maxDurationSecs"}

// request returns the body of the new session that a seat's back-end is asked for:
// what the caller wants, less what the back-end does not know, and what is forced
// upon every session last. Idle is how long the back-end waits for a command before
// it ends the session by itself.
func (c Capabilities) request(s fleet.Seat, idle int) ([]byte, error) {
	asked := Capabilities{}
	for name, value := range c {
		if !slices.Contains(s.Drop, name) && !slices.Contains(consumed, name) {
			asked[name] = value
		}
	}
	if !s.Browser {
		asked["appium:newCommandTimeout"] = json.RawMessage(fmt.Sprint(idle))
		asked["appium:udid"], _ = json.Marshal(s.ID) // a string
	}
	for name, value := range s.Capabilities {
		asked[name] = value
	}
	for _, name := range s.Drop {
		if _, forced := s.Capabilities[name]; !forced {
			delete(asked, name)
		}
	}
	return json.Marshal(map[string]any{"capabilities": map[string]any{"alwaysMatch": asked, "firstMatch": []any{struct{}{}}}})
}

// created is the answer to a new session.
type created struct {
	Value struct {
		SessionID    string       `json:"sessionId"`
		Capabilities Capabilities `json:"capabilities"`
		Error        string       `json:"error"`
		Message      string       `json:"message"`
	} `json:"value"`
}

// hidden are capabilities in answers that lead past the gateway, or tell about the
// back-end's machine.
var hidden = []string{
	"goog:processID", "moz:processID", "moz:profile", "moz:debuggerAddress", "webkitgtk:processID", "se:containerName",
	"se:vnc", "se:vncLocalAddress", "se:cdpVersion", "appium:directConnectProtocol", "appium:directConnectHost",
	"appium:directConnectPort", "appium:directConnectPath", "directConnectProtocol", "directConnectHost", "directConnectPort",
	"directConnectPath",
}

// hide takes out of an answer's capabilities what leads past the gateway.
func (c Capabilities) hide() {
	for _, name := range hidden {
		delete(c, name)
	}
	for name := range browserOptions {
		var options map[string]json.RawMessage
		if json.Unmarshal(c[name], &options) != nil {
			continue
		}
		delete(options, "debuggerAddress")
		delete(options, "binary")
		if body, err := json.Marshal(options); err == nil {
			c[name] = body
		}
	}
	for name, value := range c {
		var inner map[string]json.RawMessage
		if name != "chrome" && name != "msedge" || json.Unmarshal(value, &inner) != nil {
			continue
		}
		delete(inner, "userDataDir")
		if body, err := json.Marshal(inner); err == nil {
			c[name] = body
		}
	}
}
