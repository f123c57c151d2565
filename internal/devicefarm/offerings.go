package devicefarm

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/web"
)

// listInput is the input of all lists.
type listInput struct {
	NextToken *string `json:"nextToken"`
}

type listOfferingsOutput struct {
	Offerings []offeringShape `json:"offerings"`
	NextToken string          `json:"nextToken,omitempty"`
}

// listOfferings shows what is for sale, in catalogue order, at today's price.
func (a api) listOfferings(ctx context.Context, call *web.Request, in listInput) (listOfferingsOutput, error) {
	out := listOfferingsOutput{Offerings: []offeringShape{}}
	view, err := a.reader(ctx, call)
	if err != nil {
		return out, err
	}
	page, next, err := window(call, view.Terms.Catalog.Offerings, in.NextToken)
	for _, o := range page {
		out.Offerings = append(out.Offerings, listed(o, view.Now))
	}
	out.NextToken = next
	return out, err
}

type listOfferingPromotionsOutput struct {
	OfferingPromotions []offeringPromotion `json:"offeringPromotions"`
	NextToken          string              `json:"nextToken,omitempty"`
}

// listOfferingPromotions shows the promotions that the account can still use.
func (a api) listOfferingPromotions(ctx context.Context, call *web.Request, in listInput) (listOfferingPromotionsOutput, error) {
	out := listOfferingPromotionsOutput{OfferingPromotions: []offeringPromotion{}}
	view, err := a.reader(ctx, call)
	if err != nil {
		return out, err
	}
	page, next, err := window(call, view.State.Offers(view.Terms, view.Now), in.NextToken)
	for _, p := range page {
		out.OfferingPromotions = append(out.OfferingPromotions, offeringPromotion{p.ID, p.Description})
	}
	out.NextToken = next
	return out, err
}

type purchaseOfferingInput struct {
	OfferingID          *string         `json:"offeringId"`
	Quantity            *awsjson.Number `json:"quantity"`
	OfferingPromotionID *string         `json:"offeringPromotionId"`
}

type renewOfferingInput struct {
	OfferingID *string         `json:"offeringId"`
	Quantity   *awsjson.Number `json:"quantity"`
}

type transactionOutput struct {
	OfferingTransaction offeringTransaction `json:"offeringTransaction"`
}

// purchaseOffering buys slots at once.
func (a api) purchaseOffering(ctx context.Context, call *web.Request, in purchaseOfferingInput) (transactionOutput, error) {
	order, err := in.order()
	return a.order(ctx, call, order, err, a.orders.Purchase)
}

// renewOffering sets the quantity of the next period.
func (a api) renewOffering(ctx context.Context, call *web.Request, in renewOfferingInput) (transactionOutput, error) {
	order, err := in.order()
	return a.order(ctx, call, order, err, a.orders.Renew)
}

// order runs a command of the service on a decoded order. invalid is an error
// in the arguments; an account that is not eligible gets that error first.
func (a api) order(ctx context.Context, call *web.Request, o account.Order, invalid error,
	command func(context.Context, journal.Caller, account.Order) (account.Transaction, billing.View, error),
) (transactionOutput, error) {
	c, err := buyer(call)
	if err == nil {
		err = invalid
	}
	if err != nil {
		if _, ineligible := a.eligible(ctx, call); ineligible != nil {
			return transactionOutput{}, ineligible
		}
		return transactionOutput{}, err
	}
	t, view, err := command(ctx, c, o)
	if err != nil {
		return transactionOutput{}, err
	}
	showTime(call, view)
	return transactionOutput{transaction(view.Terms.Catalog, t)}, nil
}

// order returns the input as an order, or an Argument error for a member that
// is missing or has a value that the model does not allow.
func (in purchaseOfferingInput) order() (account.Order, error) {
	order, err := renewOfferingInput{in.OfferingID, in.Quantity}.order()
	if err != nil || in.OfferingPromotionID == nil {
		return order, err
	}
	order.PromotionID = *in.OfferingPromotionID
	if order.PromotionID == "" {
		return order, fault.New(fault.Argument, "offeringPromotionId is empty; leave it out to buy without a promotion.")
	}
	return order, nil
}

func (in renewOfferingInput) order() (account.Order, error) {
	switch {
	case in.OfferingID == nil:
		return account.Order{}, fault.New(fault.Argument, "offeringId is missing; it is required.")
	case in.Quantity == nil:
		return account.Order{}, fault.New(fault.Argument, "quantity is missing; it is required.")
	}
	quantity, err := in.Quantity.Integer("quantity")
	return account.Order{OfferingID: *in.OfferingID, Quantity: quantity}, err
}
