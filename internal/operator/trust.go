package operator

import (
	"context"
	"encoding/json"

	"github.com/slotfarm/slotfarm/internal/checkpoint"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
	"github.com/slotfarm/slotfarm/internal/wallclock"
)

// Trust is what servers have that callers sign for: a clock that is watched, what
// signs checkpoints, and what accepts documents.
type Trust struct {
	Clock  *wallclock.Clock
	Sign   checkpoint.Signer
	Accept func(ctx context.Context, by journal.By, document, reason string) error
}

func (a api) trustRows() []row {
	return []row{
		on(operatorapi.GetCheckpoint, a.takeCheckpoint),
		on(operatorapi.AcceptDocument, a.acceptDocument),
		on(operatorapi.TrustClock, a.trustClock),
	}
}

// takeCheckpoint says how far every ordinary account has come.
func (a api) takeCheckpoint(ctx context.Context, in input[none, none]) (operatorapi.Document, error) {
	in.request.Unhurried()
	taken, err := checkpoint.Take(ctx, a.Journals, a.Trust.Sign, a.Trust.Clock.Now())
	if err != nil {
		return nil, err
	}
	return json.Marshal(taken)
}

// acceptDocument takes a document for right as it is.
func (a api) acceptDocument(ctx context.Context, in input[none, operatorapi.Acceptance]) (none, error) {
	return none{}, a.Trust.Accept(ctx, in.caller.By, in.body.Document, in.body.Reason)
}

// trustClock has the wall clock be right from now on.
func (a api) trustClock(context.Context, input[none, operatorapi.Empty]) (operatorapi.WallClock, error) {
	jump, _ := a.Trust.Clock.Jumped()
	a.Trust.Clock.Trust()
	return operatorapi.WallClock{Kept: jump.Kept.UTC(), Wall: jump.Wall.UTC()}, nil
}
