package serve

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/e2e/harness"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
)

// TestMigrate moves a data directory to PostgreSQL and serves it from there: slots, keys and the master key
// are the same. A changed entry and a database in use are refused, and change nothing.
func TestMigrate(t *testing.T) {
	t.Parallel()
	databases := pgtest.Start(t)
	f := harness.StartFarm(t)
	account := f.Open(t)
	team := f.NewKey(t, account, "buyer=5")
	if got := harness.Gosdk.Run(t, team.Session(f.Server), harness.BuySlots(3))[0]; got.Error != "" {
		t.Fatalf("the purchase was refused: %+v", got)
	}
	backup := filepath.Join(t.TempDir(), "farm.db")
	f.As(t, f.Key, nil, "backup", backup)
	url := databases.Database(t)
	refused := func(from, want string) {
		t.Helper()
		if got := harness.RunToEnd(t, "migrate", "--from", from, "--to", url); got.Code != 1 || !strings.Contains(got.Stderr, want) {
			t.Errorf("migrate from %s: %+v, want %q", from, got, want)
		}
	}
	refused(f.Data, "in use by another slotfarm process")
	whole, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(t.TempDir(), "changed.db")
	if err := os.WriteFile(changed, []byte(strings.ReplaceAll(string(whole), `"quantity":3`, `"quantity":2`)), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(changed, "nothing was moved: entry 3 of account "+account+" is not what was written")
	if err := f.Stop(); err != nil {
		t.Fatal(err)
	}
	moved := harness.RunToEnd(t, "migrate", "--from", f.Data, "--to", url)
	if moved.Code != 0 || !strings.Contains(moved.Stdout, "entries of 2 accounts.") {
		t.Fatalf("migrate: %+v", moved)
	}
	refused(f.Data, "nothing was moved: the database already holds accounts or keys")

	args := []string{
		"serve", "--database-url", url, "--master-key-file", filepath.Join(f.Data, "master.key"),
		"--listen", "127.0.0.1:0", "--drain-delay", "0s", "--read-rate", "0", "--write-rate", "0",
	}
	second := &harness.Farm{Server: harness.StartServer(t, nil, args...), Key: f.Key}
	if got := harness.Gosdk.Run(t, team.Session(second.Server), harness.BuySlots(2))[0]; got.Error != "" {
		t.Fatalf("the purchase was refused: %+v", got)
	}
	if diff := cmp.Diff(map[string]int{harness.IosSlot: 5}, second.Held(t, account)); diff != "" {
		t.Errorf("slots after the move (-want +got):\n%s", diff)
	}
	second.VerifyAs(t, f.Key)
	if status, code := second.Ask(t, f.Key, "GET", "/backup"); status != 404 || code != "NotFound" {
		t.Errorf("a backup of a database: %d %s, want NotFound", status, code)
	}
	if err := second.Stop(); err != nil {
		t.Error(err)
	}
}
