package web_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/web"
)

// probe is an API that records the order of its calls, and fails at the step
// that a test names.
type probe struct {
	steps []string
	fails map[string]error
	log   bytes.Buffer
}

// step notes a step and returns what it fails with.
func (p *probe) step(name string) error {
	p.steps = append(p.steps, name)
	if err := p.fails[name]; err != nil {
		return err
	}
	return nil
}

func (p *probe) config() web.Config {
	return web.Config{
		Authenticate: func(r *web.Request) (web.Identity, error) {
			return web.Identity{Account: "alice"}, p.step("authenticate")
		},
		Authorize: func(_ *web.Request, ask web.Ask) error {
			return p.step("authorize " + ask.Action + " on " + ask.Resource)
		},
		Around: func(_ context.Context, r *web.Request, run func() (web.Reply, error)) (web.Reply, error) {
			if err := p.step("around " + r.Operation); err != nil {
				return web.Reply{}, err
			}
			return run()
		},
		Throttle: func(*web.Request) error { return p.step("throttle") },
		NewID:    func() string { return "id-1" },
		Log:      slog.New(slog.NewTextHandler(&p.log, nil)),
		Observe:  func(_ context.Context, r web.Result) { _ = p.step(fmt.Sprint("observe ", r.Status, r.Error)) },
	}
}

func (p *probe) form() web.Form {
	return web.Form{
		Refuse: func(err error) web.Reply {
			return web.Reply{Status: 418, ContentType: "text/plain", Body: []byte(err.Error()), Error: "Refused", Reason: err}
		},
		Unreadable: func(err error) error { return fmt.Errorf("unreadable: %w", err) },
		Account:    func(r *web.Request) string { return r.Identity.Account },
		Line: func(r *web.Request, attrs []slog.Attr) []slog.Attr {
			return append(attrs, slog.String("op", r.Operation))
		},
	}
}

// operation buys what the body says.
func (p *probe) operation() web.Operation {
	return web.Operation{Name: "Buy", Open: func(_ context.Context, r *web.Request) (web.Call, error) {
		body, err := r.ReadBody()
		if err == nil {
			err = p.step("open " + string(body))
		}
		return web.Call{
			Ask: web.Ask{Action: "shop:Buy", Resource: string(body)},
			Run: func(context.Context) (web.Reply, error) {
				return web.Reply{Status: 200, ContentType: "text/plain", Body: []byte("bought")}, p.step("run")
			},
		}, err
	}}
}

func (p *probe) endpoint() web.Endpoint {
	return web.Endpoint{
		Limit: 8,
		Check: func(*web.Request) error { return p.step("check") },
		Find:  func(*web.Request) (web.Operation, error) { return p.operation(), p.step("find") },
	}
}

// call sends a body to the API.
func (p *probe) call(t *testing.T, body string) *httptest.ResponseRecorder {
	t.Helper()
	api, err := web.New(p.config(), p.form())
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	api.Handler(p.endpoint()).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
	return w
}

// TestOrder makes each step fail once: no later step may happen, except that
// the request is observed.
func TestOrder(t *testing.T) {
	t.Parallel()
	order := []string{"check", "authenticate", "find", "around Buy", "open pear", "authorize shop:Buy on pear", "throttle", "run"}
	for i, failing := range append(order, "none") {
		t.Run(failing, func(t *testing.T) {
			t.Parallel()
			p := &probe{fails: map[string]error{failing: errors.New("because")}}
			w := p.call(t, "pear")
			want := append(append([]string{}, order[:min(i+1, len(order))]...), "observe 418Refused")
			status, body := 418, "because"
			if failing == "none" {
				want, status, body = append(append([]string{}, order...), "observe 200"), 200, "bought"
			}
			if diff := cmp.Diff(want, p.steps); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
			if w.Code != status || w.Body.String() != body || w.Header().Get("X-Amzn-Requestid") != "id-1" {
				t.Errorf("answer = %d %q %v, want %d %q", w.Code, w.Body, w.Header(), status, body)
			}
		})
	}
}

// TestNothingAsked refuses a call that does not say what it acts on.
func TestNothingAsked(t *testing.T) {
	t.Parallel()
	p := &probe{}
	if w := p.call(t, ""); w.Code != 418 || !strings.Contains(w.Body.String(), "does not say what it asks for") {
		t.Errorf("answer = %d %s, want a refusal", w.Code, w.Body)
	}
}

// TestTooLarge says so of a body whose length is known and of one whose length is not.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{true, false} {
		p := &probe{}
		api, err := web.New(p.config(), p.form())
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("123456789"))
		if !known {
			r.ContentLength = -1
		}
		w := httptest.NewRecorder()
		api.Handler(p.endpoint()).ServeHTTP(w, r)
		if got := w.Body.String(); got != "unreadable: http: request body too large" {
			t.Errorf("length known: %t: answer = %q", known, got)
		}
	}
}

// TestPanic is an internal error that the log explains, in whichever step it is.
func TestPanic(t *testing.T) {
	t.Parallel()
	p := &probe{}
	c := p.config()
	c.Authenticate = func(*web.Request) (web.Identity, error) { panic("secret state") }
	api, err := web.New(c, p.form())
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	api.Handler(p.endpoint()).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	if w.Code != 418 || !strings.Contains(p.log.String(), "secret state") || strings.Count(p.log.String(), "\n") != 1 {
		t.Errorf("answer = %d, log = %s, want one line that says what happened", w.Code, &p.log)
	}
}

// deaf is an http.ResponseWriter whose caller has gone.
type deaf struct{ http.ResponseWriter }

func (deaf) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// TestLostAnswer checks that the log says that the answer was lost.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	p := &probe{}
	api, err := web.New(p.config(), p.form())
	if err != nil {
		t.Fatal(err)
	}
	api.Handler(p.endpoint()).ServeHTTP(deaf{httptest.NewRecorder()}, httptest.NewRequest(http.MethodPost, "/", strings.NewReader("pear")))
	const want = `op=Buy account=alice requestId=id-1 source=192.0.2.1 error="" reason="the answer did not arrive completely: broken pipe" status=200`
	if got := p.log.String(); !strings.Contains(got, want) {
		t.Errorf("log = %s, want %s", got, want)
	}
}
