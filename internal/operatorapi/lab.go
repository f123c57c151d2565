package operatorapi

import "time"

// ListDevices shows a page of the instances of devices and the seats of browsers,
// in the order of their udids.
var ListDevices = Call[DevicesQuery, None, Devices]{Route{Method: "GET", Path: "/devices", Action: "ListDevices"}}

// GetDevice shows one instance or seat with its past.
var GetDevice = Call[None, None, DeviceDetails]{Route{Method: "GET", Path: "/devices/{udid}", Action: "GetDevice"}}

// DrainDevice takes a device out of use once its session, if it has one, has ended.
var DrainDevice = Call[None, Because, DeviceDetails]{Route{Method: "POST", Path: "/devices/{udid}/drain", Action: "DrainDevice"}}

// ResumeDevice takes a device back into use. Its faults are forgiven.
var ResumeDevice = Call[None, Because, DeviceDetails]{Route{Method: "POST", Path: "/devices/{udid}/resume", Action: "ResumeDevice"}}

// QuarantineDevice takes a device that no session has out of use at once.
var QuarantineDevice = Call[None, Because, DeviceDetails]{Route{
	Method: "POST", Path: "/devices/{udid}/quarantine", Action: "QuarantineDevice",
}}

// ListSessions shows a page of sessions.
var ListSessions = Call[SessionsQuery, None, SessionPage]{Route{Method: "GET", Path: "/sessions", Action: "ListSessions", Scoped: true}}

// GetSession shows a session.
var GetSession = Call[SessionQuery, None, Session]{Route{Method: "GET", Path: "/sessions/{session}", Action: "GetSession", Scoped: true}}

// EndSession ends a session, or takes one that waits out of the queue. One that has
// ended stays as it is.
var EndSession = Call[SessionQuery, Because, Session]{Route{
	Method: "POST", Path: "/sessions/{session}/end", Action: "EndSession", Scoped: true,
}}

// ListQueue shows what waits, account by account, and why.
var ListQueue = Call[QueueQuery, None, Queue]{Route{Method: "GET", Path: "/queue", Action: "ListQueue", Scoped: true}}

// AuditLab says whether what sessions hold, what is counted and what is booked
// agree. That they do not is an answer, and no error.
var AuditLab = Call[None, None, LabAudit]{Route{Method: "GET", Path: "/lab/audit", Action: "AuditLab"}}

// MaxPage is how many devices, sessions or waiting sessions a page of the lab holds
// at most.
const MaxPage = 1000

// DevicesQuery says which devices are shown.
type DevicesQuery struct {
	State string `query:"state"` // in any state where it is missing
	After string `query:"after"` // the next of the page before; the first page where it is missing
	Limit *int64 `query:"limit"` // from 1 to MaxPage, which it is where it is missing
}

// Devices is a page of devices.
type Devices struct {
	Devices []Device `json:"devices"`
	Next    string   `json:"next,omitzero"` // after which the next page starts; empty on the last one
}

// Device is one physical device, or one seat of a browser, and what it does now.
type Device struct {
	UDID     string    `json:"udid"`     // of a browser's seat, the browser's id, a dot and the seat's number
	Device   string    `json:"device"`   // such as Pixel 8, or chrome 156 on linux
	Platform string    `json:"platform"` // ANDROID, IOS, or that of a browser
	State    string    `json:"state"`    // preparing, ready, held, cleaning, suspect, quarantined, draining or offline
	Since    time.Time `json:"since"`
	Reason   string    `json:"reason,omitzero"`
	Leaving  bool      `json:"leaving,omitzero"` // it goes out of use once its session has ended
	Session  string    `json:"session,omitzero"` // that has it, or that it is cleaned of
	Account  string    `json:"account,omitzero"` // of the session
	Host     string    `json:"host,omitzero"`    // that runs its jobs
}

// DeviceDetails is a device with how it came to be as it is.
type DeviceDetails struct {
	Device
	KeptFor string         `json:"keptFor,omitzero"` // the one account that may use it
	Fence   int64          `json:"fence"`            // grows with each session that gets it
	Node    string         `json:"node,omitzero"`    // the process that works on it
	Until   *time.Time     `json:"until,omitzero"`   // before then, a session that was asked for may still begin there
	Faults  []time.Time    `json:"faults"`           // when the lab was at fault; three within an hour quarantine it
	Past    []DeviceChange `json:"past"`             // newest first
}

// DeviceChange is one step of a device's past, with its evidence.
type DeviceChange struct {
	At     time.Time `json:"at"`
	State  string    `json:"state"`
	Reason string    `json:"reason,omitzero"`
}

// Because says why something is done.
type Because struct {
	Reason string `json:"reason"` // one line, which stands in the past of a device or in the message of a session
}

// SessionsQuery says which sessions are shown.
type SessionsQuery struct {
	State   string `query:"state"`   // live or ended; all where it is missing
	Account string `query:"account"` // all accounts where it is missing
	After   string `query:"after"`   // the next of the page before; the first page where it is missing
	Limit   *int64 `query:"limit"`   // from 1 to MaxPage; 100 where it is missing
}

// SessionQuery says whose a session has to be.
type SessionQuery struct {
	Account string `query:"account"` // anybody's where it is missing
}

// SessionPage is a page of sessions. Live ones are in the order of their accounts and
// ids; others in that of their accounts, kinds and projects, newest first.
type SessionPage struct {
	Sessions []Session `json:"sessions"`
	Next     string    `json:"next,omitzero"` // after which the next page starts; empty on the last one
}

// Session is one use of a device or a browser, from the request for it on.
type Session struct {
	Session       string     `json:"session"`
	Account       string     `json:"account"`
	Project       string     `json:"project,omitzero"`
	Kind          string     `json:"kind"` // remote-access, test-grid or job
	Platform      string     `json:"platform,omitzero"`
	BillingMethod string     `json:"billingMethod"`
	State         string     `json:"state"` // waiting, assigned, running, ending or ended
	Device        string     `json:"device,omitzero"`
	UDID          string     `json:"udid,omitzero"`
	Fence         int64      `json:"fence"`
	Created       time.Time  `json:"created"`
	Began         *time.Time `json:"began,omitzero"` // it got its device
	Ready         *time.Time `json:"ready,omitzero"` // its minutes count from here
	Ended         *time.Time `json:"ended,omitzero"`
	Minutes       Decimal    `json:"minutes,omitzero"` // of an ended one
	Outcome       string     `json:"outcome,omitzero"` // PASSED, STOPPED or ERRORED
	Message       string     `json:"message,omitzero"` // why it waits, or why it ended
	Entry         int64      `json:"entry,omitzero"`   // of the account's journal that has it
}

// QueueQuery says which part of the queue is shown.
type QueueQuery struct {
	Account string `query:"account"` // all accounts where it is missing
	After   string `query:"after"`   // the next of the page before; the first page where it is missing
	Limit   *int64 `query:"limit"`   // from 1 to MaxPage, which it is where it is missing; the last account is shown whole
}

// Queue is a page of what waits.
type Queue struct {
	Waiting []Waiting `json:"waiting"`       // account by account, oldest first
	Next    string    `json:"next,omitzero"` // after which the next page starts; empty on the last one
}

// Waiting is a session in the queue of its account.
type Waiting struct {
	Session       string    `json:"session"`
	Account       string    `json:"account"`
	Kind          string    `json:"kind"`
	Platform      string    `json:"platform,omitzero"`
	BillingMethod string    `json:"billingMethod"`
	Place         int       `json:"place"` // from 1, among those of the account that wait for the same kind of slot
	Since         time.Time `json:"since"`
	Reason        string    `json:"reason"` // PENDING_CONCURRENCY or PENDING_DEVICE
	Message       string    `json:"message"`
}

// LabAudit is what an audit of the lab found.
type LabAudit struct {
	OK    bool     `json:"ok"`
	Wrong []string `json:"wrong"`
}
