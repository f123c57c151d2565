// Package operator is the API under /_slotfarm/v1 with which operators and test
// authors see and set what AWS's own API cannot: settings, clocks, journals.
//
// It translates between JSON and package service and decides nothing itself.
// Who may call it is decided before a request gets here.
package operator

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/service"
)

// Prefix is the path under which the API stands.
const Prefix = "/_slotfarm/v1"

// maxBody is the size limit of a request body, in bytes.
const maxBody = 64 << 10

// Config is what the API needs. All fields are required.
type Config struct {
	Service *service.Service
	NewID   func() string
	Log     *slog.Logger
}

// Handler returns the API as an HTTP handler for paths below Prefix.
func Handler(c Config) http.Handler {
	a := api{c}
	mux := http.NewServeMux()
	for pattern, f := range map[string]handle{
		"GET /accounts":                          a.listAccounts,
		"GET /accounts/{account}":                a.getAccount,
		"PUT /accounts/{account}":                a.putAccount,
		"PUT /accounts/{account}/clock":          a.freeze,
		"POST /accounts/{account}/clock/advance": a.advance,
		"DELETE /accounts/{account}/clock":       a.release,
		"GET /accounts/{account}/journal":        a.readJournal,
		"GET /verify":                            a.verify,
	} {
		mux.Handle(pattern, a.answer(f))
	}
	mux.Handle("/", a.answer(notFound))
	return http.StripPrefix(Prefix, mux)
}

type api struct{ Config }

// handle answers a request with a value to encode, or an error.
type handle func(*http.Request) (any, error)

// answer returns f as an HTTP handler that encodes what it returns.
func (a api) answer(f handle) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		r.Header.Set(requestID, a.NewID())
		status := http.StatusOK
		out, err := f(r)
		if err != nil {
			status, out = a.refusal(r, err)
		}
		body, err := json.Marshal(out, json.Deterministic(true))
		if err != nil {
			status, body = http.StatusInternalServerError, nil
			a.Log.ErrorContext(r.Context(), "operator answer", "path", r.URL.Path, "error", err)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set(requestID, r.Header.Get(requestID))
		w.WriteHeader(status)
		_, _ = w.Write(append(body, '\n')) // a caller who has gone is nobody to tell
	})
}

// requestID is the header that carries a request's id, ours on the way in too.
const requestID = "X-Amzn-Requestid"

// problem is the body of an error.
type problem struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// code is how a kind of failure looks in this API.
type code struct {
	status int
	name   string
}

var codes = map[fault.Kind]code{
	fault.Argument:      {http.StatusBadRequest, "InvalidArgument"},
	fault.Malformed:     {http.StatusBadRequest, "MalformedRequest"},
	fault.NotFound:      {http.StatusNotFound, "NotFound"},
	fault.NotEligible:   {http.StatusForbidden, "NotEligible"},
	fault.LimitExceeded: {http.StatusConflict, "LimitExceeded"},
	fault.Conflict:      {http.StatusConflict, "Conflict"},
	fault.TooLarge:      {http.StatusRequestEntityTooLarge, "RequestTooLarge"},
	fault.Unavailable:   {http.StatusServiceUnavailable, "Unavailable"},
	fault.Internal:      {http.StatusInternalServerError, "Internal"},
}

func (a api) refusal(r *http.Request, err error) (int, problem) {
	c, ok := codes[fault.KindOf(err)]
	message := fault.MessageOf(err)
	if !ok {
		c, message = codes[fault.Internal], fault.InternalMessage
	}
	if c.status >= http.StatusInternalServerError {
		a.Log.ErrorContext(r.Context(), "operator request", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	var p problem
	p.Error.Code, p.Error.Message = c.name, message
	return c.status, p
}

func notFound(r *http.Request) (any, error) {
	return nil, fault.New(fault.NotFound, "there is no %s %s%s", r.Method, Prefix, r.URL.Path)
}

// caller returns who calls about the account in the path.
func caller(r *http.Request) (service.Caller, error) {
	id, err := account.ParseID(r.PathValue("account"))
	return service.Caller{Account: id, Key: "operator", Source: r.RemoteAddr, Request: r.Header.Get(requestID)}, err
}

// decode reads a JSON body; a member that into does not have is refused.
func decode(r *http.Request, into any) error {
	err := json.UnmarshalRead(r.Body, into, json.RejectUnknownMembers(true))
	var overrun *http.MaxBytesError
	var semantic *json.SemanticError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &overrun):
		return fault.New(fault.TooLarge, "the body is larger than %d bytes", maxBody)
	case errors.Is(err, json.ErrUnknownName) && errors.As(err, &semantic):
		return fault.New(fault.Malformed, "member %q is unknown", string(semantic.JSONPointer))
	case errors.As(err, &semantic):
		return fault.New(fault.Malformed, "member %q has the wrong type", string(semantic.JSONPointer))
	case errors.Is(err, jsontext.ErrDuplicateName):
		return fault.New(fault.Malformed, "the body has a member twice")
	}
	return &fault.Error{Kind: fault.Malformed, Message: "the body is not valid JSON", Err: err}
}

// queryInt returns a whole number from the query, fallback where it is missing.
func queryInt(r *http.Request, name string, fallback int64) (int64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fault.New(fault.Argument, "%s %q is not a whole number from 0", name, text)
	}
	return n, nil
}
