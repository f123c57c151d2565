package operatorapi

import "time"

// ListSnapshots shows an account's snapshots, oldest first.
var ListSnapshots = Call[None, None, Snapshots]{Route{Method: "GET", Path: "/accounts/{account}/snapshots", Action: "ListSnapshots"}}

// TakeSnapshot records the present place in a test account's journal.
var TakeSnapshot = Call[None, Empty, Snapshot]{Route{
	Method: "POST", Path: "/accounts/{account}/snapshots", Action: "TakeSnapshot", BodyMayBeMissing: true,
}}

// DeleteSnapshot deletes a snapshot.
var DeleteSnapshot = Call[None, None, None]{Route{
	Method: "DELETE", Path: "/accounts/{account}/snapshots/{snapshot}", Action: "DeleteSnapshot",
}}

// RestoreSnapshot brings a test account back to a snapshot, or makes another
// account from it, and shows that account.
var RestoreSnapshot = Call[None, Restore, Account]{Route{
	Method: "POST", Path: "/accounts/{account}/snapshots/{snapshot}/restore", Action: "RestoreSnapshot", BodyMayBeMissing: true,
}}

// Snapshot is a place in an account's journal to go back to.
type Snapshot struct {
	ID      string    `json:"snapshot"`
	Entries int64     `json:"entries"` // number of entries in the journal
	Hash    string    `json:"hash"`    // of the newest entry
	Now     time.Time `json:"now"`     // by the account's clock
	Taken   time.Time `json:"taken"`   // by the wall clock
}

// Snapshots are the snapshots of an account.
type Snapshots struct {
	Snapshots []Snapshot `json:"snapshots"` // oldest first
}

// Restore says where a snapshot goes.
type Restore struct {
	Into *string `json:"into,omitzero"` // another account; nil means the account of the snapshot
}
