package operator

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
	"github.com/slotfarm/slotfarm/internal/web"
)

// actionPrefix is the prefix of the actions of this API.
const actionPrefix = "slotfarm:"

// Size limits of request bodies, in bytes.
const (
	maxBody     = 64 << 10
	maxDocument = 16 << 20 // of a catalogue or a seed in the sandbox
	maxCatalog  = 1 << 20  // of a catalogue if callers have to sign
)

// row is a call and its handler.
type row struct {
	operatorapi.Route
	document bool // whether the body is a document
	answer   func(context.Context, *web.Request) (web.Reply, error)
}

// rows returns all calls.
func (a api) rows() []row {
	var rows []row
	for _, of := range []func() []row{
		a.accountRows, a.clockRows, a.journalRows, a.statementRows, a.usageRows, a.correctionRows, a.trustRows, a.keyRows, a.snapshotRows,
		a.catalogRows, a.fleetRows, a.seedRows, a.faultRows, a.backupRows, a.deviceRows, a.sessionRows,
	} {
		rows = append(rows, of()...)
	}
	return rows
}

// endpoint returns the end point for the requests of a call.
func (a api) endpoint(row row) web.Endpoint {
	operation := web.Operation{Name: row.String(), Open: func(_ context.Context, r *web.Request) (web.Call, error) {
		ask := asking(row.Action, account.ID(subjectOf(row.Route, r)))
		return web.Call{Ask: ask, Run: func(ctx context.Context) (web.Reply, error) { return a.run(ctx, r, row) }}, nil
	}}
	return web.Endpoint{
		Name: operation.Name, Limit: a.limitOf(row),
		Find: func(*web.Request) (web.Operation, error) { return operation, nil },
	}
}

// run answers a request after its caller was authorised.
func (a api) run(ctx context.Context, r *web.Request, row row) (web.Reply, error) {
	if a.Signed {
		r.Attrs = append(r.Attrs, slog.String("key", r.Identity.Key))
	}
	switch {
	case row.On == operatorapi.SandboxOnly && a.Faults == nil:
		return web.Reply{}, fault.New(fault.NotFound, "%s %s%s exists in the sandbox only", r.Method, Prefix, r.URL.Path)
	case row.On == operatorapi.ServeOnly && !a.Signed:
		return web.Reply{}, fault.New(fault.NotFound, "%s %s%s exists in serve only; the sandbox has no keys and accepts any credentials", r.Method, Prefix, r.URL.Path)
	}
	return row.answer(ctx, r)
}

// limitOf returns how large the body of a request may be. If callers have to
// sign, the body is read before the caller is known.
func (a api) limitOf(row row) int64 {
	switch {
	case !row.document:
		return maxBody
	case a.Signed:
		return maxCatalog
	}
	return maxDocument
}

// asking returns what an action on an account asks for; the account is empty if
// the action is about no single one.
func asking(action string, on account.ID) web.Ask {
	ask := web.Ask{Action: actionPrefix + action, Resource: "*"}
	if on != "" {
		ask.Resource = AccountARN(on)
	}
	return ask
}

// AccountARN returns the ARN by which policies name an account.
func AccountARN(id account.ID) string { return "arn:aws:slotfarm:::account/" + string(id) }

// none is the query, the body or the answer of a call that has none.
type none = operatorapi.None

// input holds the arguments of a call.
type input[Query, Body any] struct {
	caller  journal.Caller // on the account in the path, if it names one
	query   Query
	body    Body
	request *web.Request
	action  string // that the caller was authorised for
}

// on returns the row of a call that f handles.
func on[Query, Body, Answer any](call operatorapi.Call[Query, Body, Answer], f func(context.Context, input[Query, Body]) (Answer, error)) row {
	return answering(call.Route, f, encode[Answer])
}

// streaming is on for a call whose answer is not JSON.
func streaming[Query, Body any](call operatorapi.Call[Query, Body, operatorapi.Stream], f func(context.Context, input[Query, Body]) (*download, error)) row {
	return answering(call.Route, f, func(d *download) (web.Reply, error) {
		return web.Reply{Status: http.StatusOK, Stream: d.write}, nil
	})
}

// answering returns a row whose call f handles and whose answer encoded turns
// into a reply.
func answering[Query, Body, Answer any](
	route operatorapi.Route, f func(context.Context, input[Query, Body]) (Answer, error), encoded func(Answer) (web.Reply, error),
) row {
	var body Body
	_, document := any(body).(operatorapi.Document)
	return row{route, document, func(ctx context.Context, r *web.Request) (web.Reply, error) {
		in, err := read[Query, Body](route, r)
		if err != nil {
			return web.Reply{}, err
		}
		answer, err := f(ctx, in)
		if err != nil {
			return web.Reply{}, err
		}
		return encoded(answer)
	}}
}

// encode returns the reply for a success.
func encode[Answer any](answer Answer) (web.Reply, error) {
	if _, empty := any(answer).(none); empty {
		return web.Reply{Status: http.StatusNoContent}, nil
	}
	body, err := json.Marshal(answer, json.Deterministic(true))
	return web.Reply{Status: http.StatusOK, ContentType: contentType, Body: append(body, '\n')}, err
}

// subjectOf returns the account that a request is about, as it is written, or "" if
// it is about no single one.
func subjectOf(route operatorapi.Route, r *web.Request) string {
	if route.Scoped {
		return r.URL.Query().Get("account")
	}
	return r.PathValue("account")
}

// read reads the account in the path or the query, the query and the body, in this order.
func read[Query, Body any](route operatorapi.Route, r *web.Request) (input[Query, Body], error) {
	in := input[Query, Body]{request: r, action: route.Action}
	var id account.ID
	var err error
	if subject := subjectOf(route, r); subject != "" || strings.Contains(route.Path, "{account}") {
		if id, err = account.ParseID(subject); err != nil {
			return in, err
		}
	}
	in.caller = callerOn(id, r)
	if err := operatorapi.DecodeQuery(r.URL.Query(), &in.query); err != nil {
		return in, err
	}
	switch body := any(&in.body).(type) {
	case *none:
	case *operatorapi.Document:
		*body, err = r.ReadBody()
	default:
		err = decode(r, body, route.BodyMayBeMissing)
	}
	return in, err
}
