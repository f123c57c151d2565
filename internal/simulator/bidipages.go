package simulator

import (
	"encoding/json"
	"slices"
)

// getTree returns the only browsing context.
func getTree(s *session, _ json.RawMessage) (any, error) {
	return map[string]any{"contexts": []any{map[string]any{
		"context": s.handle(), "url": s.pageNow().url, "children": []any{}, "parent": nil,
		"userContext": "default", "clientWindow": s.handle(), "originalOpener": nil,
	}}}, nil
}

// pageParams are those of the commands for the page.
type pageParams struct {
	Context string `json:"context"`
	URL     string `json:"url"`
	Delta   int    `json:"delta"`
}

// params reads parameters that name the only browsing context.
func (s *session) params(raw json.RawMessage) (pageParams, error) {
	var p pageParams
	if err := json.Unmarshal(raw, &p); err != nil {
		return p, fail(invalidArgument, "the params are not what this command takes: %v", err)
	}
	if p.Context != s.handle() {
		return p, fail("no such frame", "the session has no browsing context %q, only %s", shortened(p.Context), s.handle())
	}
	return p, nil
}

// onPage makes a command of what is done with the page. It answers where the
// page is then.
func onPage(do func(*session, pageParams) error) func(*session, json.RawMessage) (any, error) {
	return func(s *session, raw json.RawMessage) (any, error) {
		p, err := s.params(raw)
		if err == nil {
			err = do(s, p)
		}
		if err != nil {
			return nil, err
		}
		return map[string]any{"navigation": nil, "url": s.pageNow().url}, nil
	}
}

func bidiNavigate(s *session, raw json.RawMessage) (any, error) {
	return onPage(func(s *session, p pageParams) error { return s.navigate(p.URL) })(s, raw)
}

func bidiReload(s *session, raw json.RawMessage) (any, error) {
	return onPage(func(s *session, _ pageParams) error {
		s.goTo(s.page)
		return nil
	})(s, raw)
}

// traverseHistory goes to a page that was open before, or opened after it.
func traverseHistory(s *session, raw json.RawMessage) (any, error) {
	p, err := s.params(raw)
	if err != nil {
		return nil, err
	}
	to := s.page + p.Delta
	if to < 0 || to >= len(s.pages) {
		return nil, fail("no such history entry", "the session has %d pages behind it and %d before it, and not %d", s.page, len(s.pages)-1-s.page, p.Delta)
	}
	s.goTo(to)
	return none{}, nil
}

func captureScreenshot(s *session, raw json.RawMessage) (any, error) {
	if _, err := s.params(raw); err != nil {
		return nil, err
	}
	picture, err := s.picture(s.viewport())
	return map[string]any{"data": picture}, err
}

// loadEvent is the event that there is: a page was loaded.
const loadEvent = "browsingContext.load"

// loaded tells those who subscribed that a page was loaded. A client that does
// not read misses events, and holds nobody up.
func (s *session) loaded() {
	if !slices.ContainsFunc(s.subs, hearsOfLoads) {
		return
	}
	event := bidiEvent{"event", loadEvent, map[string]any{
		"context": s.handle(), "navigation": nil, "timestamp": s.now().UnixMilli(), "url": s.pages[s.page],
	}}
	for events := range s.sockets {
		select {
		case events <- event:
		default:
		}
	}
}

func hearsOfLoads(sub subscription) bool {
	return slices.Contains(sub.events, loadEvent) || slices.Contains(sub.events, "browsingContext")
}
