package operator

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/inventory"
	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

func (a api) fleetRows() []row {
	return []row{
		on(operatorapi.GetFleet, a.getFleet),
		on(operatorapi.PutFleet, a.putFleet),
		on(operatorapi.ListFleetVersions, a.listFleetVersions),
	}
}

// getFleet shows the fleet, or what it was by a version.
func (a api) getFleet(ctx context.Context, in input[operatorapi.FleetQuery, none]) (operatorapi.Document, error) {
	if in.query.Version == nil {
		return manifest.FormatFleet(a.Fleet.Current().Fleet)
	}
	fleet, err := a.Fleet.Of(ctx, *versionOf(in.query.Version))
	if err != nil {
		return nil, err
	}
	return manifest.FormatFleet(fleet)
}

// putFleet puts another fleet in force, in place of the version that it replaces
// where that is given.
func (a api) putFleet(ctx context.Context, in input[operatorapi.PutFleetQuery, operatorapi.Document]) (operatorapi.FleetChanges, error) {
	fleet, err := manifest.ParseFleet(in.body)
	if err != nil {
		return operatorapi.FleetChanges{}, err
	}
	made, err := a.Fleet.Set(ctx, in.caller, fleet, versionOf(in.query.Replaces))
	return fleetChanges(made), err
}

// fleetChanges returns what a fleet changed in its wire form.
func fleetChanges(made inventory.Change) operatorapi.FleetChanges {
	answer := operatorapi.FleetChanges{Version: made.Version, Changes: []operatorapi.FleetChange{}}
	for _, c := range made.Changes {
		answer.Changes = append(answer.Changes, operatorapi.FleetChange{
			Change: string(c.Act), Kind: string(c.Kind), ID: c.ID, Name: c.Name, Field: c.Field, Old: c.Old, New: c.New, Text: c.String(),
		})
	}
	return answer
}

// listFleetVersions shows when which version of the fleet was put in force, and by
// whom.
func (a api) listFleetVersions(ctx context.Context, _ input[none, none]) (operatorapi.Versions, error) {
	answer := operatorapi.Versions{Versions: []operatorapi.Version{}}
	versions, err := a.Fleet.Versions(ctx)
	if err != nil {
		return answer, err
	}
	for _, v := range versions {
		answer.Versions = append(answer.Versions, operatorapi.Version{Version: v.Number, At: v.At, Key: v.Key})
	}
	return answer, nil
}
