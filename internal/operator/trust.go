package operator

import (
	"context"
	"encoding/json"

	"github.com/slotfarm/slotfarm/internal/checkpoint"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
	"github.com/slotfarm/slotfarm/internal/wallclock"
)

// Trust is what only a server with signed requests has: a watched clock, a signer
// of checkpoints, and a way to accept documents.
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

// takeCheckpoint returns the position of every ordinary account's journal.
func (a api) takeCheckpoint(ctx context.Context, in input[none, none]) (operatorapi.Document, error) {
	in.request.Unhurried()
	taken, err := checkpoint.Take(ctx, a.Journals, a.Trust.Sign, a.Trust.Clock.Now())
	if err != nil {
		return nil, err
	}
	return json.Marshal(taken)
}

// acceptDocument records that a document is right as it is.
func (a api) acceptDocument(ctx context.Context, in input[none, operatorapi.Acceptance]) (none, error) {
	return none{}, a.Trust.Accept(ctx, in.caller.By, in.body.Document, in.body.Reason)
}

// trustClock makes the wall clock trusted from now on.
func (a api) trustClock(context.Context, input[none, operatorapi.Empty]) (operatorapi.WallClock, error) {
	jump, _ := a.Trust.Clock.Jumped()
	a.Trust.Clock.Trust()
	return operatorapi.WallClock{Kept: jump.Kept.UTC(), Wall: jump.Wall.UTC()}, nil
}
