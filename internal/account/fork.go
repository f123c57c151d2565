package account

import "slices"

// Fork returns an account's events as those of another account whose seed is
// given: the same history, with transaction ids of its own.
func Fork(events []Event, seed string) []Event {
	var forked []Event
	state, ids := State{Seed: seed}, map[string]string{}
	for _, e := range events {
		if e.Opening != nil {
			opening := *e.Opening
			opening.Seed = seed
			e.Opening = &opening
		}
		e.Transactions = slices.Clone(e.Transactions)
		for i, t := range e.Transactions {
			ids[t.ID] = state.transactionID(state.Transactions + i + 1)
			e.Transactions[i].ID = ids[t.ID]
		}
		e.Charges = slices.Clone(e.Charges)
		for i, c := range e.Charges {
			e.Charges[i].TransactionID = ids[c.TransactionID]
		}
		forked = append(forked, e)
		state = Apply(state, e)
	}
	return forked
}
