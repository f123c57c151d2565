package operatorapi

import "time"

// GetCheckpoint says how far every ordinary account's journal has come, signed under
// the master key. Keep it away from the data: storage that lacks something of it
// later is noticed.
var GetCheckpoint = Call[None, None, Document]{Route{Method: "GET", Path: "/checkpoint", Action: "GetCheckpoint", On: ServeOnly}}

// TrustClock has the server take what its wall clock shows for the time, after the
// clock has jumped.
var TrustClock = Call[None, Empty, WallClock]{Route{
	Method: "POST", Path: "/wallclock/trust", Action: "TrustClock", On: ServeOnly, BodyMayBeMissing: true,
}}

// AcceptDocument has the operator's acts say that a document is right as it is, or
// that it is right that there is none.
var AcceptDocument = Call[None, Acceptance, None]{Route{Method: "POST", Path: "/documents/accept", Action: "AcceptDocument", On: ServeOnly}}

// Acceptance is a document that the operator takes as it is.
type Acceptance struct {
	Document string `json:"document"` // as Verification names it
	Reason   string `json:"reason"`   // one line, which the operator's journal shows
}

// WallClock is what the server took for the time, and what its wall clock shows.
type WallClock struct {
	Kept time.Time `json:"kept"` // until now
	Wall time.Time `json:"wall"` // from now on
}
