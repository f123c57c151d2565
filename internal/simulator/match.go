package simulator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxCapabilities is how many bytes a new session of a device may ask with.
const maxCapabilities = 1 << 20

// wanted returns the capabilities of a request that this end point can give: the
// first of firstMatch that fits, with alwaysMatch.
func (c *call) wanted() (map[string]any, error) {
	var body struct {
		Capabilities *struct {
			AlwaysMatch any `json:"alwaysMatch"`
			FirstMatch  any `json:"firstMatch"`
		} `json:"capabilities"`
	}
	if c.endpoint.device != nil && len(c.body) > maxCapabilities { // which are kept, and listed
		return nil, fail(invalidArgument, "the capabilities of a device may have %d bytes, and these have %d", maxCapabilities, len(c.body))
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.Capabilities == nil {
		return nil, fail(invalidArgument, "a new session needs capabilities with alwaysMatch and firstMatch")
	}
	choices, err := merged(body.Capabilities.AlwaysMatch, body.Capabilities.FirstMatch)
	if err != nil {
		return nil, err
	}
	var reasons []string
	for _, choice := range choices {
		reason := c.endpoint.mismatch(choice)
		if reason == "" {
			return choice, nil
		}
		if !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
	}
	return nil, fail(sessionNotCreated, "no matching capabilities: %s", strings.Join(reasons, "; "))
}

// merged returns each of firstMatch together with alwaysMatch, all checked.
func merged(alwaysMatch, firstMatch any) ([]map[string]any, error) {
	always, err := capabilities("alwaysMatch", alwaysMatch)
	if err != nil {
		return nil, err
	}
	if firstMatch == nil {
		firstMatch = []any{map[string]any{}}
	}
	list, ok := firstMatch.([]any)
	if !ok || len(list) == 0 {
		return nil, fail(invalidArgument, "firstMatch must be a list of at least one object")
	}
	var choices []map[string]any
	for i, entry := range list {
		first, err := capabilities(fmt.Sprintf("firstMatch[%d]", i), entry)
		if err != nil {
			return nil, err
		}
		for name := range first {
			if _, ok := always[name]; ok {
				return nil, fail(invalidArgument, "the capability %s stands in alwaysMatch and in firstMatch[%d]", name, i)
			}
		}
		maps.Copy(first, always)
		choices = append(choices, first)
	}
	return choices, nil
}

// capabilities returns checked capabilities, without those that are null.
func capabilities(where string, value any) (map[string]any, error) {
	if value == nil && where == "alwaysMatch" {
		return map[string]any{}, nil
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, fail(invalidArgument, "%s must be an object", where)
	}
	given := map[string]any{}
	for name, value := range object {
		if value == nil {
			continue
		}
		if err := checkCapability(name, value); err != nil {
			return nil, err
		}
		given[name] = value
	}
	return given, nil
}

// checks says of each standard capability what its value must be.
var checks = map[string]struct {
	must string
	is   func(any) bool
}{
	"acceptInsecureCerts":       {"true or false", isBool},
	"browserName":               {"a text", isText},
	"browserVersion":            {"a text", isText},
	"platformName":              {"a text", isText},
	"pageLoadStrategy":          {"none, eager or normal", isOneOf("none", "eager", "normal")},
	"proxy":                     {"an object", isObject},
	"setWindowRect":             {"true or false", isBool},
	"strictFileInteractability": {"true or false", isBool},
	"timeouts":                  {"an object of whole milliseconds", isTimeouts},
	"unhandledPromptBehavior":   {"a behaviour of the W3C, or an object of them", isPromptBehavior},
	"webSocketUrl":              {"true or false", isBool},
	"appium:newCommandTimeout":  {"a number of seconds from 0 to 100000000", isSeconds},
	"appium:udid":               {"a text", isText},
	"appium:app":                {"a text", isText},
	"appium:appPackage":         {"a text", isText},
	"appium:bundleId":           {"a text", isText},
	"appium:fullReset":          {"true or false", isBool},
	"appium:orientation":        {"PORTRAIT or LANDSCAPE", isOneOf("PORTRAIT", "LANDSCAPE")},
}

func isBool(v any) bool   { _, ok := v.(bool); return ok }
func isText(v any) bool   { _, ok := v.(string); return ok }
func isObject(v any) bool { _, ok := v.(map[string]any); return ok }

func isSeconds(v any) bool {
	n, ok := v.(float64)
	return ok && n >= 0 && n <= 100_000_000
}

func isOneOf(values ...string) func(any) bool {
	return func(v any) bool {
		text, ok := v.(string)
		return ok && slices.Contains(values, text)
	}
}

func isTimeouts(v any) bool {
	named, ok := v.(map[string]any)
	if !ok {
		return false
	}
	_, err := defaultTimeouts().merge(named)
	return err == nil
}

func isPromptBehavior(v any) bool {
	is := isOneOf("dismiss", "accept", "dismiss and notify", "accept and notify", "ignore")
	if object, ok := v.(map[string]any); ok {
		for _, behavior := range object {
			if !is(behavior) {
				return false
			}
		}
		return true
	}
	return is(v)
}

func checkCapability(name string, value any) error {
	check, known := checks[name]
	switch {
	case known && !check.is(value):
		return fail(invalidArgument, "the capability %s must be %s, and is %v", name, check.must, value)
	case !known && !strings.Contains(name, ":"):
		return fail(invalidArgument, "%s is no capability of the W3C, and has no prefix such as appium:", name)
	}
	return nil
}

// mismatch returns why an end point cannot give the capabilities, or "".
func (e *endpoint) mismatch(wanted map[string]any) string {
	for _, name := range slices.Sorted(maps.Keys(e.offers())) {
		value, isAsked := wanted[name].(string)
		if isAsked && !e.offers()[name](value) {
			return fmt.Sprintf("%s is %s, and %q was asked for", name, e.own(name), value)
		}
	}
	if e.device != nil && wanted["setWindowRect"] == true {
		return "setWindowRect is false, and true was asked for"
	}
	return ""
}

// offers says which values of the capabilities that tell end points apart fit.
func (e *endpoint) offers() map[string]func(string) bool {
	same := func(name string) func(string) bool {
		return func(value string) bool { return strings.EqualFold(value, e.own(name)) }
	}
	version := func(name string) func(string) bool {
		return func(value string) bool { return isVersion(value, e.own(name)) }
	}
	if e.browser != nil {
		return map[string]func(string) bool{
			"browserName": same("browserName"), "browserVersion": version("browserVersion"), "platformName": same("platformName"),
		}
	}
	return map[string]func(string) bool{
		"platformName": same("platformName"), "appium:udid": func(v string) bool { return v == e.device.UDID },
		"appium:platformVersion": version("appium:platformVersion"), "appium:automationName": e.automates,
		"browserName": func(v string) bool { return v == "" || strings.EqualFold(v, e.own("browserName")) },
	}
}

// own returns what the end point is, by capability.
func (e *endpoint) own(name string) string {
	if e.browser != nil {
		return map[string]string{
			"browserName": e.browser.Name, "browserVersion": e.browser.Version, "platformName": e.browser.Platform,
		}[name]
	}
	own := map[string]string{
		"platformName": "Android", "browserName": "Chrome", "appium:automationName": "UiAutomator2",
		"appium:udid": e.device.UDID, "appium:platformVersion": e.device.OS,
	}
	if !e.isAndroid() {
		own["platformName"], own["browserName"], own["appium:automationName"] = "iOS", "Safari", "XCUITest"
	}
	return own[name]
}

// automates reports whether a driver of Appium fits the device.
func (e *endpoint) automates(name string) bool {
	return strings.EqualFold(name, e.own("appium:automationName")) || e.isAndroid() && strings.EqualFold(name, "Espresso")
}

// isVersion reports whether have is the wanted version, or a part of it: 156
// asks for any of 156.
func isVersion(wanted, have string) bool {
	return wanted == have || strings.HasPrefix(have, wanted+".")
}

// answered returns the capabilities that a client is told.
func (e *endpoint) answered(s *session, wanted map[string]any) map[string]any {
	caps := map[string]any{
		"platformName": e.own("platformName"), "acceptInsecureCerts": wanted["acceptInsecureCerts"] == true,
		"pageLoadStrategy": "normal", "setWindowRect": e.browser != nil, "timeouts": s.timeouts,
		"strictFileInteractability": false, "unhandledPromptBehavior": "dismiss and notify", "proxy": map[string]any{},
	}
	for name, value := range wanted {
		if e.device != nil || !strings.Contains(name, ":") {
			caps[name] = value
		}
	}
	if e.browser != nil {
		caps["browserName"], caps["browserVersion"] = e.browser.Name, e.browser.Version
		caps["platformName"] = e.browser.Platform
	} else {
		e.describe(caps)
	}
	caps["timeouts"] = s.timeouts
	delete(caps, "webSocketUrl")
	if wanted["webSocketUrl"] == true {
		caps["webSocketUrl"] = s.socketURL()
	}
	return caps
}

// describe adds what Appium says of a device.
func (e *endpoint) describe(caps map[string]any) {
	d := e.device
	caps["platformName"] = e.own("platformName")
	caps["appium:automationName"] = e.own("appium:automationName")
	caps["appium:udid"], caps["appium:deviceUDID"] = d.UDID, d.UDID
	caps["appium:deviceName"], caps["appium:platformVersion"] = d.Name, d.OS
	caps["appium:deviceScreenSize"] = fmt.Sprintf("%dx%d", d.Width, d.Height)
}
