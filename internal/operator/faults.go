package operator

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/injection"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

func (a api) faultRows() []row {
	return []row{
		on(operatorapi.GetFaults, a.getFaults),
		on(operatorapi.PutFaults, a.putFaults),
		on(operatorapi.AddFaults, a.addFaults),
		on(operatorapi.RemoveFaults, a.removeFaults),
	}
}

// report returns the rules by which answers are broken, and what they have
// done.
func (a api) report() operatorapi.Faults {
	report := a.Faults.Report()
	answer := operatorapi.Faults{Seed: report.Seed, Rules: make([]operatorapi.FaultDone, len(report.Rules))}
	for i, r := range report.Rules {
		answer.Rules[i] = operatorapi.FaultDone{Fault: operatorapi.Fault(r.Rule), Seen: r.Seen, Fired: r.Fired}
	}
	return answer
}

// rulesOf returns the rules that a body holds.
func rulesOf(faults []operatorapi.Fault) []injection.Rule {
	rules := make([]injection.Rule, len(faults))
	for i, f := range faults {
		rules[i] = injection.Rule(f)
	}
	return rules
}

// getFaults shows the rules.
func (a api) getFaults(context.Context, input[none, none]) (operatorapi.Faults, error) {
	return a.report(), nil
}

// putFaults replaces the rules.
func (a api) putFaults(_ context.Context, in input[none, operatorapi.FaultRules]) (operatorapi.Faults, error) {
	if in.body.Rules == nil {
		return operatorapi.Faults{}, fault.New(fault.Argument, "rules is missing; [] removes all rules")
	}
	if err := a.Faults.Set(in.body.Seed, rulesOf(in.body.Rules)); err != nil {
		return operatorapi.Faults{}, err
	}
	return a.report(), nil
}

// addFaults appends rules to the existing ones.
func (a api) addFaults(_ context.Context, in input[none, operatorapi.MoreFaults]) (operatorapi.Faults, error) {
	if err := a.Faults.Add(rulesOf(in.body.Rules)); err != nil {
		return operatorapi.Faults{}, err
	}
	return a.report(), nil
}

// removeFaults removes the rules that name the account of the query.
func (a api) removeFaults(_ context.Context, in input[operatorapi.FaultsQuery, none]) (operatorapi.Faults, error) {
	id, err := account.ParseID(in.query.Account)
	if err != nil {
		return operatorapi.Faults{}, err
	}
	a.Faults.Remove(string(id))
	return a.report(), nil
}
