package operatorapi

import "time"

// ListAccounts shows a page of accounts in the order of their ids.
var ListAccounts = Call[AccountsQuery, None, Accounts]{Route{Method: "GET", Path: "/accounts", Action: "ListAccounts"}}

// GetAccount shows an account, or answers NotFound if it was never opened.
var GetAccount = Call[None, None, Account]{Route{Method: "GET", Path: "/accounts/{account}", Action: "GetAccount"}}

// PutAccount opens an account if necessary and changes the settings that the
// body names.
var PutAccount = Call[None, Settings, Account]{Route{Method: "PUT", Path: "/accounts/{account}", Action: "PutAccount"}}

// Account is an account as it is now. The keys of its maps are offering ids.
type Account struct {
	Account      string         `json:"account"`
	Status       string         `json:"status"`
	Note         string         `json:"note,omitzero"`
	Test         bool           `json:"test"`
	Now          time.Time      `json:"now"`
	Frozen       bool           `json:"frozen"`
	MaxSlots     map[string]int `json:"maxSlots"`
	Limits       Limits         `json:"limits"`
	Current      map[string]int `json:"current"`
	NextPeriod   map[string]int `json:"nextPeriod"`
	Transactions int            `json:"transactions"`
	Entries      int64          `json:"entries"` // the number of the journal's newest entry
}

// AccountsQuery says where a page of accounts starts.
type AccountsQuery struct {
	After string `query:"after"` // an account id; if missing, the first page
}

// Accounts is a page of accounts, in the order of their ids.
type Accounts struct {
	Accounts []Account `json:"accounts"`
	Next     string    `json:"next,omitzero"` // the id after which the next page starts; empty on the last page
}

// Settings are the settings of an account that can be changed. Nil fields leave
// a setting unchanged.
type Settings struct {
	Status   *string        `json:"status,omitzero"`
	MaxSlots map[string]int `json:"maxSlots,omitempty"` // by offering id; the others stay unchanged unchanged
	Test     *bool          `json:"test,omitzero"`
	Note     *string        `json:"note,omitzero"` // "" removes it
	Limits   *LimitSettings `json:"limits,omitzero"`
}

// Limits are how many sessions an account may have at a time, beside its slots.
type Limits struct {
	Metered  int `json:"metered"`  // on devices, charged by the minute
	TestGrid int `json:"testGrid"` // on browsers
	Waiting  int `json:"waiting"`  // that have not begun
}

// LimitSettings are what can be set of Limits. Nil fields stay as they are.
type LimitSettings struct {
	Metered  *int `json:"metered,omitzero"`
	TestGrid *int `json:"testGrid,omitzero"`
	Waiting  *int `json:"waiting,omitzero"`
}
