package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/internal/web"
)

// TestStrangersHoldNothing refuses a caller before the body is read.
func TestStrangersHoldNothing(t *testing.T) {
	t.Parallel()
	p := &probe{fails: map[string]error{"authenticate": errors.New("a stranger")}}
	api, err := web.New(p.config(), p.form())
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/", unread{t})
	w := httptest.NewRecorder()
	if api.Handler(p.endpoint()).ServeHTTP(w, r); w.Body.String() != "a stranger" {
		t.Errorf("answer = %s, want a refusal", w.Body)
	}
}

// unread is a body that must not be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, errors.New("not read")
}

// TestRoom has two requests that hold bodies fill the room: a third one is refused
// until one of them is answered. Requests without a body need no room.
func TestRoom(t *testing.T) {
	t.Parallel()
	p := &probe{}
	c := p.config()
	c.Room, c.Around, c.Observe = web.NewRoom(16), nil, nil
	c.Authenticate = func(*web.Request) (web.Identity, error) { return web.Identity{}, nil }
	c.Authorize, c.Throttle = web.Everyone, nil
	api, err := web.New(c, p.form())
	if err != nil {
		t.Fatal(err)
	}
	reading, finish := make(chan string), make(chan bool)
	h := api.Handler(web.Endpoint{Limit: 8, Find: func(r *web.Request) (web.Operation, error) {
		_, err := r.ReadBody()
		return web.Operation{Open: func(context.Context, *web.Request) (web.Call, error) {
			return web.Call{Ask: web.Ask{Action: "a", Resource: "*"}, Run: func(context.Context) (web.Reply, error) {
				reading <- r.URL.Path
				<-finish
				return web.Reply{Status: 200, Body: []byte("done")}, nil
			}}, nil
		}}, err
	}})
	send := func(body string) string {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
		return w.Body.String()
	}
	answers := make(chan string)
	start := func(body string) {
		go func() { answers <- send(body) }()
		<-reading
	}
	const full = "unreadable: there is no room for more request bodies"
	start("12345678")
	start("12345678")
	if got := send("1"); got != full {
		t.Errorf("a third body: %q, want %q", got, full)
	}
	start("")
	finish <- true
	if got := <-answers; got != "done" {
		t.Errorf("answer = %q", got)
	}
	finish <- true
	<-answers
	finish <- true
	<-answers
	start("12345678")
	start("12345678")
	for range 2 {
		finish <- true
		if got := <-answers; got != "done" {
			t.Errorf("answer = %q, once there is room again", got)
		}
	}
}
