package harness

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/sigv4"
)

// AccessKey is a key as the commands init and key create print it.
type AccessKey struct {
	ID     string `json:"accessKeyId"`
	Secret string `json:"secretAccessKey"`
}

// Session returns a session with the key.
func (k AccessKey) Session(s *Server) Session {
	return Session{Endpoint: s.Endpoint, Account: k.ID, Secret: k.Secret}
}

// Signer returns a signer of calls to a service with the key.
func (k AccessKey) Signer(service string) sigv4.Signer {
	return sigv4.Signer{AccessKeyID: k.ID, Secret: k.Secret, Region: "us-west-2", Service: service}
}

// Env returns the variables with which the slotfarm binary signs with the key.
func (k AccessKey) Env(s *Server) []string {
	return []string{"AWS_ACCESS_KEY_ID=" + k.ID, "AWS_SECRET_ACCESS_KEY=" + k.Secret, "SLOTFARM_ENDPOINT_URL=" + s.Endpoint}
}

// Farm is a server that requires signatures, with its operator.
type Farm struct {
	*Server
	Storage
	Key AccessKey
}

// Initialise makes a data directory and returns it with the operator's key.
func Initialise(t *testing.T) (dir string, key AccessKey) {
	t.Helper()
	at := NewDirectory(t)
	return at.Data, at.Initialise(t)
}

// ServeArgs returns the arguments of serve for a directory, on a free port and without limits on calls.
func ServeArgs(dir string, more ...string) []string { return InDirectory(dir).ServeArgs(more...) }

// StartFarm initialises a directory and serves it.
func StartFarm(t *testing.T, flags ...string) *Farm {
	t.Helper()
	return NewDirectory(t).StartFarm(t, flags...)
}

// As runs a command of the binary with a key and decodes the JSON that it prints.
func (f *Farm) As(t *testing.T, k AccessKey, out any, args ...string) {
	t.Helper()
	got := RunToEndWith(t, k.Env(f.Server), append(slices.Clone(args), "-o", "json")...)
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

// Open opens an account that no other test uses.
func (f *Farm) Open(t *testing.T) string {
	t.Helper()
	id := NewTenant(f.Server).Account
	f.As(t, f.Key, nil, "account", "set", "--account", id)
	return id
}

// NewKey makes a key for an account; without a policy it may use the whole Device Farm API.
func (f *Farm) NewKey(t *testing.T, account, policy string) AccessKey {
	t.Helper()
	args := []string{"key", "create", "--account", account, "--name", "of a team"}
	if policy != "" {
		args = append(args, "--policy", policy)
	}
	var k AccessKey
	f.As(t, f.Key, &k, args...)
	if k.ID == "" || k.Secret == "" {
		t.Fatalf("%v made %+v", args, k)
	}
	return k
}

// PolicyFile writes a policy and returns the name of the file.
func PolicyFile(t *testing.T, statements string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "policy.json")
	text := `{"Version": "2012-10-17", "Statement": [` + statements + `]}`
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// Held returns the slots that an account holds, as its operator sees them.
func (f *Farm) Held(t *testing.T, account string) map[string]int {
	t.Helper()
	var shown struct{ Current map[string]int }
	f.As(t, f.Key, &shown, "account", "show", "--account", account)
	return shown.Current
}

// Ask makes a call of the operator API with a key, without a body, and returns the status and the code of the error,
// if any.
func (f *Farm) Ask(t *testing.T, k AccessKey, method, path string) (status int, code string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, f.Endpoint+"/_slotfarm/v1"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if k.ID != "" {
		if err := k.Signer("slotfarm").Sign(req, nil, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	resp, err := Web.Do(req)
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

// Refusal returns a client's message about a call that must fail with an exception for which its SDK has no type.
func Refusal(t *testing.T, c Client, s Session, call Step) string {
	t.Helper()
	s.MaxAttempts = 1
	p, ok := c.(Program)
	if !ok {
		got := c.Run(t, s, call)[0]
		return got.Error + ": " + got.Message
	}
	out, stderr, err := p.Start(t, s, []Step{call})
	if err == nil {
		t.Errorf("%s was not refused: %s", call.Operation, out)
	}
	return stderr
}

// VerifyAs makes the server verify all its journals, and returns how many entries they have.
func (f *Farm) VerifyAs(t *testing.T, k AccessKey) (entries int) {
	t.Helper()
	var report struct {
		Entries int
		OK      bool
	}
	if f.As(t, k, &report, "verify"); !report.OK || report.Entries == 0 {
		t.Errorf("verify: %+v", report)
	}
	return report.Entries
}

// Customer opens a test account with a key that may buy. Its clock is frozen at the same time as those of the
// sandbox.
func (f *Farm) Customer(t *testing.T) Tenant {
	t.Helper()
	a := Tenant{Server: f.Server, Account: f.Open(t)}
	a.Set(t, map[string]any{"test": true})
	f.Operator(t, "PUT /accounts/"+a.Account+"/clock", map[string]any{"now": Frozen}, nil)
	a.Key = f.NewKey(t, a.Account, "")
	return a
}

// NoSecrets reports every place in the storage and the server's log that contains the secret of a key, as it is or
// encoded.
func NoSecrets(t *testing.T, f *Farm, keys ...AccessKey) {
	t.Helper()
	places := f.Contents(t)
	places["the log"] = f.Stderr.String()
	NoSecretsIn(t, places, keys...)
}

// NoSecretsIn is NoSecrets for texts by the names of their places.
func NoSecretsIn(t *testing.T, places map[string]string, keys ...AccessKey) {
	t.Helper()
	seen := 0
	for place, text := range places {
		seen += bytes.Count([]byte(text), []byte(keys[0].ID))
		for _, k := range keys {
			raw := []byte(k.Secret)
			for _, form := range []string{k.Secret, hex.EncodeToString(raw), base64.StdEncoding.EncodeToString(raw)} {
				if bytes.Contains([]byte(text), []byte(form)) {
					t.Errorf("%[2]s contains the secret of key %[1]s", k.ID, place)
				}
			}
		}
	}
	if seen == 0 {
		t.Error("not even the id of a key was found; were the right places searched?")
	}
}
