package operator

import (
	"context"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// maxPeriods is how many periods one advance may cross: eight thousand years.
const maxPeriods = 12 * 8000

func (a api) clockRows() []row {
	return []row{
		on(operatorapi.FreezeClock, a.freeze),
		on(operatorapi.ReleaseClock, a.release),
		on(operatorapi.AdvanceClock, a.advance),
	}
}

// clock returns an account's time and the transactions that came due on the way
// to it.
func clock(view billing.View, due []account.Transaction, err error) (operatorapi.Clock, error) {
	answer := operatorapi.Clock{Now: view.Now, Transactions: []operatorapi.Transaction{}}
	for _, t := range due {
		answer.Transactions = append(answer.Transactions, operatorapi.Transaction{
			ID: t.ID, Type: string(t.Type), OfferingID: t.OfferingID, Quantity: t.Quantity,
			CreatedOn: t.CreatedOn, EffectiveOn: t.EffectiveOn, Cost: costShape(t.Cost),
		})
	}
	return answer, err
}

// freeze stops a test account's clock.
func (a api) freeze(ctx context.Context, in input[none, operatorapi.Freeze]) (operatorapi.Clock, error) {
	at, err := parseTime("now", in.body.Now)
	if err != nil {
		return operatorapi.Clock{}, err
	}
	return clock(a.Clocks.Freeze(ctx, in.caller, at))
}

// release lets a test account's clock follow the wall clock again.
func (a api) release(ctx context.Context, in input[none, none]) (operatorapi.Clock, error) {
	return clock(a.Clocks.Release(ctx, in.caller))
}

// advance moves a test account's clock forward.
func (a api) advance(ctx context.Context, in input[none, operatorapi.Advance]) (operatorapi.Clock, error) {
	to, err := target(in.body)
	if err != nil {
		return operatorapi.Clock{}, err
	}
	return clock(a.Clocks.Advance(ctx, in.caller, to))
}

// target returns where a body moves a clock that shows now.
func target(b operatorapi.Advance) (func(now time.Time) time.Time, error) {
	switch {
	case b.To != nil && b.By == nil && b.Periods == nil:
		at, err := parseTime("to", *b.To)
		return func(time.Time) time.Time { return at }, err
	case b.By != nil && b.To == nil && b.Periods == nil:
		by, err := time.ParseDuration(*b.By)
		if err != nil || by < 0 {
			return nil, fault.New(fault.Argument, "by %s is not a duration of at least 0, such as \"720h\"", fault.Quote(*b.By))
		}
		return func(now time.Time) time.Time { return now.Add(by) }, nil
	case b.Periods != nil && b.To == nil && b.By == nil:
		if *b.Periods < 0 || *b.Periods > maxPeriods {
			return nil, fault.New(fault.Argument, "periods %d is out of range; it must be from 0 to %d", *b.Periods, maxPeriods)
		}
		return func(now time.Time) time.Time { return later(now, *b.Periods) }, nil
	}
	return nil, fault.New(fault.Argument, "give exactly one of to, by and periods")
}

// later returns the same day and time of day n periods later, or the last day
// of that period if it is shorter.
func later(now time.Time, n int) time.Time {
	now = now.UTC()
	first := offering.PeriodOf(now).Start()
	end := offering.PeriodOf(first.AddDate(0, n, 0))
	into := min(now.Day(), end.Days()) - now.Day()
	return end.Start().Add(now.Sub(first)).AddDate(0, 0, into)
}

func parseTime(member, text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, fault.New(fault.Argument, "%s %s is not an RFC 3339 time, such as \"2026-01-31T00:00:00Z\"", member, fault.Quote(text))
	}
	return at, nil
}
