package client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/slotfarm/slotfarm/internal/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const alice = "111111111111"

// seen is a request as it arrived.
type seen struct {
	Line, Type, Body string
}

// served returns a client of a server that answers every request in one way,
// and what it was last asked.
func served(t *testing.T, status int, body string) (*client.Client, *seen) {
	t.Helper()
	last := &seen{}
	return serving(t, func(w http.ResponseWriter, r *http.Request) {
		sent, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		*last = seen{r.Method + " " + r.RequestURI, r.Header.Get("Content-Type"), string(sent)}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}), last
}

func serving(t *testing.T, handler http.HandlerFunc) *client.Client {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return connect(t, s.URL)
}

func connect(t *testing.T, endpoint string) *client.Client {
	t.Helper()
	c, err := client.New(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"http://127.0.0.1:8623": "http://127.0.0.1:8623", "https://farm.example": "https://farm.example",
		"HTTP://localhost:1/": "http://localhost:1", "http://[::1]:8623/base/": "http://[::1]:8623/base",
		"http://h/it's": "http://h/it's", "http://h/a b’": "http://h/a%20b%E2%80%99",
	} {
		if got, err := client.Endpoint(in); err != nil || got != want {
			t.Errorf("Endpoint(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", "x", "127.0.0.1:8623", "localhost:8623", "/x", "//h", "ftp://h", "http:", "http://", "http://:8623", "http:h",
		"http://h:x", "http://h\n", "http://u:p@h", "http://h?q=1", "http://h?", "http://h#f", " http://h",
	} {
		if _, err := client.New(in); err == nil || !strings.Contains(err.Error(), "is not an http or https URL such as http://127.0.0.1:8623") {
			t.Errorf("New(%q): %v, want a refusal", in, err)
		}
	}
}

// TestErrors has answers that are no success, and some that only look like one.
func TestErrors(t *testing.T) {
	t.Parallel()
	const page = "<html>secret</html>"
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   string // with URL for the endpoint
	}{
		{"slotfarm's", 404, `{"error":{"code":"NotFound","message":"account was never opened"}}`, "NotFound: account was never opened"},
		{"AWS's", 404, `{"__type":"UnknownOperationException"}`, "GET URL/_slotfarm/v1/accounts/111111111111 answers 404 Not Found, but not in slotfarm's format; is it slotfarm that listens there?"},
		{"a page", 502, page, "GET URL/_slotfarm/v1/accounts/111111111111 answers 502 Bad Gateway, but not in slotfarm's format; is it slotfarm that listens there?"},
		{"no body", 599, "", "GET URL/_slotfarm/v1/accounts/111111111111 answers 599, but not in slotfarm's format; is it slotfarm that listens there?"},
		{"elsewhere", 302, "", "GET URL/_slotfarm/v1/accounts/111111111111 answers 302 Found, but not in slotfarm's format; is it slotfarm that listens there?"},
		{"a page with success", 200, page, "GET URL/_slotfarm/v1/accounts/111111111111 answers 200 OK, but not as slotfarm would; is it slotfarm that listens there?"},
		{"other JSON", 200, `{"account":1}`, "GET URL/_slotfarm/v1/accounts/111111111111 answers 200 OK, but not as slotfarm would; is it slotfarm that listens there?"},
		{"nothing with success", 200, "", "GET URL/_slotfarm/v1/accounts/111111111111 answers 200 OK, but not as slotfarm would; is it slotfarm that listens there?"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "http://192.0.2.1/") // not followed
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}))
			defer s.Close()
			_, err := connect(t, s.URL).Account(context.Background(), alice)
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tt.want, strings.ReplaceAll(err.Error(), s.URL, "URL")); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			var e *client.Error
			if errors.As(err, &e) != (tt.status != 200) || e != nil && e.Status != tt.status {
				t.Errorf("error = %#v, want the status %d in it", err, tt.status)
			}
			if got, want := client.IsNotFound(err), tt.name == "slotfarm's"; got != want {
				t.Errorf("IsNotFound = %t, want %t", got, want)
			}
		})
	}
}

// TestNothingThere asks a port that was free a moment ago.
func TestNothingThere(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	endpoint := "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = connect(t, endpoint).Accounts(context.Background(), "")
	want := "nothing answers at " + endpoint + `; "slotfarm sandbox" starts a server (dial tcp `
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error = %v, want it to start with %s", err, want)
	}
}

// TestBreaksOff lets the server go away in the middle of an answer.
func TestBreaksOff(t *testing.T) {
	t.Parallel()
	for _, announced := range []string{"", "10"} {
		c := serving(t, func(w http.ResponseWriter, _ *http.Request) {
			if announced != "" {
				w.Header().Set("Content-Length", announced)
				_, _ = io.WriteString(w, "{")
			}
			panic(http.ErrAbortHandler)
		})
		if _, err := c.Verify(context.Background()); err == nil || !strings.HasPrefix(err.Error(), "no answer from http://127.0.0.1:") {
			t.Errorf("error = %v, want no answer", err)
		}
	}
}

// TestContext ends calls that a server does not answer.
func TestContext(t *testing.T) {
	t.Parallel()
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	late, cancel := context.WithTimeout(context.Background(), 1)
	defer cancel()
	if err := serving(t, hang).Ready(late); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "in time") {
		t.Errorf("error = %v, want that it took too long", err)
	}
	interrupted, interrupt := context.WithCancel(context.Background())
	c := serving(t, func(w http.ResponseWriter, r *http.Request) {
		interrupt()
		hang(w, r)
	})
	if err := c.Ready(interrupted); !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), "stopped waiting for http") {
		t.Errorf("error = %v, want that the wait was stopped", err)
	}
}

// TestLargeAnswer is more than a client keeps.
func TestLargeAnswer(t *testing.T) {
	t.Parallel()
	c := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		for blank := make([]byte, 1<<20); ; {
			if _, err := w.Write(blank); err != nil {
				return
			}
		}
	})
	if _, err := c.Catalog(context.Background()); err == nil || !strings.HasSuffix(err.Error(), "/_slotfarm/v1/catalog is larger than 67108864 bytes") {
		t.Errorf("error = %v, want that the answer is too large", err)
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	c, got := served(t, 200, "OK\n")
	if err := c.Ready(context.Background()); err != nil || got.Line != "GET /readyz" {
		t.Errorf("%s: %v, want GET /readyz without an error", got.Line, err)
	}
	c, _ = served(t, 503, "Service Unavailable\n")
	if err := c.Ready(context.Background()); err == nil || !strings.HasSuffix(err.Error(), " is not ready: /readyz answers 503 Service Unavailable") {
		t.Errorf("error = %v, want that it is not ready", err)
	}
}
