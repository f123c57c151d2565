// Package throttle bounds how often an account may call an operation, as AWS
// does: with a token bucket, which fills at a rate, for each pair of the two. A
// key that calls often leaves a part of the bucket to the other keys of its
// account, so that it cannot keep them from calling.
//
// It decides how many calls are too many. Other packages decide which calls
// count, and what a refusal looks like on the wire.
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
	Rate  float64 // per second
	Burst int
}

// Limits are the bounds of each account and operation.
type Limits struct {
	Reads  Limit // operations whose names begin with List or Get
	Writes Limit // all others
}

// The share of a key: it may take all but a quarter of an account's bucket.
// After that, a quarter of the inflow is its own; the rest first refills the
// quarter that is reserved for other keys before the key may take any of it.
const share = 4

// buckets is how many buckets of accounts, and how many of keys, are
// remembered. A forgotten bucket is full again, so this bounds memory and never
// makes a caller wait longer.
const buckets = 1 << 16

// Throttle counts the calls of accounts. New makes one; it is safe for concurrent
// use.
type Throttle struct {
	limits   Limits
	now      func() time.Time
	accounts *lru.Cache[bucket, *account]
	keys     *lru.Cache[bucket, *rate.Limiter]
}

// bucket identifies what a bound applies to.
type bucket struct{ owner, operation string }

// account is the bucket that the keys of an account share.
type account struct {
	sync.Mutex // held while a call is decided
	*rate.Limiter
}

// New returns a throttle that reads the time from now.
func New(limits Limits, now func() time.Time) (*Throttle, error) {
	accounts, err := lru.New[bucket, *account](buckets)
	if err != nil {
		return nil, err
	}
	keys, err := lru.New[bucket, *rate.Limiter](buckets)
	return &Throttle{limits: limits, now: now, accounts: accounts, keys: keys}, err
}

// Admit is the Throttle of a web.Config: it refuses a call with Throttled if
// its account or its key calls the operation too often. A refusal takes no
// token.
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
		return fault.New(fault.Throttled, "Key %s calls %s so often that too few calls are left for the other keys of account %s. Wait and try again.", who.Key, r.Operation, who.Account)
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

// remembered returns what a cache holds under a name. If it holds nothing,
// remembered makes a value and stores it.
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
