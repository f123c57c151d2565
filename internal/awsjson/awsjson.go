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
	Header    http.Header
	Answer    http.Header // headers that the answer gets
	Body      []byte
	Attrs     []slog.Attr // what else the request's log line says

	prolong func(by time.Duration)
}

// Operation is one entry of a service's table. Handle makes one.
type Operation struct {
	Name    string
	members map[string]bool
	handle  func(context.Context, *Call) (any, error)
}

// Handle returns the operation that decodes its input into an In, which is a
// struct with json tags, and answers what f returns.
func Handle[In, Out any](name string, f func(context.Context, *Call, In) (Out, error)) Operation {
	members := memberNames(reflect.TypeFor[In]())
	return Operation{
		Name: name, members: members,
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

// Service describes an AWS JSON service. All fields but Around are required.
type Service struct {
	Target       string // what stands before the dot in X-Amz-Target
	Operations   []Operation
	Missing      map[string]bool // operations of the real service that this one lacks
	Exceptions   map[fault.Kind]Exception
	Authenticate func(r *http.Request, body []byte) (Identity, error)
	NewID        func() string
	Log          *slog.Logger
	Around       Around // called where the operation is known, before its input is decoded
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
	call := &Call{RequestID: h.NewID(), Source: source(r), Header: r.Header, Answer: w.Header(), prolong: prolong(w, r)}
	out, err := h.answer(w, r, call)
	var body []byte
	if err == nil {
		body, err = json.Marshal(out, json.Deterministic(true))
	}
	attrs := []slog.Attr{
		slog.String("operation", call.Operation), slog.String("account", call.Identity.Account),
		slog.String("requestId", call.RequestID), slog.String("source", call.Source),
	}
	attrs = append(attrs, call.Attrs...)
	reply := reply{status: http.StatusOK, contentType: ContentType, requestID: call.RequestID, body: body}
	if err != nil {
		reply = h.refusal(err)
		reply.requestID = call.RequestID
		if reply.name != "" {
			attrs = append(attrs, slog.String("error", reply.name))
		}
		attrs = append(attrs, slog.String("reason", err.Error()))
	}
	reply.write(w)
	attrs = append(attrs, slog.Int("status", reply.status), slog.Duration("took", time.Since(begin)))
	h.Log.LogAttrs(r.Context(), reply.level, "request", attrs...)
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
// the form of the protocol's other errors.
func NotFound(newID func() string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		message := fmt.Sprintf("There is nothing at %s %s; operations are at POST /.", r.Method, cut(r.URL.Path))
		body := errorBody("UnknownOperationException", message)
		reply{status: http.StatusNotFound, contentType: ContentType, requestID: newID(), body: body}.write(w)
	})
}

func source(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
