package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// offline runs a command that needs no server and must succeed, and decodes the JSON that it prints.
func offline(t *testing.T, out any, args ...string) {
	t.Helper()
	got := runToEnd(t, args...)
	if got.Code != 0 {
		t.Fatalf("%v: %+v", args, got)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal([]byte(got.Stdout), out); err != nil {
		t.Fatalf("%v printed %q: %v", args, got.Stdout, err)
	}
}

// TestServeBackup backs serve up while it serves, kills it, restores the backup elsewhere under another
// master key, and serves that: what was bought by then is there, and keys go on working.
func TestServeBackup(t *testing.T) {
	t.Parallel()
	f := startFarm(t)
	account := f.open(t)
	team := f.newKey(t, account, "buyer=5")
	buy := func(s *server, n int) {
		t.Helper()
		if got := gosdk.run(t, team.session(s), buySlots(n))[0]; got.Error != "" {
			t.Fatalf("the purchase was refused: %+v", got)
		}
	}
	buy(f.server, 2)
	backup := filepath.Join(t.TempDir(), "farm.db")
	var made struct{ Accounts, Entries, Bytes int }
	f.as(t, f.key, &made, "backup", backup)
	if made.Accounts != 2 || made.Entries < 4 || made.Bytes == 0 {
		t.Errorf("the backup holds %+v, want the operator's account and the team's", made)
	}
	if status, code := f.ask(t, team, "GET", "/backup"); status != 403 || code != "AccessDenied" {
		t.Errorf("a team that asks for a backup gets %d %s, want AccessDenied", status, code)
	}
	buy(f.server, 5)

	// What is left when the process dies is whole, the write-ahead log included.
	if err := f.kill(); err != nil {
		t.Fatal(err)
	}
	var left, copied struct {
		Entries int
		OK      bool
	}
	offline(t, &left, "verify", "--data", f.data, "-o", "json")
	offline(t, &copied, "verify", backup, "-o", "json")
	if !left.OK || !copied.OK || left.Entries != made.Entries+1 || copied.Entries != made.Entries {
		t.Errorf("left %+v and backup %+v, want %d entries in the backup and one more left", left, copied, made.Entries)
	}

	restored := filepath.Join(t.TempDir(), "restored")
	offline(t, nil, "restore", backup, "--data", restored)
	master, err := os.ReadFile(filepath.Join(f.data, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(restored, "master.key"), master, 0o600); err != nil {
		t.Fatal(err)
	}
	offline(t, nil, "rekey", "--data", restored)
	second := inDirectory(restored).serve(t, f.key)
	if diff := cmp.Diff(map[string]int{iosSlot: 2}, second.held(t, account)); diff != "" {
		t.Errorf("slots after the restore (-want +got):\n%s", diff)
	}
	buy(second.server, 3)
	second.verifyAs(t, f.key)
	if err := second.stop(); err != nil {
		t.Error(err)
	}
	noSecrets(t, second, f.key, team)
	text, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	noSecretsIn(t, map[string]string{"the backup": string(text)}, f.key, team)
}
