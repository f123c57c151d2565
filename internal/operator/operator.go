// Package operator is the API under /_slotfarm/v1 with which operators and test
// authors see and set what AWS's own API cannot: settings, clocks, journals.
//
// It translates between JSON and packages service and chaos, and decides nothing
// but that browsers call it for no other page than its own. Who may call it is
// decided before a request gets here.
package operator

import (
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/chaos"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/service"
)

// Prefix is the path under which the API stands.
const Prefix = "/_slotfarm/v1"

// Size limits of request bodies, in bytes.
const (
	maxBody     = 64 << 10
	maxDocument = 16 << 20 // of a catalogue or a seed
)

// Config is what the API needs. All fields but Faults and Observe are required.
type Config struct {
	Service *service.Service
	Faults  *chaos.Faults // nil where answers must not be broken
	NewID   func() string
	Log     *slog.Logger
	Observe awsjson.Observe // the operation is one of Routes, "" for none of them
}

// Handler returns the API as an HTTP handler for paths below Prefix.
func Handler(c Config) http.Handler {
	a := api{c}
	mux := http.NewServeMux()
	for path, methods := range a.table() {
		for method, f := range methods {
			route := method + " " + path
			mux.Handle(route, a.answer(route, f))
		}
		mux.Handle(path, a.otherMethods(slices.Sorted(maps.Keys(methods))))
	}
	mux.Handle("/", a.answer("", notFound))
	return http.StripPrefix(Prefix, a.sameOrigin(mux))
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

// table holds what answers, by path and method.
func (a api) table() map[string]map[string]handle {
	return map[string]map[string]handle{
		"/accounts":                         {"GET": a.listAccounts},
		"/accounts/{account}":               {"GET": a.getAccount, "PUT": a.putAccount},
		"/accounts/{account}/clock":         {"PUT": a.freeze, "DELETE": a.release},
		"/accounts/{account}/clock/advance": {"POST": a.advance},
		"/accounts/{account}/journal":       {"GET": a.readJournal},
		"/accounts/{account}/quote":         {"POST": a.quote},
		"/accounts/{account}/snapshots":     {"GET": a.listSnapshots, "POST": a.takeSnapshot},
		"/accounts/{account}/statement":     {"GET": a.statement},

		"/accounts/{account}/snapshots/{snapshot}":         {"DELETE": a.deleteSnapshot},
		"/accounts/{account}/snapshots/{snapshot}/restore": {"POST": a.restoreSnapshot},

		"/catalog": {"GET": a.getCatalog, "PUT": a.putCatalog},
		"/seed":    {"GET": a.exportSeed, "PUT": a.putSeed},
		"/reset":   {"POST": a.reset},
		"/faults":  {"GET": a.getFaults, "PUT": a.putFaults, "POST": a.addFaults, "DELETE": a.removeFaults},
		"/verify":  {"GET": a.verify},
	}
}

// sameOrigin refuses what a page of another origin has a browser send: it could
// change the settings of a server that only the browser's machine can reach.
// Clients that are no browsers send none of the headers that tell.
func (a api) sameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(a.answer("", func(r *http.Request) (any, error) {
		return nil, fault.New(fault.CrossOrigin, "%s %s%s was sent by a page of another origin; only pages of this one may", r.Method, Prefix, r.URL.Path)
	}))
	return protection.Handler(next)
}

type api struct{ Config }

// handle answers a request with a value to encode, nil for no content, or an
// error.
type handle func(*http.Request) (any, error)

// limitOf returns how large the body of a request may be.
func limitOf(r *http.Request) int64 {
	if r.Method == http.MethodPut && (r.URL.Path == "/seed" || r.URL.Path == "/catalog") {
		return maxDocument
	}
	return maxBody
}

// otherMethods refuses the methods of a path that are not allowed.
func (a api) otherMethods(allowed []string) http.Handler {
	if slices.Contains(allowed, http.MethodGet) {
		allowed = append(allowed, http.MethodHead)
	}
	list := strings.Join(allowed, ", ")
	refuse := a.answer("", func(r *http.Request) (any, error) {
		return nil, fault.New(fault.MethodNotAllowed, "%s%s does not take %s; it takes %s", Prefix, r.URL.Path, r.Method, list)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", list)
		refuse.ServeHTTP(w, r)
	})
}

func notFound(r *http.Request) (any, error) {
	return nil, fault.New(fault.NotFound, "there is no %s %s%s", r.Method, Prefix, r.URL.Path)
}
