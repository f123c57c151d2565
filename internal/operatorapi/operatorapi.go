// Package operatorapi describes the operator API: each call once, with its
// method, its path, the action that a policy has to allow, the servers that
// have it, and the types of its query, its body and its answer.
//
// Package operator answers these calls, package client sends them, and the
// commands show the answers; none of them describes a call again. A server is
// strict about what it reads. A client ignores members that it does not know,
// because a newer server may send more.
//
// The package decides how calls look. It does not decide what they do, who may
// make them, or which values are valid.
package operatorapi

import (
	"encoding/json"
	"net/url"
	"strings"
)

// Prefix is the path prefix of the API.
const Prefix = "/_slotfarm/v1"

// Servers says which servers have a call.
type Servers int

// The servers that a call may be limited to.
const (
	EveryServer Servers = iota
	SandboxOnly         // servers whose answers may be broken on purpose
	ServeOnly           // servers that check signatures
)

// Route is how a call is addressed, and what a policy has to allow for it.
type Route struct {
	Method string
	Path   string // below Prefix, with names in braces as in package net/http
	Action string // without the prefix that policies add
	On     Servers

	// Scoped says whether the call is about the one account that its query names, if
	// it names one.
	Scoped bool

	// BodyMayBeMissing says whether a missing body means the same as {}.
	BodyMayBeMissing bool
}

// OnAccount reports whether the call is about one account, which a policy may name.
func (r Route) OnAccount() bool { return r.Scoped || strings.Contains(r.Path, "{account}") }

// String returns the method and the path.
func (r Route) String() string { return r.Method + " " + r.Path }

// Call describes a call: its route and the types of its query, its body and its
// answer.
//
// A Query is None or a struct whose fields have a tag such as query:"after" and
// are of type string (empty if missing) or *int64 (nil if missing). A Body is
// None, Empty, Document or a struct that is sent as a JSON object. An Answer is
// None, Document, Stream or a struct that is sent as a JSON object.
type Call[Query, Body, Answer any] struct{ Route }

// None is the type of a query, a body or an answer that a call does not have.
type None struct{}

// Empty is a body without members.
type Empty struct{}

// Document is JSON that is sent unchanged. A document for a server may also be
// YAML.
type Document = json.RawMessage

// Stream is an answer that is not JSON and that is sent piece by piece.
type Stream struct{}

// Request is a call with the values that a client sends.
type Request[Query, Body, Answer any] struct {
	Route
	names []string

	Query Query
	Body  Body
}

// To returns a request with names in place of the braces of the path, in their
// order. Its Query and Body are zero values.
func (c Call[Query, Body, Answer]) To(names ...string) Request[Query, Body, Answer] {
	return Request[Query, Body, Answer]{Route: c.Route, names: names}
}

// Target returns the path of the request with the prefix and the query.
func (r Request[Query, Body, Answer]) Target() string {
	segments := strings.Split(Prefix+r.Path, "/")
	names := r.names
	for i, segment := range segments {
		if strings.HasPrefix(segment, "{") && len(names) > 0 {
			segments[i], names = url.PathEscape(names[0]), names[1:]
		}
	}
	target := strings.Join(segments, "/")
	if query := EncodeQuery(r.Query).Encode(); query != "" {
		target += "?" + query
	}
	return target
}

// Encoded returns the body of the request and its media type. Both are empty if
// nothing is sent.
func (r Request[Query, Body, Answer]) Encoded() (body []byte, mediaType string, err error) {
	switch b := any(r.Body).(type) {
	case None, Empty:
		return nil, "", nil
	case Document:
		if !json.Valid(b) {
			return b, "application/yaml", nil
		}
		return b, "application/json", nil
	}
	body, err = json.Marshal(r.Body)
	return body, "application/json", err
}
