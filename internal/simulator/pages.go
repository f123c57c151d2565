package simulator

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"
	"time"

	parser "golang.org/x/net/html"
)

// The pages that were made up here stand at this host.
const (
	blankPage = "about:blank"
	pageHost  = "simulated.test"
	formPage  = "http://" + pageHost + "/form"
)

// maxPage is how many bytes a page may have.
const maxPage = 1 << 20

// builtIn holds the pages at pageHost, by path. /hello is made for its query.
var builtIn = map[string]string{
	"/": `<title>Simulated pages</title><h1>Simulated pages</h1><ul>
<li><a id="to-form" href="/form">A form</a></li><li><a id="to-long" href="/long">A long page</a></li>
<li><a id="to-later" href="/later">A page that takes a second</a></li></ul>`,
	"/form": `<title>A form</title><h1>A form</h1><form id="form" action="/hello">
<label for="name">Name</label><input id="name" name="name" type="text" placeholder="Your name">
<input id="agree" name="agree" type="checkbox">
<select id="color" name="color"><option value="red" selected>Red</option><option value="blue">Blue</option></select>
<input id="off" name="off" type="text" disabled><input type="hidden" name="token" value="1">
<button id="send" class="primary button" type="submit">Send</button></form><p id="note" hidden>Not shown</p>
<a id="home" href="/">Home</a>`,
	"/long": `<title>A long page</title><h1>A long page</h1>` + strings.Repeat("<p class=\"line\">A line of a long page.</p>", 100),
	"/later": `<title>A page that takes a second</title><h1>Wait</h1>
<p id="later" data-after="1000">This came a second later.</p>`,
}

// pageAt makes the page at an address. Nothing is fetched.
func pageAt(address string, now time.Time) (*document, error) {
	at, err := url.Parse(address)
	if err != nil || at.Scheme == "" {
		return nil, fail(invalidArgument, "%q is not a URL with a scheme", shortened(address))
	}
	var text string
	switch at.Scheme {
	case "about":
		text = ""
	case "data":
		text, err = dataOf(address)
	case "http", "https":
		text, err = pageOf(at)
	default:
		err = fail(invalidArgument, "the simulator has no pages with the scheme %q: only about, data, http and https", at.Scheme)
	}
	if err != nil {
		return nil, err
	}
	doc, err := parsePage(text, now)
	if err == nil {
		doc.url = address
	}
	return doc, err
}

// shortened returns the beginning of a long text, for messages.
func shortened(text string) string {
	if len(text) > 100 {
		return text[:100] + "…"
	}
	return text
}

// pageOf returns the page at an http or https address.
func pageOf(at *url.URL) (string, error) {
	host := at.Hostname()
	switch {
	case host == "":
		return "", fail(invalidArgument, "%q names no host", at)
	case strings.HasSuffix(host, ".invalid"):
		return "", fail(unknownError, "net::ERR_NAME_NOT_RESOLVED")
	case host != pageHost:
		name := html.EscapeString(host)
		return fmt.Sprintf(`<title>%s (simulated)</title><h1>%s</h1><p id="address">%s</p><p>The simulator made this page up.</p><a href="/next">Next page</a>`,
			name, name, html.EscapeString(at.String())), nil
	}
	path := cmp.Or(at.Path, "/")
	if path == "/hello" {
		name := html.EscapeString(at.Query().Get("name"))
		return fmt.Sprintf(`<title>Hello</title><h1 id="greeting">Hello, %s</h1><a id="again" href="/form">Again</a>`, name), nil
	}
	if page, ok := builtIn[path]; ok {
		return page, nil
	}
	return `<title>Not found</title><h1>Not found</h1><a id="home" href="/">Home</a>`, nil
}

// dataOf returns the page in a data: URL.
func dataOf(address string) (string, error) {
	head, body, ok := strings.Cut(strings.TrimPrefix(address, "data:"), ",")
	if !ok {
		return "", fail(invalidArgument, "a data: URL needs a comma before its data")
	}
	text, err := url.PathUnescape(body)
	if err != nil {
		text = body // as browsers do with a lone %
	}
	kind, isBase64 := strings.CutSuffix(head, ";base64")
	if isBase64 {
		decoded, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		if err != nil {
			return "", fail(invalidArgument, "the data of the data: URL is not base64: %v", err)
		}
		text = string(decoded)
	}
	kind, _, _ = strings.Cut(kind, ";")
	switch strings.ToLower(kind) {
	case "text/html", "application/xhtml+xml":
		return text, nil
	default:
		return "<pre>" + html.EscapeString(text) + "</pre>", nil
	}
}

// parsePage parses HTML. What has an attribute data-after comes that many
// milliseconds later.
func parsePage(text string, now time.Time) (*document, error) {
	if len(text) > maxPage {
		return nil, fail(invalidArgument, "a page may have %d bytes, and this one has %d", maxPage, len(text))
	}
	root, err := parser.Parse(strings.NewReader(text))
	if err != nil {
		return nil, fail(unknownError, "the page cannot be read: %v", err)
	}
	doc := newDocument()
	doc.html = true
	doc.adopt(doc.root, root, now)
	return doc, nil
}

// adopt adds the children of a parsed node below n.
func (d *document) adopt(n *node, parsed *parser.Node, now time.Time) {
	for child := parsed.FirstChild; child != nil; child = child.NextSibling {
		switch child.Type {
		case parser.TextNode:
			n.add(&node{text: child.Data})
		case parser.ElementNode:
			e := &node{tag: child.Data}
			for _, a := range child.Attr {
				e.attrs = append(e.attrs, attribute{a.Key, a.Val})
			}
			d.adopt(e, child, now)
			if after, err := strconv.Atoi(e.get("data-after")); err == nil {
				d.late = append(d.late, late{now.Add(time.Duration(after) * time.Millisecond), n, e})
			} else {
				n.add(e)
			}
		}
	}
}

// late is an element that comes some time after its page.
type late struct {
	at     time.Time
	parent *node
	node   *node
}

// settle adds the elements that have come by now.
func (d *document) settle(now time.Time) {
	rest := d.late[:0]
	for _, l := range d.late {
		if now.Before(l.at) {
			rest = append(rest, l)
		} else {
			l.parent.add(l.node)
		}
	}
	if len(rest) < len(d.late) {
		d.late, d.laidOut = rest, false
	}
}

// lineHeight is the height of a line of a page, in pixels.
const lineHeight = 20

// layOut gives each element its place, one below the other.
func (d *document) layOut(width int) {
	if d.html && !d.laidOut {
		d.root.layOut(8, 8, width-16)
		d.laidOut = true
	}
}

// layOut gives n and what is in it their places, and returns where it ends.
func (n *node) layOut(left, top, width int) int {
	bottom := top
	for _, child := range n.children {
		switch {
		case child.tag == "":
			bottom += linesOf(child.text, width) * lineHeight
		case !isHidden(child):
			bottom = child.layOut(left, bottom, width)
		}
	}
	switch n.tag {
	case "input", "textarea", "select", "img", "button":
		bottom = max(bottom, top+lineHeight)
	}
	n.box.Min.X, n.box.Min.Y, n.box.Max.X, n.box.Max.Y = left, top, left+width, bottom
	return bottom
}

// linesOf returns how many lines a text takes.
func linesOf(text string, width int) int {
	n := len(strings.TrimSpace(text)) * glyphWidth
	return (n + width - 1) / max(1, width)
}

// title returns the title of a page.
func (d *document) title() string {
	if title := d.root.first("title"); title != nil {
		return strings.Join(strings.Fields(title.content()), " ")
	}
	return ""
}
