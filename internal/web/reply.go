package web

import (
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// requestID is the header that carries a request's id.
const requestID = "X-Amzn-Requestid"

// ErrDropped closes the connection without an answer. If that is impossible, as
// in HTTP/2, whose connections also carry other calls, the stream is reset; if
// there is no stream either, the answer is 502 without a body.
var ErrDropped = errors.New("connection closed without an answer")

// Reply is an answer. The zero Reply is no answer: the connection is closed.
type Reply struct {
	Status      int
	ContentType string
	Body        []byte                          // nil for none
	Stream      func(http.ResponseWriter) error // writes the answer instead of Body, except for the request id
	Allow       string                          // the methods that exist, for status 405

	Error  string     // name of the error; "" for a success
	Reason error      // why the request failed, for the log
	Level  slog.Level // of the log line
}

// write sends the answer. It fails if the caller has gone.
func (a Reply) write(w http.ResponseWriter, id string) error {
	if a.Status == 0 {
		drop(w)
		return nil
	}
	header := w.Header()
	header.Set(requestID, id)
	if a.Allow != "" {
		header.Set("Allow", a.Allow)
	}
	switch {
	case a.Stream != nil:
		return a.Stream(w)
	case a.Body == nil:
		w.WriteHeader(a.Status)
		return nil
	}
	header.Set("Content-Type", a.ContentType)
	w.WriteHeader(a.Status)
	_, err := w.Write(a.Body)
	return err
}

// drop ends a request without an answer.
func drop(w http.ResponseWriter) {
	control := http.NewResponseController(w)
	if connection, _, err := control.Hijack(); err == nil {
		_ = connection.Close() // an error would change nothing
		return
	}
	if control.SetWriteDeadline(time.Unix(1, 0)) != nil {
		w.WriteHeader(http.StatusBadGateway)
	}
}
