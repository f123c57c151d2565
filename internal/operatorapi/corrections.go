package operatorapi

// CancelRenewal takes a standing renewal of an offering back.
var CancelRenewal = Call[None, Cancellation, Account]{Route{
	Method: "POST", Path: "/accounts/{account}/renewals/{offering}/cancel", Action: "CancelRenewal", BodyMayBeMissing: true,
}}

// AddCredit adds a line in the account's favour to its statement.
var AddCredit = Call[None, Credit, Account]{Route{Method: "POST", Path: "/accounts/{account}/credits", Action: "AddCredit"}}

// Cancellation says what is cancelled for the next period.
type Cancellation struct {
	Held bool `json:"held,omitzero"` // whether the slots held are not renewed either
}

// Credit is a correction in an account's favour.
type Credit struct {
	Amount       Decimal `json:"amount"` // above 0
	CurrencyCode string  `json:"currencyCode"`
	Reason       string  `json:"reason"` // one line, which the statement shows
}
