// Package operator is the API under /_slotfarm/v1 with which operators and test
// authors see and set what AWS's own API cannot: settings, clocks, journals.
//
// It translates between JSON and the parts of a farm, and decides nothing
// but that browsers call it for no other page than its own. Who may call it is
// decided before a request gets here.
package operator

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/slotfarm/slotfarm/internal/access"
	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/catalog"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/injection"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
	"github.com/slotfarm/slotfarm/internal/sandbox"
	"github.com/slotfarm/slotfarm/internal/web"
)

// Prefix is the path under which the API stands.
const Prefix = operatorapi.Prefix

// Size limits of request bodies, in bytes.
const (
	maxBody     = 64 << 10
	maxDocument = 16 << 20 // of a catalogue or a seed in the sandbox
	maxCatalog  = 1 << 20  // of a catalogue where callers have to sign
)

// Config is what the API needs. Web and the parts of the farm are required.
type Config struct {
	Web       web.Config // what is observed are Routes, and "" for none of them
	Accounts  *billing.Accounts
	Orders    *billing.Orders
	Catalog   *catalog.Shelf
	Clocks    *sandbox.Clocks
	Snapshots *sandbox.Snapshots
	Seeds     *sandbox.Seeds
	Journals  journal.Reader
	Signed    bool              // callers have to sign
	Keys      *access.Keys      // where they do
	Faults    *injection.Faults // nil where answers must not be broken

	// Backup returns a copy of everything, to be closed. Nil where the storage is
	// backed up by its own means.
	Backup func(context.Context) (io.ReadSeekCloser, error)
}

// Handler returns the API as an HTTP handler for paths below Prefix, or an error
// where something is missing, such as who may do what.
func Handler(c Config) (http.Handler, error) {
	a := api{c}
	shared, err := web.New(c.Web, form())
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for path, methods := range a.table() {
		for method, e := range methods {
			if e.action == "" {
				return nil, fmt.Errorf("operator: %s %s does not say what it asks for", method, path)
			}
			mux.Handle(method+" "+path, shared.Handler(a.endpoint(method, path, e)))
		}
		mux.Handle(path, otherMethods(shared, slices.Sorted(maps.Keys(methods))))
	}
	mux.Handle("/", shared.Refusal(notFound))
	return http.StripPrefix(Prefix, web.SameOrigin(mux, shared.Refusal(crossOrigin), c.Web.Hosts)), nil
}

// Routes returns what there is, each as a method and a path below Prefix, in
// alphabetical order.
func Routes() []string {
	var routes []string
	for path, methods := range (api{}).table() {
		for method := range methods {
			routes = append(routes, method+" "+path)
		}
	}
	slices.Sort(routes)
	return routes
}

// endpoint is what answers a method of a path, and the action that a policy has
// to allow for it.
type endpoint struct {
	action string
	handle handle
}

// methods are the endpoints of a path.
type methods map[string]endpoint

// table holds what answers, by path and method.
func (a api) table() map[string]methods {
	paths := map[string]methods{}
	for _, row := range a.rows() {
		if paths[row.Path] == nil {
			paths[row.Path] = methods{}
		}
		paths[row.Path][row.Method] = endpoint{row.Action, row.handle}
	}
	return paths
}

// Actions returns the actions that policies may allow, in alphabetical order.
func Actions() []string {
	var actions []string
	for _, methods := range (api{}).table() {
		for _, e := range methods {
			actions = append(actions, actionPrefix+e.action)
		}
	}
	slices.Sort(actions)
	return actions
}

// actionPrefix begins the actions of this API.
const actionPrefix = "slotfarm:"

// endpoint returns where the requests to a route arrive.
func (a api) endpoint(method, path string, e endpoint) web.Endpoint {
	operation := web.Operation{
		Name: method + " " + path,
		Open: func(_ context.Context, r *web.Request) (web.Call, error) {
			ask := asking(e.action, account.ID(r.PathValue("account")))
			return web.Call{Ask: ask, Run: func(context.Context) (web.Reply, error) { return a.run(r, e) }}, nil
		},
	}
	return web.Endpoint{
		Name: operation.Name, Limit: a.limitOf(method, path),
		Find: func(*web.Request) (web.Operation, error) { return operation, nil },
	}
}

// asking returns what an action asks for on an account, or where it is about no
// single one.
func asking(action string, on account.ID) web.Ask {
	ask := web.Ask{Action: actionPrefix + action, Resource: "*"}
	if on != "" {
		ask.Resource = AccountARN(on)
	}
	return ask
}

// AccountARN returns the resource of policies that is an account.
func AccountARN(id account.ID) string { return "arn:aws:slotfarm:::account/" + string(id) }

// run answers a request whose caller may make it.
func (a api) run(r *web.Request, e endpoint) (web.Reply, error) {
	if a.Signed {
		r.Attrs = append(r.Attrs, slog.String("key", r.Identity.Key))
	}
	return encode(e.handle(r))
}

// crossOrigin refuses what a page of another origin has a browser send.
func crossOrigin(r *web.Request) error {
	return fault.New(fault.CrossOrigin, "%s %s%s was sent by a page of another origin; only pages of this one may", r.Method, Prefix, r.URL.Path)
}

type api struct{ Config }

// handle answers a request with a value to encode, nil for no content, or an
// error.
type handle func(*web.Request) (any, error)

// limitOf returns how large the body of a request to a route may be. Where callers
// have to sign, it is read before it is known who they are.
func (a api) limitOf(method, path string) int64 {
	switch {
	case method != http.MethodPut || path != "/seed" && path != "/catalog":
		return maxBody
	case a.Signed:
		return maxCatalog
	}
	return maxDocument
}

// otherMethods refuses the methods of a path that are not allowed.
func otherMethods(shared *web.API, allowed []string) http.Handler {
	if slices.Contains(allowed, http.MethodGet) {
		allowed = append(allowed, http.MethodHead)
	}
	list := strings.Join(allowed, ", ")
	return shared.Refusal(func(r *web.Request) error {
		r.Answer.Set("Allow", list)
		return fault.New(fault.MethodNotAllowed, "%s%s does not take %s; it takes %s", Prefix, r.URL.Path, r.Method, list)
	})
}

func notFound(r *web.Request) error {
	return fault.New(fault.NotFound, "there is no %s %s%s", r.Method, Prefix, r.URL.Path)
}
