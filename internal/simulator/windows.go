package simulator

import (
	"image"
	"net/url"
)

// maxHistory is how many addresses a session goes back.
const maxHistory = 50

// document returns what commands are about: the page, or the screen.
func (s *session) document() *document {
	if s.endpoint.device != nil && !s.inWeb {
		if s.native == nil {
			s.native = s.number(s.buildScreen())
		}
		return s.native
	}
	return s.pageNow()
}

// pageNow returns the page that is open, with what has come to it by now.
func (s *session) pageNow() *document {
	if s.web == nil {
		d, err := pageAt(s.pages[s.page], s.now())
		if err != nil { // was open before, so there is such a page
			d = newDocument()
		}
		s.web = s.number(d)
	}
	s.web.settle(s.now())
	return s.web
}

// shown returns the document with everything at its place.
func (s *session) shown() *document {
	d := s.document()
	d.layOut(s.viewport().Dx())
	return d
}

// number makes a document the session's newest one.
func (s *session) number(d *document) *document {
	s.serial++
	d.serial = s.serial
	return d
}

// openedPage returns the page, or an error where a screen is shown.
func (c *call) openedPage() (*document, error) {
	if c.endpoint.device != nil && !c.session.inWeb {
		return nil, fail(unknownMethod, "this needs a web context, and the context is %s", nativeContext)
	}
	return c.session.pageNow(), nil
}

func getURL(c *call) (any, error) {
	d, err := c.openedPage()
	if err != nil {
		return nil, err
	}
	return d.url, nil
}

func setURL(c *call) (any, error) {
	var body struct {
		URL *string `json:"url"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.URL == nil {
		return nil, fail(invalidArgument, "url is needed, and must be a text")
	}
	return nil, c.session.navigate(*body.URL)
}

// navigate opens a page.
func (s *session) navigate(address string) error {
	d, err := pageAt(address, s.now())
	if err != nil {
		return err
	}
	s.note("opened %s", shortened(address))
	s.web = s.number(d)
	s.pages = append(s.pages[:s.page+1], address)
	s.pages = s.pages[max(0, len(s.pages)-maxHistory):]
	s.page = len(s.pages) - 1
	s.loaded()
	return nil
}

// follow opens what a link on the page leads to.
func (s *session) follow(link string) error {
	base, err := url.Parse(s.pageNow().url)
	if err != nil {
		return fail(unknownError, "the page's own URL cannot be read")
	}
	target, err := base.Parse(link)
	if err != nil {
		return fail(unknownError, "the link %q is not a URL", shortened(link))
	}
	if target.Fragment != "" && sameButFragment(base, target) {
		s.web.url = target.String()
		return nil
	}
	return s.navigate(target.String())
}

func sameButFragment(a, b *url.URL) bool {
	one, other := *a, *b
	one.Fragment, other.Fragment = "", ""
	return one.String() == other.String()
}

// goTo opens a page that was open before.
func (s *session) goTo(page int) {
	if page >= 0 && page < len(s.pages) {
		s.page, s.web = page, nil
		s.loaded()
	}
}

// back goes a page back; on a screen, to the home screen.
func back(c *call) (any, error) {
	s := c.session
	if c.endpoint.device != nil && !s.inWeb {
		s.show("")
		return nil, nil
	}
	s.goTo(s.page - 1)
	return nil, nil
}

func forward(c *call) (any, error) {
	if _, err := c.openedPage(); err != nil {
		return nil, err
	}
	c.session.goTo(c.session.page + 1)
	return nil, nil
}

func refresh(c *call) (any, error) {
	if _, err := c.openedPage(); err != nil {
		return nil, err
	}
	c.session.goTo(c.session.page)
	return nil, nil
}

func getTitle(c *call) (any, error) {
	d, err := c.openedPage()
	if err != nil {
		return nil, err
	}
	return d.title(), nil
}

func getSource(c *call) (any, error) { return c.session.document().source(), nil }

// viewport returns the window of a browser, or the screen as it is held.
func (s *session) viewport() image.Rectangle {
	d := s.endpoint.device
	switch {
	case d == nil:
		return image.Rect(0, 0, s.window.Width, s.window.Height)
	case s.sideways:
		return image.Rect(0, 0, d.Height, d.Width)
	default:
		return image.Rect(0, 0, d.Width, d.Height)
	}
}

// handle returns the name of the only window.
func (s *session) handle() string { return "window-" + s.id[:8] }

func getWindow(c *call) (any, error)  { return c.session.handle(), nil }
func getWindows(c *call) (any, error) { return []string{c.session.handle()}, nil }

// closeWindow closes the only window, and the session with it.
func closeWindow(c *call) (any, error) {
	c.endpoint.end(c.session)
	return []string{}, nil
}

func switchWindow(c *call) (any, error) {
	var body struct {
		Handle *string `json:"handle"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	switch {
	case body.Handle == nil:
		return nil, fail(invalidArgument, "handle is needed, and must be a text")
	case *body.Handle != c.session.handle():
		return nil, fail("no such window", "the session has no window %q, only %s", shortened(*body.Handle), c.session.handle())
	}
	return nil, nil
}

func getWindowRect(c *call) (any, error) {
	if c.endpoint.device != nil {
		return rectangleOf(c.session.viewport()), nil
	}
	return c.session.window, nil
}

func setWindowRect(c *call) (any, error) {
	var body struct{ X, Y, Width, Height *float64 }
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	w := c.session.window
	for _, side := range []struct {
		given *float64
		into  *int
		least float64
	}{{body.X, &w.X, -maxScreen}, {body.Y, &w.Y, -maxScreen}, {body.Width, &w.Width, 1}, {body.Height, &w.Height, 1}} {
		if side.given == nil {
			continue
		}
		if *side.given < side.least || *side.given > maxScreen {
			return nil, fail(invalidArgument, "a window has a place and a size of up to %d pixels, and not %v", maxScreen, *side.given)
		}
		*side.into = int(*side.given)
	}
	return c.session.resize(w), nil
}

func maximize(c *call) (any, error) { return c.session.resize(rectangle{0, 0, 1920, 1080}), nil }

func (s *session) resize(w rectangle) rectangle {
	s.window = w
	if s.web != nil {
		s.web.laidOut = false
	}
	return w
}

// switchFrame stays where it is: no page has frames.
func switchFrame(c *call) (any, error) {
	var body struct {
		ID any `json:"id"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.ID != nil {
		return nil, fail("no such frame", "simulated pages have no frames")
	}
	return nil, nil
}
