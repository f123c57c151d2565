package simulator

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// The keys of WebDriver that mean something here. The others from their range
// are pressed in vain.
const (
	keyBackspace = '\uE003'
	keyReturn    = '\uE006'
	keyEnter     = '\uE007'
	firstKey     = '\uE000'
	lastKey      = '\uF8FF'
)

func clearElement(c *call) (any, error) {
	return onElement(func(c *call, n *node) (any, error) {
		if !c.session.isEditable(n) {
			return nil, fail("invalid element state", "the element %s cannot be edited", n.tag)
		}
		c.session.setTyped(n, "")
		return nil, nil
	})(c)
}

func sendKeys(c *call) (any, error) {
	var body struct {
		Text *string `json:"text"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.Text == nil {
		return nil, fail(invalidArgument, "text is needed, and must be a text")
	}
	return onElement(func(c *call, n *node) (any, error) {
		if !n.isShown() || !isEnabled(n) {
			return nil, fail("element not interactable", "the element %s takes no keys", n.tag)
		}
		c.session.document().active = n
		return nil, c.session.typeText(*body.Text)
	})(c)
}

// typeText presses keys on the active element. Who types a line's end in a form
// submits it.
func (s *session) typeText(text string) error {
	for _, r := range text {
		if err := s.press(r); err != nil {
			return err
		}
	}
	return nil
}

// press presses one key.
func (s *session) press(r rune) error {
	d := s.document()
	n := d.active
	if n == nil || !s.isEditable(n) {
		return nil
	}
	typed := s.typed(n)
	switch {
	case r == keyBackspace:
		_, size := utf8.DecodeLastRuneInString(typed)
		s.setTyped(n, typed[:len(typed)-size])
	case r == keyEnter || r == keyReturn || r == '\n':
		if n.tag == "textarea" {
			s.setTyped(n, typed+"\n")
			return nil
		}
		if d.html {
			return s.submit(n)
		}
	case r < firstKey || r > lastKey:
		if len(typed) < maxPage {
			s.setTyped(n, typed+string(r))
		}
	}
	return nil
}

// isEditable reports whether keys change an element.
func (s *session) isEditable(n *node) bool {
	if !isEnabled(n) || n.has("readonly") {
		return false
	}
	if s.document().html {
		inert := []string{"checkbox", "radio", "submit", "button", "hidden", "image", "reset"}
		return n.tag == "textarea" || n.tag == "input" && !slices.Contains(inert, n.get("type"))
	}
	return isField(n)
}

// typed returns what stands in an element that can be edited.
func (s *session) typed(n *node) string {
	switch {
	case !s.document().html:
		return fieldText(n)
	case n.tag == "textarea":
		return n.content()
	default:
		return n.get("value")
	}
}

func (s *session) setTyped(n *node, text string) {
	text = strings.ToValidUTF8(text, "\uFFFD")
	switch {
	case !s.document().html:
		setFieldText(n, text)
	case n.tag == "textarea":
		n.children = nil
		n.add(&node{text: text})
	default:
		n.set("value", text)
	}
}
