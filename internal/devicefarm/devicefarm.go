// Package devicefarm is the API DeviceFarm_20150623 as far as slotfarm has it:
// the wire shapes of its operations, one table of them, and the translation
// between them and the slices of a farm.
//
// It decides what AWS's model leaves to the wire: member names, page sizes, page
// tokens, which header makes a call repeatable, and which exception stands for
// which failure. It decides nothing about slots, money or devices.
package devicefarm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/apimodel"
	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/grid"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/inventory"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/project"
	"github.com/slotfarm/slotfarm/internal/session"
	"github.com/slotfarm/slotfarm/internal/sigv4"
	"github.com/slotfarm/slotfarm/internal/web"
)

// target is the service's name in X-Amz-Target.
const target = "DeviceFarm_20150623"

// Config is what the API needs.
type Config struct {
	Web      web.Config
	Accounts *billing.Accounts
	Orders   *billing.Orders
	Devices  *inventory.Devices
	Profiles *inventory.Profiles
	Projects *project.Projects
	Sessions *session.Sessions
	Grid     *grid.Grid

	// Endpoint returns the path of a session's end point, and PublicURL is where
	// clients reach this server; "" is where they reach this API.
	Endpoint  func(lease.Session) string
	PublicURL string
	Now       func() time.Time // the wall clock

	GridPath func(grid.URL) string                  // returns the path of a test grid URL
	LogPath  func(session, as string) (path string) // returns where the log of a session is, which is saved under a name
}

// Handler returns the API as an HTTP handler for POST requests, or an error if
// something is missing, such as the authorisation.
func Handler(c Config) (http.Handler, error) {
	return awsjson.Service{
		Web:        c.Web,
		Target:     target,
		Missing:    missing(),
		Operations: api{c.Accounts, c.Orders, c.Devices, c.Profiles, c.Projects, c.Sessions, c.Grid, c.Endpoint, c.PublicURL, c.Now, c.GridPath, c.LogPath}.operations(),
		Exceptions: exceptions,
	}.Handler()
}

// api holds the operations.
type api struct {
	accounts *billing.Accounts
	orders   *billing.Orders
	devices  *inventory.Devices
	profiles *inventory.Profiles
	projects *project.Projects
	sessions *session.Sessions
	grid     *grid.Grid

	endpoint  func(lease.Session) string
	publicURL string
	now       func() time.Time
	gridPath  func(grid.URL) string
	logPath   func(session, as string) (path string)
}

// operations returns the table of operations: the name, which is also that of
// the action, the resource, and the handler.
func (a api) operations() []awsjson.Operation {
	var all []awsjson.Operation
	for _, rows := range []func() []awsjson.Operation{
		a.offeringRows, a.deviceRows, a.instanceRows, a.instanceProfileRows, a.projectRows, a.remoteAccessRows, a.testGridRows,
	} {
		all = append(all, rows()...)
	}
	return all
}

// offeringRows are what is for sale and what an account has of it.
func (a api) offeringRows() []awsjson.Operation {
	return []awsjson.Operation{
		row("ListOfferings", onAll, a.listOfferings),
		row("ListOfferingPromotions", onAll, a.listOfferingPromotions),
		row("PurchaseOffering", onOrder, a.purchaseOffering),
		row("RenewOffering", onOrder, a.renewOffering),
		row("GetOfferingStatus", onAll, a.getOfferingStatus),
		row("ListOfferingTransactions", onAll, a.listOfferingTransactions),
		row("GetAccountSettings", onAll, a.getAccountSettings),
	}
}

// Operations returns the names of the implemented operations.
func Operations() []string {
	var names []string
	for _, o := range (api{}).operations() {
		names = append(names, o.Name)
	}
	return names
}

// Actions returns the actions that policies may allow, in the order of the table.
func Actions() []iam.Action {
	var actions []iam.Action
	for _, o := range (api{}).operations() {
		action := iam.Action{Name: o.Action, Resource: o.Resource}
		if o.Input.Implements(reflect.TypeFor[ordering]()) {
			action.Keys = []string{"slotfarm:Quantity", "slotfarm:OfferingId"}
		}
		actions = append(actions, action)
	}
	return actions
}

// HasOperation reports whether AWS Device Farm has an operation with that name,
// implemented here or not.
func HasOperation(name string) bool {
	_, ok := apimodel.Load().Operation(name)
	return ok
}

// missing returns the operations of the model that the table lacks, so that
// their callers learn that they are not implemented here, rather than unknown.
func missing() map[string]bool {
	names := map[string]bool{}
	for _, name := range apimodel.Load().Names() {
		names[name] = true
	}
	for _, name := range Operations() {
		delete(names, name)
	}
	return names
}

// exceptions maps kinds of failure to AWS's exceptions. The first six are in
// the API model. The others are AWS's common errors or, if AWS documents none,
// errors of the protocol (docs/fidelity.md).
var exceptions = map[fault.Kind]awsjson.Exception{
	fault.Argument:       {Name: "ArgumentException", Status: 400},
	fault.NotFound:       {Name: "NotFoundException", Status: 400},
	fault.NotEligible:    {Name: "NotEligibleException", Status: 400},
	fault.LimitExceeded:  {Name: "LimitExceededException", Status: 400},
	fault.ServiceAccount: {Name: "ServiceAccountException", Status: 400},
	fault.CannotDelete:   {Name: "CannotDeleteException", Status: 409},

	fault.Malformed:             {Name: "SerializationException", Status: 400},
	fault.UnknownOperation:      {Name: "UnknownOperationException", Status: 400},
	fault.MethodNotAllowed:      {Name: "MethodNotAllowedException", Status: 405},
	fault.UnsupportedMediaType:  {Name: "UnsupportedMediaTypeException", Status: 415},
	fault.MalformedHTTP:         {Name: "MalformedHttpRequestException", Status: 400},
	fault.TooLarge:              {Name: "RequestEntityTooLargeException", Status: 413},
	fault.Timeout:               {Name: "RequestTimeoutException", Status: 408},
	fault.MissingAuthentication: {Name: "MissingAuthenticationTokenException", Status: 400},
	fault.IncompleteSignature:   {Name: "IncompleteSignatureException", Status: 400},
	fault.UnknownKey:            {Name: "UnrecognizedClientException", Status: 400},
	fault.InvalidSignature:      {Name: "InvalidSignatureException", Status: 400},
	fault.Expired:               {Name: "RequestExpired", Status: 400},
	fault.AccessDenied:          {Name: "AccessDeniedException", Status: 400},
	fault.Throttled:             {Name: "ThrottlingException", Status: 400},
	fault.Unavailable:           {Name: "ServiceUnavailable", Status: 503},
	fault.Internal:              {Name: "InternalFailure", Status: 500},
}

// Exceptions returns every exception that callers of Device Farm can get: those
// that slotfarm answers, the others of the API model, and AWS's common errors.
func Exceptions() []awsjson.Exception {
	return append(slices.Collect(maps.Values(exceptions)),
		awsjson.Exception{Name: "ExpiredTokenException", Status: 400},
		awsjson.Exception{Name: "IdempotencyException", Status: 400},
		awsjson.Exception{Name: "InternalServiceException", Status: 500},
		awsjson.Exception{Name: "InvalidOperationException", Status: 400},
		awsjson.Exception{Name: "NotAuthorized", Status: 400},
		awsjson.Exception{Name: "OptInRequired", Status: 403},
		awsjson.Exception{Name: "RequestAbortedException", Status: 400},
		awsjson.Exception{Name: "TagOperationException", Status: 400},
		awsjson.Exception{Name: "TagPolicyException", Status: 400},
		awsjson.Exception{Name: "TooManyRequestsException", Status: 429},
		awsjson.Exception{Name: "TooManyTagsException", Status: 400},
		awsjson.Exception{Name: "ValidationError", Status: 400},
	)
}

// retryHeaders are the headers that identify a call across its attempts. The
// caller's own choice takes precedence. SDKs send the second one, the SDK for
// PHP the third.
var retryHeaders = []string{"Idempotency-Key", "Amz-Sdk-Invocation-Id", "Aws-Sdk-Invocation-Id"}

// maxRetryID is the length limit of a retry id, in bytes.
const maxRetryID = 255

// caller returns the caller of a request in the form that billing uses.
func caller(call *web.Request) journal.Caller {
	return journal.Caller{
		Account: account.ID(call.Identity.Account),
		By:      journal.By{Key: call.Identity.Key, Source: call.Source(), Request: call.ID},
	}
}

// buyer is caller with the retry id that identifies the call across its
// attempts.
func buyer(call *web.Request) (journal.Caller, error) {
	c := caller(call)
	id, err := retryID(call.Header)
	if err != nil || id == "" {
		return c, err
	}
	body, err := call.ReadBody()
	if err != nil {
		return c, err
	}
	sum := sha256.Sum256([]byte(call.Operation + "\n" + string(body)))
	c.Retry = &journal.Retry{ID: id, Request: hex.EncodeToString(sum[:])}
	return c, nil
}

// retryID returns the id of a call across its attempts, or "" if there is none.
// It returns the header in its signed form, so that nobody without the secret
// can write it differently and make the call run again. A header that is sent
// twice has the same signed form as one with a comma, so it is refused.
func retryID(header http.Header) (string, error) {
	found := ""
	for _, name := range retryHeaders {
		values := header[name]
		if len(values) > 1 {
			return "", fault.New(fault.Argument, "The request has %d %s headers; it may have one.", len(values), name)
		}
		if len(values) == 0 || found != "" {
			continue
		}
		id := sigv4.SignedValue(values[0])
		if len(id) > maxRetryID {
			return "", fault.New(fault.Argument, "Header %s has %d bytes; it may have %d.", name, len(id), maxRetryID)
		}
		if strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r > '~' }) {
			return "", fault.New(fault.Argument, "Header %s is %+q; it may have only printable ASCII characters.", name, id)
		}
		found = id
	}
	return found, nil
}

// reader is eligible, but first checks the input against the bounds of the API
// model.
func (a api) reader(ctx context.Context, call *web.Request) (billing.View, error) {
	view, err := a.eligible(ctx, call)
	if err != nil {
		return view, err
	}
	return view, bounded(call)
}

// bounded returns an Argument error for an input that lacks a required member or
// breaks a bound of the API model.
func bounded(call *web.Request) error {
	body, err := call.ReadBody()
	if err != nil {
		return err
	}
	return within(call.Operation, body)
}

// within is bounded for the body of an operation's request.
func within(operation string, body []byte) error {
	o, _ := apimodel.Load().Operation(operation)
	return apimodel.Check(o.Input, body)
}

// eligible returns the caller's account, rolled up to now, or NotEligible.
func (a api) eligible(ctx context.Context, call *web.Request) (billing.View, error) {
	view, err := a.view(ctx, call)
	if err != nil {
		return view, err
	}
	return view, view.State.Eligible()
}

// view returns the caller's account, rolled up to now.
func (a api) view(ctx context.Context, call *web.Request) (billing.View, error) {
	view, err := a.accounts.View(ctx, caller(call))
	if err == nil {
		showTime(call, view)
	}
	return view, err
}

// timeHeader carries the time of a test account's own clock, in RFC 3339. The
// Date header always has the wall clock's time, because SDKs correct their
// clocks by it.
const timeHeader = "Slotfarm-Time"

func showTime(call *web.Request, view billing.View) {
	if view.State.Test {
		call.Answer.Set(timeHeader, view.Now.Format(time.RFC3339Nano))
	}
}
