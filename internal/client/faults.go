package client

import (
	"context"
	"net/http"
	"net/url"
)

// Faults are the failures that slotfarm makes on purpose.
type Faults struct {
	Seed  int64  `json:"seed"` // of the probabilities
	Rules []Rule `json:"rules"`
}

// Rule says which requests fail, and how. The zero value of a field leaves out
// what it says.
type Rule struct {
	Operation        string   `json:"operation,omitempty"`
	Account          string   `json:"account,omitempty"`
	Error            string   `json:"error,omitempty"` // name of the exception
	Message          string   `json:"message,omitempty"`
	Status           int      `json:"status,omitempty"` // of HTTP
	Delay            string   `json:"delay,omitempty"`  // such as "250ms"
	DropBeforeCommit bool     `json:"dropBeforeCommit,omitempty"`
	DropAfterCommit  bool     `json:"dropAfterCommit,omitempty"`
	Times            int      `json:"times,omitempty"`
	Probability      *float64 `json:"probability,omitempty"` // from 0 to 1

	// What slotfarm says of a rule; both are left out when rules are set.
	Seen  int64 `json:"seen,omitempty"`  // requests that the rule is about
	Fired int64 `json:"fired,omitempty"` // those of them that failed
}

// Faults returns the failures that are set.
func (c *Client) Faults(ctx context.Context) (Faults, error) {
	var f Faults
	err := c.call(ctx, http.MethodGet, "/faults", nil, &f)
	return f, err
}

// AddFaults puts rules behind those there are, which go on as they were.
func (c *Client) AddFaults(ctx context.Context, rules []Rule) (Faults, error) {
	var f Faults
	err := c.call(ctx, http.MethodPost, "/faults", map[string][]Rule{"rules": rules}, &f)
	return f, err
}

// RemoveFaults takes away the rules that name an account.
func (c *Client) RemoveFaults(ctx context.Context, account string) (Faults, error) {
	var f Faults
	err := c.call(ctx, http.MethodDelete, "/faults?account="+url.QueryEscape(account), nil, &f)
	return f, err
}

// PutFaults sets failures in place of those that were set, and returns them.
func (c *Client) PutFaults(ctx context.Context, faults Faults) (Faults, error) {
	rules := make([]Rule, len(faults.Rules)) // never null
	for i, rule := range faults.Rules {
		rule.Seen, rule.Fired = 0, 0
		rules[i] = rule
	}
	faults.Rules = rules
	var f Faults
	err := c.call(ctx, http.MethodPut, "/faults", faults, &f)
	return f, err
}
