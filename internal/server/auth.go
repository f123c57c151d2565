package server

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"github.com/slotfarm/slotfarm/internal/access"
	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/devicefarm"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/operator"
	"github.com/slotfarm/slotfarm/internal/sigv4"
)

// gate lets in who signs with a key, as far as the key's policy goes.
type gate struct {
	parts    *Parts
	now      func() time.Time
	slots    sigv4.Verifier // of the Device Farm API
	operator sigv4.Verifier // of the operator's API
}

func newGate(parts *Parts, now func() time.Time) *gate {
	return &gate{
		parts: parts, now: now,
		slots:    sigv4.Verifier{Service: "devicefarm", Signed: []string{"idempotency-key"}},
		operator: sigv4.Verifier{Service: "slotfarm"},
	}
}

// actions returns everything that a policy may allow.
func actions() []string {
	all := operator.Actions()
	for _, name := range devicefarm.Operations() {
		all = append(all, actionOf(name))
	}
	return all
}

func actionOf(operation string) string { return "devicefarm:" + operation }

// verify returns the key that signed a request. Errors: those of
// sigv4.Verifier.Verify, UnknownKey for a key that may not be used and for a
// session token, which no key here has.
func (g *gate) verify(v *sigv4.Verifier, r *http.Request, body []byte) (iam.Key, error) {
	var found access.Credentials
	verified, err := v.Verify(sigv4.Message{HTTP: r, Body: body}, func(id string) (string, error) {
		var err error
		found, err = g.parts.Begin(r.Context(), id)
		return found.Secret, err
	}, g.now())
	if err != nil {
		return iam.Key{}, err
	}
	if verified.SessionToken {
		return iam.Key{}, fault.New(fault.UnknownKey, "The security token included in the request is invalid: keys of this service have none. Leave X-Amz-Security-Token out.")
	}
	return found.Key, nil
}

// authenticate returns who calls the Device Farm API.
func (g *gate) authenticate(r *http.Request, body []byte) (awsjson.Identity, error) {
	key, err := g.verify(&g.slots, r, body)
	return awsjson.Identity{Account: key.Account, Key: key.ID}, err
}

// authorize holds a call of the Device Farm API against the policy of its key.
// Its operations act on no single resource (Service Authorization Reference).
func (g *gate) authorize(call *awsjson.Call, order *account.Order) error {
	found, err := g.parts.Keys.Recall(context.Background(), call.Identity.Key)
	if err != nil {
		return err
	}
	request := iam.Request{
		Action: actionOf(call.Operation), Resource: "*",
		Context: iam.Context{SourceIP: address(call.Source), Now: g.now(), Secure: call.Secure},
	}
	if order != nil {
		request.Context.Quantity, request.Context.OfferingID = &order.Quantity, &order.OfferingID
	}
	return evaluate(found.Key, request)
}

// authorizeOperator returns the id of the key that signed a call of the
// operator's API, or why its holder may not make it. Keys of an account other
// than the operator's reach no other account, whatever their policies say.
func (g *gate) authorizeOperator(r *http.Request, body []byte, ask operator.Ask) (string, error) {
	key, err := g.verify(&g.operator, r, body)
	if err != nil {
		return "", err
	}
	if key.Account != string(access.OperatorAccount) && key.Account != string(ask.Account) {
		return "", denied(key, ask.Action, "because the key belongs to an account that is not the operator's, and the call is about more than that account")
	}
	resource := "*"
	if ask.Account != "" {
		resource = "arn:aws:slotfarm:::account/" + string(ask.Account)
	}
	return key.ID, evaluate(key, iam.Request{
		Action: ask.Action, Resource: resource,
		Context: iam.Context{SourceIP: address(awsjson.Source(r)), Now: g.now(), Secure: r.TLS != nil},
	})
}

// evaluate returns nil where a key's policy allows a request.
func evaluate(key iam.Key, request iam.Request) error {
	if decision := key.Policy.Evaluate(request); !decision.Allowed {
		return denied(key, request.Action, decision.Reason)
	}
	return nil
}

// denied says what AWS says.
func denied(key iam.Key, action, why string) error {
	return fault.New(fault.AccessDenied, "User: key %s (%s) of account %s is not authorized to perform: %s %s", key.ID, key.Name, key.Account, action, why)
}

// address returns a network address, the zero one where text is none.
func address(text string) netip.Addr {
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return ip.Unmap().WithZone("")
}
