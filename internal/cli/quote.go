package cli

import (
	"context"
	"strconv"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// quoteCommand says what a purchase would cost.
type quoteCommand struct {
	onAccount
	OfferingID string `required:"" env:"-" placeholder:"ID" help:"The offering."`
	Quantity   int    `required:"" env:"-" placeholder:"N" help:"How many slots."`
	Promotion  string `env:"-" placeholder:"ID" help:"The promotion to apply."`
}

// Run prints the quote.
func (c *quoteCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		q, err := api.Quote(ctx, string(c.Account), operatorapi.Order{OfferingID: c.OfferingID, Quantity: c.Quantity, PromotionID: c.Promotion})
		p.table([]string{"OFFERING", "SLOTS", "FROM", q.Cost.CurrencyCode},
			[][]string{{q.OfferingID, strconv.Itoa(q.Quantity), showTime(q.EffectiveOn), dollars(q.Cost.Amount)}})
		return err
	})
}
