package web

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Request is one request to an API, with what has become known of it.
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
	read   bool // the body is, or why it cannot be
	body   []byte
	held   int64 // bytes of the body that take up room
	bad    error
}

// ReadBody returns the body, which is read once and held against the limit of the
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

// Fits returns an error where the request says that its body is longer than the end
// point takes.
func (r *Request) Fits() error {
	if r.ContentLength > r.limit {
		return r.api.form.Unreadable(&http.MaxBytesError{Limit: r.limit})
	}
	return nil
}

// Also returns nil where the caller may do one thing more, which became known on
// the way: an operation's Ask is asked for without it. What names no action or no
// resource is refused to everyone.
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

// Prolong has the time limits of the HTTP server for this request begin anew when
// the duration is over, so that a call that waits for so long is answered. That of
// reading moves too: when it passes, the server takes the client for gone.
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
		_ = control.SetReadDeadline(end.Add(server.ReadTimeout)) // without one, nothing has to move
	}
	if server.WriteTimeout > 0 {
		_ = control.SetWriteDeadline(end.Add(server.WriteTimeout))
	}
}

// Unhurried takes the time limits of the HTTP server from a request whose answer
// takes the longer the more is stored. Its body has to be read by then.
func (r *Request) Unhurried() {
	control := http.NewResponseController(r.writer)
	_ = errors.Join(control.SetReadDeadline(time.Time{}), control.SetWriteDeadline(time.Time{})) // without them, nothing has to move
}

// SameOrigin has refuse answer what a page of another origin has a browser send: it
// could change the settings of a server that only the browser's machine can reach.
// Clients that are no browsers send none of the headers that tell.
//
// A name of the page's own that leads to this machine makes it the same origin.
// Where nobody has to sign, hosts are the names whose pages alone may call; nil has
// no bound.
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
