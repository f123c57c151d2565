package web

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// Hosts are the names under which a server answers that asks nobody for a signature.
// A page whose name was made to lead to this machine is of the server's own origin to
// the browser; that name in the Host header is what gives it away. Addresses are no
// names, and nobody can make them lead elsewhere.
type Hosts struct{ names []string }

// NewHosts returns the names of this machine's loopback, addresses, and more names.
func NewHosts(more ...string) *Hosts {
	h := &Hosts{}
	for _, name := range more {
		h.names = append(h.names, plainName(name))
	}
	return h
}

// Has reports whether a name is one of them.
func (h *Hosts) Has(name string) bool {
	name = plainName(name)
	if name == "localhost" || strings.HasSuffix(name, ".localhost") || net.ParseIP(name) != nil {
		return true
	}
	return h != nil && slices.Contains(h.names, name)
}

// plainName returns a name as it is compared.
func plainName(name string) string { return strings.TrimSuffix(strings.ToLower(name), ".") }

// Check returns AccessDenied for a request to another name. One without a Host header
// is of HTTP/1.0 and no browser's. Of nil, every name is one.
func (h *Hosts) Check(r *http.Request) error {
	if h == nil || r.Host == "" {
		return nil
	}
	u := url.URL{Host: r.Host}
	if name := u.Hostname(); !h.Has(name) {
		return fault.New(fault.AccessDenied, "Host %s is none that this server answers to: localhost, addresses, and the names that --allow-host gives.", fault.Quote(name))
	}
	return nil
}

// ForeignPage reports whether a browser sent a request for a page of a host that
// is none of these.
func (h *Hosts) ForeignPage(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || !h.Has(u.Hostname())
}
