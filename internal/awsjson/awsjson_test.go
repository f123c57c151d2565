package awsjson_test

import (
	"bytes"
	"context"
	stdjson "encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/web"
)

type echoInput struct {
	Text  *string         `json:"text"`
	Count *awsjson.Number `json:"count"`
}

type echoOutput struct {
	Text string `json:"text"`
}

// echo answers the text it gets, and fails on command.
func echo(_ context.Context, call *web.Request, in echoInput) (echoOutput, error) {
	text := "nothing"
	if in.Text != nil {
		text = *in.Text
	}
	switch text {
	case "internal":
		return echoOutput{}, errors.New("open /etc/secret: denied")
	case "panic":
		panic("secret state")
	case "unlisted kind":
		return echoOutput{}, fault.New(fault.Conflict, "secret conflict")
	case "refused":
		return echoOutput{}, fault.New(fault.NotFound, "no such text")
	default:
		return echoOutput{text + " from " + call.Identity.Account}, nil
	}
}

// handlerOf returns a service that has to be whole.
func handlerOf(t testing.TB, s awsjson.Service) http.Handler {
	t.Helper()
	h, err := s.Handler()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// echoing is what a caller of Echo has to be allowed.
var echoing = awsjson.Access[echoInput]{
	Action: "echo:Echo",
	Ask: func(_ context.Context, _ *web.Request, in echoInput) (web.Ask, error) {
		ask := web.Ask{Resource: "*"}
		if in.Text != nil {
			ask.Resource = "arn:aws:echo:::text/" + *in.Text
		}
		return ask, nil
	},
}

// authorize lets everyone say anything but "forbidden".
func authorize(_ *web.Request, ask web.Ask) error {
	if ask.Action != "echo:Echo" || ask.Resource == "arn:aws:echo:::text/forbidden" {
		return fault.New(fault.AccessDenied, "not %s on %s", ask.Action, ask.Resource)
	}
	return nil
}

func echoService(log io.Writer) awsjson.Service {
	return awsjson.Service{
		Target:     "Echo_1",
		Operations: []awsjson.Operation{awsjson.Handle("Echo", echoing, echo)},
		Exceptions: map[fault.Kind]awsjson.Exception{
			fault.Internal:              {Name: "InternalFailure", Status: 500},
			fault.NotFound:              {Name: "NotFoundException", Status: 400},
			fault.MissingAuthentication: {Name: "MissingAuthenticationTokenException", Status: 400},
			fault.UnknownOperation:      {Name: "UnknownOperationException", Status: 400},
			fault.Malformed:             {Name: "SerializationException", Status: 400},
			fault.AccessDenied:          {Name: "AccessDeniedException", Status: 400},
		},
		Web: web.Config{
			Authenticate: func(r *web.Request) (web.Identity, error) {
				if r.Header.Get("Authorization") == "" {
					return web.Identity{}, fault.New(fault.MissingAuthentication, "no signature")
				}
				return web.Identity{Account: "alice"}, nil
			},
			Authorize: authorize,
			NewID:     func() string { return "request-1" },
			Log:       slog.New(slog.NewTextHandler(log, nil)),
		},
	}
}

func post(body string, change func(*http.Request)) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1; charset=utf-8")
	r.Header.Set("X-Amz-Target", "Echo_1.Echo")
	r.Header.Set("Authorization", "signed")
	if change != nil {
		change(r)
	}
	return r
}

func TestAnswers(t *testing.T) {
	const internal = `{"__type":"InternalFailure","message":"The request failed because of an internal error."}`
	tests := []struct {
		name   string
		r      *http.Request
		status int
		body   string
		logged string
	}{
		{"success", post(`{"text":"hi","more":1}`, nil), 200, `{"text":"hi from alice"}`, "operation=Echo account=alice requestId=request-1"},
		{"refusal", post(`{"text":"refused"}`, nil), 400, `{"__type":"NotFoundException","message":"no such text"}`, "error=NotFoundException"},
		{"internal", post(`{"text":"internal"}`, nil), 500, internal, "level=ERROR"},
		{"forbidden", post(`{"text":"forbidden"}`, nil), 400, `{"__type":"AccessDeniedException","message":"not echo:Echo on arn:aws:echo:::text/forbidden"}`, "error=AccessDenied"},
		{"input before what it asks for", post(`{"text":1}`, nil), 400, `{"__type":"SerializationException","message":"Member \"text\" is a JSON number; it has the wrong type."}`, "error=Serial"},
		{"panic", post(`{"text":"panic"}`, nil), 500, internal, "secret state"},
		{"unlisted kind", post(`{"text":"unlisted kind"}`, nil), 500, internal, "secret conflict"},
		{
			"authentication before the operation", post(`{`, func(r *http.Request) {
				r.Header.Del("Authorization")
				r.Header.Set("X-Amz-Target", "Echo_1.Nothing")
			}),
			400, `{"__type":"MissingAuthenticationTokenException","message":"no signature"}`, "error=MissingAuthentication",
		},
		{
			"operation before the body", post(`{`, func(r *http.Request) { r.Header.Set("X-Amz-Target", "Echo_1.Nothing") }),
			400, `{"__type":"UnknownOperationException","message":"Operation \"Nothing\" is unknown."}`, "error=UnknownOperation",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			w := httptest.NewRecorder()
			handlerOf(t, echoService(&log)).ServeHTTP(w, tt.r)
			if w.Code != tt.status || w.Body.String() != tt.body {
				t.Errorf("answer = %d %s, want %d %s", w.Code, w.Body, tt.status, tt.body)
			}
			if !strings.Contains(log.String(), tt.logged) || strings.Count(log.String(), "\n") != 1 {
				t.Errorf("log = %s, want one line with %q", &log, tt.logged)
			}
			if id := w.Header().Get("X-Amzn-Requestid"); id != "request-1" {
				t.Errorf("request id = %q", id)
			}
		})
	}
}

func TestTimestamp(t *testing.T) {
	tests := map[int64]string{
		1459468800000: "1459468800.0",
		1458596930431: "1458596930.431",
		1458596930430: "1458596930.43",
		1458596930400: "1458596930.4",
		1458596930004: "1458596930.004",
		1458596930050: "1458596930.05",
		0:             "0.0",
	}
	for ms, want := range tests {
		got, err := json.Marshal(awsjson.Timestamp{Time: time.UnixMilli(ms)})
		if err != nil || string(got) != want {
			t.Errorf("%d ms are written %s, %v, want %s", ms, got, err, want)
		}
	}
}

func TestInteger(t *testing.T) {
	good := map[awsjson.Number]int{"0": 0, "-0": 0, "7": 7, "-2147483648": -1 << 31, "2147483647": 1<<31 - 1}
	for number, want := range good {
		if got, err := number.Integer("n"); err != nil || got != want {
			t.Errorf("%s = %d, %v, want %d", number, got, err, want)
		}
	}
	for _, number := range []awsjson.Number{"1.0", "1e2", "2147483648", "-2147483649", "1E400"} {
		if _, err := number.Integer("n"); fault.KindOf(err) != fault.Argument || !strings.Contains(fault.MessageOf(err), string(number)) {
			t.Errorf("%s: error = %v, want an Argument error that names it", number, err)
		}
	}
}

func TestTimes(t *testing.T) {
	good := map[awsjson.Number]int64{
		"0": 0, "1459468800": 1459468800000, "1458596930.431": 1458596930431, "1.4594688e9": 1459468800000, "253402300799": 253402300799000,
	}
	for number, want := range good {
		if got, err := number.Time("t"); err != nil || got.UnixMilli() != want {
			t.Errorf("%s = %v, %v, want %d ms", number, got, err, want)
		}
	}
	for _, number := range []awsjson.Number{"-1", "253402300800", "1e400", "-0.001"} {
		if _, err := number.Time("t"); fault.KindOf(err) != fault.Argument || !strings.Contains(fault.MessageOf(err), "t "+string(number)) {
			t.Errorf("%s: error = %v, want an Argument error that names it", number, err)
		}
	}
}

// FuzzBody sends any bytes as a body: whatever they are, the answer is one of
// the protocol and in JSON, and what is taken is what another decoder reads.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"text":"x","count":1.5e3}`, `{"Text":"x"}`, `{"text":"a","text":"b"}`, "\xff", `{"a":[[[`, `{"count":"1"}`,
		`{"text":"\ud83d\ude00\u0000","count":-0}`, `{"text":"\ud800"}`, `{"text":null,"t\u0065xt":1}`, strings.Repeat(`{"a":`, 100), ` {"text":"x"} {}`,
	} {
		f.Add([]byte(seed))
	}
	var log bytes.Buffer
	h := handlerOf(f, echoService(&log))
	f.Fuzz(func(t *testing.T, body []byte) {
		log.Reset()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, post(string(body), nil))
		var out, in map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Body.Len() > 2048+len(body) {
			t.Fatalf("%d %s: %v", w.Code, w.Body, err)
		}
		if w.Code != http.StatusOK {
			return
		}
		if err := stdjson.Unmarshal(body, &in); err != nil {
			t.Fatalf("%q is taken: %v", body, err)
		}
		text, ok := in["text"].(string)
		if !ok && in["text"] == nil {
			text = "nothing"
		}
		if got := out["text"]; got != text+" from alice" {
			t.Errorf("%q is read as %q, want %q", body, got, text)
		}
	})
}

// TestIncomplete refuses to make a service of which something is missing.
func TestIncomplete(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*awsjson.Service){
		"no authoriser":     func(s *awsjson.Service) { s.Web.Authorize = nil },
		"no authentication": func(s *awsjson.Service) { s.Web.Authenticate = nil },
		"no ids":            func(s *awsjson.Service) { s.Web.NewID = nil },
		"no log":            func(s *awsjson.Service) { s.Web.Log = nil },
		"no action": func(s *awsjson.Service) {
			s.Operations = []awsjson.Operation{awsjson.Handle("Echo", awsjson.Access[echoInput]{Ask: echoing.Ask}, echo)}
		},
		"no resource": func(s *awsjson.Service) {
			s.Operations = []awsjson.Operation{awsjson.Handle("Echo", awsjson.Access[echoInput]{Action: echoing.Action}, echo)}
		},
	}
	for name, take := range tests {
		s := echoService(io.Discard)
		take(&s)
		if h, err := s.Handler(); err == nil || h != nil {
			t.Errorf("%s: made a service all the same", name)
		}
	}
}

// TestAskWithoutResource lets an operation return no resource for some input:
// nobody may do that, even if everyone may do everything.
func TestAskWithoutResource(t *testing.T) {
	t.Parallel()
	s := echoService(io.Discard)
	forgetful := awsjson.Access[echoInput]{Action: "echo:Echo", Ask: func(context.Context, *web.Request, echoInput) (web.Ask, error) {
		return web.Ask{}, nil
	}}
	s.Operations = []awsjson.Operation{awsjson.Handle("Echo", forgetful, echo)}
	s.Web.Authorize = web.Everyone
	w := httptest.NewRecorder()
	handlerOf(t, s).ServeHTTP(w, post(`{"text":"hi"}`, nil))
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "alice") {
		t.Errorf("answer = %d %s, want 500", w.Code, w.Body)
	}
}
