package simulator

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"

	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// glyphWidth is how wide a letter is on a page, in pixels.
const glyphWidth = 7

// The colours of screenshots, as places in the palette.
const (
	white = iota
	ink
	grey
	blue
	pale
)

// palette returns the colours of screenshots.
func palette() color.Palette {
	return color.Palette{
		color.White, color.Gray{0x20}, color.Gray{0xB0},
		color.RGBA{0x1A, 0x5F, 0xB4, 0xFF}, color.RGBA{0xE6, 0xEE, 0xF8, 0xFF},
	}
}

func screenshot(c *call) (any, error) { return c.session.picture(c.session.viewport()) }

// elementScreenshot scrolls to the element first, as browsers do.
func elementScreenshot(c *call) (any, error) {
	return onElement(func(c *call, n *node) (any, error) {
		s := c.session
		d := s.shown()
		if n.box.Empty() {
			return nil, fail("unable to capture screen", "the element %s has no size", n.tag)
		}
		if !n.box.Sub(image.Pt(0, d.scroll)).In(s.viewport()) {
			d.scroll = 0
			s.scrollBy(n.box.Min.Y)
		}
		part := n.box.Sub(image.Pt(0, d.scroll)).Intersect(s.viewport())
		if part.Empty() {
			return nil, fail("unable to capture screen", "the element %s is outside of the window", n.tag)
		}
		return s.picture(part)
	})(c)
}

// picture draws a part of the window, as a PNG in base64.
func (s *session) picture(part image.Rectangle) (any, error) {
	canvas := image.NewPaletted(part, palette())
	d := s.shown()
	s.paint(canvas, d)
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&b, canvas); err != nil {
		return nil, fail("unable to capture screen", "%v", err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// paint draws what has text, and a frame around what can be tapped or filled in.
func (s *session) paint(canvas *image.Paletted, d *document) {
	scale := 1
	if !d.html {
		scale = max(1, s.viewport().Dx()/400)
	}
	for n := range d.root.elements() {
		box := n.box.Sub(image.Pt(0, d.scroll))
		if !box.Overlaps(canvas.Rect) || !n.isShown() {
			continue
		}
		if framed(n) {
			frame(canvas, box, scale, n == d.active)
		}
		if text := paintedText(d, n); text != "" {
			write(canvas, box, scale, text)
		}
	}
}

// framed reports whether an element has a frame.
func framed(n *node) bool {
	switch n.tag {
	case "input", "button", "select", "textarea", "img":
		return true
	}
	return n.get("clickable") == "true" || isField(n) || n.tag == classes[button][1] || n.tag == classes[toggle][1]
}

// paintedText returns the text that is drawn at an element itself.
func paintedText(d *document, n *node) string {
	if !d.html {
		text := shownText(n)
		if n.get("checked") == "true" || isSwitchedOn(n) {
			text = "[x] " + text
		}
		return text
	}
	if n.tag == "input" {
		return valueOf(n)
	}
	text := ""
	for _, piece := range n.texts() {
		text += piece
	}
	return text
}

// frame draws the border of a box; that of the active element is blue.
func frame(canvas *image.Paletted, box image.Rectangle, width int, active bool) {
	border := uint8(grey)
	if active {
		border = blue
	}
	fill(canvas, box, border)
	fill(canvas, box.Inset(width), pale)
}

// fill colours a box.
func fill(canvas *image.Paletted, box image.Rectangle, colour uint8) {
	box = box.Intersect(canvas.Rect)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		start := canvas.PixOffset(box.Min.X, y)
		row := canvas.Pix[start : start+box.Dx()]
		for i := range row {
			row[i] = colour
		}
	}
}

// write draws text into a box, and breaks it where the box ends.
func write(canvas *image.Paletted, box image.Rectangle, scale int, text string) {
	face := basicfont.Face7x13
	at := box.Min.Add(image.Pt(2*scale, 2*scale))
	for _, r := range text {
		if r == '\n' || r == '\r' || r == '\t' {
			r = ' '
		}
		if at.X+face.Advance*scale > box.Max.X {
			at.X, at.Y = box.Min.X+2*scale, at.Y+face.Height*scale
		}
		if at.Y > canvas.Rect.Max.Y {
			return
		}
		letter(canvas, at, scale, r)
		at.X += face.Advance * scale
	}
}

// letter draws a letter, each of its dots scale pixels wide.
func letter(canvas *image.Paletted, at image.Point, scale int, r rune) {
	face := basicfont.Face7x13
	_, mask, corner, _, _ := face.Glyph(fixed.Point26_6{}, r)
	for y := range face.Ascent + face.Descent {
		for x := range face.Width {
			if _, _, _, alpha := mask.At(corner.X+x, corner.Y+y).RGBA(); alpha == 0 {
				continue
			}
			dot := image.Rect(0, 0, scale, scale).Add(at).Add(image.Pt(x*scale, y*scale))
			fill(canvas, dot, ink)
		}
	}
}
