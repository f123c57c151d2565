package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/lease"
)

// maxCommand is how long the body of a command may be, in bytes.
const maxCommand = 64 << 20

// forward has a command answered by the session's back-end, unbuffered both ways.
func (g *Gateway) forward(w http.ResponseWriter, r *http.Request, s lease.Session, t target) {
	seat, failed := g.seat(s)
	if failed != nil {
		failed.write(w)
		return
	}
	at, began := g.config.Now(), time.Now()
	g.config.Fleet.Touch(s.ID)
	r.Body = http.MaxBytesReader(w, r.Body, maxCommand)
	status := http.StatusInternalServerError
	proxy := g.proxy(seat, "/session/"+url.PathEscape(s.Remote)+tail(t.rest))
	proxy.ModifyResponse = func(res *http.Response) error {
		status = res.StatusCode
		return vet(res)
	}
	proxy.ServeHTTP(w, r)
	g.config.Fleet.Touch(s.ID)
	g.config.Observe(Command{s.ID, at, r.Method, "/session" + tail(t.rest), status, time.Since(began)})
}

// tail returns the segments as the end of a path.
func tail(segments []string) string {
	if len(segments) == 0 {
		return ""
	}
	return "/" + strings.Join(segments, "/")
}

// proxy returns what sends a request on to a path, which is escaped, of a seat's
// back-end.
func (g *Gateway) proxy(seat fleet.Seat, path string) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Transport:     g.transport,
		FlushInterval: -1,
		Rewrite: func(p *httputil.ProxyRequest) {
			to, err := url.Parse(strings.TrimSuffix(seat.URL, "/") + path)
			if err != nil {
				to = &url.URL{Scheme: "http", Host: "invalid."} // the fleet's URLs were checked
			}
			to.RawQuery = p.In.URL.RawQuery
			p.Out.URL, p.Out.Host = to, ""
			for _, name := range []string{"Authorization", "Cookie", "Origin", "Referer", "X-Amz-Security-Token", "X-Amz-Date"} {
				p.Out.Header.Del(name)
			}
		},
		ErrorHandler: refuse,
	}
}

// refuse answers a command that could not be sent on, or whose answer cannot be
// sent back.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		invalidArgument("The body of the command is too long.").write(w)
	case errors.Is(err, errRedirect):
		unknownError("The back-end answered with a redirect, which is not followed.").write(w)
	case gone(r.Context(), err):
		unknownError("The client has gone.").write(w)
	default:
		unknownError("The back-end does not answer. If it does not come back, the session is ended.").write(w)
	}
}

// errRedirect says that a back-end sent its client elsewhere.
var errRedirect = errors.New("redirect")

// vet makes a back-end's answer one that may be sent to a client.
func vet(res *http.Response) error {
	if res.StatusCode >= 300 && res.StatusCode < 400 && res.StatusCode != http.StatusNotModified {
		return errRedirect
	}
	kept := http.Header{}
	for _, name := range []string{"Content-Length", "Date", "Connection", "Upgrade", "Sec-Websocket-Accept", "Sec-Websocket-Protocol"} {
		if values := res.Header.Values(name); len(values) > 0 {
			kept[name] = values
		}
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		header(kept)
	}
	res.Header = kept
	if res.StatusCode > http.StatusInternalServerError {
		res.StatusCode, res.Status = http.StatusInternalServerError, ""
	}
	return nil
}

// socketCapabilities are the capabilities of an answer that lead to a WebSocket of
// the session, by the name that they have in our paths.
var socketCapabilities = map[string]string{"bidi": "webSocketUrl", "cdp": "se:cdp"}

// sockets returns the paths of the WebSockets that a back-end offers for a session.
// Where they are is nothing that a back-end may say: it is its own host.
func sockets(caps Capabilities) map[string]string {
	found := map[string]string{}
	for name, capability := range socketCapabilities {
		text, failed := caps.text(capability)
		if failed != nil || text == "" {
			continue
		}
		if u, err := url.Parse(text); err == nil && (u.Scheme == "ws" || u.Scheme == "wss") {
			found[name] = u.EscapedPath()
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found
}

// socket connects a client with a WebSocket of its session.
func (g *Gateway) socket(w http.ResponseWriter, r *http.Request, s lease.Session, t target) *failure {
	path, ok := s.Sockets[t.socket]
	if !ok {
		return unknownCommand("The session has no such WebSocket.")
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return invalidArgument("This is the URL of a WebSocket.")
	}
	seat, failed := g.seat(s)
	if failed != nil {
		return failed
	}
	seat.URL = host(seat.URL)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	proxy := g.proxy(seat, path)
	proxy.ModifyResponse = func(res *http.Response) error {
		if err := vet(res); err != nil || res.StatusCode != http.StatusSwitchingProtocols {
			return err
		}
		if stream, ok := res.Body.(io.ReadWriteCloser); ok {
			res.Body = &watched{ReadWriteCloser: stream, touch: func() { g.config.Fleet.Touch(s.ID) }}
			g.work.run(func() { g.watch(ctx, s, stream) })
		}
		return nil
	}
	g.config.Fleet.Touch(s.ID)
	proxy.ServeHTTP(w, r.WithContext(ctx))
	return nil
}

// host returns a URL without its path.
func host(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return text
	}
	return u.Scheme + "://" + u.Host
}

// watched is a connection whose use counts as use of its session.
type watched struct {
	io.ReadWriteCloser
	touch func()
}

func (s *watched) Write(p []byte) (int, error) {
	s.touch()
	return s.ReadWriteCloser.Write(p)
}

// watchEvery is how often it is looked whether the session of a WebSocket lives.
const watchEvery = 500 * time.Millisecond

// watch closes a connection once its session may not be used any more.
func (g *Gateway) watch(ctx context.Context, s lease.Session, stream io.Closer) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.closing.Done():
			_ = stream.Close()
			return
		case <-ticker.C:
		}
		now, err := g.session(ctx, s.ID)
		if !g.config.Fleet.Serving() || err == nil && (now.Stage() != lease.Running || now.Stopping != nil || now.Remote != s.Remote || now.Fence != s.Fence) {
			_ = stream.Close() // the proxy ends when it reads from it
			return
		}
	}
}
