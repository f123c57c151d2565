package operatorapi

import "time"

// GetUsage shows what an account used of the lab in a month.
var GetUsage = Call[UsageQuery, None, Usage]{Route{Method: "GET", Path: "/usage", Action: "GetUsage", Scoped: true}}

// UsageQuery says whose usage is shown, and of which month.
type UsageQuery struct {
	Account string `query:"account"`
	Period  string `query:"period"` // such as 2026-11; the current one where it is missing
}

// Usage is what an account used of the lab in a month.
type Usage struct {
	Account      string       `json:"account"`
	Period       string       `json:"period"` // the month, such as 2026-11
	Now          time.Time    `json:"now"`    // by the account's clock; later sessions are missing
	CurrencyCode string       `json:"currencyCode"`
	Groups       []UsageGroup `json:"groups"`         // the longest first, at most 1000
	Rest         *UsageSum    `json:"rest,omitempty"` // of the sessions that are in no group
	Total        UsageSum     `json:"total"`          // of all sessions
	Slots        []SlotUsage  `json:"slots"`
}

// UsageGroup sums up the sessions of one project, kind and device.
type UsageGroup struct {
	Project  string `json:"project,omitzero"`
	Kind     string `json:"kind"`   // remote-access, test-grid or job
	Device   string `json:"device"` // or the browser
	Platform string `json:"platform,omitzero"`
	UsageSum
}

// UsageSum is a number of sessions, and what they come to.
type UsageSum struct {
	Sessions       int     `json:"sessions"`
	Minutes        Decimal `json:"minutes"`
	MeteredMinutes Decimal `json:"meteredMinutes"` // those that are charged, or paid by the trial
	TrialMinutes   Decimal `json:"trialMinutes"`   // those that the trial pays for
	Cents          int64   `json:"cents"`
}

// SlotUsage compares the slots of one use and platform with what they were used
// for.
type SlotUsage struct {
	Use       string  `json:"use"` // automated or remote-access
	Platform  string  `json:"platform"`
	HeldHours Decimal `json:"heldHours"` // one slot for an hour is 1
	UsedHours Decimal `json:"usedHours"` // by sessions that are unmetered
}
