package operator

import (
	"bytes"
	"errors"
	"math"
	"net/http"
	"strconv"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/service"
	"github.com/slotfarm/slotfarm/internal/strictjson"
)

// caller returns who calls about the account in the path.
func caller(r *http.Request) (service.Caller, error) {
	id, err := account.ParseID(r.PathValue("account"))
	return callerOn(id, r), err
}

func callerOn(id account.ID, r *http.Request) service.Caller {
	a := arrivalOf(r)
	key := "operator"
	if a.Identity.Signer != nil {
		key = a.Identity.Key
	}
	return service.Caller{Account: id, Key: key, Source: a.Source(), Request: a.ID}
}

// queryInt returns a whole number from the query, fallback where it is missing.
func queryInt(r *http.Request, name string, fallback int64) (int64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fault.New(fault.Argument, "%s %q is not a whole number from 0 to %d", name, text, math.MaxInt64)
	}
	return n, nil
}

// queryAccount returns an account id from the query, "" where it is missing.
func queryAccount(r *http.Request, name string) (account.ID, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return "", nil
	}
	return account.ParseID(text)
}

// decode reads a JSON object.
func decode(r *http.Request, into any) error {
	body, err := readBody(r)
	if err != nil {
		return err
	}
	return strictjson.Decode(body, into)
}

// decodeOptional is decode, and leaves into as it is where there is no body.
func decodeOptional(r *http.Request, into any) error {
	body, err := readBody(r)
	if err != nil || len(bytes.TrimSpace(body)) == 0 {
		return err
	}
	return strictjson.Decode(body, into)
}

func readBody(r *http.Request) ([]byte, error) { return arrivalOf(r).ReadBody() }

// unreadable says why a body cannot be read.
func unreadable(err error) error {
	var overrun *http.MaxBytesError
	if errors.As(err, &overrun) {
		return fault.New(fault.TooLarge, "the body is larger than %d bytes", overrun.Limit)
	}
	return &fault.Error{Kind: fault.Malformed, Message: "the body did not arrive whole", Err: err}
}
