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
	name string // of what is wrong when the server refuses it
}

// make has change make the new catalogue of the one in force, and applies it
// where anything changes. Nothing that others change meanwhile is lost: the
// server refuses it then.
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

// served returns what a server sells, and by which version of its catalogue.
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

// agreed asks where a price changes, and returns nil when that is wanted.
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
