// Package backend asks the WebDriver and Appium servers of a fleet what they do:
// whether they take sessions, which sessions live there, and to end one.
//
// Back-ends are strangers: answers are read up to a limit and within a time, and
// redirects are not followed. How the sessions of a server are listed differs
// between chromedriver, Appium and Selenium Grid, and is found out once for each.
package backend

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/slotfarm/slotfarm/internal/fleet"
)

// Limits of what is asked.
const (
	askTimeout  = 10 * time.Second
	dialTimeout = 3 * time.Second
	maxAnswer   = 4 << 20
	rememberFor = 5 * time.Minute // how sessions are listed
)

// Client asks back-ends. New makes one. It is a fleet.Backend.
type Client struct {
	http *http.Client

	mu    sync.Mutex
	lists map[string]listing // by the URL of the back-end
}

// listing is how the sessions of a back-end are listed: by a GET of a path, or not
// at all for "".
type listing struct {
	path  string
	until time.Time
}

// New returns a client.
func New() *Client {
	dialer := &net.Dialer{Timeout: dialTimeout}
	return &Client{
		http: &http.Client{
			Timeout:       askTimeout,
			Transport:     &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 32, IdleConnTimeout: time.Minute},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		lists: map[string]listing{},
	}
}

// Close gives up the connections that are kept.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// answer is what a back-end said.
type answer struct {
	status int
	Value  json.RawMessage `json:"value"`
}

// ask sends a request. An answer that is no JSON has no value.
func (c *Client) ask(ctx context.Context, method, base, path string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(base, "/")+path, nil)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Accept", "application/json")
	res, err := c.http.Do(req)
	if err != nil {
		return answer{}, fmt.Errorf("the back-end does not answer %s %s: %w", method, path, cause(err))
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return answer{}, fmt.Errorf("the back-end broke off its answer to %s %s: %w", method, path, err)
	}
	if len(body) > maxAnswer {
		return answer{}, fmt.Errorf("the back-end's answer to %s %s is longer than %d bytes", method, path, maxAnswer)
	}
	a := answer{status: res.StatusCode}
	if err := json.Unmarshal(body, &a); err != nil {
		a.Value = nil
	}
	return a, nil
}

// cause returns an error without the URL that net/http puts before it.
func cause(err error) error {
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// Ready returns nil if GET /status says that the back-end takes sessions.
func (c *Client) Ready(ctx context.Context, s fleet.Seat) error {
	a, err := c.ask(ctx, http.MethodGet, s.URL, "/status")
	if err != nil {
		return err
	}
	var status struct {
		Ready   *bool  `json:"ready"`
		Message string `json:"message"`
	}
	if a.status != http.StatusOK || json.Unmarshal(a.Value, &status) != nil {
		return fmt.Errorf("the back-end answers GET /status with %d and not with its status", a.status)
	}
	if status.Ready == nil || !*status.Ready {
		return fmt.Errorf("the back-end is not ready: %.200q", status.Message)
	}
	return nil
}

// paths returns where back-ends list their sessions: Appium (with its
// feature session_discovery), and chromedriver and Selenium Grid.
func paths(s fleet.Seat) []string {
	if s.Browser {
		return []string{"/sessions", "/appium/sessions"}
	}
	return []string{"/appium/sessions", "/sessions"}
}

// Sessions returns the ids of the sessions that live at the back-end; known is
// false if it has no list.
func (c *Client) Sessions(ctx context.Context, s fleet.Seat) (ids []string, known bool, err error) {
	try := paths(s)
	if l, ok := c.listing(s.URL); ok {
		if l.path == "" {
			return nil, false, nil
		}
		try = []string{l.path}
	}
	for _, path := range try {
		a, err := c.ask(ctx, http.MethodGet, s.URL, path)
		if err != nil {
			return nil, false, err
		}
		if ids, ok := idsIn(a); ok {
			c.learn(s.URL, path)
			return ids, true, nil
		}
	}
	c.learn(s.URL, "")
	return nil, false, nil
}

// idsIn returns the ids of the sessions that an answer lists, or false if it is no
// list of sessions.
func idsIn(a answer) ([]string, bool) {
	var all []struct {
		ID string `json:"id"`
	}
	if a.status != http.StatusOK || !bytes.HasPrefix(bytes.TrimSpace(a.Value), []byte("[")) || json.Unmarshal(a.Value, &all) != nil {
		return nil, false
	}
	ids := make([]string, 0, len(all))
	for _, one := range all {
		if one.ID == "" {
			return nil, false
		}
		ids = append(ids, one.ID)
	}
	return ids, true
}

func (c *Client) listing(base string) (listing, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, ok := c.lists[base]
	return l, ok && time.Now().Before(l.until)
}

func (c *Client) learn(base, path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lists[base] = listing{path, time.Now().Add(rememberFor)}
}

// Delete ends a session at the back-end. One that does not exist is no error.
func (c *Client) Delete(ctx context.Context, s fleet.Seat, remote string) error {
	a, err := c.ask(ctx, http.MethodDelete, s.URL, "/session/"+url.PathEscape(remote))
	if err != nil {
		return err
	}
	if a.status == http.StatusOK || a.status == http.StatusNotFound {
		return nil
	}
	return fmt.Errorf("the back-end answers %d when a session shall end", a.status)
}
