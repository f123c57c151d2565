package simulator

import (
	"encoding/json"
	"image"
	"slices"
	"unicode/utf8"
)

// point is a place in the window.
type point = image.Point

// source is a device of input, with what it does, as the W3C has it.
type source struct {
	Type    string   `json:"type"`
	ID      string   `json:"id"`
	Actions []action `json:"actions"`
}

// action is one thing that a source does.
type action struct {
	Type   string          `json:"type"`
	X      float64         `json:"x"`
	Y      float64         `json:"y"`
	DeltaY float64         `json:"deltaY"`
	Origin json.RawMessage `json:"origin"`
	Value  string          `json:"value"`
}

// actionKinds says which actions each kind of source has.
var actionKinds = map[string][]string{
	"none":    {"pause"},
	"key":     {"pause", "keyDown", "keyUp"},
	"pointer": {"pause", "pointerDown", "pointerUp", "pointerMove", "pointerCancel"},
	"wheel":   {"pause", "scroll"},
}

// maxActions is how many actions one call may have.
const maxActions = 10_000

// performActions plays the sources together, step by step. It waits for no pause.
func performActions(c *call) (any, error) {
	var body struct {
		Actions *[]source `json:"actions"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.Actions == nil {
		return nil, fail(invalidArgument, "actions is needed, and must be a list")
	}
	steps, err := checkSources(*body.Actions)
	if err != nil {
		return nil, err
	}
	pressed := make([]*point, len(*body.Actions)) // where each source pressed
	for step := range steps {
		for i, source := range *body.Actions {
			if step >= len(source.Actions) {
				continue
			}
			if err := c.session.perform(source.Actions[step], &pressed[i]); err != nil {
				return nil, err
			}
		}
	}
	return nil, nil
}

// checkSources returns how many steps the sources have.
func checkSources(sources []source) (int, error) {
	steps, all := 0, 0
	for _, s := range sources {
		kinds, ok := actionKinds[s.Type]
		if !ok {
			return 0, fail(invalidArgument, "a source of input is none, key, pointer or wheel, and not %q", shortened(s.Type))
		}
		if s.ID == "" {
			return 0, fail(invalidArgument, "a source of input needs an id")
		}
		for _, a := range s.Actions {
			if !slices.Contains(kinds, a.Type) {
				return 0, fail(invalidArgument, "a source of type %s has no action %q", s.Type, shortened(a.Type))
			}
		}
		steps, all = max(steps, len(s.Actions)), all+len(s.Actions)
	}
	if all > maxActions {
		return 0, fail(invalidArgument, "a call may have %d actions, and this one has %d", maxActions, all)
	}
	return steps, nil
}

// perform does one action. pressed is where its source pressed, if it did.
func (s *session) perform(a action, pressed **point) error {
	switch a.Type {
	case "pointerMove":
		return s.move(a)
	case "pointerDown":
		at := s.pointer
		*pressed = &at
	case "pointerUp":
		from := *pressed
		*pressed = nil
		if from != nil {
			return s.lift(*from)
		}
	case "pointerCancel":
		*pressed = nil
	case "scroll":
		s.scrollBy(int(min(max(a.DeltaY, -maxSwipe), maxSwipe)))
	case "keyDown":
		r, size := utf8.DecodeRuneInString(a.Value)
		if size == 0 || size != len(a.Value) {
			return fail(invalidArgument, "a key is one character, and not %q", shortened(a.Value))
		}
		return s.press(r)
	}
	return nil
}

// move takes the pointer to a place, which may be said from an element's middle
// or from where it is.
func (s *session) move(a action) error {
	base, err := s.originOf(a.Origin)
	if err != nil {
		return err
	}
	x, y := float64(base.X)+a.X, float64(base.Y)+a.Y
	size := s.viewport().Size()
	if x < 0 || y < 0 || x > float64(size.X) || y > float64(size.Y) {
		return fail("move target out of bounds", "(%v, %v) is outside of the window, which has %d × %d pixels", x, y, size.X, size.Y)
	}
	s.pointer = image.Pt(int(x), int(y))
	return nil
}

func (s *session) originOf(raw json.RawMessage) (point, error) {
	var name string
	if len(raw) == 0 || json.Unmarshal(raw, &name) == nil {
		switch name {
		case "", "viewport":
			return point{}, nil
		case "pointer":
			return s.pointer, nil
		}
	}
	var shape map[string]string
	if err := json.Unmarshal(raw, &shape); err != nil || shape[elementKey] == "" {
		return point{}, fail(invalidArgument, "an origin is viewport, pointer or an element, and not %s", shortened(string(raw)))
	}
	n, err := s.referred(shape[elementKey])
	if err != nil {
		return point{}, err
	}
	d := s.shown()
	return image.Pt((n.box.Min.X+n.box.Max.X)/2, (n.box.Min.Y+n.box.Max.Y)/2-d.scroll), nil
}

// Of pointers, in pixels.
const (
	maxTap   = 10      // how far a finger moves that only taps
	maxSwipe = 100_000 // how far one scrolls
)

// lift is what happens where a pointer is let go: a tap, or the end of a swipe.
func (s *session) lift(from point) error {
	way := s.pointer.Sub(from)
	if max(way.X, -way.X) > maxTap || max(way.Y, -way.Y) > maxTap {
		s.scrollBy(-way.Y)
		return nil
	}
	if n := s.shown().at(s.pointer); n != nil {
		return s.click(n)
	}
	return nil
}

// scrollBy moves the window down over the document.
func (s *session) scrollBy(pixels int) {
	d := s.shown()
	d.scroll = max(0, min(d.scroll+pixels, d.height()-s.viewport().Dy()))
}
