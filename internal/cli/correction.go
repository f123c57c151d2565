package cli

import (
	"context"
	"fmt"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// renewalCommand holds the commands on renewals.
type renewalCommand struct {
	Cancel renewalCancelCommand `cmd:"" help:"Cancel the standing renewal of an offering."`
}

// renewalCancelCommand takes a standing renewal back.
type renewalCancelCommand struct {
	onAccount
	OfferingID string `required:"" env:"-" placeholder:"ID" help:"The offering."`
	Held       bool   `env:"-" help:"Also let the held slots end with the period."`
}

// Help returns the text of --help below the usage line.
func (renewalCancelCommand) Help() string {
	return `Without a standing renewal, the next period renews what is held. With --held, it starts with nothing. The account may be ineligible or suspended.`
}

// Run takes the renewal back and prints the account.
func (c *renewalCancelCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		a, err := api.CancelRenewal(ctx, string(c.Account), c.OfferingID, c.Held)
		p.account(a)
		return err
	})
}

// creditCommand holds the commands on credits.
type creditCommand struct {
	Add creditAddCommand `cmd:"" help:"Give an account a credit."`
}

// creditAddCommand gives a credit.
type creditAddCommand struct {
	onAccount
	Amount string `required:"" env:"-" placeholder:"DOLLARS" help:"The amount in US dollars, such as 10.50."`
	Reason string `required:"" env:"-" placeholder:"TEXT" help:"The reason. The statement shows it."`
}

// Help returns the text of --help below the usage line.
func (creditAddCommand) Help() string {
	return `A credit is a line of the current period's statement. It corrects what was charged; nothing in a journal is ever changed.`
}

// Run gives the credit and prints the account.
func (c *creditAddCommand) Run(ctx context.Context, streams IO) error {
	if _, err := money.ParseDollars(c.Amount); err != nil {
		return usageError{fmt.Errorf("--amount: %s", fault.MessageOf(err))}
	}
	credit := operatorapi.Credit{Amount: operatorapi.Decimal(c.Amount), CurrencyCode: money.Currency, Reason: c.Reason}
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		a, err := api.AddCredit(ctx, string(c.Account), credit)
		p.account(a)
		return err
	})
}
