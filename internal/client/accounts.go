package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Account is an account as it is now. Maps are by offering id.
type Account struct {
	Account      string         `json:"account"`
	Status       string         `json:"status"`
	Note         string         `json:"note"`
	Test         bool           `json:"test"`
	Now          time.Time      `json:"now"`
	Frozen       bool           `json:"frozen"`
	MaxSlots     map[string]int `json:"maxSlots"`
	Current      map[string]int `json:"current"`
	NextPeriod   map[string]int `json:"nextPeriod"`
	Transactions int            `json:"transactions"`
	Entries      int64          `json:"entries"` // the number of the journal's newest entry
}

// Page is a part of the accounts, in the order of their ids.
type Page struct {
	Accounts []Account `json:"accounts"`
	Next     string    `json:"next"` // after which the next page starts; empty on the last one
}

// Settings are what can be set of an account. Nil fields stay as they are.
type Settings struct {
	Status   *string        `json:"status,omitempty"`
	MaxSlots map[string]int `json:"maxSlots,omitempty"` // by offering id; the others stay
	Test     *bool          `json:"test,omitempty"`
	Note     *string        `json:"note,omitempty"` // "" removes it
}

// Accounts returns the page of accounts above an id; "" is the first page.
func (c *Client) Accounts(ctx context.Context, after string) (Page, error) {
	path := "/accounts"
	if after != "" {
		path += "?after=" + url.QueryEscape(after)
	}
	var page Page
	err := c.call(ctx, http.MethodGet, path, nil, &page)
	return page, err
}

// Account returns an account. One that was never opened is a NotFound error.
func (c *Client) Account(ctx context.Context, id string) (Account, error) {
	var a Account
	err := c.call(ctx, http.MethodGet, accountPath(id), nil, &a)
	return a, err
}

// PutAccount opens an account where needed, changes settings and returns it.
func (c *Client) PutAccount(ctx context.Context, id string, settings Settings) (Account, error) {
	var a Account
	err := c.call(ctx, http.MethodPut, accountPath(id), settings, &a)
	return a, err
}

func accountPath(id string) string { return "/accounts/" + url.PathEscape(id) }
