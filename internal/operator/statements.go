package operator

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

func (a api) statementRows() []row {
	return []row{
		on(operatorapi.GetStatement, a.statement),
		on(operatorapi.GetQuote, a.quote),
	}
}

// statement shows what an account owes for a month, by default the current one.
func (a api) statement(ctx context.Context, in input[operatorapi.StatementQuery, none]) (operatorapi.Statement, error) {
	period, err := optionalPeriod(in.query.Period)
	if err != nil {
		return operatorapi.Statement{}, err
	}
	s, view, err := a.Orders.Statement(ctx, in.caller, period)
	if err != nil {
		return operatorapi.Statement{}, err
	}
	answer := operatorapi.Statement{
		Account: string(in.caller.Account), Period: s.Period.String(), Now: view.Now,
		CurrencyCode: money.Currency, Lines: []operatorapi.StatementLine{}, TotalCents: int64(s.Total),
	}
	for _, l := range s.Lines {
		answer.Lines = append(answer.Lines, lineShape(l, view.Terms.Catalog))
	}
	return answer, nil
}

// optionalPeriod parses a period. An empty text is the zero period.
func optionalPeriod(text string) (offering.Period, error) {
	if text == "" {
		return offering.Period{}, nil
	}
	return offering.ParsePeriod(text)
}

func lineShape(l account.Line, catalog offering.Catalog) operatorapi.StatementLine {
	slot, _ := catalog.Offering(l.OfferingID)
	shape := operatorapi.StatementLine{
		Date: l.At, Kind: string(l.Kind), OfferingID: l.OfferingID, Description: slot.Description,
		Quantity: l.Quantity, TransactionID: l.TransactionID, Promotions: []operatorapi.Reduction{}, Cents: int64(l.Cost), Why: l.Why(),
	}
	if l.Tally != nil {
		shape.Description, shape.Sessions = l.Tally.Title(), sessionsShape(*l.Tally)
	}
	for _, r := range l.Reductions {
		shape.Promotions = append(shape.Promotions, operatorapi.Reduction(r))
	}
	return shape
}

func sessionsShape(t account.Tally) *operatorapi.Sessions {
	s := &operatorapi.Sessions{
		Kind: string(t.Kind), Platform: string(t.Platform), BillingMethod: string(t.Method), Faulty: t.Faulty,
		Minutes: operatorapi.Decimal(t.Length.Minutes()),
	}
	if t.Charged() && !t.Several {
		s.MinutePrice = operatorapi.Decimal(t.Rate.Decimal())
	}
	if t.Trial > 0 {
		s.TrialMinutes = operatorapi.Decimal(t.Trial.Minutes())
	}
	return s
}

// quote says what a purchase would cost now.
func (a api) quote(ctx context.Context, in input[none, operatorapi.Order]) (operatorapi.Quote, error) {
	t, err := a.Orders.Quote(ctx, in.caller, account.Order(in.body))
	return operatorapi.Quote{
		OfferingID: t.OfferingID, Quantity: t.Quantity, EffectiveOn: t.EffectiveOn, Cost: costShape(t.Cost),
	}, err
}

func costShape(c money.Cents) operatorapi.Cost {
	return operatorapi.Cost{Amount: operatorapi.Decimal(c.Decimal()), CurrencyCode: money.Currency}
}
