package operator

import (
	"bytes"
	"errors"
	"net/http"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/strictjson"
	"github.com/slotfarm/slotfarm/internal/web"
)

// callerOn returns the caller of a request about an account.
func callerOn(id account.ID, r *web.Request) journal.Caller {
	key := "operator"
	if r.Identity.Signer != nil {
		key = r.Identity.Key
	}
	return journal.Caller{Account: id, By: journal.By{Key: key, Source: r.Source(), Request: r.ID}}
}

// decode reads a JSON object. If missing is true, an empty body leaves into
// unchanged.
func decode(r *web.Request, into any, missing bool) error {
	body, err := r.ReadBody()
	if err != nil || missing && len(bytes.TrimSpace(body)) == 0 {
		return err
	}
	return strictjson.Decode(body, into)
}

// unreadable returns why a body cannot be read, as an error for the caller.
func unreadable(err error) error {
	var overrun *http.MaxBytesError
	if errors.As(err, &overrun) {
		return fault.New(fault.TooLarge, "the body is larger than %d bytes", overrun.Limit)
	}
	if errors.Is(err, web.ErrFull) {
		return fault.New(fault.Unavailable, "too many request bodies are arriving at this server at once; try again")
	}
	return &fault.Error{Kind: fault.Malformed, Message: "the body did not arrive completely", Err: err}
}
