package harness

import (
	"path/filepath"
	"testing"
)

// Buyers is the number of buyers that buy at the same time.
const Buyers = 16

// Site is storage on which servers are crashed, with the accounts that buy there.
type Site struct {
	Data    string    // directory; "" for a database
	Key     AccessKey // of the operator; zero for a sandbox
	Tenants []Tenant
	Start   func(t *testing.T) *Server
}

// SandboxSite returns a site of sandboxes.
func SandboxSite(t *testing.T) Site {
	t.Helper()
	at := Site{Data: filepath.Join(t.TempDir(), "data")}
	at.Start = func(t *testing.T) *Server { return StartSandbox(t, "--data", at.Data, "--max-slots", "100000") }
	for range 4 {
		at.Tenants = append(at.Tenants, NewTenant(nil))
	}
	return at
}

// ServeSite returns a site of servers that require signatures.
func ServeSite(t *testing.T, on Storage) Site {
	t.Helper()
	f := on.StartFarm(t)
	at := Site{Data: f.Data, Key: f.Key}
	at.Start = func(t *testing.T) *Server { return on.Serve(t, f.Key, "--max-slots", "100000").Server }
	for range 4 {
		account := f.Open(t)
		at.Tenants = append(at.Tenants, Tenant{Account: account, Key: f.NewKey(t, account, "")})
	}
	if err := f.Stop(); err != nil {
		t.Fatal(err)
	}
	return at
}

// Sites holds the kinds of servers that are crashed.
var Sites = map[string]func(t *testing.T) Site{
	"sandbox":  SandboxSite,
	"serve":    func(t *testing.T) Site { return ServeSite(t, NewDirectory(t)) },
	"postgres": func(t *testing.T) Site { return ServeSite(t, Storages["postgres"](t)(t)) },
}

// Settle compares a server that was started after a crash with the books, repeats the orders that were not answered,
// and returns how many purchases had not been acknowledged.
func (at Site) Settle(t *testing.T, s *Server, b *Books) (unheard int) {
	t.Helper()
	for _, a := range at.Tenants {
		a = a.At(s)
		unheard += CheckSurvived(t, a, b)
		RepeatOpen(t, a, b)
		CheckSettled(t, a, b)
	}
	s.Verify(t)
	return unheard
}

// VerifyOffline verifies the data directory, which no server has open, and returns how many entries it has.
func (at Site) VerifyOffline(t *testing.T) (entries int) {
	t.Helper()
	var left struct {
		Entries int
		OK      bool
	}
	Offline(t, &left, "verify", "--data", at.Data, "-o", "json")
	if !left.OK {
		t.Errorf("result of the verification: %+v", left)
	}
	return left.Entries
}
