// Package web holds what all HTTP APIs of slotfarm have in common, so that no
// API repeats or forgets it: a request's id, its body, its caller and whether
// that caller may do what it asks for, recovery from panics, the answer, the
// log line, and the reports to metrics and traces.
//
// It knows no API. An API provides its Form, which decides how its errors and
// log lines look, and an Endpoint for each place where requests arrive, which
// finds the operation that a request is for. Authentication and authorization
// are values, and an API cannot be made without them. API.call is the only
// place that decides in which order all of this happens.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
)

// Config is what an API gets from its server. Around, Throttle, Hosts, Room and
// Observe may be nil.
type Config struct {
	Authenticate Authenticate
	Authorize    Authorize
	NewID        func() string
	Log          *slog.Logger
	Around       Around               // around operations whose input has not been read yet
	Throttle     func(*Request) error // refuses calls that are allowed but too frequent
	Hosts        *Hosts               // the hosts that requests may name; nil allows all
	Room         *Room                // for bodies; nil means no bound
	Observe      Observe              // is told of every request
}

// Authenticate returns who sent a request.
type Authenticate func(*Request) (Identity, error)

// Authorize returns nil if the caller of a request may do what it asks for.
type Authorize func(*Request, Ask) error

// Anyone is the Authenticate of APIs that do not identify their callers.
func Anyone(*Request) (Identity, error) { return Identity{}, nil }

// Everyone is the Authorize of APIs on which every caller may do everything.
func Everyone(*Request, Ask) error { return nil }

// Around wraps the operation of a call: it decides whether and when to run it,
// and what to answer. It may return ErrDropped.
type Around func(ctx context.Context, r *Request, run func() (Reply, error)) (Reply, error)

// Identity is who makes a request.
type Identity struct {
	Account string
	Key     string   // access key id; "" if the request names none
	Signer  *iam.Key // the key with which the request was verified; nil if no signature is required
}

// Ask is what a request asks for, as policies see it.
type Ask struct {
	Action   string      // such as "devicefarm:PurchaseOffering"
	Resource string      // an ARN, or "*" for what is no single resource
	Context  iam.Context // the condition values from the input; the others come from the request
}

// Form holds what differs between APIs.
type Form struct {
	Refuse     func(error) Reply                       // returns the answer to a failed request
	Unreadable func(error) error                       // translates a failure to read the body, which may be an *http.MaxBytesError
	Account    func(*Request) string                   // the account that logs and metrics name; "" if there is no single one
	Line       func(*Request, []slog.Attr) []slog.Attr // appends the first attributes of log lines
}

// Endpoint is a place where requests to an API arrive.
type Endpoint struct {
	Name  string                            // of its operation, if it has only one
	Limit int64                             // of bodies, in bytes
	Check func(*Request) error              // refuses what the head alone shows to be wrong; may be nil
	Find  func(*Request) (Operation, error) // finds what the request is for
}

// Operation is what a request may be for.
type Operation struct {
	Name string // in logs and metrics

	// Open reads as much of the input of a request as it needs to say what the
	// request asks for. It changes nothing.
	Open func(context.Context, *Request) (Call, error)
}

// Call is a request that was understood. Run is called if the caller may do
// what the request asks for.
type Call struct {
	Ask Ask
	Run func(context.Context) (Reply, error)
}

// API answers requests. New makes one.
type API struct {
	Config
	form Form
}

// New returns an API, or an error if anything required is missing. A server
// that lets everyone do everything has to say so: see Everyone.
func New(c Config, f Form) (*API, error) {
	switch {
	case c.Authenticate == nil:
		return nil, errors.New("web: an API needs an Authenticate")
	case c.Authorize == nil:
		return nil, errors.New("web: an API needs an Authorize")
	case c.NewID == nil || c.Log == nil:
		return nil, errors.New("web: an API needs ids for its requests and a log")
	case f.Refuse == nil || f.Unreadable == nil || f.Account == nil || f.Line == nil:
		return nil, errors.New("web: an API needs a complete form")
	}
	return &API{c, f}, nil
}

// Handler returns the handler of requests to an end point.
func (a *API) Handler(e Endpoint) http.Handler {
	return a.handler(e.Limit, func(r *Request) (Reply, error) {
		r.Operation = e.Name
		return a.call(r, e)
	})
}

// Refusal returns a handler that answers every request with the error that f
// returns.
func (a *API) Refusal(f func(*Request) error) http.Handler {
	return a.handler(0, func(r *Request) (Reply, error) { return Reply{}, f(r) })
}

// call takes a request from its head to its answer. Recovery from panics, the log
// and metrics are around it.
func (a *API) call(r *Request, e Endpoint) (Reply, error) {
	if err := a.Hosts.Check(r.Request); err != nil {
		return Reply{}, err
	}
	if e.Check != nil {
		if err := e.Check(r); err != nil {
			return Reply{}, err
		}
	}
	var err error
	if r.Identity, err = a.Authenticate(r); err != nil {
		return Reply{}, err
	}
	operation, err := e.Find(r)
	if err != nil {
		return Reply{}, err
	}
	r.Operation = operation.Name
	run := func() (Reply, error) { return a.run(r, operation) }
	if a.Around == nil {
		return run()
	}
	return a.Around(r.Context(), r, run)
}

// run runs an operation if the caller may do what the request asks for.
func (a *API) run(r *Request, operation Operation) (Reply, error) {
	call, err := operation.Open(r.Context(), r)
	if err != nil {
		return Reply{}, err
	}
	if err := r.Also(call.Ask); err != nil {
		return Reply{}, err
	}
	if a.Throttle != nil {
		if err := a.Throttle(r); err != nil {
			return Reply{}, err
		}
	}
	return call.Run(r.Context())
}

// handler returns a handler that answers each request with what run returns,
// logs a line about it and reports it to the observer.
func (a *API) handler(limit int64, run func(*Request) (Reply, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, received *http.Request) {
		begin := time.Now()
		r := &Request{Request: received, ID: a.NewID(), Answer: w.Header(), api: a, writer: w, limit: limit}
		defer a.Room.release(r)
		reply := a.answer(r, run)
		result := Result{
			Operation: r.Operation, Account: a.form.Account(r), RequestID: r.ID,
			Error: reply.Error, Status: reply.Status, Took: time.Since(begin),
		}
		if gone(r, reply.Status) {
			result.Status, reply.Level = StatusGone, slog.LevelInfo
		}
		if a.Observe != nil {
			a.Observe(r.Context(), result)
		}
		lost := reply.write(w, r.ID)
		a.Log.LogAttrs(r.Context(), reply.Level, "request", a.attrs(r, result, reasons{reply.Reason, lost})...)
	})
}

// answer returns the answer to a request. A panic on the way to it becomes an
// internal error.
func (a *API) answer(r *Request, run func(*Request) (Reply, error)) (reply Reply) {
	defer func() {
		if p := recover(); p != nil {
			reply = a.form.Refuse(&fault.Error{Message: "panic", Err: fmt.Errorf("%v\n%s", p, debug.Stack())})
		}
	}()
	reply, err := run(r)
	switch {
	case errors.Is(err, ErrDropped):
		return Reply{Reason: err}
	case err != nil:
		return a.form.Refuse(err)
	}
	return reply
}

// reasons holds why a request failed, and why its answer was lost.
type reasons struct{ failed, lost error }

// attrs returns the attributes of a request's log line.
func (a *API) attrs(r *Request, result Result, why reasons) []slog.Attr {
	attrs := a.form.Line(r, make([]slog.Attr, 0, 9+len(r.Attrs)))
	attrs = append(attrs, slog.String("account", result.Account), slog.String("requestId", result.RequestID), slog.String("source", r.Source()))
	attrs = append(attrs, r.Attrs...)
	if result.Error != "" || why.failed == nil && why.lost != nil {
		attrs = append(attrs, slog.String("error", result.Error))
	}
	switch {
	case why.failed != nil:
		attrs = append(attrs, slog.String("reason", why.failed.Error()))
	case why.lost != nil:
		attrs = append(attrs, slog.String("reason", "the answer did not arrive completely: "+why.lost.Error()))
	}
	return append(attrs, slog.Int("status", result.Status), slog.Duration("took", result.Took))
}

// Result is how a request ended.
type Result struct {
	Operation string // "" if the request named no operation of the API
	Account   string
	RequestID string
	Error     string // name of the error; "" if there is none
	Status    int    // 0 if the connection was closed without an answer
	Took      time.Duration
}

// Observe is called for every request before its answer is sent, so that a
// caller who has the answer finds it counted. It must not wait for anything.
type Observe func(context.Context, Result)

// StatusGone is the status that is logged and counted if a caller left before
// the server could answer: that is not a failure of the server.
const StatusGone = 499

// gone reports whether a request failed with a status because its caller has
// left.
func gone(r *Request, status int) bool {
	return status >= http.StatusInternalServerError && r.Context().Err() != nil
}
