package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// revision puts another catalogue in force.
type revision struct {
	query
	yes  bool   // do not ask
	name string // of the catalogue in the error if the server refuses it
}

// make calls change to make the new catalogue from the one in force, and
// applies it if anything changes. If somebody else changes the catalogue
// meanwhile, the server refuses it, so no change is lost.
func (r revision) make(ctx context.Context, streams IO, change func(offering.Catalog) (offering.Catalog, error)) error {
	return r.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		now, number, err := served(ctx, api)
		if err != nil {
			return err
		}
		next, err := change(now)
		if err != nil {
			return err
		}
		body, err := manifest.FormatCatalog(next)
		if err != nil {
			return err
		}
		changes := offering.Changes(now, next)
		p.changes(changes)
		if err := r.agreed(ctx, streams, changes); err != nil || len(changes) == 0 {
			return err
		}
		_, err = api.PutCatalog(ctx, body, number)
		var refused *client.Error
		if errors.As(err, &refused) {
			err = fmt.Errorf("%s: %w", r.name, err)
		}
		return err
	})
}

// served returns the catalogue in force at a server, and its version.
func served(ctx context.Context, api *client.Client) (catalog offering.Catalog, number int, err error) {
	versions, err := api.Versions(ctx)
	if err != nil {
		return catalog, 0, err
	}
	number = len(versions)
	body, err := api.CatalogOf(ctx, number)
	if err != nil {
		return catalog, number, err
	}
	catalog, err = manifest.ParseCatalog(body)
	return catalog, number, err
}

// agreed asks for confirmation if a price changes, and returns nil if the
// change is wanted.
func (r revision) agreed(ctx context.Context, streams IO, changes []offering.Change) error {
	changes = slices.DeleteFunc(slices.Clone(changes), func(change offering.Change) bool { return !change.Price })
	if r.yes || len(changes) == 0 {
		return nil
	}
	var question strings.Builder
	for _, change := range changes {
		question.WriteString(plain(change.Text) + "\n")
	}
	fmt.Fprintf(&question, "Change the price of %d of the offerings?", len(changes))
	return streams.confirm(ctx, question.String())
}
