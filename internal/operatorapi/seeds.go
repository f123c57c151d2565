package operatorapi

// GetSeed shows the present state as a seed.
var GetSeed = Call[None, None, Document]{Route{Method: "GET", Path: "/seed", Action: "GetSeed"}}

// PutSeed brings the accounts of a seed to its state.
var PutSeed = Call[None, Document, Planted]{Route{Method: "PUT", Path: "/seed", Action: "PutSeed", On: SandboxOnly}}

// Reset deletes everything, including faults, and plants the newest seed again.
var Reset = Call[None, Empty, Planted]{Route{
	Method: "POST", Path: "/reset", Action: "Reset", On: SandboxOnly, BodyMayBeMissing: true,
}}

// Planted says how much a seed created.
type Planted struct {
	Accounts     int `json:"accounts"`
	Transactions int `json:"transactions"`
}
