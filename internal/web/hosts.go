package web

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// Hosts holds the names under which a server that requires no signatures
// answers. If somebody makes a name of their own resolve to this machine, a
// browser takes pages under that name for the server's own origin; only the
// name in the Host header shows the difference. Addresses are safe, because
// nobody can make them lead elsewhere.
type Hosts struct{ names []string }

// NewHosts returns hosts that allow the loopback names, all addresses, and the
// names in more.
func NewHosts(more ...string) *Hosts {
	h := &Hosts{}
	for _, name := range more {
		h.names = append(h.names, plainName(name))
	}
	return h
}

// Has reports whether the server answers under a name.
func (h *Hosts) Has(name string) bool {
	name = plainName(name)
	if name == "localhost" || strings.HasSuffix(name, ".localhost") || net.ParseIP(name) != nil {
		return true
	}
	return h != nil && slices.Contains(h.names, name)
}

// plainName returns a name in the form in which names are compared.
func plainName(name string) string { return strings.TrimSuffix(strings.ToLower(name), ".") }

// Check returns AccessDenied for a request to any other name. A request without
// a Host header is HTTP/1.0 and does not come from a browser. A nil Hosts
// allows every name.
func (h *Hosts) Check(r *http.Request) error {
	if h == nil || r.Host == "" {
		return nil
	}
	u := url.URL{Host: r.Host}
	if name := u.Hostname(); !h.Has(name) {
		return fault.New(fault.AccessDenied, "Host %s is not one that this server answers to: localhost, addresses, and the names given with --allow-host.", fault.Quote(name))
	}
	return nil
}

// ForeignPage reports whether a browser sent the request for a page of a host
// that is not among these.
func (h *Hosts) ForeignPage(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || !h.Has(u.Hostname())
}
