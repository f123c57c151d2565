package devicefarm

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/web"
)

// actionPrefix is the prefix of Device Farm's actions; the name of the
// operation follows.
const actionPrefix = "devicefarm:"

// asks returns the resource that a call acts on, and the values that its input
// provides for the conditions of policies.
type asks[In any] func(context.Context, *web.Request, In) (web.Ask, error)

// row returns an operation of the table.
func row[In, Out any](name string, on asks[In], f func(context.Context, *web.Request, In) (Out, error)) awsjson.Operation {
	return awsjson.Handle(name, awsjson.Access[In]{Action: actionPrefix + name, Resource: "*", Ask: on}, f)
}

// rowOn returns an operation of the table that acts on the resource of a kind that
// its input names.
func rowOn[In named, Out any](name string, kind arn.Kind, f func(context.Context, *web.Request, In) (Out, error)) awsjson.Operation {
	return awsjson.Handle(name, awsjson.Access[In]{Action: actionPrefix + name, Resource: kind.Pattern(), Ask: onNamed[In]}, f)
}

// named is an input that names one resource by its ARN.
type named interface {
	resource() *string
}

// onNamed is of operations that act on the resource that their input names. An ARN
// in another region names the same resource, so that policies see it as it is in
// the region that slotfarm writes. What is no ARN is no single resource.
func onNamed[In named](_ context.Context, _ *web.Request, in In) (web.Ask, error) {
	ask := web.Ask{Resource: "*"}
	if text := in.resource(); text != nil {
		if of, err := arn.Parse(*text); err == nil {
			of.Region = ""
			ask.Resource = of.String()
		}
	}
	return ask, nil
}

// onAll is the asks of operations that act on no single resource (Service
// Authorization Reference).
func onAll[In any](context.Context, *web.Request, In) (web.Ask, error) {
	return web.Ask{Resource: "*"}, nil
}

// ordering is an input that asks for an order.
type ordering interface {
	order() (account.Order, error)
}

// onOrder is the asks of purchases and renewals. Conditions of policies can
// limit their offering and quantity, unless the input is not a valid order.
func onOrder[In ordering](_ context.Context, _ *web.Request, in In) (web.Ask, error) {
	ask := web.Ask{Resource: "*"}
	if order, err := in.order(); err == nil {
		ask.Context.Quantity, ask.Context.OfferingID = &order.Quantity, &order.OfferingID
	}
	return ask, nil
}
