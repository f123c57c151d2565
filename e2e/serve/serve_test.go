package serve

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/e2e/harness"

	"github.com/google/go-cmp/cmp"
)

// Calls that the tests of serve make.
var (
	listOfferings = harness.Step{Operation: "ListOfferings", Input: map[string]any{}}
	readStatus    = harness.Step{Operation: "GetOfferingStatus", Input: map[string]any{}}
)

// TestServeClients lets each client use a key: it buys for the key's account, and only the key with its secret lets
// it in.
func TestServeClients(t *testing.T) {
	f := harness.StartFarm(t)
	for name, c := range harness.Clients {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account := f.Open(t)
			good := f.NewKey(t, account, "").Session(f.Server)
			got := c.Run(t, good, harness.BuyOne, readStatus)
			if got[0].Error != "" || got[1].Error != "" {
				t.Fatalf("refused: %+v", got)
			}
			current, _ := got[1].Output["current"].(map[string]any)
			slot, _ := current[harness.IosSlot].(map[string]any)
			if fmt.Sprint(slot["quantity"]) != "1" {
				t.Errorf("the client sees %v, want 1 slot", got[1].Output)
			}
			if diff := cmp.Diff(map[string]int{harness.IosSlot: 1}, f.Held(t, account)); diff != "" {
				t.Errorf("slots of the key's account (-want +got):\n%s", diff)
			}
			secret, unknown, token := good, good, good
			secret.Secret = strings.ToUpper(good.Secret)
			unknown.Account = harness.SigningKeyID
			token.SessionToken = "IQoJb3JpZ2luX2VjEXAMPLE"
			for _, bad := range []struct {
				session harness.Session
				want    string
			}{
				{secret, "InvalidSignatureException"},
				{unknown, "UnrecognizedClientException"},
				{token, "UnrecognizedClientException"},
			} {
				if said := harness.Refusal(t, c, bad.session, harness.BuyOne); !strings.Contains(said, bad.want) {
					t.Errorf("the client said %s, want it to name %s", said, bad.want)
				}
			}
			if diff := cmp.Diff(map[string]int{harness.IosSlot: 1}, f.Held(t, account)); diff != "" {
				t.Errorf("slots after calls that were refused (-want +got):\n%s", diff)
			}
		})
	}
}

// servePolicies holds keys to what their policies say; a refusal names the key, its account, the action
// and the reason.
func servePolicies(t *testing.T, on harness.Storage) {
	f := on.StartFarm(t)
	all := `{"Effect": "Allow", "Action": "devicefarm:*", "Resource": "*"`
	tests := []struct {
		name, policy string
		allowed      []harness.Step
		denied       harness.Step
		reason       string
	}{
		{"read-only", "read-only", []harness.Step{listOfferings, readStatus}, harness.BuyOne, "no identity-based policy allows"},
		{"buyer", "buyer=2", []harness.Step{listOfferings, harness.BuySlots(2)}, harness.BuySlots(3), "slotfarm:Quantity"},
		{
			"explicit deny", harness.PolicyFile(t, all+`}, {"Sid": "Frugal", "Effect": "Deny", "Action": "devicefarm:Purchase*", "Resource": "*"}`),
			[]harness.Step{listOfferings}, harness.BuyOne, `explicit deny in statement "Frugal"`,
		},
		{
			"address", harness.PolicyFile(t, all+`}, {"Sid": "Home", "Effect": "Deny", "Action": "devicefarm:PurchaseOffering", "Resource": "*",
				"Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}}`),
			[]harness.Step{listOfferings}, harness.BuyOne, `explicit deny in statement "Home"`,
		},
		{
			"another address", harness.PolicyFile(t, all+`, "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}`),
			nil, listOfferings, "aws:SourceIp",
		},
		{
			"own address", harness.PolicyFile(t, `{"Effect": "Allow", "Action": ["devicefarm:List*"], "Resource": "*",
				"Condition": {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "127.0.0.1"]}}}`),
			[]harness.Step{listOfferings}, readStatus, "no identity-based policy allows",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			account := f.Open(t)
			k := f.NewKey(t, account, test.policy)
			for i, got := range harness.Gosdk.Run(t, k.Session(f.Server), test.allowed...) {
				if got.Error != "" {
					t.Errorf("%s: %+v, want it allowed", test.allowed[i].Operation, got)
				}
			}
			said := harness.Refusal(t, harness.Gosdk, k.Session(f.Server), test.denied)
			for _, want := range []string{"AccessDeniedException", k.ID, account, "devicefarm:" + test.denied.Operation, test.reason} {
				if !strings.Contains(said, want) {
					t.Errorf("the client said %s, want it to name %s", said, want)
				}
			}
		})
	}
}

// serveIsolation has a team's key whose policy allows everything try to leave its account.
func serveIsolation(t *testing.T, on harness.Storage) {
	f := on.StartFarm(t)
	own, other := f.Open(t), f.Open(t)
	team, victim := f.NewKey(t, own, "operator"), f.NewKey(t, other, "")
	tests := []struct {
		key          harness.AccessKey
		method, path string
		status       int
		code         string
	}{
		{f.Key, "GET", "/accounts", 200, ""},
		{f.Key, "GET", "/accounts/" + other, 200, ""},
		{team, "GET", "/accounts/" + own, 200, ""},
		{team, "GET", "/accounts/" + own + "/keys", 200, ""},
		{team, "GET", "/accounts", 403, "AccessDenied"},
		{team, "GET", "/verify", 403, "AccessDenied"},
		{team, "GET", "/seed", 403, "AccessDenied"},
		{team, "GET", "/catalog", 403, "AccessDenied"},
		{team, "GET", "/accounts/" + other, 403, "AccessDenied"},
		{team, "PUT", "/accounts/" + other, 403, "AccessDenied"},
		{team, "GET", "/accounts/" + other + "/journal", 403, "AccessDenied"},
		{team, "GET", "/accounts/" + other + "/keys", 403, "AccessDenied"},
		{team, "POST", "/accounts/" + other + "/keys", 403, "AccessDenied"},
		{team, "DELETE", "/accounts/" + other + "/keys/" + victim.ID, 403, "AccessDenied"},
		{team, "DELETE", "/accounts/" + own + "/keys/" + victim.ID, 404, "NotFound"},
		{team, "GET", "/accounts/000000000000", 403, "AccessDenied"},
		{victim, "GET", "/accounts/" + other, 403, "AccessDenied"},
		{harness.AccessKey{ID: team.ID, Secret: victim.Secret}, "GET", "/accounts/" + own, 403, "InvalidSignature"},
		{harness.AccessKey{ID: harness.SigningKeyID, Secret: harness.SigningSecret}, "GET", "/accounts/" + own, 403, "UnknownKey"},
		{harness.AccessKey{}, "GET", "/accounts", 403, "MissingAuthentication"},
	}
	for _, test := range tests {
		status, code := f.Ask(t, test.key, test.method, test.path)
		if status != test.status || code != test.code {
			t.Errorf("%s %s with key %q: %d %s, want %d %s", test.method, test.path, test.key.ID, status, code, test.status, test.code)
		}
	}
	got := harness.RunToEndWith(t, team.Env(f.Server), "account", "show", "--account", other)
	if got.Code != 1 || got.Stdout != "" || !strings.HasPrefix(got.Stderr, "slotfarm: AccessDenied: ") || len(harness.Lines(got.Stderr)) != 1 {
		t.Errorf("account show of another account: %+v, want exit code 1 and AccessDenied in one line", got)
	}
	if got := harness.Gosdk.Run(t, victim.Session(f.Server), readStatus)[0]; got.Error != "" {
		t.Errorf("the other account's key after all that: %+v", got)
	}
}

// serveKeyStates disables, enables and deletes a key between its calls.
func serveKeyStates(t *testing.T, on harness.Storage) {
	f := on.StartFarm(t)
	account := f.Open(t)
	k := f.NewKey(t, account, "")
	works := func() {
		t.Helper()
		if got := harness.Gosdk.Run(t, k.Session(f.Server), readStatus)[0]; got.Error != "" {
			t.Errorf("refused: %+v", got)
		}
	}
	refused := func() {
		t.Helper()
		if said := harness.Refusal(t, harness.Gosdk, k.Session(f.Server), readStatus); !strings.Contains(said, "UnrecognizedClientException") {
			t.Errorf("the client said %s", said)
		}
	}
	change := func(command string) {
		t.Helper()
		got := harness.RunToEndWith(t, f.Key.Env(f.Server), "key", command, k.ID, "--account", account)
		if got.Code != 0 || got.Stderr != "" {
			t.Fatalf("key %s: %+v", command, got)
		}
	}
	works()
	change("disable")
	refused()
	change("enable")
	works()
	change("delete")
	refused()
	got := harness.RunToEndWith(t, f.Key.Env(f.Server), "key", "enable", k.ID, "--account", account)
	if got.Code != 1 || !strings.Contains(got.Stderr, "NotFound") {
		t.Errorf("key enable after delete: %+v, want NotFound", got)
	}
}
