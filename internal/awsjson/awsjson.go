// Package awsjson is the server side of the AWS JSON 1.1 protocol: it finds the
// operation that a request names, decodes its input, encodes its output, and
// answers errors in the protocol's form.
//
// It knows the protocol but no operation. Who the caller is, what the
// operations do and ask for, and which exception stands for which kind of
// failure come in as values. Package web holds what all APIs share.
// docs/fidelity.md describes what this package accepts and refuses.
package awsjson

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"

	"github.com/go-json-experiment/json"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/web"
)

// ContentType is the media type of requests and answers.
const ContentType = "application/x-amz-json-1.1"

// MaxBody is the size limit of a request body, in bytes.
const MaxBody = 64 << 10

// Operation is one entry of a service's table. Handle makes one.
type Operation struct {
	Name          string
	Action        string       // the action that a policy has to allow
	Resource      string       // a pattern of the ARNs that it acts on; "*" if it acts on no single resource
	Input, Output reflect.Type // the wire types, for tests of the shapes
	open          func(context.Context, *web.Request) (web.Call, error)
}

// Open reads the input of a request and returns what the request asks for, and
// the function that runs it.
func (o Operation) Open(ctx context.Context, r *web.Request) (web.Call, error) { return o.open(ctx, r) }

// Access says what a caller of an operation must be allowed to do.
type Access[In any] struct {
	Action   string // such as "devicefarm:PurchaseOffering"
	Resource string // a pattern of the ARNs that requests may act on, "*" for none

	// Ask returns the resource that a request acts on and the values that its
	// input provides for the conditions of policies. Handle adds the action.
	Ask func(ctx context.Context, r *web.Request, in In) (web.Ask, error)
}

// Handle returns the operation that decodes its input into an In, which is a
// struct with json tags, and answers callers who have access with what f
// returns.
func Handle[In, Out any](name string, access Access[In], f func(context.Context, *web.Request, In) (Out, error)) Operation {
	members := memberNames(reflect.TypeFor[In]())
	open := func(ctx context.Context, r *web.Request) (web.Call, error) {
		body, err := r.ReadBody()
		if err != nil {
			return web.Call{}, err
		}
		var in In
		if err := decode(body, members, &in); err != nil {
			return web.Call{}, err
		}
		ask, err := access.Ask(ctx, r, in)
		ask.Action = access.Action
		return web.Call{Ask: ask, Run: func(ctx context.Context) (web.Reply, error) { return encode(f(ctx, r, in)) }}, err
	}
	if access.Ask == nil {
		open = nil
	}
	return Operation{
		Name: name, Action: access.Action, Resource: access.Resource,
		Input: reflect.TypeFor[In](), Output: reflect.TypeFor[Out](), open: open,
	}
}

// encode returns the answer of an operation.
func encode(out any, err error) (web.Reply, error) {
	if err != nil {
		return web.Reply{}, err
	}
	body, err := json.Marshal(out, json.Deterministic(true))
	return web.Reply{Status: http.StatusOK, ContentType: ContentType, Body: body}, err
}

// Exception is how a kind of failure looks on the wire.
type Exception struct {
	Name   string // the __type
	Status int
}

// Service describes an AWS JSON service.
type Service struct {
	Web        web.Config
	Target     string // the part of X-Amz-Target before the dot
	Operations []Operation
	Missing    map[string]bool // operations of the real service that this one lacks
	Exceptions map[fault.Kind]Exception
}

// Handler returns the service as an HTTP handler, or an error if something is
// missing, such as what an operation asks for.
func (s Service) Handler() (http.Handler, error) {
	h := &handler{Service: s, operations: make(map[string]web.Operation, len(s.Operations))}
	for _, o := range s.Operations {
		if o.Action == "" || o.open == nil {
			return nil, fmt.Errorf("awsjson: operation %s does not say what it asks for", o.Name)
		}
		h.operations[o.Name] = web.Operation{Name: o.Name, Open: o.open}
	}
	api, err := web.New(s.Web, web.Form{
		Refuse: s.refusal, Unreadable: unreadable, Line: line,
		Account: func(r *web.Request) string { return r.Identity.Account },
	})
	if err != nil {
		return nil, err
	}
	return api.Handler(web.Endpoint{Limit: MaxBody, Check: checkHead, Find: h.operation}), nil
}

type handler struct {
	Service
	operations map[string]web.Operation
}

// line adds the first attributes to a request's log line.
func line(r *web.Request, attrs []slog.Attr) []slog.Attr {
	return append(attrs, slog.String("operation", r.Operation))
}

// NotFound returns the handler for paths where there is nothing. It answers
// 404, in the error form of AWS JSON services.
func NotFound(c web.Config) (http.Handler, error) {
	c.Authenticate, c.Authorize = web.Anyone, web.Everyone // there is nothing to protect
	api, err := web.New(c, web.Form{
		Refuse: func(err error) web.Reply {
			return (&Verbatim{Exception{"UnknownOperationException", http.StatusNotFound}, fault.MessageOf(err)}).reply()
		},
		Unreadable: unreadable, Line: line,
		Account: func(*web.Request) string { return "" },
	})
	if err != nil {
		return nil, err
	}
	return api.Refusal(func(r *web.Request) error {
		path := cut(r.URL.Path)
		r.Attrs = append(r.Attrs, slog.String("method", r.Method), slog.String("path", path))
		return fault.New(fault.NotFound, "There is nothing at %s %s; operations are at POST /.", r.Method, path)
	}), nil
}
