package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// serveRestart stops serve and starts it again on its storage: keys, also those that are disabled, and purchases
// are as they were. No secret stands in the storage or in the most detailed log.
func serveRestart(t *testing.T, on storage) {
	key := on.initialise(t)
	first := on.serve(t, key, "--log-level", "debug")
	account := first.open(t)
	team, idle := first.newKey(t, account, ""), first.newKey(t, account, "read-only")
	first.as(t, key, nil, "key", "disable", idle.ID, "--account", account)
	if got := gosdk.run(t, team.session(first.server), buyOne)[0]; got.Error != "" {
		t.Fatalf("the purchase was refused: %+v", got)
	}
	noSecrets(t, first, key, team, idle)
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}

	second := on.serve(t, key, "--log-level", "debug")
	if diff := cmp.Diff(map[string]int{iosSlot: 1}, second.held(t, account)); diff != "" {
		t.Errorf("slots after the restart (-want +got):\n%s", diff)
	}
	var listed struct {
		Keys []struct {
			ID       string `json:"accessKeyId"`
			Disabled bool
		}
	}
	second.as(t, key, &listed, "key", "list", "--account", account)
	got := map[string]bool{}
	for _, k := range listed.Keys {
		got[k.ID] = k.Disabled
	}
	if diff := cmp.Diff(map[string]bool{team.ID: false, idle.ID: true}, got); diff != "" {
		t.Errorf("keys and whether they are disabled (-want +got):\n%s", diff)
	}
	if got := gosdk.run(t, team.session(second.server), buyOne)[0]; got.Error != "" {
		t.Errorf("the key was refused after the restart: %+v", got)
	}
	if diff := cmp.Diff(map[string]int{iosSlot: 2}, second.held(t, account)); diff != "" {
		t.Errorf("slots after another purchase (-want +got):\n%s", diff)
	}
	second.verifyAs(t, key)
	if err := second.stop(); err != nil {
		t.Fatal(err)
	}
	noSecrets(t, second, key, team, idle)
}

// TestServeRecover makes a key for an operator who has lost theirs, who then deletes the lost one.
func TestServeRecover(t *testing.T) {
	t.Parallel()
	on := newDirectory(t)
	lost := on.initialise(t)
	var key accessKey
	offline(t, &key, append([]string{"recover", "--name", "after the flood"}, on.flags...)...)
	f := on.serve(t, key)
	f.as(t, key, nil, "key", "delete", lost.ID, "--account", "000000000000")
	if status, code := f.ask(t, lost, "GET", "/verify"); status != 403 || code != "UnknownKey" {
		t.Errorf("the lost key: %d %s", status, code)
	}
	f.verifyAs(t, key)
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	noSecrets(t, f, key, lost)
}

// verifyAs has the server refold all its journals, and returns how many entries they have.
func (f *farm) verifyAs(t *testing.T, k accessKey) (entries int) {
	t.Helper()
	var report struct {
		Entries int
		OK      bool
	}
	if f.as(t, k, &report, "verify"); !report.OK || report.Entries == 0 {
		t.Errorf("verify: %+v", report)
	}
	return report.Entries
}

// noSecrets reports every place of the storage and of the server's log in which the secret of a key
// stands, in itself or encoded.
func noSecrets(t *testing.T, f *farm, keys ...accessKey) {
	t.Helper()
	places := f.contents(t)
	places["the log"] = f.stderr.String()
	noSecretsIn(t, places, keys...)
}

// noSecretsIn is noSecrets for texts by the names of their places.
func noSecretsIn(t *testing.T, places map[string]string, keys ...accessKey) {
	t.Helper()
	seen := 0
	for place, text := range places {
		seen += bytes.Count([]byte(text), []byte(keys[0].ID))
		for _, k := range keys {
			raw := []byte(k.Secret)
			for _, form := range []string{k.Secret, hex.EncodeToString(raw), base64.StdEncoding.EncodeToString(raw)} {
				if bytes.Contains([]byte(text), []byte(form)) {
					t.Errorf("the secret of key %s stands in %s", k.ID, place)
				}
			}
		}
	}
	if seen == 0 {
		t.Error("not even the id of a key was found; were the right places searched?")
	}
}

// contents returns what all files below a directory hold, by their names.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		all[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
