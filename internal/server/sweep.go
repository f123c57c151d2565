package server

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/wallclock"
)

// sweepPause is how long an unused account waits at most to be rolled after a
// boundary.
const sweepPause = 30 * time.Second

// background is something that is done again and again.
type background struct {
	stop    context.CancelFunc
	stopped chan struct{}
}

// repeat does something now, and then again after each pause until it is closed.
func repeat(pause time.Duration, do func(context.Context)) *background {
	ctx, stop := context.WithCancel(context.Background())
	b := &background{stop: stop, stopped: make(chan struct{})}
	go func() {
		defer close(b.stopped)
		ticker := time.NewTicker(pause)
		defer ticker.Stop()
		for ctx.Err() == nil {
			do(ctx)
			select {
			case <-ticker.C:
			case <-ctx.Done():
			}
		}
	}()
	return b
}

// startSweeper rolls accounts that have passed a boundary, and finishes deletes of
// projects that were cut short, in the background.
func startSweeper(parts *Parts, clock *wallclock.Clock, log *slog.Logger) *background {
	jumped := false
	return repeat(sweepPause, func(ctx context.Context) {
		jumped = watch(ctx, clock, log, jumped)
		err := parts.Refresh(ctx)
		if err == nil {
			err = errors.Join(parts.Sweeper.Sweep(ctx), parts.Projects.Resume(ctx))
		}
		if err != nil && ctx.Err() == nil {
			log.ErrorContext(ctx, "sweep", "error", err)
		}
		settle(ctx, parts, log)
	})
}

// settle keeps the acts that were begun.
func settle(ctx context.Context, parts *Parts, log *slog.Logger) {
	if err := parts.Settle(ctx); err != nil && ctx.Err() == nil {
		log.ErrorContext(ctx, "acts of the operator wait for the journal of account "+string(account.Operator), "error", err)
	}
}

// close ends what is under way and waits for it.
func (b *background) close() {
	b.stop()
	<-b.stopped
}
