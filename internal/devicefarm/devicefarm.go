// Package devicefarm is the API DeviceFarm_20150623 as far as slotfarm has it:
// the wire shapes of its operations, one table of them, and the translation
// between them and package billing.
//
// It decides what AWS's model leaves to the wire: member names, page sizes, page
// tokens, which header makes a call repeatable, and which exception stands for
// which failure. It decides nothing about slots or money.
package devicefarm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/apimodel"
	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// target is the service's name in X-Amz-Target.
const target = "DeviceFarm_20150623"

// Config is what the API needs. All fields but Around and Observe are required.
type Config struct {
	Accounts     *billing.Accounts
	Orders       *billing.Orders
	Authenticate func(r *http.Request, body []byte) (awsjson.Identity, error)
	NewID        func() string
	Log          *slog.Logger
	Around       awsjson.Around
	Observe      awsjson.Observe

	// Authorize says whether the caller may do what the call asks for; the order
	// is that of a purchase or renewal whose input makes one. Nil allows all.
	Authorize func(call *awsjson.Call, order *account.Order) error
}

// Handler returns the API as an HTTP handler for POST requests.
func Handler(c Config) http.Handler {
	return awsjson.Service{
		Target:       target,
		Missing:      missing(),
		Operations:   api{c.Accounts, c.Orders, c.Authorize}.operations(),
		Exceptions:   exceptions,
		Authenticate: c.Authenticate,
		NewID:        c.NewID,
		Log:          c.Log,
		Around:       c.Around,
		Observe:      c.Observe,
	}.Handler()
}

// api holds the operations.
type api struct {
	accounts  *billing.Accounts
	orders    *billing.Orders
	authorize func(*awsjson.Call, *account.Order) error
}

// operations is the one table of them.
func (a api) operations() []awsjson.Operation {
	return []awsjson.Operation{
		awsjson.Handle("ListOfferings", a.listOfferings),
		awsjson.Handle("ListOfferingPromotions", a.listOfferingPromotions),
		awsjson.Handle("PurchaseOffering", a.purchaseOffering),
		awsjson.Handle("RenewOffering", a.renewOffering),
		awsjson.Handle("GetOfferingStatus", a.getOfferingStatus),
		awsjson.Handle("ListOfferingTransactions", a.listOfferingTransactions),
		awsjson.Handle("GetAccountSettings", a.getAccountSettings),
	}
}

// Operations returns the names of the operations that are here.
func Operations() []string {
	var names []string
	for _, o := range (api{}).operations() {
		names = append(names, o.Name)
	}
	return names
}

// HasOperation reports whether AWS Device Farm has an operation of that name,
// be it here or not.
func HasOperation(name string) bool {
	_, ok := apimodel.Load().Operation(name)
	return ok
}

// missing returns the operations of the model that the table does not have, so
// that their callers are told so and not that they mistyped.
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

// exceptions is the one table from kinds of failure to what AWS calls them. The
// first five are in the API model; the others are AWS's common errors, or those
// of the protocol where AWS documents none (docs/fidelity.md).
var exceptions = map[fault.Kind]awsjson.Exception{
	fault.Argument:       {Name: "ArgumentException", Status: 400},
	fault.NotFound:       {Name: "NotFoundException", Status: 400},
	fault.NotEligible:    {Name: "NotEligibleException", Status: 400},
	fault.LimitExceeded:  {Name: "LimitExceededException", Status: 400},
	fault.ServiceAccount: {Name: "ServiceAccountException", Status: 400},

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

// Exceptions returns every exception that callers of Device Farm can meet: those
// that are answered here, the others of its API model, and AWS's common errors.
func Exceptions() []awsjson.Exception {
	return append(slices.Collect(maps.Values(exceptions)),
		awsjson.Exception{Name: "CannotDeleteException", Status: 409},
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

// retryHeaders name a call across its attempts, the caller's own choice first.
// SDKs send the second one, PHP's the third.
var retryHeaders = []string{"Idempotency-Key", "Amz-Sdk-Invocation-Id", "Aws-Sdk-Invocation-Id"}

// maxRetryID is the length limit of a retry id, in bytes.
const maxRetryID = 255

// caller returns who calls, as billing knows it.
func caller(call *awsjson.Call) journal.Caller {
	return journal.Caller{
		Account: account.ID(call.Identity.Account),
		By:      journal.By{Key: call.Identity.Key, Source: call.Source, Request: call.RequestID},
	}
}

// buyer is caller with what tells the attempts of the call from other calls.
func buyer(call *awsjson.Call) (journal.Caller, error) {
	c := caller(call)
	for _, name := range retryHeaders {
		id := call.Header.Get(name)
		if id == "" {
			continue
		}
		if len(id) > maxRetryID {
			return c, fault.New(fault.Argument, "Header %s has %d bytes; it may have %d.", name, len(id), maxRetryID)
		}
		if strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r > '~' }) {
			return c, fault.New(fault.Argument, "Header %s is %+q; it may have printable ASCII characters only.", name, id)
		}
		sum := sha256.Sum256([]byte(call.Operation + "\n" + string(call.Body)))
		c.Retry = &journal.Retry{ID: id, Request: hex.EncodeToString(sum[:])}
		break
	}
	return c, nil
}

// allowed returns an error where the caller may not do what the call asks for.
func (a api) allowed(call *awsjson.Call, order *account.Order) error {
	if a.authorize == nil {
		return nil
	}
	return a.authorize(call, order)
}

// reader is eligible for a caller who may read, and whose input is within the
// bounds of the API model.
func (a api) reader(ctx context.Context, call *awsjson.Call) (billing.View, error) {
	if err := a.allowed(call, nil); err != nil {
		return billing.View{}, err
	}
	view, err := a.eligible(ctx, call)
	if err != nil {
		return view, err
	}
	return view, bounded(call)
}

// bounded returns an Argument error for an input that lacks a required member or
// breaks a bound of the API model.
func bounded(call *awsjson.Call) error {
	o, _ := apimodel.Load().Operation(call.Operation)
	return apimodel.Check(o.Input, call.Body)
}

// eligible returns the caller's account, rolled up to now, or NotEligible.
func (a api) eligible(ctx context.Context, call *awsjson.Call) (billing.View, error) {
	view, err := a.view(ctx, call)
	if err != nil {
		return view, err
	}
	return view, view.State.Eligible()
}

// view returns the caller's account, rolled up to now.
func (a api) view(ctx context.Context, call *awsjson.Call) (billing.View, error) {
	view, err := a.accounts.View(ctx, caller(call))
	if err == nil {
		showTime(call, view)
	}
	return view, err
}

// timeHeader carries the time of a test account's own clock, in RFC 3339. The
// Date header stays that of the wall clock, since SDKs correct theirs by it.
const timeHeader = "Slotfarm-Time"

func showTime(call *awsjson.Call, view billing.View) {
	if view.State.Test {
		call.Answer.Set(timeHeader, view.Now.Format(time.RFC3339Nano))
	}
}
