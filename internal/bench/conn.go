package bench

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// patience is how long an answer may take.
const patience = 30 * time.Second

// target is where the requests go.
type target struct {
	host    string // for the Host header
	address string // host:port
	tls     bool
}

// newTarget returns the target of an endpoint, a URL without a path.
func newTarget(endpoint string) (target, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return target{}, fmt.Errorf("endpoint %q is not a URL such as http://127.0.0.1:8623", endpoint)
	}
	t := target{host: u.Host, address: u.Host, tls: u.Scheme == "https"}
	if u.Port() == "" {
		t.address = net.JoinHostPort(u.Hostname(), u.Scheme) // the name of a port works like its number
	}
	return t, nil
}

func (t target) dial(ctx context.Context) (net.Conn, error) {
	dialer := net.Dialer{Timeout: patience}
	if t.tls {
		return (&tls.Dialer{NetDialer: &dialer}).DialContext(ctx, "tcp", t.address)
	}
	return dialer.DialContext(ctx, "tcp", t.address)
}

// worker is one connection with a writer of requests. Only one goroutine uses
// it.
type worker struct {
	target target
	writer *writer
	conn   net.Conn // nil if not connected
	reader reader
	until  time.Time // the deadline that was set on the connection
	stop   func() bool
}

// newWorker returns a worker that is not connected yet.
func newWorker(t target, keys *keyring) *worker {
	var seed [32]byte
	_, _ = rand.Read(seed[:]) // never fails
	return &worker{target: t, writer: newWriter(t.host, keys, seed), reader: reader{in: bufio.NewReaderSize(nil, 16<<10)}}
}

// connect makes the connection. The end of ctx interrupts it.
func (w *worker) connect(ctx context.Context) error {
	conn, err := w.target.dial(ctx)
	if err != nil {
		return err
	}
	w.conn, w.until = conn, time.Time{}
	w.reader.in.Reset(conn)
	w.stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
	return nil
}

// close ends the connection.
func (w *worker) close() {
	if w.conn != nil {
		w.stop()
		_ = w.conn.Close()
		w.conn = nil
	}
}

// exchange sends a request and returns its answer.
func (w *worker) exchange(request []byte, now time.Time) (answer, error) {
	if w.until.Sub(now) < patience { // from time to time, not for each request
		w.until = now.Add(2 * patience)
		if err := w.conn.SetDeadline(w.until); err != nil {
			return answer{}, err
		}
	}
	if _, err := w.conn.Write(request); err != nil {
		return answer{}, err
	}
	return w.reader.read()
}

// send sends the n-th request of a source and judges the answer.
func (w *worker) send(ctx context.Context, s source, n int64) outcome {
	now := time.Now()
	if w.conn == nil {
		if err := w.connect(ctx); err != nil {
			return outcome{failure: "ConnectionError", message: err.Error(), gone: true, cut: ctx.Err() != nil}
		}
	}
	a, err := w.exchange(s.request(w.writer, n, now), now)
	switch {
	case err != nil:
		w.close()
		return outcome{failure: "ConnectionError", message: err.Error(), cut: ctx.Err() != nil}
	case a.status != http.StatusOK:
		return refusal(a)
	case !s.check(a.body) || n%validated == 0 && !json.Valid(a.body):
		return outcome{failure: "UnexpectedAnswer", message: fmt.Sprintf("%.200q", a.body)}
	}
	return outcome{}
}

// Of every validated answers, one is read as JSON from end to end; in the
// others only the wanted members are looked for.
const validated = 64

// refusal returns the outcome of an answer that is an exception of either API.
func refusal(a answer) outcome {
	var body struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
		Error   struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	_ = json.Unmarshal(a.body, &body) // on an error, the fields stay empty
	name := body.Type[strings.LastIndexByte(body.Type, '#')+1:] + body.Error.Code
	if name == "" {
		name = fmt.Sprintf("HTTP %d", a.status)
	}
	return outcome{failure: name, message: body.Message + body.Error.Message}
}
