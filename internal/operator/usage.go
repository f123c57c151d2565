package operator

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

func (a api) usageRows() []row { return []row{on(operatorapi.GetUsage, a.usage)} }

// usage shows what an account used in a month, by default the current one.
func (a api) usage(ctx context.Context, in input[operatorapi.UsageQuery, none]) (operatorapi.Usage, error) {
	if _, err := account.ParseID(in.query.Account); err != nil {
		return operatorapi.Usage{}, err
	}
	period, err := optionalPeriod(in.query.Period)
	if err != nil {
		return operatorapi.Usage{}, err
	}
	u, view, err := a.Orders.Usage(ctx, in.caller, period)
	if err != nil {
		return operatorapi.Usage{}, err
	}
	answer := operatorapi.Usage{
		Account: string(in.caller.Account), Period: u.Period.String(), Now: view.Now, CurrencyCode: money.Currency,
		Groups: []operatorapi.UsageGroup{}, Total: sumShape(u.Total), Slots: []operatorapi.SlotUsage{},
	}
	for _, g := range u.Groups {
		answer.Groups = append(answer.Groups, operatorapi.UsageGroup{
			Project: g.Project, Kind: string(g.Kind), Device: g.Device, Platform: string(g.Platform), UsageSum: sumShape(g),
		})
	}
	if u.Rest.Sessions > 0 {
		rest := sumShape(u.Rest)
		answer.Rest = &rest
	}
	for _, s := range u.Slots {
		answer.Slots = append(answer.Slots, slotsShape(s))
	}
	return answer, nil
}

func sumShape(g account.UsageGroup) operatorapi.UsageSum {
	return operatorapi.UsageSum{
		Sessions: g.Sessions, Minutes: operatorapi.Decimal(g.Length.Minutes()),
		MeteredMinutes: operatorapi.Decimal(g.Metered.Minutes()), TrialMinutes: operatorapi.Decimal(g.Trial.Minutes()), Cents: int64(g.Cost),
	}
}

func slotsShape(s account.SlotUsage) operatorapi.SlotUsage {
	use := "automated"
	if s.RemoteAccess {
		use = "remote-access"
	}
	return operatorapi.SlotUsage{
		Use: use, Platform: string(s.Platform), HeldHours: operatorapi.Decimal(s.Held.Hours()), UsedHours: operatorapi.Decimal(s.Used.Hours()),
	}
}
