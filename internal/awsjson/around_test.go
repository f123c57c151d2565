package awsjson_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/web"
)

// service is the one of the other tests with something around its calls.
func service(t *testing.T, log io.Writer, around web.Around) http.Handler {
	s := echoService(log)
	s.Web.Around = around
	return handlerOf(t, s)
}

// answering returns an Around that runs nothing and answers an error.
func answering(err error) web.Around {
	return func(_ context.Context, call *web.Request, _ func() (web.Reply, error)) (web.Reply, error) {
		call.Attrs = append(call.Attrs, slog.Int("fault", 3))
		return web.Reply{}, err
	}
}

func TestAround(t *testing.T) {
	t.Parallel()
	verbatim := func(name string, status int) error {
		return fmt.Errorf("wrapped: %w", &awsjson.Verbatim{Exception: awsjson.Exception{Name: name, Status: status}, Message: "on purpose"})
	}
	run := func(_ context.Context, _ *web.Request, run func() (web.Reply, error)) (web.Reply, error) {
		return run()
	}
	tests := []struct {
		name    string
		around  web.Around
		status  int
		content string
		body    string
		logged  string
	}{
		{"run", run, 200, awsjson.ContentType, `{"text":"hi from alice"}`, "level=INFO"},
		{"exception", answering(verbatim("ThrottlingException", 429)), 429, awsjson.ContentType,
			`{"__type":"ThrottlingException","message":"on purpose"}`, `fault=3 error=ThrottlingException reason="wrapped: on purpose" status=429`},
		{"exception of a server", answering(verbatim("InternalFailure", 500)), 500, awsjson.ContentType,
			`{"__type":"InternalFailure","message":"on purpose"}`, "level=INFO"},
		{"status", answering(verbatim("", 503)), 503, "text/plain; charset=utf-8", "503 Service Unavailable\n",
			`fault=3 reason="wrapped: status 503 Service Unavailable" status=503`},
		{"status without a name", answering(verbatim("", 599)), 599, "text/plain; charset=utf-8", "599\n", "status=599"},
		{"failure", answering(fault.New(fault.NotFound, "no such thing")), 400, awsjson.ContentType,
			`{"__type":"NotFoundException","message":"no such thing"}`, "error=NotFoundException"},
		{"dropped where that is impossible", answering(web.ErrDropped), 502, "", "", `reason="connection closed without an answer" status=0`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			w := httptest.NewRecorder()
			service(t, &log, tt.around).ServeHTTP(w, post(`{"text":"hi"}`, nil))
			if w.Code != tt.status || w.Body.String() != tt.body || w.Header().Get("Content-Type") != tt.content {
				t.Errorf("answer = %d %s %q, want %d %s %q", w.Code, w.Header().Get("Content-Type"), w.Body, tt.status, tt.content, tt.body)
			}
			if !strings.Contains(log.String(), tt.logged) || strings.Count(log.String(), "\n") != 1 {
				t.Errorf("log = %s, want one line with %q", &log, tt.logged)
			}
		})
	}
}

// TestAroundComesSecond lets refusals of what came before it be, and comes
// before the input is decoded.
func TestAroundComesSecond(t *testing.T) {
	t.Parallel()
	h := service(t, io.Discard, answering(&awsjson.Verbatim{Exception: awsjson.Exception{Name: "Broken", Status: 400}}))
	for want, r := range map[string]*http.Request{
		"MissingAuthenticationTokenException": post(`{}`, func(r *http.Request) { r.Header.Del("Authorization") }),
		"UnknownOperationException":           post(`{}`, func(r *http.Request) { r.Header.Set("X-Amz-Target", "Echo_1.Nothing") }),
		"Broken":                              post(`{`, nil),
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Body.String(); !strings.Contains(got, `"__type":"`+want+`"`) {
			t.Errorf("answer = %s, want %s", got, want)
		}
	}
}

// TestDropped closes the connection, and under HTTP/2 the stream alone.
func TestDropped(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		t.Run(fmt.Sprintf("HTTP2=%t", http2), func(t *testing.T) {
			t.Parallel()
			s := httptest.NewUnstartedServer(service(t, io.Discard, answering(web.ErrDropped)))
			s.EnableHTTP2 = http2
			s.StartTLS()
			defer s.Close()
			r := post(`{}`, nil)
			r.RequestURI = ""
			r.URL.Scheme, r.URL.Host = "https", s.Listener.Addr().String()
			response, err := s.Client().Do(r)
			if err == nil {
				response.Body.Close()
				t.Fatalf("answer = %s, want none", response.Status)
			}
			if got := strings.Contains(err.Error(), "stream error"); got != http2 {
				t.Errorf("error = %v", err)
			}
			if !http2 && !errors.Is(err, io.EOF) {
				t.Errorf("error = %v, want the end of the connection", err)
			}
		})
	}
}

// pipes is a listener for connections in memory.
type pipes chan net.Conn

// Accept returns the server's end of the next connection.
func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

// Close is left to the test, which closes the channel.
func (p pipes) Close() error { return nil }

// Addr returns no address that could be dialed.
func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// TestProlong waits in a call for longer than the server allows, on a clock that
// moves when everything waits.
func TestProlong(t *testing.T) {
	t.Parallel()
	const delay = 2 * time.Minute
	for _, prolonged := range []bool{true, false} {
		t.Run(fmt.Sprint(prolonged), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answer := waitOnServer(t, func(ctx context.Context, call *web.Request, run func() (web.Reply, error)) (web.Reply, error) {
					if prolonged {
						call.Prolong(delay)
					}
					timer := time.NewTimer(delay)
					defer timer.Stop()
					select {
					case <-timer.C:
						return run()
					case <-ctx.Done():
						return web.Reply{}, web.ErrDropped
					}
				})
				if got := strings.HasPrefix(answer, "200 OK "); got != prolonged {
					t.Errorf("answer = %q", answer)
				}
			})
		})
	}
}

// waitOnServer makes a call to a server with the time limits of the real one. It
// returns the answer, or the error in place of it.
func waitOnServer(t *testing.T, around web.Around) string {
	listener := make(pipes)
	s := &http.Server{
		Handler: service(t, io.Discard, around), ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second,
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	client, end := net.Pipe()
	listener <- end
	r := post(`{}`, nil)
	r.ContentLength = 2
	if err := r.Write(client); err != nil {
		t.Fatal(err)
	}
	answer := "no answer"
	if response, err := http.ReadResponse(bufio.NewReader(client), r); err == nil {
		body, err := io.ReadAll(response.Body)
		answer = fmt.Sprintf("%s %s %v", response.Status, body, err)
	}
	client.Close()
	close(listener)
	if err := <-served; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	return answer
}
