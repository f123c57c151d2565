package operatorapi

import "time"

// GetStatement shows what an account owes for a month.
var GetStatement = Call[StatementQuery, None, Statement]{Route{
	Method: "GET", Path: "/accounts/{account}/statement", Action: "GetStatement",
}}

// GetQuote says what a purchase would cost an account now. It buys nothing.
var GetQuote = Call[None, Order, Quote]{Route{Method: "POST", Path: "/accounts/{account}/quote", Action: "GetQuote"}}

// StatementQuery says which month a statement is for.
type StatementQuery struct {
	Period string `query:"period"` // such as 2026-11; default: the current one
}

// Statement is what an account owes for a month, and why.
type Statement struct {
	Account      string          `json:"account"`
	Period       string          `json:"period"` // the month, such as 2026-11
	Now          time.Time       `json:"now"`    // by the account's clock; later charges are not included
	CurrencyCode string          `json:"currencyCode"`
	Lines        []StatementLine `json:"lines"` // oldest first
	TotalCents   int64           `json:"totalCents"`
}

// StatementLine is one charge.
type StatementLine struct {
	Date          time.Time   `json:"date"`
	Kind          string      `json:"kind"` // purchase, renewal, credit or session
	OfferingID    string      `json:"offeringId"`
	Description   string      `json:"description"` // of the offering, from the present catalogue; of the sessions, in words
	Quantity      int         `json:"quantity"`    // of slots, or of sessions
	TransactionID string      `json:"transactionId"`
	Promotions    []Reduction `json:"promotions"`
	Cents         int64       `json:"cents"`
	Why           string      `json:"why"` // explanation in words
	Sessions      *Sessions   `json:"sessions,omitempty"`
}

// Sessions are those of one kind, platform and price that a line adds up.
type Sessions struct {
	Kind          string  `json:"kind"`                 // remote-access, test-grid or job
	Platform      string  `json:"platform,omitzero"`    // ANDROID or IOS; missing for browsers
	BillingMethod string  `json:"billingMethod"`        // METERED or UNMETERED
	MinutePrice   Decimal `json:"minutePrice,omitzero"` // missing if nothing is charged, or at several prices
	Faulty        bool    `json:"faulty,omitzero"`      // they failed through the lab's own fault
	Minutes       Decimal `json:"minutes"`              // of all of them
	TrialMinutes  Decimal `json:"trialMinutes,omitzero"`
}

// Reduction is the discount of a promotion on some of the slots of a line.
type Reduction struct {
	PromotionID string `json:"promotionId"`
	Quantity    int    `json:"quantity"`
	PercentOff  int    `json:"percentOff"`
}

// Order asks for slots of an offering.
type Order struct {
	OfferingID  string `json:"offeringId"`
	Quantity    int    `json:"quantity"`
	PromotionID string `json:"offeringPromotionId,omitempty"`
}

// Quote is what a purchase would cost.
type Quote struct {
	OfferingID  string    `json:"offeringId"`
	Quantity    int       `json:"quantity"`
	EffectiveOn time.Time `json:"effectiveOn"`
	Cost        Cost      `json:"cost"`
}
