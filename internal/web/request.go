package web

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Request is one request to an API, with what is known about it so far.
type Request struct {
	*http.Request
	ID        string      // unique; its answer carries it
	Operation string      // "" until it is found
	Identity  Identity    // zero until it is known
	Answer    http.Header // headers that the answer gets
	Attrs     []slog.Attr // what else the request's log line says

	api    *API
	writer http.ResponseWriter
	limit  int64
	read   bool // whether the body, or the reason why it cannot be read, is known
	body   []byte
	held   int64 // bytes that it takes from the room
	bad    error
}

// ReadBody returns the body. It reads the body once, within the limit of the
// end point. Nothing else reads it.
func (r *Request) ReadBody() ([]byte, error) {
	if !r.read {
		r.read = true
		if r.body, r.bad = r.readAll(); r.bad != nil {
			r.bad = r.api.form.Unreadable(r.bad)
		}
	}
	return r.body, r.bad
}

func (r *Request) readAll() ([]byte, error) {
	if r.ContentLength > r.limit {
		return nil, &http.MaxBytesError{Limit: r.limit}
	}
	return io.ReadAll(&held{http.MaxBytesReader(r.writer, r.Body, r.limit), r})
}

// Fits returns an error if the request announces a body that is longer than the
// end point accepts.
func (r *Request) Fits() error {
	if r.ContentLength > r.limit {
		return r.api.form.Unreadable(&http.MaxBytesError{Limit: r.limit})
	}
	return nil
}

// Also returns nil if the caller may do one more thing, which became known only
// while the operation runs. The Ask of an operation is checked without it. An
// Ask without an action or a resource is refused to everyone.
func (r *Request) Also(ask Ask) error {
	if ask.Action == "" || ask.Resource == "" {
		return errors.New("web: operation " + r.Operation + " does not say what it asks for")
	}
	return r.api.Authorize(r, ask)
}

// Source returns the network address that the request came from, without the port.
func (r *Request) Source() string { return Source(r.Request) }

// Secure reports whether the request came over TLS.
func (r *Request) Secure() bool { return r.TLS != nil }

// Source returns the network address that a request came from, without the port.
func Source(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// Prolong makes the HTTP server's time limits for this request begin anew after
// the duration, so that a call that waits that long can be answered. It also
// moves the read limit, because the server takes the client for gone when that
// passes.
func (r *Request) Prolong(by time.Duration) {
	if r.Request == nil {
		return
	}
	server, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	if !ok {
		return
	}
	control, end := http.NewResponseController(r.writer), time.Now().Add(by)
	if server.ReadTimeout > 0 {
		_ = control.SetReadDeadline(end.Add(server.ReadTimeout)) // without a limit, nothing has to move
	}
	if server.WriteTimeout > 0 {
		_ = control.SetWriteDeadline(end.Add(server.WriteTimeout))
	}
}

// Unhurried removes the HTTP server's time limits from a request whose answer
// takes longer the more is stored. Its body must have been read before.
func (r *Request) Unhurried() {
	control := http.NewResponseController(r.writer)
	_ = errors.Join(control.SetReadDeadline(time.Time{}), control.SetWriteDeadline(time.Time{})) // without limits, nothing has to move
}

// SameOrigin lets refuse answer requests that a browser sends for a page of
// another origin: such a page could change the settings of a server that only
// the browser's machine can reach. Other clients do not send the headers that
// show this.
//
// A page under a name that resolves to this machine counts as the same origin.
// If requests need no signature, only pages under the names in hosts may call;
// nil allows all.
func SameOrigin(next, refuse http.Handler, hosts *Hosts) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(refuse)
	return protection.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hosts != nil && hosts.ForeignPage(r) {
			refuse.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	}))
}
