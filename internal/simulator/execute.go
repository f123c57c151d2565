package simulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// scriptArguments is the body of a call that executes a script.
type scriptArguments struct {
	Script *string            `json:"script"`
	Args   *[]json.RawMessage `json:"args"`
}

// scripts are the ones that are known. There is no JavaScript here.
var scripts = map[string]func(*session, *document) any{
	"document.title":                     func(_ *session, d *document) any { return d.title() },
	"document.readyState":                func(*session, *document) any { return "complete" },
	"document.URL":                       func(_ *session, d *document) any { return d.url },
	"location.href":                      func(_ *session, d *document) any { return d.url },
	"window.location.href":               func(_ *session, d *document) any { return d.url },
	"document.documentElement.outerHTML": func(_ *session, d *document) any { return d.source() },
	"navigator.userAgent":                func(s *session, _ *document) any { return s.userAgent() },
	"window.innerWidth":                  func(s *session, _ *document) any { return s.viewport().Dx() },
	"window.innerHeight":                 func(s *session, _ *document) any { return s.viewport().Dy() },
	"window.scrollY":                     func(_ *session, d *document) any { return d.scroll },
}

// Clients ask some things of an element with a script of their own, thousands of
// lines long, that begins like this.
const (
	getAttributeScript = "/* getAttribute */"
	isDisplayedScript  = "/* isDisplayed */"
)

func execute(c *call) (any, error) {
	var body scriptArguments
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.Script == nil || body.Args == nil {
		return nil, fail(invalidArgument, "script and args are needed, a text and a list")
	}
	if name, ok := strings.CutPrefix(*body.Script, "mobile:"); ok && c.endpoint.device != nil {
		return executeMobile(c.session, strings.TrimSpace(name), *body.Args)
	}
	d, err := c.openedPage()
	if err != nil {
		return nil, err
	}
	switch text := *body.Script; {
	case strings.HasPrefix(text, getAttributeScript):
		return c.session.scriptedAttribute(*body.Args)
	case strings.HasPrefix(text, isDisplayedScript):
		n, err := c.session.elementIn(*body.Args)
		if err != nil {
			return nil, err
		}
		return c.session.displays(n), nil
	}
	return c.session.executeKnown(d, *body.Script)
}

func (s *session) executeKnown(d *document, text string) (any, error) {
	expression := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), ";"))
	expression = strings.TrimSpace(strings.TrimPrefix(expression, "return "))
	do, ok := scripts[expression]
	if !ok {
		return nil, fail(javascriptError, "the simulator runs no JavaScript; it knows the scripts that return one of %s, and not %q",
			strings.Join(slices.Sorted(maps.Keys(scripts)), ", "), shortened(text))
	}
	return do(s, d), nil
}

// elementIn returns the element that the arguments of a script begin with.
func (s *session) elementIn(args []json.RawMessage) (*node, error) {
	var shape map[string]string
	if len(args) == 0 || json.Unmarshal(args[0], &shape) != nil || shape[elementKey] == "" {
		return nil, fail(javascriptError, "the script needs an element as its first argument")
	}
	return s.referred(shape[elementKey])
}

func (s *session) scriptedAttribute(args []json.RawMessage) (any, error) {
	n, err := s.elementIn(args)
	if err != nil {
		return nil, err
	}
	var name string
	if len(args) < 2 || json.Unmarshal(args[1], &name) != nil {
		return nil, fail(javascriptError, "the script needs the name of an attribute as its second argument")
	}
	return attributeOf(s.document(), n, name), nil
}

// userAgent returns what the browser calls itself.
func (s *session) userAgent() string {
	if b := s.endpoint.browser; b != nil {
		return fmt.Sprintf("Mozilla/5.0 (%s; simulated) %s/%s", b.Platform, b.Name, b.Version)
	}
	d := s.endpoint.device
	return fmt.Sprintf("Mozilla/5.0 (%s %s; %s; simulated)", s.endpoint.own("platformName"), d.OS, d.Name)
}

// mobileCommands are the commands of Appium's drivers that newer clients send in
// place of those for apps.
var mobileCommands = map[string]func(*session, appArguments) (any, error){
	"installApp":     install,
	"removeApp":      onApp(remove),
	"isAppInstalled": onApp(isInstalled),
	"queryAppState":  onApp(stateOf),
	"activateApp":    onApp(activate),
	"launchApp":      onApp(activate),
	"terminateApp":   onApp(terminate),
}

func executeMobile(s *session, name string, args []json.RawMessage) (any, error) {
	do, ok := mobileCommands[name]
	if !ok {
		return nil, fail(unknownCommand, "the simulator has no command mobile: %s, only %s",
			shortened(name), strings.Join(slices.Sorted(maps.Keys(mobileCommands)), ", "))
	}
	var a appArguments
	if len(args) > 0 {
		if err := json.Unmarshal(args[0], &a); err != nil {
			return nil, fail(invalidArgument, "the arguments of mobile: %s are not what it takes: %v", name, err)
		}
	}
	return do(s, a)
}
