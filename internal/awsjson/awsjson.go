// Package awsjson is the server side of the AWS JSON 1.1 protocol: it finds the
// operation that a request names, decodes its input, encodes its output, and
// answers errors in the protocol's form.
//
// It knows the protocol and no operation. Who the caller is, what the operations
// do and which exception stands for which kind of failure come in as values.
// What it accepts and refuses is written down in docs/fidelity.md.
package awsjson

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"reflect"
	"runtime/debug"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// ContentType is the media type of requests and answers.
const ContentType = "application/x-amz-json-1.1"

// MaxBody is the size limit of a request body, in bytes.
const MaxBody = 64 << 10

// Identity is who makes a request.
type Identity struct {
	Account string
	Key     string // access key id; "" when the request names none
}

// Call is one request to an operation.
type Call struct {
	Operation string
	Identity  Identity
	RequestID string
	Source    string // the caller's network address, without the port
	Secure    bool   // it came over TLS
	Header    http.Header
	Answer    http.Header // headers that the answer gets
	Body      []byte
	Attrs     []slog.Attr // what else the request's log line says

	prolong func(by time.Duration)
}

// Operation is one entry of a service's table. Handle makes one.
type Operation struct {
	Name          string
	Input, Output reflect.Type // what goes over the wire, for tests of the shapes
	members       map[string]bool
	handle        func(context.Context, *Call) (any, error)
}

// Handle returns the operation that decodes its input into an In, which is a
// struct with json tags, and answers what f returns.
func Handle[In, Out any](name string, f func(context.Context, *Call, In) (Out, error)) Operation {
	members := memberNames(reflect.TypeFor[In]())
	return Operation{
		Name: name, Input: reflect.TypeFor[In](), Output: reflect.TypeFor[Out](), members: members,
		handle: func(ctx context.Context, call *Call) (any, error) {
			var in In
			if err := decode(call.Body, members, &in); err != nil {
				return nil, err
			}
			return f(ctx, call, in)
		},
	}
}

// Exception is how a kind of failure looks on the wire.
type Exception struct {
	Name   string // the __type
	Status int
}

// Around stands between a call and its operation: it decides whether and when to
// run it, and what is answered. It may answer ErrDropped or a Verbatim.
type Around func(ctx context.Context, call *Call, run func() (any, error)) (any, error)

// Result is how a request ended.
type Result struct {
	Operation string // "" where it named none of the service's
	Account   string
	RequestID string
	Error     string // name of the exception; "" of an answer without one
	Status    int    // 0 where the connection was closed without an answer
	Took      time.Duration
}

// Observe hears of every request before its answer goes out, so that whoever
// has the answer finds it counted. It must not wait for anything.
type Observe func(context.Context, Result)

// Service describes an AWS JSON service. All fields but Around and Observe are
// required.
type Service struct {
	Target       string // what stands before the dot in X-Amz-Target
	Operations   []Operation
	Missing      map[string]bool // operations of the real service that this one lacks
	Exceptions   map[fault.Kind]Exception
	Authenticate func(r *http.Request, body []byte) (Identity, error)
	NewID        func() string
	Log          *slog.Logger
	Around       Around // called where the operation is known, before its input is decoded
	Observe      Observe
}

// Handler returns the service as an HTTP handler.
func (s Service) Handler() http.Handler {
	operations := make(map[string]Operation, len(s.Operations))
	for _, o := range s.Operations {
		operations[o.Name] = o
	}
	return &handler{s, operations}
}

type handler struct {
	Service
	operations map[string]Operation
}

// ServeHTTP answers one request and logs one line about it.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begin := time.Now()
	call := &Call{RequestID: h.NewID(), Source: Source(r), Secure: r.TLS != nil, Header: r.Header, Answer: w.Header(), prolong: prolong(w, r)}
	out, err := h.answer(w, r, call)
	var body []byte
	if err == nil {
		body, err = json.Marshal(out, json.Deterministic(true))
	}
	reply := reply{status: http.StatusOK, contentType: ContentType, body: body}
	if err != nil {
		reply = h.refusal(err)
	}
	reply.requestID = call.RequestID
	result := Result{
		Operation: call.Operation, Account: call.Identity.Account, RequestID: call.RequestID,
		Error: reply.name, Status: reply.status, Took: time.Since(begin),
	}
	if Gone(r, reply.status) {
		result.Status, reply.level = StatusGone, slog.LevelInfo
	}
	if h.Observe != nil {
		h.Observe(r.Context(), result)
	}
	reply.write(w)
	h.Log.LogAttrs(r.Context(), reply.level, "request", result.attrs(call, err)...)
}

// StatusGone is the status that is logged and counted where a caller left before
// the server could answer: what then failed is no failure of the server.
const StatusGone = 499

// Gone reports whether a request fails with a status because its caller has left.
func Gone(r *http.Request, status int) bool {
	return status >= http.StatusInternalServerError && r.Context().Err() != nil
}

// attrs returns what the log line of a request says. Its error is nil where the
// operation succeeded.
func (r Result) attrs(call *Call, err error) []slog.Attr {
	attrs := make([]slog.Attr, 0, 8+len(call.Attrs))
	attrs = append(attrs,
		slog.String("operation", r.Operation), slog.String("account", r.Account),
		slog.String("requestId", r.RequestID), slog.String("source", call.Source))
	attrs = append(attrs, call.Attrs...)
	if r.Error != "" {
		attrs = append(attrs, slog.String("error", r.Error))
	}
	if err != nil {
		attrs = append(attrs, slog.String("reason", err.Error()))
	}
	return append(attrs, slog.Int("status", r.Status), slog.Duration("took", r.Took))
}

// answer runs the operation. A panic of its code becomes an internal error.
func (h *handler) answer(w http.ResponseWriter, r *http.Request, call *Call) (out any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &fault.Error{Message: "panic", Err: fmt.Errorf("%v\n%s", p, debug.Stack())}
		}
	}()
	if call.Body, err = readBody(w, r); err != nil {
		return nil, err
	}
	if call.Identity, err = h.Authenticate(r, call.Body); err != nil {
		return nil, err
	}
	operation, err := h.operation(r.Header)
	if err != nil {
		return nil, err
	}
	call.Operation = operation.Name
	run := func() (any, error) { return operation.handle(r.Context(), call) }
	if h.Around == nil {
		return run()
	}
	return h.Around(r.Context(), call, run)
}

// NotFound returns the handler of paths where there is nothing: status 404, in
// the form of the service's other errors. Of the service it needs NewID and Log.
func (s Service) NotFound() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const name = "UnknownOperationException"
		begin, path := time.Now(), cut(r.URL.Path)
		message := fmt.Sprintf("There is nothing at %s %s; operations are at POST /.", r.Method, path)
		call := &Call{Source: Source(r), Attrs: []slog.Attr{slog.String("method", r.Method), slog.String("path", path)}}
		result := Result{RequestID: s.NewID(), Error: name, Status: http.StatusNotFound, Took: time.Since(begin)}
		if s.Observe != nil {
			s.Observe(r.Context(), result)
		}
		reply{status: result.Status, contentType: ContentType, requestID: result.RequestID, body: errorBody(name, message)}.write(w)
		s.Log.LogAttrs(r.Context(), slog.LevelInfo, "request", result.attrs(call, nil)...)
	})
}

// Source returns the network address that a request came from, without the port.
func Source(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
