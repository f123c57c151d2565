package simulator

import (
	"fmt"
	"image"
	"strconv"
	"strings"
)

// The kinds of what is on a screen.
type kind int

const (
	label kind = iota
	field
	button
	toggle
)

// classes are the kinds as Android and iOS name them.
var classes = map[kind][2]string{
	label:  {"android.widget.TextView", "XCUIElementTypeStaticText"},
	field:  {"android.widget.EditText", "XCUIElementTypeTextField"},
	button: {"android.widget.Button", "XCUIElementTypeButton"},
	toggle: {"android.widget.CheckBox", "XCUIElementTypeSwitch"},
}

// widget is one line of a screen.
type widget struct {
	kind     kind
	id, text string
	tap      func(*session)
}

// rows is how many lines fit on a screen, and items how many an app lists.
const (
	rows  = 16
	items = 20
)

// widgets returns what is on the screen: the apps to open, or the form that
// every app shows.
func (s *session) widgets() []widget {
	if s.app == "" {
		list := []widget{{label, "title", "Simulated home screen", nil}}
		for _, name := range s.endpoint.appNames() {
			list = append(list, widget{button, name, name, func(s *session) { s.show(name) }})
		}
		return list
	}
	list := []widget{
		{label, "title", s.app + " (simulated)", nil}, {field, "name", "", nil}, {button, "greet", "Greet", greet},
		{label, "message", "", nil}, {toggle, "agree", "I agree", flipToggle},
	}
	for i := range items {
		list = append(list, widget{label, fmt.Sprintf("item-%d", i+1), fmt.Sprintf("Item %d", i+1), nil})
	}
	return list
}

// buildScreen makes the document of the screen.
func (s *session) buildScreen() *document {
	size := s.viewport().Size()
	row := size.Y / rows
	var lines []*node
	for i, w := range s.widgets() {
		box := image.Rect(size.X/20, row/2+i*row, size.X-size.X/20, row/2+i*row+row*3/4)
		n := s.newWidget(w, box)
		n.set("index", strconv.Itoa(i))
		lines = append(lines, n)
	}
	whole := image.Rectangle{Max: size}
	if s.endpoint.isAndroid() {
		const class = "android.widget.FrameLayout"
		frame := element(class, []attribute{{"package", s.appName()}, {"class", class}, {"bounds", boundsOf(whole)}}, lines...)
		frame.box = whole
		return newDocument(element("hierarchy", []attribute{{"rotation", map[bool]string{false: "0", true: "1"}[s.sideways]}}, frame))
	}
	const class = "XCUIElementTypeApplication"
	app := element(class, []attribute{{"type", class}, {"name", s.appName()}, {"label", s.appName()}}, lines...)
	app.box = whole
	return newDocument(element("AppiumAUT", nil, app))
}

// appName returns what is in front, as the platform would call it.
func (s *session) appName() string {
	switch {
	case s.app != "":
		return s.app
	case s.endpoint.isAndroid():
		return "com.android.launcher"
	default:
		return "com.apple.springboard"
	}
}

func (s *session) newWidget(w widget, box image.Rectangle) *node {
	var n *node
	if s.endpoint.isAndroid() {
		n = androidNode(w, s.appName(), box)
	} else {
		n = iosNode(w, box)
	}
	n.box, n.tap = box, w.tap
	return n
}

func androidNode(w widget, app string, box image.Rectangle) *node {
	class := classes[w.kind][0]
	n := element(class, []attribute{
		{"package", app}, {"class", class}, {"text", w.text}, {"content-desc", w.id}, {"resource-id", app + ":id/" + w.id},
		{"checkable", strconv.FormatBool(w.kind == toggle)}, {"checked", "false"}, {"clickable", strconv.FormatBool(w.kind != label)},
		{"enabled", "true"}, {"bounds", boundsOf(box)},
	})
	if w.kind == field {
		n.set("hint", "Your name")
	}
	return n
}

func boundsOf(box image.Rectangle) string {
	return fmt.Sprintf("[%d,%d][%d,%d]", box.Min.X, box.Min.Y, box.Max.X, box.Max.Y)
}

func iosNode(w widget, box image.Rectangle) *node {
	class := classes[w.kind][1]
	value := w.text
	if w.kind == toggle {
		value = "0"
	}
	return element(class, []attribute{
		{"type", class}, {"name", w.id}, {"label", w.text}, {"value", value}, {"enabled", "true"}, {"visible", "true"}, {"accessible", "true"},
		{"x", strconv.Itoa(box.Min.X)}, {"y", strconv.Itoa(box.Min.Y)}, {"width", strconv.Itoa(box.Dx())}, {"height", strconv.Itoa(box.Dy())},
	})
}

// screenAttribute returns the attribute that a client means: Appium knows some
// by other names.
func screenAttribute(n *node, name string) string {
	other := map[string]string{"resourceId": "resource-id", "contentDescription": "content-desc", "className": "class"}
	if !n.has("resource-id") {
		other = map[string]string{"text": "value"}
	}
	if o, ok := other[name]; ok {
		return o
	}
	return name
}

// isOfAndroid reports whether an element is on the screen of an Android device.
func isOfAndroid(n *node) bool { return n.has("class") }

func isField(n *node) bool { return n.tag == classes[field][0] || n.tag == classes[field][1] }

// isSwitchedOn reports whether an element is an iOS switch that is on.
func isSwitchedOn(n *node) bool { return n.tag == classes[toggle][1] && n.get("value") == "1" }

// shownText returns the text that a screen shows at an element.
func shownText(n *node) string {
	if isOfAndroid(n) {
		return n.get("text")
	}
	if isField(n) {
		return n.get("value")
	}
	return n.get("label")
}

func fieldText(n *node) string { return shownText(n) }

func setFieldText(n *node, text string) { setShownText(n, text) }

func setShownText(n *node, text string) {
	if isOfAndroid(n) {
		n.set("text", text)
		return
	}
	n.set("label", text)
	n.set("value", text)
}

// widget returns the element with an id on the screen.
func (d *document) widget(id string) *node {
	for n := range d.root.elements() {
		if isID(d, n, id) {
			return n
		}
	}
	return nil
}

// greet says hello to the name in the field.
func greet(s *session) {
	d := s.document()
	setShownText(d.widget("message"), "Hello, "+shownText(d.widget("name")))
}

// flipToggle switches the only switch of the form.
func flipToggle(s *session) {
	n := s.document().widget("agree")
	if isOfAndroid(n) {
		n.set("checked", strconv.FormatBool(n.get("checked") != "true"))
		return
	}
	n.set("value", map[bool]string{true: "0", false: "1"}[isSwitchedOn(n)])
}

// show brings an app to the front; "" is the home screen.
func (s *session) show(app string) {
	s.note("%q is in front", app)
	s.app, s.native = app, nil
	s.inWeb = s.inWeb && s.webContext() != ""
}

// fileName returns the last part of a path or URL, without what follows a ? and
// without the end that says what kind of file it is.
func fileName(path string) string {
	path, _, _ = strings.Cut(path, "?")
	path = path[strings.LastIndexAny(path, `/\`)+1:]
	for _, end := range []string{".apk", ".aab", ".ipa", ".app", ".zip"} {
		path = strings.TrimSuffix(path, end)
	}
	return path
}
