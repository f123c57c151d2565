package simulator

import (
	"image"
	"net/url"
	"slices"
	"strings"
)

// rectangle is a place and a size, in pixels.
type rectangle struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

func rectangleOf(r image.Rectangle) rectangle {
	return rectangle{r.Min.X, r.Min.Y, r.Dx(), r.Dy()}
}

// onElement makes a handler of what is asked about an element.
func onElement(do func(*call, *node) (any, error)) handler {
	return func(c *call) (any, error) {
		n, err := c.element()
		if err != nil {
			return nil, err
		}
		return do(c, n)
	}
}

func activeElement(c *call) (any, error) {
	d := c.session.document()
	n := d.active
	if n == nil {
		n = d.root.first("body")
	}
	if n == nil {
		return nil, fail(noSuchElement, "no element has the focus")
	}
	return c.session.shape(n), nil
}

func elementText(c *call) (any, error) {
	return onElement(func(c *call, n *node) (any, error) {
		if !c.session.document().html {
			return shownText(n), nil
		}
		if !n.isShown() {
			return "", nil
		}
		return n.words(), nil
	})(c)
}

func elementTag(c *call) (any, error) {
	return onElement(func(_ *call, n *node) (any, error) { return n.tag, nil })(c)
}

// isFlag reports whether an attribute of HTML is true if it is there.
func isFlag(name string) bool {
	return slices.Contains([]string{"checked", "disabled", "hidden", "multiple", "readonly", "required", "selected"}, name)
}

func elementAttribute(c *call) (any, error) {
	return onElement(func(c *call, n *node) (any, error) { return attributeOf(c.session.document(), n, c.values[2]), nil })(c)
}

// attributeOf returns an attribute as clients read it, or nil.
func attributeOf(d *document, n *node, name string) any {
	if !d.html {
		name = screenAttribute(n, name)
	}
	value, ok := n.lookup(name)
	switch {
	case d.html && ok && isFlag(name):
		return "true"
	case ok:
		return value
	case d.html && name == "value" && n.tag == "select":
		return valueOf(n)
	default:
		return nil
	}
}

func elementProperty(c *call) (any, error) {
	return onElement(func(c *call, n *node) (any, error) {
		switch name := c.values[2]; {
		case isFlag(name):
			return n.has(name), nil
		case name == "tagName":
			return strings.ToUpper(n.tag), nil
		case name == "textContent":
			return n.content(), nil
		case name == "className":
			return n.get("class"), nil
		case name == "value":
			return valueOf(n), nil
		default:
			return attributeOf(c.session.document(), n, name), nil
		}
	})(c)
}

// valueOf returns what a form would send for an element.
func valueOf(n *node) string {
	switch n.tag {
	case "textarea":
		return n.content()
	case "select":
		for o := range n.elements() {
			if o.tag == "option" && o.has("selected") {
				return valueOf(o)
			}
		}
		return ""
	case "option":
		if value, ok := n.lookup("value"); ok {
			return value
		}
		return n.words()
	}
	return n.get("value")
}

func elementRect(c *call) (any, error) {
	return onElement(func(c *call, n *node) (any, error) {
		d := c.session.shown()
		if d.html {
			return rectangleOf(n.box), nil // of the page, as the W3C has it
		}
		return rectangleOf(n.box.Sub(image.Pt(0, d.scroll))), nil
	})(c)
}

func elementDisplayed(c *call) (any, error) {
	return onElement(func(c *call, n *node) (any, error) { return c.session.displays(n), nil })(c)
}

// displays reports whether an element can be seen; on a screen, without
// scrolling.
func (s *session) displays(n *node) bool {
	d := s.shown()
	if d.html {
		return n.isShown() && !n.box.Empty()
	}
	return n.box.Sub(image.Pt(0, d.scroll)).Overlaps(s.viewport())
}

func elementEnabled(c *call) (any, error) {
	return onElement(func(_ *call, n *node) (any, error) { return isEnabled(n), nil })(c)
}

func isEnabled(n *node) bool { return !n.has("disabled") && n.get("enabled") != "false" }

func elementSelected(c *call) (any, error) {
	return onElement(func(_ *call, n *node) (any, error) {
		return n.has("selected") || n.tag == "input" && n.has("checked") || n.get("checked") == "true" || isSwitchedOn(n), nil
	})(c)
}

func click(c *call) (any, error) {
	return onElement(func(c *call, n *node) (any, error) {
		if !n.isShown() {
			return nil, fail("element not interactable", "the element %s is not shown", n.tag)
		}
		return nil, c.session.click(n)
	})(c)
}

// click does what a tap on an element does.
func (s *session) click(n *node) error {
	s.note("click on %s", n.tag)
	d := s.document()
	if !d.html {
		d.active = n
		if n.tap != nil {
			n.tap(s)
		}
		return nil
	}
	if !isEnabled(n) {
		return nil
	}
	d.active = n
	if n.tag == "label" {
		s.focusLabelled(d, n)
		return nil
	}
	if link := n.ancestor("a"); link != nil && link.has("href") {
		return s.follow(link.get("href"))
	}
	switch kind := n.get("type"); {
	case n.tag == "option":
		choose(n)
	case n.tag == "input" && kind == "checkbox":
		flip(n, "checked")
	case n.tag == "input" && kind == "radio":
		chooseRadio(d, n)
	case n.tag == "input" && kind == "submit", n.tag == "button" && kind != "button" && kind != "reset":
		return s.submit(n)
	}
	return nil
}

// focusLabelled gives the focus to what a label is for.
func (s *session) focusLabelled(d *document, label *node) {
	for n := range d.root.elements() {
		if label.has("for") && n.get("id") == label.get("for") {
			d.active = n
			return
		}
	}
}

// flip adds an attribute, or takes it away.
func flip(n *node, name string) {
	if n.has(name) {
		n.remove(name)
		return
	}
	n.set(name, "")
}

// choose selects an option of a list.
func choose(option *node) {
	list := option.ancestor("select")
	if list == nil {
		return
	}
	if list.has("multiple") {
		flip(option, "selected")
		return
	}
	for other := range list.elements() {
		other.remove("selected")
	}
	option.set("selected", "")
}

// chooseRadio checks a radio button, and no other of its name.
func chooseRadio(d *document, n *node) {
	for other := range d.root.elements() {
		if other.tag == "input" && other.get("type") == "radio" && other.get("name") == n.get("name") {
			other.remove("checked")
		}
	}
	n.set("checked", "")
}

// submit sends the form that an element is in: as a query, whatever its method.
func (s *session) submit(n *node) error {
	form := n.ancestor("form")
	if form == nil {
		return nil
	}
	values := url.Values{}
	for e := range form.elements() {
		if e.has("name") && isEnabled(e) && isSent(e, n) {
			values.Add(e.get("name"), valueOf(e))
		}
	}
	target, err := url.Parse(form.get("action"))
	if err != nil {
		return fail(unknownError, "the form's action %q is not a URL", form.get("action"))
	}
	target.RawQuery = values.Encode()
	return s.follow(target.String())
}

// isSent reports whether a form that a button submits sends an element's value.
func isSent(e, button *node) bool {
	switch e.tag {
	case "input":
		kind := e.get("type")
		return kind != "submit" && kind != "button" && (kind != "checkbox" && kind != "radio" || e.has("checked")) || e == button
	case "select", "textarea":
		return true
	}
	return e == button
}
