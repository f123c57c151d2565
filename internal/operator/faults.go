package operator

import (
	"net/http"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/injection"
)

// getFaults shows the rules by which answers are broken, and what they did.
func (a api) getFaults(*http.Request) (any, error) {
	return a.Faults.Report(), nil
}

type putFaultsBody struct {
	Seed  *int64           `json:"seed"`
	Rules []injection.Rule `json:"rules"`
}

// putFaults replaces the rules.
func (a api) putFaults(r *http.Request) (any, error) {
	var body putFaultsBody
	if err := decode(r, &body); err != nil {
		return nil, err
	}
	if body.Rules == nil {
		return nil, fault.New(fault.Argument, "rules is missing; [] removes those there are")
	}
	if err := a.Faults.Set(body.Seed, body.Rules); err != nil {
		return nil, err
	}
	return a.Faults.Report(), nil
}

// addFaults puts rules behind those there are.
func (a api) addFaults(r *http.Request) (any, error) {
	var body struct {
		Rules []injection.Rule `json:"rules"`
	}
	if err := decode(r, &body); err != nil {
		return nil, err
	}
	if err := a.Faults.Add(body.Rules); err != nil {
		return nil, err
	}
	return a.Faults.Report(), nil
}

// removeFaults takes away the rules that name the account of the query.
func (a api) removeFaults(r *http.Request) (any, error) {
	id, err := account.ParseID(r.URL.Query().Get("account"))
	if err != nil {
		return nil, err
	}
	a.Faults.Remove(string(id))
	return a.Faults.Report(), nil
}
