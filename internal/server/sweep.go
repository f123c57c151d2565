package server

import (
	"context"
	"log/slog"
	"time"
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
func startSweeper(parts *Parts, log *slog.Logger) *sweeper {
	ctx, stop := context.WithCancel(context.Background())
	s := &sweeper{stop: stop, stopped: make(chan struct{})}
	go func() {
		defer close(s.stopped)
		ticker := time.NewTicker(sweepPause)
		defer ticker.Stop()
		for ctx.Err() == nil {
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
