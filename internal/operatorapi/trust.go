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

// WallClock holds the time that the server kept, and the time of its wall
// clock.
type WallClock struct {
	Kept time.Time `json:"kept"` // in use until now
	Wall time.Time `json:"wall"` // in use from now on
}
