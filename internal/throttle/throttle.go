// Package throttle bounds how often an account may call an operation, as AWS
// does: with a bucket of tokens for each of the two that fills at a rate. So that
// no key keeps the others of its account from calling, a key that calls much leaves
// a part of the bucket to them.
//
// It decides how many calls are too many. Which calls it is asked about, and what a
// refusal looks like on the wire, is decided elsewhere.
package throttle

import (
	"strings"
	"sync"
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

// The share of a key: it may take all of an account's bucket but a quarter. When it
// has, a quarter of what flows in is its own, and the rest fills the quarter of the
// bucket that is left to other keys before it may take any of it.
const share = 4

// buckets is how many of them are remembered, of accounts and of keys. One that is
// forgotten is full again, so this bounds memory and not the callers' patience.
const buckets = 1 << 16

// Throttle counts the calls of accounts. New makes one; it is safe for concurrent
// use.
type Throttle struct {
	limits   Limits
	now      func() time.Time
	accounts *lru.Cache[bucket, *account]
	keys     *lru.Cache[bucket, *rate.Limiter]
}

// bucket is what a bound is for.
type bucket struct{ owner, operation string }

// account is the bucket that the keys of an account share.
type account struct {
	sync.Mutex // while a call is decided on
	*rate.Limiter
}

// New returns a throttle that takes the time from now.
func New(limits Limits, now func() time.Time) (*Throttle, error) {
	accounts, err := lru.New[bucket, *account](buckets)
	if err != nil {
		return nil, err
	}
	keys, err := lru.New[bucket, *rate.Limiter](buckets)
	return &Throttle{limits: limits, now: now, accounts: accounts, keys: keys}, err
}

// Admit is the Throttle of a web.Config: it refuses a call with Throttled when its
// account or its key calls the operation too often. A refusal takes no token.
func (t *Throttle) Admit(r *web.Request) error {
	limit := t.limits.of(r.Operation)
	if limit.Rate <= 0 {
		return nil
	}
	who, now := r.Identity, t.now()
	all := remembered(t.accounts, bucket{who.Account, r.Operation}, func() *account { return &account{Limiter: limit.limiter()} })
	all.Lock()
	defer all.Unlock()
	if all.TokensAt(now) < 1 {
		return fault.New(fault.Throttled, "Account %s calls %s more than %g times a second. Wait and try again.", who.Account, r.Operation, limit.Rate)
	}
	left := limit.Burst / share
	own := remembered(t.keys, bucket{who.Key, r.Operation}, Limit{limit.Rate / share, limit.Burst - left}.limiter)
	if !own.AllowN(now, 1) && all.TokensAt(now) < float64(left+1) {
		return fault.New(fault.Throttled, "Key %s calls %s so often that the other keys of account %s could not. Wait and try again.", who.Key, r.Operation, who.Account)
	}
	all.AllowN(now, 1)
	return nil
}

func (l Limits) of(operation string) Limit {
	if strings.HasPrefix(operation, "List") || strings.HasPrefix(operation, "Get") {
		return l.Reads
	}
	return l.Writes
}

// limiter returns a full bucket.
func (l Limit) limiter() *rate.Limiter { return rate.NewLimiter(rate.Limit(l.Rate), l.Burst) }

// remembered returns what a cache has under a name, and remembers what there is from
// now on where it has nothing.
func remembered[V any](cache *lru.Cache[bucket, V], name bucket, make func() V) V {
	if v, ok := cache.Get(name); ok {
		return v
	}
	v := make()
	if previous, found, _ := cache.PeekOrAdd(name, v); found {
		return previous
	}
	return v
}
