package web_test

import (
	"net/http/httptest"
	"testing"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/web"
)

// TestHosts sends requests for hosts of every kind.
func TestHosts(t *testing.T) {
	t.Parallel()
	own := []string{
		"localhost", "localhost:8623", "LocalHost.:80", "a.b.localhost:1", "127.0.0.1", "127.0.0.1:8623", "[::1]", "[::1]:8623",
		"10.1.2.3:80", "farm.test", "FARM.test:8623", "farm", "",
	}
	foreign := []string{"evil.example", "evil.example:8623", "localhost.evil.example", "xlocalhost", "127.0.0.1.evil.example", "sub.farm.test", "[::1].evil", ":80"}
	hosts := web.NewHosts("Farm.test", "farm")
	for _, host := range append(own, foreign...) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		want := fault.Internal // of no error
		for _, f := range foreign {
			if f == host {
				want = fault.AccessDenied
			}
		}
		if err := hosts.Check(r); (err == nil) != (want == fault.Internal) || err != nil && fault.KindOf(err) != want {
			t.Errorf("host %q: %v", host, err)
		}
		var any *web.Hosts
		if err := any.Check(r); err != nil {
			t.Errorf("host %q: %v, where every name is one", host, err)
		}
	}
}

func TestForeignPages(t *testing.T) {
	t.Parallel()
	hosts := web.NewHosts("farm.test")
	for origin, want := range map[string]bool{
		"": false, "http://localhost:3000": false, "http://127.0.0.1": false, "https://farm.test": false,
		"http://evil.example": true, "null": true, "://": true, "http://localhost.evil.example": true,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Origin", origin)
		if got := hosts.ForeignPage(r); got != want {
			t.Errorf("origin %q: foreign %t, want %t", origin, got, want)
		}
	}
}
