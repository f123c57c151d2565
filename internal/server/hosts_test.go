package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/internal/server"
)

// TestRebinding has a page that was made to lead to a sandbox ask for all that there is
// to read. Its host is that of the page, and it learns nothing.
func TestRebinding(t *testing.T) {
	t.Parallel()
	f := start(t, server.Config{AllowHosts: []string{"farm.test"}})
	for _, path := range []string{"/_slotfarm/v1/accounts", "/_slotfarm/v1/seed", "/metrics", "/"} {
		for host, refused := range map[string]bool{"evil.example": true, "evil.example:8623": true, "farm.test": false, "localhost": false, "": false} {
			r, err := http.NewRequest(http.MethodGet, f.Endpoint()+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = host
			a := f.do(r)
			if got := strings.Contains(string(a.Body), "is not one that this server answers to"); got != refused || refused && a.Status < 400 {
				t.Errorf("%s of %q: %d %s, refused %t", path, host, a.Status, a.Body, refused)
			}
		}
	}
	buy := f.request(alice, "PurchaseOffering", order(ios, 1))
	buy.Host = "evil.example"
	if a := f.do(buy); a.Type() != "AccessDeniedException" {
		t.Errorf("a purchase of another host: %d %s", a.Status, a.Body)
	}
	if n := f.entries(); n != 0 {
		t.Errorf("%d entries, want none", n)
	}
	for _, path := range []string{"/livez", "/readyz"} {
		r, err := http.NewRequest(http.MethodGet, f.Endpoint()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "pod.cluster.internal"
		if a := f.do(r); a.Status != http.StatusOK {
			t.Errorf("%s for a prober that has another name: %d", path, a.Status)
		}
	}
}
