package bench

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOutcomes lets a server send answers that no measurement may count as a
// success.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	answers := []struct {
		status int
		body   string // "" drops the connection
		want   outcome
	}{
		{200, `{"offerings":[{"id":"x"}]}`, outcome{}},
		{200, `{"offerings":[{"id":"x"}],}`, outcome{failure: "UnexpectedAnswer", message: `"{\"offerings\":[{\"id\":\"x\"}],}"`}},
		{200, `{"somethings":[]}`, outcome{failure: "UnexpectedAnswer", message: `"{\"somethings\":[]}"`}},
		{400, `{"__type":"LimitExceededException","message":"too many"}`, outcome{failure: "LimitExceededException", message: "too many"}},
		{400, `{"__type":"com.amazonaws#ArgumentException","message":"no"}`, outcome{failure: "ArgumentException", message: "no"}},
		{404, `{"error":{"code":"NotFound","message":"nothing"}}`, outcome{failure: "NotFound", message: "nothing"}},
		{502, `<html>`, outcome{failure: "HTTP 502"}},
		{200, "", outcome{failure: "ConnectionError", message: "EOF"}},
		{200, `{"offerings":[{"id":"x"}]}`, outcome{}}, // on a new connection
	}
	var served atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := served.Add(1) - 1
		if answers[n].body == "" {
			w.Header().Set("Connection", "close")
			connection, _, _ := w.(http.Hijacker).Hijack()
			connection.Close()
			return
		}
		w.WriteHeader(answers[n].status)
		_, _ = w.Write([]byte(answers[n].body))
	}))
	defer server.Close()
	to, err := newTarget(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorker(to, newKeyring(1, noon))
	defer w.close()
	for n := range answers {
		got := w.send(context.Background(), &random{templates: []*template{listOfferings()}, accounts: span{0, 1}}, 0)
		if diff := cmp.Diff(answers[n].want, got, cmp.AllowUnexported(outcome{})); diff != "" {
			t.Errorf("answer %d: outcome (-want +got):\n%s", n, diff)
		}
	}
}

// TestNoServer runs without a server, and with a run that is cut short.
func TestNoServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	to, err := newTarget(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	server.Close()
	w := newWorker(to, newKeyring(1, noon))
	s := &random{templates: []*template{listOfferings()}, accounts: span{0, 1}}
	if got := w.send(context.Background(), s, 0); got.failure != "ConnectionError" || !got.gone || got.cut {
		t.Errorf("outcome = %+v, want a ConnectionError without a connection", got)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got := w.send(ctx, s, 0); !got.cut {
		t.Errorf("outcome = %+v, want one that does not count", got)
	}
}

func TestTargets(t *testing.T) {
	t.Parallel()
	for endpoint, want := range map[string]target{
		"http://127.0.0.1:8623": {"127.0.0.1:8623", "127.0.0.1:8623", false},
		"http://localhost":      {"localhost", "localhost:http", false},
		"https://example.com":   {"example.com", "example.com:https", true},
		"https://[::1]:8623/":   {"[::1]:8623", "[::1]:8623", true},
	} {
		got, err := newTarget(endpoint)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(target{})); err != nil || diff != "" {
			t.Errorf("%s: %v, target (-want +got):\n%s", endpoint, err, diff)
		}
	}
	for _, endpoint := range []string{"", "127.0.0.1:8623", "ftp://x", "http://", "http://x/path", "http://x?a=b", "http://%"} {
		if got, err := newTarget(endpoint); err == nil || !strings.Contains(err.Error(), "http://127.0.0.1:8623") {
			t.Errorf("%q: %+v, %v; want an error with an example", endpoint, got, err)
		}
	}
}
