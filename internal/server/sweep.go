package server

import (
	"context"
	"log/slog"
	"time"

	"github.com/slotfarm/slotfarm/internal/wallclock"
)

// sweepPause is how long an unused account waits at most to be rolled after a
// boundary.
const sweepPause = 30 * time.Second

// sweeper rolls accounts that have passed a boundary, in the background.
type sweeper struct {
	stop    context.CancelFunc
	stopped chan struct{}
}

// startSweeper sweeps at once, and then again and again until the sweeper is
// closed.
func startSweeper(parts *Parts, clock *wallclock.Clock, log *slog.Logger) *sweeper {
	ctx, stop := context.WithCancel(context.Background())
	s := &sweeper{stop: stop, stopped: make(chan struct{})}
	go func() {
		defer close(s.stopped)
		ticker := time.NewTicker(sweepPause)
		defer ticker.Stop()
		jumped := false
		for ctx.Err() == nil {
			jumped = watch(ctx, clock, log, jumped)
			err := parts.Refresh(ctx)
			if err == nil {
				err = parts.Sweeper.Sweep(ctx)
			}
			if err != nil && ctx.Err() == nil {
				log.ErrorContext(ctx, "sweep", "error", err)
			}
			select {
			case <-ticker.C:
			case <-ctx.Done():
			}
		}
	}()
	return s
}

// close ends the sweep under way and waits for it.
func (s *sweeper) close() {
	s.stop()
	<-s.stopped
}
