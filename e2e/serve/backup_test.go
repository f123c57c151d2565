package serve

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/e2e/harness"

	"github.com/google/go-cmp/cmp"
)

// TestServeBackup backs serve up while it serves, kills it, restores the backup elsewhere under another
// master key, and serves that: what was bought by then is there, and keys go on working.
func TestServeBackup(t *testing.T) {
	t.Parallel()
	f := harness.StartFarm(t)
	account := f.Open(t)
	team := f.NewKey(t, account, "buyer=5")
	buy := func(s *harness.Server, n int) {
		t.Helper()
		if got := harness.Gosdk.Run(t, team.Session(s), harness.BuySlots(n))[0]; got.Error != "" {
			t.Fatalf("the purchase was refused: %+v", got)
		}
	}
	buy(f.Server, 2)
	backup := filepath.Join(t.TempDir(), "farm.db")
	var made struct{ Accounts, Entries, Bytes int }
	f.As(t, f.Key, &made, "backup", backup)
	if made.Accounts != 2 || made.Entries < 4 || made.Bytes == 0 {
		t.Errorf("the backup holds %+v, want the operator's account and the team's", made)
	}
	if status, code := f.Ask(t, team, "GET", "/backup"); status != 403 || code != "AccessDenied" {
		t.Errorf("a team that asks for a backup gets %d %s, want AccessDenied", status, code)
	}
	buy(f.Server, 5)
	taken := harness.RunToEndWith(t, f.Key.Env(f.Server), "checkpoint")
	since := filepath.Join(t.TempDir(), "checkpoint")
	if err := os.WriteFile(since, []byte(taken.Stdout), 0o600); err != nil || taken.Code != 0 {
		t.Fatalf("checkpoint: %+v, %v", taken, err)
	}
	master := filepath.Join(f.Data, "master.key")
	f.As(t, f.Key, nil, "verify", "--since", since, "--master-key-file", master)

	acts := harness.RunToEndWith(t, f.Key.Env(f.Server), "journal", "list", "--account", "000000000000")
	if want := "acted       key made, \""; acts.Code != 0 || !strings.Contains(acts.Stdout, want) || !strings.Contains(acts.Stdout, "access/"+account+"/"+team.ID) {
		t.Errorf("the operator's journal: %+v, want %q and the key of the team", acts, want)
	}

	// What is left when the process dies is whole, the write-ahead log included.
	if err := f.Kill(); err != nil {
		t.Fatal(err)
	}
	var left, copied struct {
		Entries int
		OK      bool
	}
	harness.Offline(t, &left, "verify", "--data", f.Data, "-o", "json")
	harness.Offline(t, nil, "verify", "--data", f.Data, "--since", since)
	older := harness.RunToEnd(t, "verify", backup, "--since", since, "--master-key-file", master)
	if want := "entry is missing, but the checkpoint names it"; older.Code != 1 || !strings.Contains(older.Stderr, want) {
		t.Errorf("the backup, which is older than the checkpoint: %+v, want %q", older, want)
	}
	harness.Offline(t, &copied, "verify", backup, "-o", "json")
	if !left.OK || !copied.OK || left.Entries != made.Entries+1 || copied.Entries != made.Entries {
		t.Errorf("left %+v and backup %+v, want %d entries in the backup and one more left", left, copied, made.Entries)
	}

	restored := filepath.Join(t.TempDir(), "restored")
	harness.Offline(t, nil, "restore", backup, "--data", restored)
	secret, err := os.ReadFile(master)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(restored, "master.key"), secret, 0o600); err != nil {
		t.Fatal(err)
	}
	harness.Offline(t, nil, "rekey", "--data", restored)
	kept := t.TempDir()
	second := harness.InDirectory(restored).Serve(t, f.Key, "--checkpoint-dir", kept)
	if diff := cmp.Diff(map[string]int{harness.IosSlot: 2}, second.Held(t, account)); diff != "" {
		t.Errorf("slots after the restore (-want +got):\n%s", diff)
	}
	buy(second.Server, 3)
	second.As(t, f.Key, nil, "document", "accept", "access/"+account+"/"+team.ID, "--reason", "it was looked at")
	second.VerifyAs(t, f.Key)
	if err := second.Stop(); err != nil {
		t.Error(err)
	}
	harness.Offline(t, nil, "verify", "--data", restored, "--since", kept)
	harness.NoSecrets(t, second, f.Key, team)
	text, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	harness.NoSecretsIn(t, map[string]string{"the backup": string(text)}, f.Key, team)
}
