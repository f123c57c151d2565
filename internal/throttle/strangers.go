package throttle

import (
	"context"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// How strangers are slowed: how long each answer is delayed, and how many
// answers are delayed at once. Any more are answered without delay, so that
// many strangers cannot exhaust the server's memory.
const (
	holdTime = time.Second
	maxHeld  = 1024
)

// Strangers slows down callers whose authentication fails. Callers from the
// same address with a valid key are not affected. NewStrangers makes one; it is
// safe for concurrent use.
type Strangers struct {
	limit   Limit
	now     func() time.Time
	sources *lru.Cache[bucket, *rate.Limiter]
	held    chan struct{}
}

// NewStrangers returns a Strangers that lets as many failures of each source
// pass as the limit says, by the clock now. A zero Rate slows nobody.
func NewStrangers(limit Limit, now func() time.Time) (*Strangers, error) {
	sources, err := lru.New[bucket, *rate.Limiter](buckets)
	return &Strangers{limit, now, sources, make(chan struct{}, maxHeld)}, err
}

// Hold returns at once for a source that has not failed too often. For any
// other it returns a second later, or when ctx ends.
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
