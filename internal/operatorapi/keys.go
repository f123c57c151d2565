package operatorapi

import (
	"encoding/json"
	"time"
)

// ListKeys shows an account's keys, oldest first.
var ListKeys = Call[None, None, Keys]{Route{Method: "GET", Path: "/accounts/{account}/keys", Action: "ListKeys", On: ServeOnly}}

// CreateKey makes a key for an account. Only its answer shows the secret.
var CreateKey = Call[None, KeyRequest, NewKey]{Route{Method: "POST", Path: "/accounts/{account}/keys", Action: "CreateKey", On: ServeOnly}}

// DisableKey disables a key, or enables it again.
var DisableKey = Call[None, KeyState, Key]{Route{Method: "PUT", Path: "/accounts/{account}/keys/{key}", Action: "DisableKey", On: ServeOnly}}

// DeleteKey removes a key for good.
var DeleteKey = Call[None, None, None]{Route{Method: "DELETE", Path: "/accounts/{account}/keys/{key}", Action: "DeleteKey", On: ServeOnly}}

// Key is an access key without its secret.
type Key struct {
	ID       string          `json:"accessKeyId"`
	Name     string          `json:"name"`
	Created  time.Time       `json:"created"`
	Disabled bool            `json:"disabled"`
	Policy   json.RawMessage `json:"policy"`
}

// Keys are the keys of an account.
type Keys struct {
	Keys []Key `json:"keys"` // oldest first
}

// NewKey is an access key that was just made; its secret is not shown again.
type NewKey struct {
	ID     string `json:"accessKeyId"`
	Secret string `json:"secretAccessKey"`
	Name   string `json:"name"`
}

// KeyRequest asks for a new key. A missing policy allows the Device Farm API.
type KeyRequest struct {
	Name   string          `json:"name"`
	Policy json.RawMessage `json:"policy,omitempty"`
}

// KeyState says whether a key may be used.
type KeyState struct {
	Disabled *bool `json:"disabled"` // must not be missing
}
