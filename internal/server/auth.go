package server

import (
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/slotfarm/slotfarm/internal/access"
	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/devicefarm"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/operator"
	"github.com/slotfarm/slotfarm/internal/sigv4"
	"github.com/slotfarm/slotfarm/internal/web"
)

// gate admits callers who sign with a key, within the limits of the key's
// policy.
type gate struct {
	parts    *Parts
	now      func() time.Time
	slots    sigv4.Verifier // of the Device Farm API
	operator sigv4.Verifier // of the operator API

	strange func(*web.Request) // is told of requests that no usable key has signed
}

func newGate(parts *Parts, now func() time.Time) *gate {
	return &gate{
		parts: parts, now: now, strange: func(*web.Request) {},
		slots:    sigv4.Verifier{Service: "devicefarm", Signed: []string{"idempotency-key"}},
		operator: sigv4.Verifier{Service: "slotfarm"},
	}
}

// actions returns everything that a policy may allow.
func actions() []iam.Action { return append(operator.Actions(), devicefarm.Actions()...) }

// verify returns who signed a request. Signed is the request in the form that
// was signed. A request that the head shows to be wrong is refused before
// storage is queried, and one that can be refused without its body before that
// is read: a stranger costs neither a query nor memory. Errors: those of
// sigv4.Verifier.Verify; UnknownKey for a key that may not be used and for a
// session token, which no key of slotfarm has.
func (g *gate) verify(v *sigv4.Verifier, r *web.Request, signed *http.Request) (web.Identity, error) {
	head, err := v.Head(signed, g.now())
	if err != nil {
		return web.Identity{}, err
	}
	found, err := g.parts.Begin(r.Context(), head.AccessKeyID)
	if err != nil {
		return web.Identity{}, err
	}
	body, err := r.ReadBody()
	if err != nil {
		return web.Identity{}, err
	}
	verified, err := v.Complete(head, body, found.Secret)
	if err != nil {
		return web.Identity{}, err
	}
	if verified.SessionToken {
		return web.Identity{}, fault.New(fault.UnknownKey, "The security token included in the request is invalid: keys of this service have none. Leave X-Amz-Security-Token out.")
	}
	return web.Identity{Account: found.Key.Account, Key: found.Key.ID, Signer: &found.Key}, nil
}

// known returns who signed a request, and reports a request that no usable key
// has signed.
func (g *gate) known(v *sigv4.Verifier, r *web.Request, signed *http.Request) (web.Identity, error) {
	who, err := g.verify(v, r, signed)
	switch fault.KindOf(err) {
	case fault.MissingAuthentication, fault.IncompleteSignature, fault.UnknownKey, fault.InvalidSignature, fault.Expired:
		g.strange(r)
	}
	return who, err
}

// authenticate is the web.Authenticate of the Device Farm API.
func (g *gate) authenticate(r *web.Request) (web.Identity, error) {
	return g.known(&g.slots, r, r.Request)
}

// authenticateOperator is the web.Authenticate of the operator API.
func (g *gate) authenticateOperator(r *web.Request) (web.Identity, error) {
	whole, err := url.ParseRequestURI(r.RequestURI) // including the prefix
	if err != nil {
		return web.Identity{}, fault.New(fault.Malformed, "the URL cannot be read")
	}
	signed := *r.Request
	signed.URL = whole
	return g.known(&g.operator, r, &signed)
}

// authorize is a web.Authorize: it checks what a call asks for against the
// policy of the key that signed it.
func (g *gate) authorize(r *web.Request, ask web.Ask) error {
	request := iam.Request{Action: ask.Action, Resource: ask.Resource, Context: ask.Context}
	request.Context.SourceIP, request.Context.Now, request.Context.Secure = address(r.Source()), g.now(), r.Secure()
	return evaluate(*r.Identity.Signer, request)
}

// authorizeOperator is the web.Authorize of the operator API. A key of an
// account other than the operator's reaches no other account, whatever its
// policy says.
func (g *gate) authorizeOperator(r *web.Request, ask web.Ask) error {
	key := *r.Identity.Signer
	if key.Account != string(access.OperatorAccount) && ask.Resource != operator.AccountARN(account.ID(key.Account)) {
		return denied(key, ask.Action, "because the key belongs to an account other than the operator's, and the call is not limited to that account")
	}
	return g.authorize(r, ask)
}

// evaluate returns nil if a key's policy allows a request.
func evaluate(key iam.Key, request iam.Request) error {
	if decision := key.Policy.Evaluate(request); !decision.Allowed {
		return denied(key, request.Action, decision.Reason)
	}
	return nil
}

// denied returns the error that AWS returns.
func denied(key iam.Key, action, why string) error {
	return fault.New(fault.AccessDenied, "User: key %s (%s) of account %s is not authorized to perform: %s %s", key.ID, key.Name, key.Account, action, why)
}

// address parses a network address. It returns the zero address if text is not
// one.
func address(text string) netip.Addr {
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return ip.Unmap().WithZone("")
}
