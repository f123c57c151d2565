// Package client calls the operator API of a running slotfarm, for the command
// line and for tests. The shapes are those of package operatorapi. This package
// decides how a failure to get an answer is described. It decides nothing about
// offerings, and imports none of the server's packages.
//
// A call may take as long as its context allows.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// maxAnswer is the size limit of an answer, in bytes. A page of a thousand
// entries is a few megabytes.
const maxAnswer = 64 << 20

// Client calls one slotfarm server. New makes one; it is safe for concurrent
// use.
type Client struct {
	endpoint string
	http     *http.Client
	tap      func(body []byte) // gets the answers of calls; may be nil
	sign     func(r *http.Request, body []byte) error
}

// Signed returns a client that calls f to sign each request before it is sent.
// It shares the connections of c.
func (c *Client) Signed(f func(r *http.Request, body []byte) error) *Client {
	signed := *c
	signed.sign = f
	return &signed
}

// New returns a client of the server at an http or https URL. It does not check
// whether anything answers there. Any other text is an error.
func New(endpoint string) (*Client, error) {
	endpoint, err := Endpoint(endpoint)
	if err != nil {
		return nil, err
	}
	return &Client{endpoint: endpoint, http: &http.Client{
		Transport: http.DefaultTransport.(*http.Transport).Clone(),
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // slotfarm never redirects
		},
	}}, nil
}

// Endpoint returns a URL in the form that New uses: without a slash at its end,
// and in ASCII only.
func Endpoint(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
	case u.User != nil, u.RawQuery != "", u.ForceQuery, u.Fragment != "":
	default:
		return strings.TrimRight(u.String(), "/"), nil
	}
	return "", fmt.Errorf("%q is not an http or https URL such as http://127.0.0.1:8623", text)
}

// Close closes the connections that are kept for later calls.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Tapped returns a client that also passes the body of each successful answer
// to f, including members that this package does not know. It shares the
// connections of c.
func (c *Client) Tapped(f func(body []byte)) *Client {
	tapped := *c
	tapped.tap = f
	return &tapped
}

// Ready returns nil if the server accepts requests.
func (c *Client) Ready(ctx context.Context) error {
	status, _, err := c.read(ctx, request{method: http.MethodGet, path: "/readyz"})
	if err != nil || status == http.StatusOK {
		return err
	}
	return &Error{Status: status, Message: fmt.Sprintf("%s is not ready: /readyz answers %s", c.endpoint, statusText(status))}
}

// request is what is sent.
type request struct {
	method, path string
	body         []byte
	contentType  string
}

// send makes a call and returns the answer.
func send[Query, Body, Answer any](ctx context.Context, c *Client, r operatorapi.Request[Query, Body, Answer]) (Answer, error) {
	var answer Answer
	body, contentType, err := r.Encoded()
	if err != nil {
		return answer, err
	}
	var out any = &answer
	if _, none := out.(*operatorapi.None); none {
		out = nil
	}
	err = c.exchange(ctx, request{method: r.Method, path: r.Target(), body: body, contentType: contentType}, out)
	return answer, err
}

// exchange sends a request and decodes the answer into out, unless that is nil.
func (c *Client) exchange(ctx context.Context, r request, out any) error {
	status, body, err := c.read(ctx, r)
	if err != nil {
		return err
	}
	if status < 200 || status > 299 {
		return c.refusal(r, status, body)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("%s answers %s, but not as slotfarm would; is it slotfarm that listens there?", c.what(r), statusText(status))
	}
	if c.tap != nil {
		c.tap(body)
	}
	return nil
}

// read returns the status and the body of the answer to a request.
func (c *Client) read(ctx context.Context, r request) (int, []byte, error) {
	response, err := c.open(ctx, r)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return 0, nil, c.failure(ctx, err)
	case len(body) > maxAnswer:
		return 0, nil, fmt.Errorf("the answer to %s is larger than %d bytes", c.what(r), maxAnswer)
	}
	return response.StatusCode, body, nil
}

// open returns the answer to a request. The caller must close its body.
func (c *Client) open(ctx context.Context, r request) (*http.Response, error) {
	hr, err := http.NewRequestWithContext(ctx, r.method, c.endpoint+r.path, bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	if r.contentType != "" {
		hr.Header.Set("Content-Type", r.contentType)
	}
	if c.sign != nil {
		if err := c.sign(hr, r.body); err != nil {
			return nil, err
		}
	}
	response, err := c.http.Do(hr)
	if err != nil {
		return nil, c.failure(ctx, err)
	}
	return response, nil
}

// what names a request in a message.
func (c *Client) what(r request) string { return r.method + " " + c.endpoint + r.path }
