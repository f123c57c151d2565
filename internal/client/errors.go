package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"

	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// Error is an answer that is not a success.
type Error struct {
	Status  int    // HTTP status
	Code    string // such as NotFound; empty if the answer is not slotfarm's
	Message string
}

// Error returns the code and the message.
func (e *Error) Error() string {
	if e.Code == "" {
		return e.Message
	}
	return e.Code + ": " + e.Message
}

// IsNotFound reports whether slotfarm says that something does not exist.
func IsNotFound(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == "NotFound"
}

// refusal returns the error that an answer's body holds. It does not repeat a
// body that is not slotfarm's, which may be a page of HTML.
func (c *Client) refusal(r request, status int, body []byte) error {
	var answer operatorapi.Problem
	if err := json.Unmarshal(body, &answer); err == nil && answer.Error.Code != "" {
		return &Error{Status: status, Code: answer.Error.Code, Message: answer.Error.Message}
	}
	return &Error{Status: status, Message: fmt.Sprintf("%s answers %s, but not in slotfarm's format; is it slotfarm that listens there?", c.what(r), statusText(status))}
}

// failure returns an error that says why there is no answer.
func (c *Client) failure(ctx context.Context, err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err // without the method and the URL
	}
	var op *net.OpError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("no answer from %s in time: %w", c.endpoint, ctx.Err())
	case ctx.Err() != nil:
		return fmt.Errorf("stopped waiting for %s: %w", c.endpoint, ctx.Err())
	case errors.As(err, &op) && op.Op == "dial":
		return fmt.Errorf("nothing answers at %s; \"slotfarm sandbox\" starts a server (%w)", c.endpoint, err)
	}
	return fmt.Errorf("no answer from %s: %w", c.endpoint, err)
}

// statusText returns a status with its name, such as "404 Not Found".
func statusText(status int) string {
	if name := http.StatusText(status); name != "" {
		return strconv.Itoa(status) + " " + name
	}
	return strconv.Itoa(status)
}
