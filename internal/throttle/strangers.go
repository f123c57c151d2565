package throttle

import (
	"context"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// How strangers are slowed: for how long each answer is held back, and how many of
// them at once. Beyond that they are not, so that many strangers cannot have a server
// hold what it holds for each.
const (
	holdTime = time.Second
	maxHeld  = 1024
)

// Strangers slows down those whose calls nobody could be found to have made. Whoever
// calls from the same address with a key that is good notices nothing. NewStrangers
// makes one; it is safe for concurrent use.
type Strangers struct {
	limit   Limit
	now     func() time.Time
	sources *lru.Cache[bucket, *rate.Limiter]
	held    chan struct{}
}

// NewStrangers returns what lets as many failures of each source pass as the limit
// says, on the clock now. A zero Rate slows nobody.
func NewStrangers(limit Limit, now func() time.Time) (*Strangers, error) {
	sources, err := lru.New[bucket, *rate.Limiter](buckets)
	return &Strangers{limit, now, sources, make(chan struct{}, maxHeld)}, err
}

// Hold returns at once for a source that has not failed too often, and for any other
// one a second later, or when ctx ends.
func (s *Strangers) Hold(ctx context.Context, source string) {
	if s.limit.Rate <= 0 || remembered(s.sources, bucket{owner: source}, s.limit.limiter).AllowN(s.now(), 1) {
		return
	}
	select {
	case s.held <- struct{}{}:
	default:
		return
	}
	defer func() { <-s.held }()
	timer := time.NewTimer(holdTime)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
