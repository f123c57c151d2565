package simulator

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// elementKey is the member under which the W3C has the id of an element.
const elementKey = "element-6066-11e4-a52e-4f735466cecf"

// maxLocator is how long a locator may be.
const maxLocator = 4096

// pollInterval is how often a search looks again, while it may wait.
const pollInterval = 50 * time.Millisecond

// locator is how a client names elements.
type locator struct {
	Using *string `json:"using"`
	Value *string `json:"value"`
}

// search returns what a locator means, below a node or in a whole document.
type search func(d *document, from *node) []*node

// read returns the locator of a call.
func (c *call) locator() (search, error) {
	var l locator
	if err := c.decode(&l); err != nil {
		return nil, err
	}
	switch {
	case l.Using == nil || l.Value == nil:
		return nil, fail(invalidArgument, "a search needs using and value, both texts")
	case len(*l.Value) > maxLocator:
		return nil, fail(invalidSelector, "a locator may have %d bytes, and this one has %d", maxLocator, len(*l.Value))
	}
	switch *l.Using {
	case "css selector":
		return cssSearch(*l.Value)
	case "xpath":
		return xpathSearch(*l.Value)
	}
	if matches, ok := strategies[*l.Using]; ok {
		return func(d *document, from *node) []*node {
			return filter(from, func(n *node) bool { return matches(d, n, *l.Value) })
		}, nil
	}
	code := invalidArgument
	if c.endpoint.device != nil {
		code = invalidSelector // as Appium answers
	}
	return nil, fail(code, "the simulator cannot search by %q", *l.Using)
}

func cssSearch(selector string) (search, error) {
	queries, err := parseCSS(selector)
	return func(d *document, from *node) []*node {
		meant := map[*node]bool{}
		for _, q := range queries {
			for _, n := range q.from(d.root) { // from may be what the last step is in
				meant[n] = true
			}
		}
		return filter(from, func(n *node) bool { return meant[n] })
	}, err
}

func xpathSearch(path string) (search, error) {
	q, fromRoot, err := parseXPath(path)
	return func(d *document, from *node) []*node {
		if fromRoot {
			from = d.root
		}
		return q.from(from)
	}, err
}

// filter returns the elements below from that are meant.
func filter(from *node, meant test) []*node {
	var found []*node
	for n := range from.elements() {
		if meant(n) {
			found = append(found, n)
		}
	}
	return found
}

// strategies are the other ways to search, on pages and on screens.
var strategies = map[string]func(d *document, n *node, value string) bool{
	"tag name": func(_ *document, n *node, value string) bool { return n.tag == value },
	"class name": func(d *document, n *node, value string) bool {
		return !d.html && n.tag == value || d.html && slices.Contains(strings.Fields(n.get("class")), value)
	},
	"id":   func(d *document, n *node, value string) bool { return isID(d, n, value) },
	"name": func(_ *document, n *node, value string) bool { return n.get("name") == value && n.has("name") },
	"accessibility id": func(d *document, n *node, value string) bool {
		return n.get(accessibilityName(d, n)) == value && value != ""
	},
	"link text": func(_ *document, n *node, value string) bool { return n.tag == "a" && n.words() == value },
	"partial link text": func(_ *document, n *node, value string) bool {
		return n.tag == "a" && strings.Contains(n.words(), value)
	},
}

// isID reports whether an element has an id: on Android also without the name
// of its app.
func isID(d *document, n *node, value string) bool {
	switch {
	case value == "":
		return false
	case d.html:
		return n.get("id") == value
	case n.has("resource-id"):
		return n.get("resource-id") == value || strings.HasSuffix(n.get("resource-id"), ":id/"+value)
	default:
		return n.get("name") == value
	}
}

// accessibilityName returns the attribute that readers of screens go by.
func accessibilityName(d *document, n *node) string {
	switch {
	case d.html:
		return "aria-label"
	case n.has("content-desc"):
		return "content-desc"
	default:
		return "name"
	}
}

func findElement(c *call) (any, error) {
	found, err := c.find()
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fail(noSuchElement, "nothing here is what was searched for: %s", shortened(string(c.body)))
	}
	return c.session.shape(found[0]), nil
}

func findElements(c *call) (any, error) {
	found, err := c.find()
	list := []any{}
	for _, n := range found {
		list = append(list, c.session.shape(n))
	}
	return list, err
}

// find searches, again and again until something is there or the implicit
// timeout is over. Meanwhile other commands may run.
func (c *call) find() ([]*node, error) {
	look, err := c.locator()
	if err != nil {
		return nil, err
	}
	s := c.session
	deadline := s.now().Add(time.Duration(min(s.timeouts.Implicit, maxImplicit)) * time.Millisecond)
	for {
		found, err := c.look(look)
		left := deadline.Sub(s.now())
		if err != nil || len(found) > 0 || left <= 0 {
			return found, err
		}
		if err := s.pause(c, min(left, pollInterval)); err != nil {
			return nil, err
		}
	}
}

// maxImplicit is the longest wait for an element, in milliseconds: a day.
const maxImplicit = 24 * 60 * 60 * 1000

// pause lets other commands of the session run for a while.
func (s *session) pause(c *call, d time.Duration) error {
	s.mu.Unlock()
	defer s.mu.Lock()
	passed := wait(c.ctx, s.endpoint.server.clock, d)
	switch {
	case s.ended.Err() != nil:
		return gone(s.id)
	case !passed:
		return fail(unknownError, "the client has gone")
	}
	return nil
}

// look searches once.
func (c *call) look(look search) ([]*node, error) {
	d := c.session.document()
	from := d.root
	if len(c.values) > 1 {
		n, err := c.element()
		if err != nil {
			return nil, err
		}
		from = n
	}
	return look(d, from), nil
}

// shape returns an element as clients know it: its id names the session, the
// document and its place there, so a former document's are known to be stale.
func (s *session) shape(n *node) any {
	d := s.document()
	return map[string]string{elementKey: fmt.Sprintf("%s.%d.%d", s.id[:8], d.serial, d.refer(n))}
}

// element returns the element that the path of a call names.
func (c *call) element() (*node, error) { return c.session.referred(c.values[1]) }

func (s *session) referred(id string) (*node, error) {
	d := s.document()
	serial, place, ok := s.parseID(id)
	switch {
	case ok && serial == d.serial && place <= len(d.referred):
		return d.referred[place-1], nil
	case ok && serial != d.serial && serial <= s.serial:
		return nil, fail(staleElement, "the element %s was of a page or screen that is no longer there", id)
	default:
		return nil, fail(noSuchElement, "the session knows no element %q", shortened(id))
	}
}

// parseID returns the document and the place that an element's id names, and
// whether it can be one of the session's.
func (s *session) parseID(id string) (serial, place int, ok bool) {
	parts := strings.Split(id, ".")
	if len(parts) != 3 || parts[0] != s.id[:8] {
		return 0, 0, false
	}
	serial, err := strconv.Atoi(parts[1])
	place, other := strconv.Atoi(parts[2])
	return serial, place, err == nil && other == nil && serial > 0 && place > 0
}
