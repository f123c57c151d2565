package operatorapi

// GetFaults shows the rules by which answers are broken, and what they did.
var GetFaults = Call[None, None, Faults]{Route{Method: "GET", Path: "/faults", Action: "GetFaults", On: SandboxOnly}}

// PutFaults replaces the rules.
var PutFaults = Call[None, FaultRules, Faults]{Route{Method: "PUT", Path: "/faults", Action: "PutFaults", On: SandboxOnly}}

// AddFaults puts rules behind those there are, which go on as they were.
var AddFaults = Call[None, MoreFaults, Faults]{Route{Method: "POST", Path: "/faults", Action: "AddFaults", On: SandboxOnly}}

// RemoveFaults takes away the rules that name an account.
var RemoveFaults = Call[FaultsQuery, None, Faults]{Route{Method: "DELETE", Path: "/faults", Action: "RemoveFaults", On: SandboxOnly}}

// Faults are the failures that slotfarm makes on purpose.
type Faults struct {
	Seed  int64       `json:"seed"` // of the probabilities
	Rules []FaultDone `json:"rules"`
}

// FaultDone is a rule with what it has done.
type FaultDone struct {
	Fault
	Seen  int `json:"seen"`  // requests that the rule was for, until it was spent
	Fired int `json:"fired"` // those of them that failed
}

// Fault is a rule that says which requests fail, and how. What is nil is not
// given.
type Fault struct {
	Operation        *string  `json:"operation,omitzero"` // every operation
	Account          *string  `json:"account,omitzero"`   // every account
	Error            *string  `json:"error,omitzero"`     // name of the exception
	Message          *string  `json:"message,omitzero"`   // of the exception
	Status           *int     `json:"status,omitzero"`    // of HTTP: the exception's, or alone a plain answer
	Delay            *string  `json:"delay,omitzero"`     // such as "250ms"
	DropBeforeCommit bool     `json:"dropBeforeCommit,omitzero"`
	DropAfterCommit  bool     `json:"dropAfterCommit,omitzero"`
	Times            *int     `json:"times,omitzero"`       // how often at most
	Probability      *float64 `json:"probability,omitzero"` // of each request, above 0 and at most 1
}

// FaultRules replace the rules there are.
type FaultRules struct {
	Seed  *int64  `json:"seed,omitzero"` // of the probabilities; one is picked where it is missing
	Rules []Fault `json:"rules"`         // must not be missing
}

// MoreFaults are rules to put behind those there are.
type MoreFaults struct {
	Rules []Fault `json:"rules"`
}

// FaultsQuery says which rules are removed.
type FaultsQuery struct {
	Account string `query:"account"` // those that name it
}
