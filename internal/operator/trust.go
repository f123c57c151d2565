package operator

import (
	"context"
	"encoding/json"

	"github.com/slotfarm/slotfarm/internal/checkpoint"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
	"github.com/slotfarm/slotfarm/internal/wallclock"
)

// Trust is what only a server with signed requests has: a watched clock, and a
// signer of checkpoints.
type Trust struct {
	Clock *wallclock.Clock
	Sign  checkpoint.Signer
}

func (a api) trustRows() []row {
	return []row{
		on(operatorapi.GetCheckpoint, a.takeCheckpoint),
		on(operatorapi.TrustClock, a.trustClock),
	}
}

// takeCheckpoint returns the position of every ordinary account's journal.
func (a api) takeCheckpoint(ctx context.Context, in input[none, none]) (operatorapi.Document, error) {
	in.request.Unhurried()
	taken, err := checkpoint.Take(ctx, a.Journals, a.Trust.Sign, a.Trust.Clock.Now())
	if err != nil {
		return nil, err
	}
	return json.Marshal(taken)
}

// trustClock makes the wall clock trusted from now on.
func (a api) trustClock(context.Context, input[none, operatorapi.Empty]) (operatorapi.WallClock, error) {
	jump, _ := a.Trust.Clock.Jumped()
	a.Trust.Clock.Trust()
	return operatorapi.WallClock{Kept: jump.Kept.UTC(), Wall: jump.Wall.UTC()}, nil
}
