package awsjson

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// ErrDropped has the connection closed without an answer. Where that cannot be
// done, as under HTTP/2, whose connections carry other calls too, the stream is
// reset; where there is neither, the answer is 502 without a body.
var ErrDropped = errors.New("connection closed without an answer")

// Verbatim is an error that is answered as it stands. One without a name is a
// plain status that no AWS service wrote, as a load balancer answers it.
type Verbatim struct {
	Exception
	Message string
}

// Error returns what is answered; it is meant for logs.
func (v *Verbatim) Error() string {
	if v.Name == "" {
		return "status " + plain(v.Status)
	}
	return v.Message
}

// plain returns a status in words.
func plain(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("%d %s", status, text)
	}
	return fmt.Sprint(status)
}

// reply is an answer as it goes out. Status 0 stands for none.
type reply struct {
	status      int
	name        string // of the exception
	contentType string
	requestID   string
	body        []byte
	level       slog.Level // of the log line
}

// refusal returns the answer to a request that failed with err.
func (h *handler) refusal(err error) reply {
	if errors.Is(err, ErrDropped) {
		return reply{}
	}
	var exact *Verbatim
	if errors.As(err, &exact) {
		return exact.reply()
	}
	exception, ok := h.Exceptions[fault.KindOf(err)]
	message := fault.MessageOf(err)
	if !ok {
		exception, message = h.Exceptions[fault.Internal], fault.InternalMessage
	}
	out := (&Verbatim{exception, message}).reply()
	if exception.Status >= http.StatusInternalServerError {
		out.level = slog.LevelError
	}
	return out
}

func (v *Verbatim) reply() reply {
	out := reply{status: v.Status, name: v.Name}
	if v.Name == "" {
		out.contentType, out.body = "text/plain; charset=utf-8", []byte(plain(v.Status)+"\n")
	} else {
		out.contentType, out.body = ContentType, errorBody(v.Name, v.Message)
	}
	return out
}

func errorBody(name, message string) []byte {
	body, _ := json.Marshal(struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}{name, message}, jsontext.AllowInvalidUTF8(true)) // so that nothing can fail
	return body
}

func (a reply) write(w http.ResponseWriter) {
	if a.status == 0 {
		drop(w)
		return
	}
	header := w.Header()
	header.Set("Content-Type", a.contentType)
	header.Set("X-Amzn-Requestid", a.requestID)
	if a.status == http.StatusMethodNotAllowed {
		header.Set("Allow", http.MethodPost)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a caller who has gone is nobody to tell
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

// Prolong has the time limits of the HTTP server for this request begin anew
// when the duration is over, so that a call that waits for so long is answered.
func (c *Call) Prolong(by time.Duration) {
	if c.prolong != nil {
		c.prolong(by)
	}
}

// prolong returns what moves the deadlines of a request's connection. That of
// reading moves too: when it passes, the server takes the client for gone.
func prolong(w http.ResponseWriter, r *http.Request) func(time.Duration) {
	return func(by time.Duration) {
		server, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
		if !ok {
			return
		}
		control, end := http.NewResponseController(w), time.Now().Add(by)
		if server.ReadTimeout > 0 {
			_ = control.SetReadDeadline(end.Add(server.ReadTimeout)) // without one, nothing has to move
		}
		if server.WriteTimeout > 0 {
			_ = control.SetWriteDeadline(end.Add(server.WriteTimeout))
		}
	}
}
