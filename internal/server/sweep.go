package server

import (
	"context"
	"log/slog"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/wallclock"
)

// sweepPause is how long accounts wait at most to be rolled after a boundary
// that nobody looked at.
const sweepPause = 30 * time.Second

// sweeper rolls accounts that have passed a boundary, in the background.
type sweeper struct {
	stop    context.CancelFunc
	stopped chan struct{}
}

// startSweeper sweeps now and then again until it is closed.
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
			settle(ctx, parts, log)
			select {
			case <-ticker.C:
			case <-ctx.Done():
			}
		}
	}()
	return s
}

// settle keeps the acts that were begun.
func settle(ctx context.Context, parts *Parts, log *slog.Logger) {
	if err := parts.Settle(ctx); err != nil && ctx.Err() == nil {
		log.ErrorContext(ctx, "acts of the operator wait for the journal of account "+string(account.Operator), "error", err)
	}
}

// close ends the sweep under way and waits for it.
func (s *sweeper) close() {
	s.stop()
	<-s.stopped
}
