package serve

import (
	"testing"

	"github.com/slotfarm/slotfarm/e2e/harness"

	"github.com/google/go-cmp/cmp"
)

// serveRestart stops serve and starts it again on its storage: keys, including disabled ones, and purchases are
// unchanged. Neither the storage nor the most detailed log contains a secret.
func serveRestart(t *testing.T, on harness.Storage) {
	key := on.Initialise(t)
	first := on.Serve(t, key, "--log-level", "debug")
	account := first.Open(t)
	team, idle := first.NewKey(t, account, ""), first.NewKey(t, account, "read-only")
	first.As(t, key, nil, "key", "disable", idle.ID, "--account", account)
	if got := harness.Gosdk.Run(t, team.Session(first.Server), harness.BuyOne)[0]; got.Error != "" {
		t.Fatalf("the purchase was refused: %+v", got)
	}
	harness.NoSecrets(t, first, key, team, idle)
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}

	second := on.Serve(t, key, "--log-level", "debug")
	if diff := cmp.Diff(map[string]int{harness.IosSlot: 1}, second.Held(t, account)); diff != "" {
		t.Errorf("slots after the restart (-want +got):\n%s", diff)
	}
	var listed struct {
		Keys []struct {
			ID       string `json:"accessKeyId"`
			Disabled bool
		}
	}
	second.As(t, key, &listed, "key", "list", "--account", account)
	got := map[string]bool{}
	for _, k := range listed.Keys {
		got[k.ID] = k.Disabled
	}
	if diff := cmp.Diff(map[string]bool{team.ID: false, idle.ID: true}, got); diff != "" {
		t.Errorf("keys and whether they are disabled (-want +got):\n%s", diff)
	}
	if got := harness.Gosdk.Run(t, team.Session(second.Server), harness.BuyOne)[0]; got.Error != "" {
		t.Errorf("the key was refused after the restart: %+v", got)
	}
	if diff := cmp.Diff(map[string]int{harness.IosSlot: 2}, second.Held(t, account)); diff != "" {
		t.Errorf("slots after another purchase (-want +got):\n%s", diff)
	}
	second.VerifyAs(t, key)
	if err := second.Stop(); err != nil {
		t.Fatal(err)
	}
	harness.NoSecrets(t, second, key, team, idle)
}

// TestServeRecover makes a key for an operator who has lost theirs, who then deletes the lost one.
func TestServeRecover(t *testing.T) {
	t.Parallel()
	on := harness.NewDirectory(t)
	lost := on.Initialise(t)
	var key harness.AccessKey
	harness.Offline(t, &key, append([]string{"recover", "--name", "after the flood"}, on.Flags...)...)
	f := on.Serve(t, key)
	f.As(t, key, nil, "key", "delete", lost.ID, "--account", "000000000000")
	if status, code := f.Ask(t, lost, "GET", "/verify"); status != 403 || code != "UnknownKey" {
		t.Errorf("the lost key: %d %s", status, code)
	}
	f.VerifyAs(t, key)
	if err := f.Stop(); err != nil {
		t.Fatal(err)
	}
	harness.NoSecrets(t, f, key, lost)
}
