package operatorapi

// GetFleet shows the fleet, or what it was by an older version.
var GetFleet = Call[FleetQuery, None, Document]{Route{Method: "GET", Path: "/fleet", Action: "GetFleet"}}

// PutFleet puts another fleet in force and answers what that changes.
var PutFleet = Call[PutFleetQuery, Document, FleetChanges]{Route{Method: "PUT", Path: "/fleet", Action: "PutFleet"}}

// ListFleetVersions shows when each version of the fleet was put in force, and by
// whom.
var ListFleetVersions = Call[None, None, Versions]{Route{Method: "GET", Path: "/fleet/versions", Action: "ListFleetVersions"}}

// FleetQuery says which fleet is shown.
type FleetQuery struct {
	Version *int64 `query:"version"` // the one in force where it is missing; 0 is the one before the first
}

// PutFleetQuery says which fleet may be replaced.
type PutFleetQuery struct {
	Replaces *int64 `query:"replaces"` // a version; whichever is in force where it is missing
}

// FleetChanges are what another fleet changes.
type FleetChanges struct {
	Version int           `json:"version"` // that is in force now
	Changes []FleetChange `json:"changes"`
}

// FleetChange is one thing that another fleet changes.
type FleetChange struct {
	Change string `json:"change"`          // added, removed or changed
	Kind   string `json:"kind"`            // device, instance or browser
	ID     string `json:"id"`              // the udid of an instance
	Name   string `json:"name"`            // for people
	Field  string `json:"field,omitempty"` // of the document; of what comes or goes there is none
	Old    string `json:"old,omitempty"`   // value of the field, for people
	New    string `json:"new,omitempty"`
	Text   string `json:"text"` // all of it on a line, for people
}
