package awsjson_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/web"
)

// observing returns an observer and what it was told, without the durations.
func observing() (web.Observe, *[]web.Result) {
	var seen []web.Result
	return func(_ context.Context, r web.Result) {
		r.Took = min(r.Took, 0)
		seen = append(seen, r)
	}, &seen
}

func TestObserve(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		r      *http.Request
		around web.Around
		want   web.Result
	}{
		{"success", post(`{"text":"hi"}`, nil), nil,
			web.Result{Operation: "Echo", Account: "alice", Status: 200}},
		{"refusal", post(`{"text":"refused"}`, nil), nil,
			web.Result{Operation: "Echo", Account: "alice", Status: 400, Error: "NotFoundException"}},
		{"panic", post(`{"text":"panic"}`, nil), nil,
			web.Result{Operation: "Echo", Account: "alice", Status: 500, Error: "InternalFailure"}},
		{"no signature", post(`{}`, func(r *http.Request) { r.Header.Del("Authorization") }), nil,
			web.Result{Status: 400, Error: "MissingAuthenticationTokenException"}},
		{"a name that is made up", post(`{}`, func(r *http.Request) { r.Header.Set("X-Amz-Target", "Echo_1.Anything") }), nil,
			web.Result{Account: "alice", Status: 400, Error: "UnknownOperationException"}},
		{"plain status", post(`{}`, nil), answering(&awsjson.Verbatim{Exception: awsjson.Exception{Status: 503}}),
			web.Result{Operation: "Echo", Account: "alice", Status: 503}},
		{"dropped", post(`{}`, nil), answering(web.ErrDropped),
			web.Result{Operation: "Echo", Account: "alice"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := echoService(io.Discard)
			var seen *[]web.Result
			s.Web.Observe, seen = observing()
			s.Web.Around = tt.around
			handlerOf(t, s).ServeHTTP(httptest.NewRecorder(), tt.r)
			tt.want.RequestID = "request-1"
			if diff := cmp.Diff([]web.Result{tt.want}, *seen); diff != "" {
				t.Errorf("observed (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNotFound looks at the answer, the log and what is observed.
func TestNotFound(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	observe, seen := observing()
	h, err := awsjson.NotFound(web.Config{NewID: func() string { return "request-1" }, Log: slog.New(slog.NewTextHandler(&log, nil)), Observe: observe})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/where", nil))
	const body = `{"__type":"UnknownOperationException","message":"There is nothing at GET /where; operations are at POST /."}`
	if w.Code != http.StatusNotFound || w.Body.String() != body {
		t.Errorf("answer = %d %s, want 404 %s", w.Code, w.Body, body)
	}
	want := web.Result{RequestID: "request-1", Error: "UnknownOperationException", Status: http.StatusNotFound}
	if diff := cmp.Diff([]web.Result{want}, *seen); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
	const line = "requestId=request-1 source=192.0.2.1 method=GET path=/where error=UnknownOperationException status=404"
	if !strings.Contains(log.String(), line) || strings.Count(log.String(), "\n") != 1 {
		t.Errorf("log = %s, want one line with %q", &log, line)
	}
}

// TestGone lets a caller leave before the answer is known: that is not a
// failure of the server.
func TestGone(t *testing.T) {
	var log bytes.Buffer
	var seen []int
	s := echoService(&log)
	s.Web.Authenticate = func(r *web.Request) (web.Identity, error) { return web.Identity{}, r.Context().Err() }
	s.Web.Observe = func(_ context.Context, r web.Result) { seen = append(seen, r.Status) }
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	handlerOf(t, s).ServeHTTP(httptest.NewRecorder(), post("{}", nil).WithContext(ctx))
	if fmt.Sprint(seen) != "[499]" || !strings.Contains(log.String(), "level=INFO") || !strings.Contains(log.String(), "status=499") {
		t.Errorf("counted as %v, logged as %s", seen, log.String())
	}
}
