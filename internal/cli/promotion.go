package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// promotionCommand holds the commands on promotions.
type promotionCommand struct {
	List   promotionListCommand   `cmd:"" help:"Print the promotions of the catalogue."`
	Set    promotionSetCommand    `cmd:"" help:"Add a promotion to the catalogue, or replace it."`
	Remove promotionRemoveCommand `cmd:"" help:"Remove a promotion from the catalogue. Purchases made with it stay as they are."`
}

// promotionListCommand prints the promotions.
type promotionListCommand struct {
	query
}

// Run prints a line for each promotion; as JSON, they have the form of the
// catalogue.
func (c *promotionListCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		catalog, _, err := served(ctx, api)
		if err != nil {
			return err
		}
		p.promotions(catalog)
		body, err := manifest.FormatCatalog(offering.Catalog{Promotions: catalog.Promotions})
		p.keep(body)
		return err
	})
}

// onPromotion names a promotion in the catalogue of a server.
type onPromotion struct {
	query
	ID string `arg:"" placeholder:"PROMOTION" help:"The promotion's id."`
}

// promotionSetCommand adds or changes a promotion.
type promotionSetCommand struct {
	onPromotion
	Description  string   `env:"-" placeholder:"TEXT" help:"The description that customers see."`
	PercentOff   []int    `required:"" env:"-" placeholder:"N" help:"The percent off the price of a slot, for the month of the purchase and for each month after it."`
	Offering     []string `env:"-" sep:"none" placeholder:"ID" help:"An offering that the promotion applies to. Repeat the flag for several offerings. By default it applies to all."`
	NewCustomers bool     `env:"-" help:"Limit the promotion to accounts that never held a slot."`
	From         instant  `env:"-" placeholder:"RFC3339" help:"When the promotion starts. By default it has already started."`
	Until        instant  `env:"-" placeholder:"RFC3339" help:"When the promotion ends. By default it does not end."`
}

// Run puts the promotion in force.
func (c *promotionSetCommand) Run(ctx context.Context, streams IO) error {
	promotion := offering.Promotion{
		ID: c.ID, Description: c.Description, OfferingIDs: c.Offering, NewCustomersOnly: c.NewCustomers,
		From: time.Time(c.From), Until: time.Time(c.Until), PercentOff: c.PercentOff,
	}
	return c.revise(ctx, streams, func(catalog *offering.Catalog, at int) error {
		if at < 0 {
			catalog.Promotions = append(catalog.Promotions, promotion)
		} else {
			catalog.Promotions[at] = promotion
		}
		return catalog.Validate()
	})
}

// promotionRemoveCommand removes a promotion.
type promotionRemoveCommand struct {
	onPromotion
}

// Run removes the promotion from the catalogue.
func (c *promotionRemoveCommand) Run(ctx context.Context, streams IO) error {
	return c.revise(ctx, streams, func(catalog *offering.Catalog, at int) error {
		if at < 0 {
			return fmt.Errorf("there is no promotion %q", c.ID)
		}
		catalog.Promotions = slices.Delete(catalog.Promotions, at, at+1)
		return nil
	})
}

// revise calls f to change the catalogue. At is the index of the promotion in
// it, or -1 if it is not there.
func (c onPromotion) revise(ctx context.Context, streams IO, f func(catalog *offering.Catalog, at int) error) error {
	r := revision{query: c.query, name: c.ID}
	return r.make(ctx, streams, func(catalog offering.Catalog) (offering.Catalog, error) {
		catalog.Promotions = slices.Clone(catalog.Promotions)
		at := slices.IndexFunc(catalog.Promotions, func(p offering.Promotion) bool { return p.ID == c.ID })
		return catalog, f(&catalog, at)
	})
}
