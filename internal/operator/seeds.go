package operator

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

func (a api) seedRows() []row {
	return []row{
		on(operatorapi.GetSeed, a.exportSeed),
		on(operatorapi.PutSeed, a.putSeed),
		on(operatorapi.Reset, a.reset),
	}
}

// exportSeed shows the present state as a seed.
func (a api) exportSeed(ctx context.Context, _ input[none, none]) (operatorapi.Document, error) {
	seed, err := a.Seeds.Export(ctx)
	if err != nil {
		return nil, err
	}
	return manifest.FormatSeed(seed)
}

// putSeed brings the accounts of a seed to its state.
func (a api) putSeed(ctx context.Context, in input[none, operatorapi.Document]) (operatorapi.Planted, error) {
	seed, err := manifest.ParseSeed(in.body)
	if err != nil {
		return operatorapi.Planted{}, err
	}
	planted, err := a.Seeds.Plant(ctx, in.caller, seed)
	return operatorapi.Planted(planted), err
}

// reset deletes everything, including faults, and plants the newest seed again.
func (a api) reset(ctx context.Context, in input[none, operatorapi.Empty]) (operatorapi.Planted, error) {
	planted, err := a.Seeds.Reset(ctx, in.caller)
	if err == nil {
		err = a.Fleet.Refresh(ctx)
	}
	if err == nil {
		err = a.Faults.Set(nil, nil)
	}
	return operatorapi.Planted(planted), err
}
