// Package operator answers the calls of package operatorapi, under
// /_slotfarm/v1. With them, operators and test authors see and set what AWS's
// own API does not cover: settings, clocks, journals.
//
// It translates between the shapes of that package and the parts of a farm, and
// decides only one thing: that browsers may call it for its own pages alone.
// Who may call it comes in as a value, which is consulted before each call.
package operator

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/slotfarm/slotfarm/internal/access"
	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/acts"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/catalog"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/injection"
	"github.com/slotfarm/slotfarm/internal/inventory"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
	"github.com/slotfarm/slotfarm/internal/sandbox"
	"github.com/slotfarm/slotfarm/internal/web"
)

// Prefix is the path prefix of the API.
const Prefix = operatorapi.Prefix

// Config is what the API needs. Web and the parts of the farm are required.
type Config struct {
	Web       web.Config // its Observe gets operations that are Routes, or "" for any other
	Accounts  *billing.Accounts
	Orders    *billing.Orders
	Catalog   *catalog.Shelf
	Fleet     *inventory.Fleet
	Lab       *fleet.Fleet // what goes on in it
	Clocks    *sandbox.Clocks
	Snapshots *sandbox.Snapshots
	Seeds     *sandbox.Seeds
	Journals  journal.Reader
	Verify    func(context.Context) (acts.Report, error) // verifies journals and documents
	Signed    bool                                       // whether callers have to sign
	Keys      *access.Keys                               // required if Signed
	Trust     Trust                                      // required if Signed
	Faults    *injection.Faults                          // nil if answers must not be broken

	// Backup returns a copy of everything, which the caller closes. It is nil
	// if the storage is backed up with its own tools.
	Backup func(context.Context) (io.ReadSeekCloser, error)
}

type api struct{ Config }

// Handler returns the API as an HTTP handler for paths below Prefix, or an
// error if something is missing, such as the authorisation.
func Handler(c Config) (http.Handler, error) {
	a := api{c}
	shared, err := web.New(c.Web, form())
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	methods := map[string][]string{} // by path
	for _, row := range a.rows() {
		if row.Action == "" {
			return nil, fmt.Errorf("operator: %s does not say what it asks for", row)
		}
		mux.Handle(row.String(), shared.Handler(a.endpoint(row)))
		methods[row.Path] = append(methods[row.Path], row.Method)
	}
	for path, allowed := range methods {
		mux.Handle(path, otherMethods(shared, allowed))
	}
	mux.Handle("/", shared.Refusal(notFound))
	return http.StripPrefix(Prefix, web.SameOrigin(mux, shared.Refusal(crossOrigin), c.Web.Hosts)), nil
}

// Routes returns all routes, each as a method and a path below Prefix, in
// alphabetical order.
func Routes() []string {
	var routes []string
	for _, row := range (api{}).rows() {
		routes = append(routes, row.String())
	}
	slices.Sort(routes)
	return routes
}

// Actions returns the actions that policies may allow, in alphabetical order.
func Actions() []iam.Action {
	var actions []iam.Action
	for _, row := range (api{}).rows() {
		action := iam.Action{Name: actionPrefix + row.Action, Resource: "*"}
		if row.OnAccount() {
			action.Resource = AccountARN(anyAccount)
		}
		actions = append(actions, action)
	}
	slices.SortFunc(actions, func(a, b iam.Action) int { return strings.Compare(a.Name, b.Name) })
	return actions
}

// anyAccount is the pattern of all account ids.
const anyAccount account.ID = "????????????"

// crossOrigin refuses a request that a browser sent for a page of another
// origin.
func crossOrigin(r *web.Request) error {
	return fault.New(fault.CrossOrigin, "%s %s%s was sent by a page of another origin; only pages of this origin may send it", r.Method, Prefix, r.URL.Path)
}

// otherMethods refuses the methods of a path that are not allowed.
func otherMethods(shared *web.API, allowed []string) http.Handler {
	slices.Sort(allowed)
	if slices.Contains(allowed, http.MethodGet) {
		allowed = append(allowed, http.MethodHead)
	}
	list := strings.Join(allowed, ", ")
	return shared.Refusal(func(r *web.Request) error {
		r.Answer.Set("Allow", list)
		return fault.New(fault.MethodNotAllowed, "%s%s does not support %s; it supports %s", Prefix, r.URL.Path, r.Method, list)
	})
}

func notFound(r *web.Request) error {
	return fault.New(fault.NotFound, "there is no %s %s%s", r.Method, Prefix, r.URL.Path)
}
