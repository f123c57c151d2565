package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/sigv4"
)

// accessKey is a key as init and key create print it.
type accessKey struct {
	ID     string `json:"accessKeyId"`
	Secret string `json:"secretAccessKey"`
}

// session returns a session of whoever has the key.
func (k accessKey) session(s *server) session {
	return session{endpoint: s.endpoint, account: k.ID, secret: k.Secret}
}

// signer returns what signs calls of a service with the key.
func (k accessKey) signer(service string) sigv4.Signer {
	return sigv4.Signer{AccessKeyID: k.ID, Secret: k.Secret, Region: "us-west-2", Service: service}
}

// env returns the variables with which the slotfarm binary signs with the key.
func (k accessKey) env(s *server) []string {
	return []string{"AWS_ACCESS_KEY_ID=" + k.ID, "AWS_SECRET_ACCESS_KEY=" + k.Secret, "SLOTFARM_ENDPOINT_URL=" + s.endpoint}
}

// farm is a server for others with its operator.
type farm struct {
	*server
	storage
	key accessKey
}

// initialise makes a data directory and returns it with the operator's key.
func initialise(t *testing.T) (dir string, key accessKey) {
	t.Helper()
	at := newDirectory(t)
	return at.data, at.initialise(t)
}

// serveArgs are the arguments of serve on a directory, on a free port and with no bound on calls.
func serveArgs(dir string, more ...string) []string { return inDirectory(dir).serveArgs(more...) }

// startFarm initialises a directory and serves it.
func startFarm(t *testing.T, flags ...string) *farm {
	t.Helper()
	return newDirectory(t).startFarm(t, flags...)
}

// as runs a command of the binary with a key and decodes the JSON that it prints.
func (f *farm) as(t *testing.T, k accessKey, out any, args ...string) {
	t.Helper()
	got := runToEndWith(t, k.env(f.server), append(slices.Clone(args), "-o", "json")...)
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

// open opens an account that no other test uses.
func (f *farm) open(t *testing.T) string {
	t.Helper()
	id := newTenant(f.server).account
	f.as(t, f.key, nil, "account", "set", "--account", id)
	return id
}

// newKey makes a key of an account; without a policy it may use the whole Device Farm API.
func (f *farm) newKey(t *testing.T, account, policy string) accessKey {
	t.Helper()
	args := []string{"key", "create", "--account", account, "--name", "of a team"}
	if policy != "" {
		args = append(args, "--policy", policy)
	}
	var k accessKey
	f.as(t, f.key, &k, args...)
	if k.ID == "" || k.Secret == "" {
		t.Fatalf("%v made %+v", args, k)
	}
	return k
}

// policyFile writes a policy and returns the name of the file.
func policyFile(t *testing.T, statements string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "policy.json")
	text := `{"Version": "2012-10-17", "Statement": [` + statements + `]}`
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// held returns the slots that an account holds, as its operator sees them.
func (f *farm) held(t *testing.T, account string) map[string]int {
	t.Helper()
	var shown struct{ Current map[string]int }
	f.as(t, f.key, &shown, "account", "show", "--account", account)
	return shown.Current
}

// ask makes a call of the operator API with a key, without a body, and returns the status and the code of the
// refusal, if it is one.
func (f *farm) ask(t *testing.T, k accessKey, method, path string) (status int, code string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, f.endpoint+"/_slotfarm/v1"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if k.ID != "" {
		if err := k.signer("slotfarm").Sign(req, nil, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	resp, err := web.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct{ Error struct{ Code string } }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatalf("%s %s: %s: %v", method, path, resp.Status, err)
	}
	return resp.StatusCode, answer.Error.Code
}

// refusal returns what a client says of a call that must fail with an exception that is no type of its SDK.
func refusal(t *testing.T, c client, s session, call step) string {
	t.Helper()
	s.maxAttempts = 1
	p, ok := c.(program)
	if !ok {
		got := c.run(t, s, call)[0]
		return got.Error + ": " + got.Message
	}
	out, stderr, err := p.start(t, s, []step{call})
	if err == nil {
		t.Errorf("%s was not refused: %s", call.Operation, out)
	}
	return stderr
}
