package operator

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

func (a api) correctionRows() []row {
	return []row{
		on(operatorapi.CancelRenewal, a.cancelRenewal),
		on(operatorapi.AddCredit, a.addCredit),
	}
}

// cancelRenewal takes a standing renewal back, even if the account may not do
// so itself.
func (a api) cancelRenewal(ctx context.Context, in input[none, operatorapi.Cancellation]) (operatorapi.Account, error) {
	what := account.Cancellation{OfferingID: in.request.PathValue("offering"), Held: in.body.Held}
	view, err := a.Orders.Cancel(ctx, in.caller, what)
	return shape(in.caller.Account, view), err
}

// addCredit adds a correction to the statement.
func (a api) addCredit(ctx context.Context, in input[none, operatorapi.Credit]) (operatorapi.Account, error) {
	if in.body.CurrencyCode != money.Currency {
		return operatorapi.Account{}, fault.New(fault.Argument, "currencyCode %s is unknown; it must be %q", fault.Quote(in.body.CurrencyCode), money.Currency)
	}
	amount, err := money.ParseDollars(string(in.body.Amount))
	if err != nil {
		return operatorapi.Account{}, fault.New(fault.Argument, "amount %s", fault.MessageOf(err))
	}
	view, err := a.Orders.Credit(ctx, in.caller, account.Credit{Amount: amount, Reason: in.body.Reason})
	return shape(in.caller.Account, view), err
}
