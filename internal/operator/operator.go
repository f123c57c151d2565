// Package operator answers the calls of package operatorapi, under
// /_slotfarm/v1, with which operators and test authors see and set what AWS's own
// API cannot: settings, clocks, journals.
//
// It translates between the shapes of that package and the parts of a farm, and
// decides nothing but that browsers call it for no other page than its own. Who may
// call it comes in as a value, and is asked before a call is answered.
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
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/catalog"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/injection"
	"github.com/slotfarm/slotfarm/internal/inventory"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
	"github.com/slotfarm/slotfarm/internal/sandbox"
	"github.com/slotfarm/slotfarm/internal/web"
)

// Prefix is the path under which the API stands.
const Prefix = operatorapi.Prefix

// Config is what the API needs. Web and the parts of the farm are required.
type Config struct {
	Web       web.Config // what is observed are Routes, and "" for none of them
	Accounts  *billing.Accounts
	Orders    *billing.Orders
	Catalog   *catalog.Shelf
	Fleet     *inventory.Fleet
	Clocks    *sandbox.Clocks
	Snapshots *sandbox.Snapshots
	Seeds     *sandbox.Seeds
	Journals  journal.Reader
	Signed    bool              // callers have to sign
	Keys      *access.Keys      // where they do
	Trust     Trust             // where they do
	Faults    *injection.Faults // nil where answers must not be broken

	// Backup returns a copy of everything, to be closed. Nil where the storage is
	// backed up by its own means.
	Backup func(context.Context) (io.ReadSeekCloser, error)
}

type api struct{ Config }

// Handler returns the API as an HTTP handler for paths below Prefix, or an error
// where something is missing, such as who may do what.
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

// Routes returns what there is, each as a method and a path below Prefix, in
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
		if strings.Contains(row.Path, "{account}") {
			action.Resource = AccountARN(anyAccount)
		}
		actions = append(actions, action)
	}
	slices.SortFunc(actions, func(a, b iam.Action) int { return strings.Compare(a.Name, b.Name) })
	return actions
}

// anyAccount is the pattern of all account ids.
const anyAccount account.ID = "????????????"

// crossOrigin refuses what a page of another origin has a browser send.
func crossOrigin(r *web.Request) error {
	return fault.New(fault.CrossOrigin, "%s %s%s was sent by a page of another origin; only pages of this one may", r.Method, Prefix, r.URL.Path)
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
		return fault.New(fault.MethodNotAllowed, "%s%s does not take %s; it takes %s", Prefix, r.URL.Path, r.Method, list)
	})
}

func notFound(r *web.Request) error {
	return fault.New(fault.NotFound, "there is no %s %s%s", r.Method, Prefix, r.URL.Path)
}
