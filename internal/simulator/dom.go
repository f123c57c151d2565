package simulator

import (
	"image"
	"iter"
	"slices"
	"strings"
)

// node is an element of a page or a screen, or a piece of text in one.
type node struct {
	tag       string // empty for text
	text      string // of a piece of text
	attrs     []attribute
	children  []*node
	parent    *node
	box       image.Rectangle // in the document, before it is scrolled
	reference int             // its place in document.referred, from 1; 0 if nobody asked
	tap       func(*session)  // what a tap on a screen does; nil for nothing, and on pages
}

// attribute is a name and a value of an element.
type attribute struct{ name, value string }

// document is a page, or the screen of a phone. Its root stands above the
// outermost element.
type document struct {
	serial   int // counts the documents of a session
	html     bool
	url      string
	root     *node
	referred []*node // the elements that clients know
	active   *node   // what keys go to; nil for the body
	scroll   int     // pixels that the top is above the window
	late     []late  // what comes later
	laidOut  bool    // the boxes are right; those of a screen always are
}

func newDocument(children ...*node) *document {
	d := &document{root: &node{tag: "#document"}}
	d.root.add(children...)
	return d
}

// element makes an element.
func element(tag string, attrs []attribute, children ...*node) *node {
	n := &node{tag: tag, attrs: attrs}
	n.add(children...)
	return n
}

func (n *node) add(children ...*node) {
	for _, child := range children {
		child.parent = n
	}
	n.children = append(n.children, children...)
}

// lookup returns an attribute, and whether the element has it.
func (n *node) lookup(name string) (string, bool) {
	for _, a := range n.attrs {
		if a.name == name {
			return a.value, true
		}
	}
	return "", false
}

// get returns an attribute, or "".
func (n *node) get(name string) string {
	value, _ := n.lookup(name)
	return value
}

// has reports whether the element has an attribute, whatever its value.
func (n *node) has(name string) bool {
	_, ok := n.lookup(name)
	return ok
}

func (n *node) set(name, value string) {
	for i := range n.attrs {
		if n.attrs[i].name == name {
			n.attrs[i].value = value
			return
		}
	}
	n.attrs = append(n.attrs, attribute{name, value})
}

func (n *node) remove(name string) {
	n.attrs = slices.DeleteFunc(n.attrs, func(a attribute) bool { return a.name == name })
}

// elements returns the elements below n, in the order of the document.
func (n *node) elements() iter.Seq[*node] {
	return func(yield func(*node) bool) { n.each(yield) }
}

func (n *node) each(yield func(*node) bool) bool {
	for _, child := range n.children {
		if child.tag == "" {
			continue
		}
		if !yield(child) || !child.each(yield) {
			return false
		}
	}
	return true
}

// first returns the first element below n with a tag, or nil.
func (n *node) first(tag string) *node {
	for e := range n.elements() {
		if e.tag == tag {
			return e
		}
	}
	return nil
}

// ancestor returns the nearest of n and what it is in that has a tag, or nil.
func (n *node) ancestor(tag string) *node {
	for n != nil && n.tag != tag {
		n = n.parent
	}
	return n
}

// content returns all text in n, as it stands.
func (n *node) content() string {
	if n.tag == "" {
		return n.text
	}
	var b strings.Builder
	for _, child := range n.children {
		b.WriteString(child.content())
	}
	return b.String()
}

// words returns the text that a reader of a page sees in n, with single spaces.
func (n *node) words() string {
	var parts []string
	for _, child := range n.children {
		switch {
		case child.tag == "":
			parts = append(parts, child.text)
		case child.isShown():
			parts = append(parts, " "+child.words()+" ")
		}
	}
	return strings.Join(strings.Fields(strings.Join(parts, "")), " ")
}

// isShown reports whether a reader sees the element, if it is in the window.
func (n *node) isShown() bool {
	for ; n != nil; n = n.parent {
		if isHidden(n) {
			return false
		}
	}
	return true
}

func isHidden(n *node) bool {
	switch n.tag {
	case "head", "script", "style", "template", "title", "meta", "link":
		return true
	}
	style := strings.ReplaceAll(n.get("style"), " ", "")
	return n.has("hidden") || n.tag == "input" && n.get("type") == "hidden" ||
		strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden")
}

// refer returns the number under which clients know an element.
func (d *document) refer(n *node) int {
	if n.reference == 0 {
		d.referred = append(d.referred, n)
		n.reference = len(d.referred)
	}
	return n.reference
}

// at returns the innermost element at a point of the window, or nil.
func (d *document) at(p image.Point) *node {
	p.Y += d.scroll
	var found *node
	for n := range d.root.elements() {
		if p.In(n.box) && n.isShown() {
			found = n
		}
	}
	return found
}

// height returns how far down the document goes.
func (d *document) height() int {
	bottom := 0
	for n := range d.root.elements() {
		bottom = max(bottom, n.box.Max.Y)
	}
	return bottom
}
