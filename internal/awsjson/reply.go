package awsjson

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/web"
)

// Verbatim is an error that is answered exactly as given. Without a name it is
// a plain status, as a load balancer and not an AWS service would answer.
type Verbatim struct {
	Exception
	Message string
}

// Error returns the answer as text for logs.
func (v *Verbatim) Error() string {
	if v.Name == "" {
		return "status " + plain(v.Status)
	}
	return v.Message
}

// plain returns a status as text.
func plain(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("%d %s", status, text)
	}
	return fmt.Sprint(status)
}

// refusal returns the answer to a request that failed with err.
func (s Service) refusal(err error) web.Reply {
	out := s.inForm(err)
	out.Reason = err
	return out
}

func (s Service) inForm(err error) web.Reply {
	var exact *Verbatim
	if errors.As(err, &exact) {
		return exact.reply()
	}
	exception, ok := s.Exceptions[fault.KindOf(err)]
	message := fault.MessageOf(err)
	if !ok {
		exception, message = s.Exceptions[fault.Internal], fault.InternalMessage
	}
	out := (&Verbatim{exception, message}).reply()
	if exception.Status >= http.StatusInternalServerError {
		out.Level = slog.LevelError
	}
	return out
}

func (v *Verbatim) reply() web.Reply {
	out := web.Reply{Status: v.Status, Error: v.Name}
	if v.Name == "" {
		out.ContentType, out.Body = "text/plain; charset=utf-8", []byte(plain(v.Status)+"\n")
	} else {
		out.ContentType, out.Body = ContentType, errorBody(v.Name, v.Message)
	}
	if v.Status == http.StatusMethodNotAllowed {
		out.Allow = http.MethodPost
	}
	return out
}

func errorBody(name, message string) []byte {
	body, _ := json.Marshal(struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}{name, message}, jsontext.AllowInvalidUTF8(true)) // so that it cannot fail
	return body
}
