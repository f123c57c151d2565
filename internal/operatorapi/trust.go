package operatorapi

import "time"

// GetCheckpoint returns the position of every ordinary account's journal,
// signed under the master key. Keep it apart from the data: it shows whether
// storage later lacks something that it had.
var GetCheckpoint = Call[None, None, Document]{Route{Method: "GET", Path: "/checkpoint", Action: "GetCheckpoint", On: ServeOnly}}

// TrustClock makes the server trust its wall clock again after the clock has
// jumped.
var TrustClock = Call[None, Empty, WallClock]{Route{
	Method: "POST", Path: "/wallclock/trust", Action: "TrustClock", On: ServeOnly, BodyMayBeMissing: true,
}}

// AcceptDocument records that a document is right as it is, or that it is right
// that it is missing.
var AcceptDocument = Call[None, Acceptance, None]{Route{Method: "POST", Path: "/documents/accept", Action: "AcceptDocument", On: ServeOnly}}

// Acceptance names a document that the operator accepts as it is.
type Acceptance struct {
	Document string `json:"document"` // as Verification names it
	Reason   string `json:"reason"`   // one line, which the operator's journal shows
}

// WallClock holds the time that the server kept, and the time of its wall
// clock.
type WallClock struct {
	Kept time.Time `json:"kept"` // in use until now
	Wall time.Time `json:"wall"` // in use from now on
}
