package web

import (
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// requestID is the header that carries a request's id.
const requestID = "X-Amzn-Requestid"

// ErrDropped has the connection closed without an answer. Where that cannot be
// done, as under HTTP/2, whose connections carry other calls too, the stream is
// reset; where there is neither, the answer is 502 without a body.
var ErrDropped = errors.New("connection closed without an answer")

// Reply is an answer as it goes out. The zero Reply is none: the connection is
// closed.
type Reply struct {
	Status      int
	ContentType string
	Body        []byte                          // nil for none
	Stream      func(http.ResponseWriter) error // writes the answer in place of Body, but for its request id
	Allow       string                          // the methods that there are, of status 405

	Error  string     // name of the error; "" of a success
	Reason error      // of a failure, for the log
	Level  slog.Level // of the log line
}

// write sends the answer. The error is of a caller who has gone.
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
		_ = connection.Close() // there is nothing else to do with it
		return
	}
	if control.SetWriteDeadline(time.Unix(1, 0)) != nil {
		w.WriteHeader(http.StatusBadGateway)
	}
}
