// Package throttle bounds how often an account may call an operation, as AWS
// does: with a bucket of tokens for each of the two that fills at a rate.
//
// It decides how many calls are too many. What a refusal looks like on the wire
// is decided where kinds of failure become exceptions.
package throttle

import (
	"context"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/web"
)

// Limit is how many calls a second are allowed in the long run, and how many at
// once. A zero Rate sets no bound.
type Limit struct {
	Rate  float64 // a second
	Burst int
}

// Limits are the bounds of each account and operation.
type Limits struct {
	Reads  Limit // operations whose names begin with List or Get
	Writes Limit // all others
}

// buckets is how many of them are remembered. One that is forgotten is full
// again, so this bounds memory and not the callers' patience.
const buckets = 1 << 16

// Throttle counts the calls of accounts. New makes one; it is safe for concurrent
// use.
type Throttle struct {
	limits  Limits
	now     func() time.Time
	buckets *lru.Cache[bucket, *rate.Limiter]
}

// bucket is what a bound is for.
type bucket struct{ account, operation string }

// New returns a throttle that takes the time from now.
func New(limits Limits, now func() time.Time) (*Throttle, error) {
	cache, err := lru.New[bucket, *rate.Limiter](buckets)
	return &Throttle{limits: limits, now: now, buckets: cache}, err
}

// Around is an web.Around: it runs a call, or refuses it with Throttled when
// the account calls the operation too often. A refusal takes no token.
func (t *Throttle) Around(_ context.Context, call *web.Request, run func() (web.Reply, error)) (web.Reply, error) {
	limit := t.limits.of(call.Operation)
	if limit.Rate > 0 && !t.limiter(bucket{call.Identity.Account, call.Operation}, limit).AllowN(t.now(), 1) {
		return web.Reply{}, fault.New(fault.Throttled, "Account %s calls %s more than %g times a second. Wait and try again.",
			call.Identity.Account, call.Operation, limit.Rate)
	}
	return run()
}

func (l Limits) of(operation string) Limit {
	if strings.HasPrefix(operation, "List") || strings.HasPrefix(operation, "Get") {
		return l.Reads
	}
	return l.Writes
}

func (t *Throttle) limiter(b bucket, limit Limit) *rate.Limiter {
	if l, ok := t.buckets.Get(b); ok {
		return l
	}
	l := rate.NewLimiter(rate.Limit(limit.Rate), limit.Burst)
	if previous, found, _ := t.buckets.PeekOrAdd(b, l); found {
		return previous
	}
	return l
}
