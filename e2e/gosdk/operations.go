package main

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/devicefarm"
	"github.com/aws/aws-sdk-go-v2/service/devicefarm/types"
)

// sender sends one operation whose input is given as JSON.
type sender func(ctx context.Context, c *devicefarm.Client, input json.RawMessage) (any, error)

var operations = map[string]sender{
	"CreateProject":            call((*devicefarm.Client).CreateProject),
	"DeleteProject":            call((*devicefarm.Client).DeleteProject),
	"GetAccountSettings":       call((*devicefarm.Client).GetAccountSettings),
	"GetOfferingStatus":        call((*devicefarm.Client).GetOfferingStatus),
	"GetProject":               call((*devicefarm.Client).GetProject),
	"ListInstanceProfiles":     call((*devicefarm.Client).ListInstanceProfiles),
	"ListOfferingPromotions":   call((*devicefarm.Client).ListOfferingPromotions),
	"ListOfferings":            call((*devicefarm.Client).ListOfferings),
	"ListOfferingTransactions": call((*devicefarm.Client).ListOfferingTransactions),
	"ListProjects":             call((*devicefarm.Client).ListProjects),
	"PurchaseOffering":         call((*devicefarm.Client).PurchaseOffering),
	"RenewOffering":            call((*devicefarm.Client).RenewOffering),
}

// call adapts a method of the SDK's client. The SDK's input types have the member names of the API except for the
// case of the first letter, which encoding/json ignores.
func call[In, Out any](
	method func(*devicefarm.Client, context.Context, *In, ...func(*devicefarm.Options)) (*Out, error),
) sender {
	return func(ctx context.Context, c *devicefarm.Client, input json.RawMessage) (any, error) {
		in := new(In)
		if err := json.Unmarshal(input, in); err != nil {
			return nil, err
		}
		return method(c, ctx, in)
	}
}

var paginators = map[string]sender{
	"ListOfferings":            allOfferings,
	"ListOfferingTransactions": allTransactions,
}

func allOfferings(ctx context.Context, c *devicefarm.Client, _ json.RawMessage) (any, error) {
	var all []types.Offering
	pages := devicefarm.NewListOfferingsPaginator(c, nil)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Offerings...)
	}
	return devicefarm.ListOfferingsOutput{Offerings: all}, nil
}

func allTransactions(ctx context.Context, c *devicefarm.Client, _ json.RawMessage) (any, error) {
	var all []types.OfferingTransaction
	pages := devicefarm.NewListOfferingTransactionsPaginator(c, nil)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.OfferingTransactions...)
	}
	return devicefarm.ListOfferingTransactionsOutput{OfferingTransactions: all}, nil
}
