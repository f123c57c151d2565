// Package operator is the API under /_slotfarm/v1 with which operators and test
// authors see and set what AWS's own API cannot: settings, clocks, journals.
//
// It translates between JSON and the parts of a farm, and decides nothing
// but that browsers call it for no other page than its own. Who may call it is
// decided before a request gets here.
package operator

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/slotfarm/slotfarm/internal/access"
	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/catalog"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/injection"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
	"github.com/slotfarm/slotfarm/internal/sandbox"
)

// Prefix is the path under which the API stands.
const Prefix = operatorapi.Prefix

// Size limits of request bodies, in bytes.
const (
	maxBody     = 64 << 10
	maxDocument = 16 << 20 // of a catalogue or a seed in the sandbox
	maxCatalog  = 1 << 20  // of a catalogue where callers have to sign
)

// Config is what the API needs. The parts of the farm, NewID and Log are required.
type Config struct {
	Accounts  *billing.Accounts
	Orders    *billing.Orders
	Catalog   *catalog.Shelf
	Clocks    *sandbox.Clocks
	Snapshots *sandbox.Snapshots
	Seeds     *sandbox.Seeds
	Journals  journal.Reader
	Keys      *access.Keys      // of servers that check signatures
	Faults    *injection.Faults // nil where answers must not be broken
	NewID     func() string
	Log       *slog.Logger
	Observe   awsjson.Observe // the operation is one of Routes, "" for none of them

	// Backup returns a copy of everything, to be closed. Nil where the storage is
	// backed up by its own means.
	Backup func(context.Context) (io.ReadSeekCloser, error)

	// Authorize returns the id of the key that signed a request, or why its holder
	// may not do what it asks for. Nil allows everyone everything.
	Authorize func(r *http.Request, body []byte, ask Ask) (key string, err error)
}

// Handler returns the API as an HTTP handler for paths below Prefix.
func Handler(c Config) http.Handler {
	a := api{c}
	mux := http.NewServeMux()
	for path, methods := range a.table() {
		for method, e := range methods {
			route := method + " " + path
			mux.Handle(route, a.answer(route, a.authorized(e)))
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

// Ask is what a request asks for.
type Ask struct {
	Action  string     // one of Actions
	Account account.ID // "" where it is about no single account
}

// authorized has an endpoint answer who may ask it.
func (a api) authorized(e endpoint) handle {
	if a.Authorize == nil {
		return e.handle
	}
	return func(r *http.Request) (any, error) {
		body, err := readBody(r)
		if err != nil {
			return nil, err
		}
		signed := *r
		if signed.URL, err = url.ParseRequestURI(r.RequestURI); err != nil { // with the prefix
			return nil, fault.New(fault.Malformed, "the URL cannot be read")
		}
		allow := func(id account.ID) (string, error) {
			return a.Authorize(&signed, body, Ask{actionPrefix + e.action, id})
		}
		key, err := allow(account.ID(r.PathValue("account")))
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		*signerOf(r) = signer{key, allow}
		return e.handle(r)
	}
}

// signer is who signed a request: the id of a key, and what says whether it may
// do the same to another account than that of the path.
type signer struct {
	key   string
	allow func(account.ID) (key string, err error)
}

// callerOf finds the signer of a request in its context.
type callerOf struct{}

// signerOf returns the signer of a request, to be read or set: the zero signer
// where everyone may do everything.
func signerOf(r *http.Request) *signer {
	if s, ok := r.Context().Value(callerOf{}).(*signer); ok {
		return s
	}
	return &signer{}
}

// alsoOn returns nil where the caller may do to another account what the request
// does to that of its path.
func alsoOn(r *http.Request, id account.ID) error {
	s := signerOf(r)
	if s.allow == nil {
		return nil
	}
	_, err := s.allow(id)
	return err
}

// sameOrigin refuses what a page of another origin has a browser send: it could
// change the settings of a server that only the browser's machine can reach.
// Clients that are no browsers send none of the headers that tell.
//
// A name of the page's own that leads to this machine makes it the same origin.
// Where nobody has to sign, pages of this machine's own names alone may call.
func (a api) sameOrigin(next http.Handler) http.Handler {
	refuse := a.answer("", func(r *http.Request) (any, error) {
		return nil, fault.New(fault.CrossOrigin, "%s %s%s was sent by a page of another origin; only pages of this one may", r.Method, Prefix, r.URL.Path)
	})
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(refuse)
	return protection.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.Authorize == nil && awsjson.ForeignPage(r) {
			refuse.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	}))
}

type api struct{ Config }

// handle answers a request with a value to encode, nil for no content, or an
// error.
type handle func(*http.Request) (any, error)

// limitOf returns how large the body of a request may be. Where callers have to
// sign, it is read before it is known who they are.
func (a api) limitOf(r *http.Request) int64 {
	switch {
	case r.Method != http.MethodPut || r.URL.Path != "/seed" && r.URL.Path != "/catalog":
		return maxBody
	case a.Authorize != nil:
		return maxCatalog
	}
	return maxDocument
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
