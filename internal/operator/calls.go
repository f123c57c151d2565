package operator

import (
	"context"
	"net/http"
	"strings"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// row is a call with what answers it.
type row struct {
	operatorapi.Route
	handle handle
}

// rows returns all calls.
func (a api) rows() []row {
	var rows []row
	for _, of := range []func() []row{
		a.accountRows, a.clockRows, a.journalRows, a.statementRows, a.keyRows, a.snapshotRows,
		a.catalogRows, a.seedRows, a.faultRows, a.backupRows,
	} {
		rows = append(rows, of()...)
	}
	return rows
}

// none is the query, the body or the answer of a call that has none.
type none = operatorapi.None

// input is what a call is made with.
type input[Query, Body any] struct {
	caller  journal.Caller // on the account in the path; on none where the path names none
	query   Query
	body    Body
	request *http.Request
}

// on returns the row of a call that f answers.
func on[Query, Body, Answer any](a api, call operatorapi.Call[Query, Body, Answer], f func(context.Context, input[Query, Body]) (Answer, error)) row {
	return row{call.Route, answering(a, call.Route, f)}
}

// streaming is on, for a call whose answer is not JSON.
func streaming[Query, Body any](a api, call operatorapi.Call[Query, Body, operatorapi.Stream], f func(context.Context, input[Query, Body]) (*download, error)) row {
	return row{call.Route, answering(a, call.Route, f)}
}

// answering has f answer what a request to a route asks for.
func answering[Query, Body, Answer any](a api, route operatorapi.Route, f func(context.Context, input[Query, Body]) (Answer, error)) handle {
	return a.where(route, func(r *http.Request) (any, error) {
		in, err := read[Query, Body](route, r)
		if err != nil {
			return nil, err
		}
		answer, err := f(r.Context(), in)
		if _, empty := any(answer).(none); empty || err != nil {
			return nil, err
		}
		return answer, nil
	})
}

// where keeps f from servers that do not have the call.
func (a api) where(route operatorapi.Route, f handle) handle {
	switch {
	case route.On == operatorapi.SandboxOnly && a.Faults == nil:
		return func(r *http.Request) (any, error) {
			return nil, fault.New(fault.NotFound, "%s %s%s exists in the sandbox only", r.Method, Prefix, r.URL.Path)
		}
	case route.On == operatorapi.ServeOnly && a.Authorize == nil:
		return func(*http.Request) (any, error) {
			return nil, fault.New(fault.NotFound, "the sandbox has no keys; it takes any credentials")
		}
	}
	return f
}

// read reads the account in the path, the query and the body, in this order.
func read[Query, Body any](route operatorapi.Route, r *http.Request) (input[Query, Body], error) {
	in := input[Query, Body]{request: r}
	var id account.ID
	var err error
	if strings.Contains(route.Path, "{account}") {
		if id, err = account.ParseID(r.PathValue("account")); err != nil {
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
		*body, err = readBody(r)
	default:
		err = decode(r, body, route.BodyMayBeMissing)
	}
	return in, err
}
