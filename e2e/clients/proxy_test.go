package clients

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/slotfarm/slotfarm/e2e/harness"
)

// A spoiler says what becomes of the first answer that passes through a proxy.
type spoiler int

const (
	// hold keeps the answer back until the second attempt has been answered, so that the client's read
	// times out.
	hold spoiler = iota
	// drop closes the connection in place of the answer.
	drop
)

func (s spoiler) String() string { return [...]string{"hold", "drop"}[s] }

// spoilingProxy is a reverse proxy in front of a server that carries out the first request as any other, but
// spoils its answer. It is made for a single call of a client.
type spoilingProxy struct {
	spoil    spoiler
	endpoint string
	forward  *httputil.ReverseProxy
	second   chan struct{} // closed once the second attempt has been answered
	over     chan struct{} // closed at the end of the test

	mu       sync.Mutex
	arrived  int
	attempts []attempt
}

// attempt is what the proxy saw of an attempt at a call: the header field that names the call, "" where the
// client does not send it, and what the server answered.
type attempt struct {
	InvocationID string
	Answer       harness.Answer
}

type attemptNumber struct{}

func newSpoilingProxy(t *testing.T, target string, spoil spoiler) *spoilingProxy {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	p := &spoilingProxy{spoil: spoil, second: make(chan struct{}), over: make(chan struct{})}
	p.forward = &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(to) },
		Transport:      harness.Web.Transport,
		ModifyResponse: p.answered,
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ErrorLog:       log.New(io.Discard, "", 0), // a dropped connection is what we want
	}
	front := httptest.NewServer(p)
	p.endpoint = front.URL
	t.Cleanup(front.Close)
	t.Cleanup(func() { close(p.over) })
	return p
}

// ServeHTTP implements http.Handler.
func (p *spoilingProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.arrived++
	number := p.arrived
	p.mu.Unlock()
	// A client that hangs up must not take the request back from the server, so the request outlives it.
	ctx := context.WithValue(context.WithoutCancel(r.Context()), attemptNumber{}, number)
	p.forward.ServeHTTP(w, r.WithContext(ctx))
	if number == 2 {
		close(p.second)
	}
}

var errDropped = errors.New("answer dropped")

// answered records an answer of the server, and spoils it if it is the first.
func (p *spoilingProxy) answered(r *http.Response) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	p.mu.Lock()
	p.attempts = append(p.attempts, attempt{
		InvocationID: r.Request.Header.Get("Amz-Sdk-Invocation-Id"),
		Answer:       harness.Answer{Status: r.StatusCode, Body: string(body)},
	})
	p.mu.Unlock()
	if r.Request.Context().Value(attemptNumber{}) != 1 {
		return nil
	}
	if p.spoil == drop {
		return errDropped
	}
	select {
	case <-p.second:
	case <-p.over:
	}
	return nil
}

// seen returns the attempts so far, in the order of their answers.
func (p *spoilingProxy) seen() []attempt {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.attempts)
}
