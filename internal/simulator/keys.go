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

// maxKeys is how many bytes of keys one call may press.
const maxKeys = 256 << 10

// typeText presses keys on the active element. Who types a line's end in a form
// submits it.
func (s *session) typeText(text string) error {
	if len(text) > maxKeys {
		return fail(invalidArgument, "a call may press %d bytes of keys, and not %d", maxKeys, len(text))
	}
	for text != "" {
		end := strings.IndexFunc(text, isCommand)
		if end < 0 {
			end = len(text)
		}
		if err := s.insert(text[:end]); err != nil {
			return err
		}
		text = text[end:]
		if r, size := utf8.DecodeRuneInString(text); size > 0 {
			if err := s.press(r); err != nil {
				return err
			}
			text = text[size:]
		}
	}
	return nil
}

// isCommand reports whether a key does something else than to add itself.
func isCommand(r rune) bool { return r == '\n' || r >= firstKey && r <= lastKey }

// press presses one key.
func (s *session) press(r rune) error {
	n := s.document().active
	if n == nil || !s.isEditable(n) {
		return nil
	}
	switch {
	case !isCommand(r):
		return s.insert(string(r))
	case r == keyBackspace:
		typed := s.typed(n)
		_, size := utf8.DecodeLastRuneInString(typed)
		s.setTyped(n, typed[:len(typed)-size])
	case r != keyEnter && r != keyReturn && r != '\n': // means nothing here
	case n.tag == "textarea":
		return s.insert("\n")
	case s.document().html:
		return s.submit(n)
	}
	return nil
}

// insert adds text to the active element, if it can be edited.
func (s *session) insert(text string) error {
	n := s.document().active
	if n == nil || text == "" || !s.isEditable(n) {
		return nil
	}
	typed := s.typed(n)
	if len(typed)+len(text) > maxPage {
		return fail("invalid element state", "an element holds %d bytes of text", maxPage)
	}
	s.setTyped(n, typed+text)
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
