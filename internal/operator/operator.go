// Package operator is the API under /_slotfarm/v1 with which operators and test
// authors see and set what AWS's own API cannot: settings, clocks, journals.
//
// It translates between JSON and packages service and chaos, and decides nothing
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

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/injection"
	"github.com/slotfarm/slotfarm/internal/service"
	"github.com/slotfarm/slotfarm/internal/web"
)

// Prefix is the path under which the API stands.
const Prefix = "/_slotfarm/v1"

// Size limits of request bodies, in bytes.
const (
	maxBody     = 64 << 10
	maxDocument = 16 << 20 // of a catalogue or a seed in the sandbox
	maxCatalog  = 1 << 20  // of a catalogue where callers have to sign
)

// Config is what the API needs. Web and Service are required.
type Config struct {
	Web     web.Config // what is observed are Routes, and "" for none of them
	Signed  bool       // callers have to sign, with keys that are made here
	Service *service.Service
	Faults  *injection.Faults // nil where answers must not be broken

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
	return http.StripPrefix(Prefix, web.SameOrigin(mux, shared.Refusal(crossOrigin), !c.Signed)), nil
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
	return map[string]methods{
		"/accounts":                         {"GET": {"ListAccounts", a.listAccounts}},
		"/accounts/{account}":               {"GET": {"GetAccount", a.getAccount}, "PUT": {"PutAccount", a.putAccount}},
		"/accounts/{account}/clock":         {"PUT": {"FreezeClock", a.freeze}, "DELETE": {"ReleaseClock", a.release}},
		"/accounts/{account}/clock/advance": {"POST": {"AdvanceClock", a.advance}},
		"/accounts/{account}/journal":       {"GET": {"GetJournal", a.readJournal}},
		"/accounts/{account}/quote":         {"POST": {"GetQuote", a.quote}},
		"/accounts/{account}/statement":     {"GET": {"GetStatement", a.statement}},

		"/accounts/{account}/keys": {
			"GET": {"ListKeys", a.serveOnly(a.listKeys)}, "POST": {"CreateKey", a.serveOnly(a.createKey)},
		},
		"/accounts/{account}/keys/{key}": {
			"PUT": {"DisableKey", a.serveOnly(a.disableKey)}, "DELETE": {"DeleteKey", a.serveOnly(a.deleteKey)},
		},

		"/accounts/{account}/snapshots": {
			"GET": {"ListSnapshots", a.listSnapshots}, "POST": {"TakeSnapshot", a.takeSnapshot},
		},
		"/accounts/{account}/snapshots/{snapshot}":         {"DELETE": {"DeleteSnapshot", a.deleteSnapshot}},
		"/accounts/{account}/snapshots/{snapshot}/restore": {"POST": {"RestoreSnapshot", a.restoreSnapshot}},

		"/catalog":          {"GET": {"GetCatalog", a.getCatalog}, "PUT": {"PutCatalog", a.putCatalog}},
		"/catalog/versions": {"GET": {"ListCatalogVersions", a.listVersions}},
		"/seed":             {"GET": {"GetSeed", a.exportSeed}, "PUT": {"PutSeed", a.sandboxOnly(a.putSeed)}},
		"/reset":            {"POST": {"Reset", a.sandboxOnly(a.reset)}},
		"/faults": {
			"GET": {"GetFaults", a.sandboxOnly(a.getFaults)}, "PUT": {"PutFaults", a.sandboxOnly(a.putFaults)},
			"POST": {"AddFaults", a.sandboxOnly(a.addFaults)}, "DELETE": {"RemoveFaults", a.sandboxOnly(a.removeFaults)},
		},
		"/backup": {"GET": {"Backup", a.makeBackup}},
		"/verify": {"GET": {"Verify", a.verify}},
	}
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
			ask := e.ask(account.ID(r.PathValue("account")))
			return web.Call{Ask: ask, Run: func(context.Context) (web.Reply, error) { return a.run(r, e) }}, nil
		},
	}
	return web.Endpoint{
		Name: operation.Name, Limit: a.limitOf(method, path),
		Find: func(*web.Request) (web.Operation, error) { return operation, nil },
	}
}

// ask returns what a request to the endpoint asks for that is about an account,
// or about no single one.
func (e endpoint) ask(id account.ID) web.Ask {
	ask := web.Ask{Action: actionPrefix + e.action, Resource: "*"}
	if id != "" {
		ask.Resource = AccountARN(id)
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
	ctx := context.WithValue(r.Context(), arrival{}, arrived{r, e})
	return encode(e.handle(r.WithContext(ctx)))
}

// arrival finds how a request arrived in its context.
type arrival struct{}

// arrived is a request as package web has it, and the endpoint that it is to.
type arrived struct {
	*web.Request
	endpoint endpoint
}

// arrivalOf returns how a request arrived that an endpoint answers.
func arrivalOf(r *http.Request) arrived {
	return r.Context().Value(arrival{}).(arrived)
}

// alsoOn returns nil where the caller may do to another account what the request
// does to that of its path.
func alsoOn(r *http.Request, id account.ID) error {
	a := arrivalOf(r)
	return a.Also(a.endpoint.ask(id))
}

// sandboxOnly keeps f from servers whose answers must not be broken.
func (a api) sandboxOnly(f handle) handle {
	return func(r *http.Request) (any, error) {
		if a.Faults == nil {
			return nil, fault.New(fault.NotFound, "%s %s%s exists in the sandbox only", r.Method, Prefix, r.URL.Path)
		}
		return f(r)
	}
}

// crossOrigin refuses what a page of another origin has a browser send.
func crossOrigin(r *web.Request) error {
	return fault.New(fault.CrossOrigin, "%s %s%s was sent by a page of another origin; only pages of this one may", r.Method, Prefix, r.URL.Path)
}

type api struct{ Config }

// handle answers a request with a value to encode, nil for no content, or an
// error.
type handle func(*http.Request) (any, error)

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
