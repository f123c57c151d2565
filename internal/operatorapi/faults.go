package operatorapi

// GetFaults shows the rules by which answers are broken, and what they have
// done.
var GetFaults = Call[None, None, Faults]{Route{Method: "GET", Path: "/faults", Action: "GetFaults", On: SandboxOnly}}

// PutFaults replaces the rules.
var PutFaults = Call[None, FaultRules, Faults]{Route{Method: "PUT", Path: "/faults", Action: "PutFaults", On: SandboxOnly}}

// AddFaults appends rules to the existing ones, which continue unchanged.
var AddFaults = Call[None, MoreFaults, Faults]{Route{Method: "POST", Path: "/faults", Action: "AddFaults", On: SandboxOnly}}

// RemoveFaults removes the rules that name an account.
var RemoveFaults = Call[FaultsQuery, None, Faults]{Route{Method: "DELETE", Path: "/faults", Action: "RemoveFaults", On: SandboxOnly}}

// Faults are the failures that slotfarm makes on purpose.
type Faults struct {
	Seed  int64       `json:"seed"` // of the probabilities
	Rules []FaultDone `json:"rules"`
}

// FaultDone is a rule with what it has done.
type FaultDone struct {
	Fault
	Seen  int `json:"seen"`  // requests that the rule matched, until it was used up
	Fired int `json:"fired"` // requests on which it took effect
}

// Fault is a rule that says which requests fail, and how. A nil member is not
// given.
type Fault struct {
	Operation        *string  `json:"operation,omitzero"` // default: every operation
	Account          *string  `json:"account,omitzero"`   // default: every account
	Error            *string  `json:"error,omitzero"`     // name of the exception
	Message          *string  `json:"message,omitzero"`   // of the exception
	Status           *int     `json:"status,omitzero"`    // HTTP status of the exception or, without one, of a plain answer
	Delay            *string  `json:"delay,omitzero"`     // such as "250ms"
	DropBeforeCommit bool     `json:"dropBeforeCommit,omitzero"`
	DropAfterCommit  bool     `json:"dropAfterCommit,omitzero"`
	Times            *int     `json:"times,omitzero"`       // how many times at most
	Probability      *float64 `json:"probability,omitzero"` // of each request, above 0 and at most 1
}

// FaultRules replace the existing rules.
type FaultRules struct {
	Seed  *int64  `json:"seed,omitzero"` // of the probabilities; if missing, one is picked
	Rules []Fault `json:"rules"`         // must not be missing
}

// MoreFaults are rules to append to the existing ones.
type MoreFaults struct {
	Rules []Fault `json:"rules"`
}

// FaultsQuery says which rules are removed.
type FaultsQuery struct {
	Account string `query:"account"` // the rules that name this account
}
