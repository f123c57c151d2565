package simulator

import (
	"encoding/xml"
	"html"
	"strings"
)

// void are the elements of HTML without an end tag.
var void = map[string]bool{
	"area": true, "base": true, "br": true, "col": true, "embed": true, "hr": true, "img": true,
	"input": true, "link": true, "meta": true, "source": true, "track": true, "wbr": true,
}

// source returns a page as HTML, or a screen as XML.
func (d *document) source() string {
	var b strings.Builder
	if !d.html {
		b.WriteString("<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n")
	}
	for _, child := range d.root.children {
		child.write(&b, d.html)
	}
	return b.String()
}

func (n *node) write(b *strings.Builder, asHTML bool) {
	if n.tag == "" {
		n.writeText(b, asHTML)
		return
	}
	b.WriteString("<" + n.tag)
	for _, a := range n.attrs {
		b.WriteString(" " + a.name + `="`)
		escape(b, a.value, asHTML)
		b.WriteString(`"`)
	}
	if asHTML && void[n.tag] || !asHTML && len(n.children) == 0 {
		b.WriteString(map[bool]string{true: ">", false: " />"}[asHTML])
		return
	}
	b.WriteString(">")
	for _, child := range n.children {
		child.write(b, asHTML)
	}
	b.WriteString("</" + n.tag + ">")
}

// writeText writes a text. That of scripts and styles is no HTML.
func (n *node) writeText(b *strings.Builder, asHTML bool) {
	if asHTML && n.parent != nil && (n.parent.tag == "script" || n.parent.tag == "style") {
		b.WriteString(n.text)
		return
	}
	escape(b, n.text, asHTML)
}

func escape(b *strings.Builder, text string, asHTML bool) {
	if asHTML {
		b.WriteString(html.EscapeString(text))
		return
	}
	_ = xml.EscapeText(b, []byte(text)) // a strings.Builder takes all
}
