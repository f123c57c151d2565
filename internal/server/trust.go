package server

import (
	"context"
	"log/slog"
	"time"

	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/operator"
	"github.com/slotfarm/slotfarm/internal/wallclock"
)

// checkpoints is the purpose for which the master key signs checkpoints.
const checkpoints = "checkpoint"

// Signer returns a function that signs checkpoints under a master key.
func Signer(master *iam.MasterKey) func(message []byte) []byte {
	return func(message []byte) []byte { return master.Sign(checkpoints, message) }
}

// watched returns the clock that accounts use. A sandbox always trusts its wall
// clock.
func (c Config) watched() *wallclock.Clock {
	return wallclock.New(wallclock.Sources{Wall: c.Now, Elapsed: c.Elapsed}, c.ClockJump)
}

// trust returns what the operator's API has of a server that callers sign for.
func (s *Server) trust(c Config, parts *Parts) operator.Trust {
	return operator.Trust{Clock: s.clock, Sign: Signer(c.Master), Accept: parts.book.Accept}
}

// watch logs when the wall clock has jumped, and when it is trusted again. It
// returns whether the clock has jumped.
func watch(ctx context.Context, clock *wallclock.Clock, log *slog.Logger, before bool) bool {
	jump, jumped := clock.Jumped()
	switch {
	case jumped && !before:
		log.ErrorContext(ctx, "the wall clock has jumped; accounts use the time that has really passed until somebody runs slotfarm clock trust",
			"wall", jump.Wall, "kept", jump.Kept)
	case before && !jumped:
		log.InfoContext(ctx, "the wall clock is trusted again", "wall", jump.Wall)
	}
	return jumped
}

// jump returns how far the wall clock is ahead of the kept time.
func (s *Server) jump() time.Duration {
	jump, _ := s.clock.Jumped()
	return jump.Wall.Sub(jump.Kept)
}
