package operator

import (
	"bytes"
	"errors"
	"io"
	"net/http"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/strictjson"
)

// callerOn returns who calls about an account.
func callerOn(id account.ID, r *http.Request) journal.Caller {
	key := "operator"
	if s := signerOf(r); s.allow != nil {
		key = s.key
	}
	return journal.Caller{Account: id, By: journal.By{Key: key, Source: awsjson.Source(r), Request: r.Header.Get(requestID)}}
}

// decode reads a JSON object. Where it may be missing, no body leaves into as it
// is.
func decode(r *http.Request, into any, missing bool) error {
	body, err := readBody(r)
	if err != nil || missing && len(bytes.TrimSpace(body)) == 0 {
		return err
	}
	return strictjson.Decode(body, into)
}

func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, unreadable(err)
	}
	return body, nil
}

func unreadable(err error) error {
	var overrun *http.MaxBytesError
	if errors.As(err, &overrun) {
		return fault.New(fault.TooLarge, "the body is larger than %d bytes", overrun.Limit)
	}
	return &fault.Error{Kind: fault.Malformed, Message: "the body did not arrive whole", Err: err}
}
