package operator

import (
	"context"
	"math"

	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

func (a api) catalogRows() []row {
	return []row{
		on(operatorapi.GetCatalog, a.getCatalog),
		on(operatorapi.PutCatalog, a.putCatalog),
		on(operatorapi.ListCatalogVersions, a.listVersions),
	}
}

// getCatalog shows the catalogue in force, or an older version.
func (a api) getCatalog(ctx context.Context, in input[operatorapi.CatalogQuery, none]) (operatorapi.Document, error) {
	if in.query.Version == nil {
		return manifest.FormatCatalog(a.Catalog.Terms().Catalog)
	}
	catalog, err := a.Catalog.Of(ctx, *versionOf(in.query.Version))
	if err != nil {
		return nil, err
	}
	return manifest.FormatCatalog(catalog)
}

// putCatalog puts another catalogue in force. If the query names a version to
// replace, that must be the one in force.
func (a api) putCatalog(ctx context.Context, in input[operatorapi.PutCatalogQuery, operatorapi.Document]) (operatorapi.Document, error) {
	catalog, err := manifest.ParseCatalog(in.body)
	if err != nil {
		return nil, err
	}
	if err := a.Catalog.Set(ctx, in.caller, catalog, versionOf(in.query.Replaces)); err != nil {
		return nil, err
	}
	return manifest.FormatCatalog(catalog)
}

// versionOf returns a number of the query as a version of the catalogue, or nil
// if it is missing. An int32 can hold every version.
func versionOf(n *int64) *int {
	if n == nil {
		return nil
	}
	return new(int(min(*n, math.MaxInt32)))
}

// listVersions shows when, and by whom, each version of the catalogue was put
// in force.
func (a api) listVersions(ctx context.Context, _ input[none, none]) (operatorapi.Versions, error) {
	answer := operatorapi.Versions{Versions: []operatorapi.Version{}}
	versions, err := a.Catalog.Versions(ctx)
	if err != nil {
		return answer, err
	}
	for _, v := range versions {
		answer.Versions = append(answer.Versions, operatorapi.Version{Version: v.Number, At: v.At, Key: v.Key})
	}
	return answer, nil
}
