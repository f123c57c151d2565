package simulator_test

import (
	"context"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/google/go-cmp/cmp"
)

// socket is a client of BiDi.
type socket struct {
	*websocket.Conn
	t *testing.T
}

// dial opens the WebSocket that the session's capabilities name.
func dial(t *testing.T, r *remote) socket {
	t.Helper()
	url, _ := r.caps["webSocketUrl"].(string)
	if !strings.HasPrefix(url, "ws://127.0.0.1:") {
		t.Fatalf("webSocketUrl is %q", url)
	}
	conn, _, err := websocket.Dial(context.Background(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return socket{conn, t}
}

// say sends a message and returns the next one that comes.
func (s socket) say(message string) map[string]any {
	s.t.Helper()
	if err := s.Write(context.Background(), websocket.MessageText, []byte(message)); err != nil {
		s.t.Fatal(err)
	}
	return s.hear()
}

func (s socket) hear() map[string]any {
	s.t.Helper()
	var heard map[string]any
	if err := wsjson.Read(context.Background(), s.Conn, &heard); err != nil {
		s.t.Fatal(err)
	}
	return heard
}

func TestBiDi(t *testing.T) {
	t.Parallel()
	l := start(t)
	for _, endpoint := range []string{l.DeviceURL("droid"), l.BrowserURL("chrome")} {
		r := l.begin(t, endpoint, `"webSocketUrl":true`)
		s := dial(t, r)
		want := map[string]any{"type": "success", "id": 1.0, "result": map[string]any{"ready": false, "message": "the session is there already"}}
		if diff := cmp.Diff(want, s.say(`{"id":1,"method":"session.status","params":{}}`)); diff != "" {
			t.Errorf("status (-want +got):\n%s", diff)
		}
		tree, _ := s.say(`{"id":2,"method":"browsingContext.getTree","params":{}}`)["result"].(map[string]any)
		contexts, _ := tree["contexts"].([]any)
		if len(contexts) != 1 {
			t.Errorf("the tree is %v", tree)
		}
		for message, want := range map[string][]any{
			`{"id":3,"method":"script.evaluate","params":{}}`:                                {"error", 3.0, "unknown command"},
			`{"id":4,"method":"session.new","params":{}}`:                                    {"error", 4.0, "session not created"},
			`{"id":5,"method":"session.subscribe","params":{}}`:                              {"error", 5.0, "invalid argument"},
			`{"id":6,"method":"session.subscribe","params":{"events":["moon.rise"]}}`:        {"error", 6.0, "invalid argument"},
			`{"id":7,"method":"session.unsubscribe","params":{"subscriptions":["none"]}}`:    {"error", 7.0, "invalid argument"},
			`{"id":8,"method":"session.unsubscribe","params":{"events":["log.entryAdded"]}}`: {"error", 8.0, "invalid argument"},
			`{"method":"session.status"}`:                                                    {"error", nil, "invalid argument"},
			`{"id":9}`:                                                                       {"error", 9.0, "invalid argument"},
			`nothing`:                                                                        {"error", nil, "invalid argument"},
		} {
			got := s.say(message)
			if diff := cmp.Diff(want, []any{got["type"], got["id"], got["error"]}); diff != "" || got["message"] == "" {
				t.Errorf("%s (-want +got):\n%s%v", message, diff, got)
			}
		}
	}
}

func TestBiDiEvents(t *testing.T) {
	t.Parallel()
	l := start(t)
	r := l.begin(t, l.BrowserURL("chrome"), `"webSocketUrl":true`)
	s := dial(t, r)
	r.do("POST", "/url", `{"url":"http://simulated.test/long"}`) // nobody subscribed
	result, _ := s.say(`{"id":1,"method":"session.subscribe","params":{"events":["browsingContext.load","log.entryAdded"]}}`)["result"].(map[string]any)
	id, _ := result["subscription"].(string)
	r.do("POST", "/url", `{"url":"http://simulated.test/form"}`)
	event := s.hear()
	params, _ := event["params"].(map[string]any)
	if event["method"] != "browsingContext.load" || params["url"] != "http://simulated.test/form" || params["context"] != r.do("GET", "/window", "") {
		t.Errorf("heard %v", event)
	}
	if got := s.say(`{"id":2,"method":"session.unsubscribe","params":{"subscriptions":["` + id + `"]}}`); got["type"] != "success" {
		t.Errorf("unsubscribe: %v", got)
	}
	r.do("POST", "/refresh", "")
	if got := s.say(`{"id":3,"method":"session.status","params":{}}`); got["id"] != 3.0 {
		t.Errorf("heard of a load without a subscription: %v", got)
	}
}

func TestBiDiPages(t *testing.T) {
	t.Parallel()
	l := start(t)
	r := l.begin(t, l.BrowserURL("chrome"), `"webSocketUrl":true`)
	s := dial(t, r)
	context, _ := r.do("GET", "/window", "").(string)
	run := func(method, params string) any {
		t.Helper()
		answer := s.say(`{"id":1,"method":"browsingContext.` + method + `","params":{"context":"` + context + `"` + params + `}}`)
		if answer["type"] == "error" {
			return answer["error"]
		}
		return answer["result"]
	}
	const form = "http://simulated.test/form"
	for _, c := range []struct {
		method, params string
		want           any
		at             string
	}{
		{"navigate", `,"url":"` + form + `","wait":"complete"`, map[string]any{"navigation": nil, "url": form}, form},
		{"reload", ``, map[string]any{"navigation": nil, "url": form}, form},
		{"traverseHistory", `,"delta":-1`, map[string]any{}, "about:blank"},
		{"traverseHistory", `,"delta":1`, map[string]any{}, form},
		{"traverseHistory", `,"delta":1`, "no such history entry", form},
		{"navigate", `,"url":"file:///etc/passwd"`, "invalid argument", form},
		{"navigate", `,"url":1`, "invalid argument", form},
		{"navigate", `,"url":"` + form + `","context":"other"`, "no such frame", form},
	} {
		got := run(c.method, c.params)
		if diff := cmp.Diff([]any{c.want, c.at}, []any{got, r.do("GET", "/url", "")}); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", c.method, c.params, diff)
		}
	}
	if diff := cmp.Diff(any(map[string]any{"data": r.do("GET", "/screenshot", "")}), run("captureScreenshot", "")); diff != "" {
		t.Errorf("captureScreenshot (-want +got):\n%s", diff)
	}
}

func TestBiDiEndsWithSession(t *testing.T) {
	t.Parallel()
	l := start(t)
	r := l.begin(t, l.DeviceURL("droid"), `"webSocketUrl":true`)
	s := dial(t, r)
	r.do("DELETE", "", "")
	if _, _, err := s.Read(context.Background()); err == nil {
		t.Error("the WebSocket outlives its session")
	}
	if conn, _, err := websocket.Dial(context.Background(), r.caps["webSocketUrl"].(string), nil); err == nil {
		_ = conn.CloseNow()
		t.Error("a WebSocket opens to a session that has ended")
	}
}

func TestBiDiLimits(t *testing.T) {
	t.Parallel()
	l := start(t)
	r := l.begin(t, l.BrowserURL("chrome"), `"webSocketUrl":true`)
	s := dial(t, r)
	for range 15 {
		dial(t, r)
	}
	if conn, _, err := websocket.Dial(context.Background(), r.caps["webSocketUrl"].(string), nil); err == nil {
		_ = conn.CloseNow()
		t.Error("a session has 17 WebSockets")
	}
	if err := s.Write(context.Background(), websocket.MessageText, make([]byte, 1<<20+1)); err == nil {
		if _, _, err := s.Read(context.Background()); websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
			t.Errorf("a message of 1 MiB ends with %v", err)
		}
	}
}
