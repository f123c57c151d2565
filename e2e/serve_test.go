package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Calls that the tests of serve make.
var (
	listOfferings = step{Operation: "ListOfferings", Input: map[string]any{}}
	readStatus    = step{Operation: "GetOfferingStatus", Input: map[string]any{}}
)

// buySlots buys iOS slots.
func buySlots(n int) step {
	return step{Operation: "PurchaseOffering", Input: map[string]any{"offeringId": iosSlot, "quantity": n}}
}

// TestServeClients has each client use a key: the account that it buys for is the key's, and nothing but the
// key with its secret lets it in.
func TestServeClients(t *testing.T) {
	f := startFarm(t)
	for name, c := range clients {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account := f.open(t)
			good := f.newKey(t, account, "").session(f.server)
			got := c.run(t, good, buyOne, readStatus)
			if got[0].Error != "" || got[1].Error != "" {
				t.Fatalf("refused: %+v", got)
			}
			current, _ := got[1].Output["current"].(map[string]any)
			slot, _ := current[iosSlot].(map[string]any)
			if fmt.Sprint(slot["quantity"]) != "1" {
				t.Errorf("the client sees %v, want 1 slot", got[1].Output)
			}
			if diff := cmp.Diff(map[string]int{iosSlot: 1}, f.held(t, account)); diff != "" {
				t.Errorf("slots of the key's account (-want +got):\n%s", diff)
			}
			secret, unknown, token := good, good, good
			secret.secret = strings.ToUpper(good.secret)
			unknown.account = signingKeyID
			token.sessionToken = "IQoJb3JpZ2luX2VjEXAMPLE"
			for _, bad := range []struct {
				session session
				want    string
			}{
				{secret, "InvalidSignatureException"},
				{unknown, "UnrecognizedClientException"},
				{token, "UnrecognizedClientException"},
			} {
				if said := refusal(t, c, bad.session, buyOne); !strings.Contains(said, bad.want) {
					t.Errorf("the client said %s, want it to name %s", said, bad.want)
				}
			}
			if diff := cmp.Diff(map[string]int{iosSlot: 1}, f.held(t, account)); diff != "" {
				t.Errorf("slots after calls that were refused (-want +got):\n%s", diff)
			}
		})
	}
}

// servePolicies holds keys to what their policies say; a refusal names the key, its account, the action
// and the reason.
func servePolicies(t *testing.T, on storage) {
	f := on.startFarm(t)
	all := `{"Effect": "Allow", "Action": "devicefarm:*", "Resource": "*"`
	tests := []struct {
		name, policy string
		allowed      []step
		denied       step
		reason       string
	}{
		{"read-only", "read-only", []step{listOfferings, readStatus}, buyOne, "no identity-based policy allows"},
		{"buyer", "buyer=2", []step{listOfferings, buySlots(2)}, buySlots(3), "slotfarm:Quantity"},
		{
			"explicit deny", policyFile(t, all+`}, {"Sid": "Frugal", "Effect": "Deny", "Action": "devicefarm:Purchase*", "Resource": "*"}`),
			[]step{listOfferings}, buyOne, `explicit deny in statement "Frugal"`,
		},
		{
			"address", policyFile(t, all+`}, {"Sid": "Home", "Effect": "Deny", "Action": "devicefarm:PurchaseOffering", "Resource": "*",
				"Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}}`),
			[]step{listOfferings}, buyOne, `explicit deny in statement "Home"`,
		},
		{
			"another address", policyFile(t, all+`, "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}`),
			nil, listOfferings, "aws:SourceIp",
		},
		{
			"own address", policyFile(t, `{"Effect": "Allow", "Action": ["devicefarm:List*"], "Resource": "*",
				"Condition": {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "127.0.0.1"]}}}`),
			[]step{listOfferings}, readStatus, "no identity-based policy allows",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			account := f.open(t)
			k := f.newKey(t, account, test.policy)
			for i, got := range gosdk.run(t, k.session(f.server), test.allowed...) {
				if got.Error != "" {
					t.Errorf("%s: %+v, want it allowed", test.allowed[i].Operation, got)
				}
			}
			said := refusal(t, gosdk, k.session(f.server), test.denied)
			for _, want := range []string{"AccessDeniedException", k.ID, account, "devicefarm:" + test.denied.Operation, test.reason} {
				if !strings.Contains(said, want) {
					t.Errorf("the client said %s, want it to name %s", said, want)
				}
			}
		})
	}
}

// serveIsolation has a team's key whose policy allows everything try to leave its account.
func serveIsolation(t *testing.T, on storage) {
	f := on.startFarm(t)
	own, other := f.open(t), f.open(t)
	team, victim := f.newKey(t, own, "operator"), f.newKey(t, other, "")
	tests := []struct {
		key          accessKey
		method, path string
		status       int
		code         string
	}{
		{f.key, "GET", "/accounts", 200, ""},
		{f.key, "GET", "/accounts/" + other, 200, ""},
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
		{accessKey{ID: team.ID, Secret: victim.Secret}, "GET", "/accounts/" + own, 403, "InvalidSignature"},
		{accessKey{ID: signingKeyID, Secret: signingSecret}, "GET", "/accounts/" + own, 403, "UnknownKey"},
		{accessKey{}, "GET", "/accounts", 403, "MissingAuthentication"},
	}
	for _, test := range tests {
		status, code := f.ask(t, test.key, test.method, test.path)
		if status != test.status || code != test.code {
			t.Errorf("%s %s with key %q: %d %s, want %d %s", test.method, test.path, test.key.ID, status, code, test.status, test.code)
		}
	}
	got := runToEndWith(t, team.env(f.server), "account", "show", "--account", other)
	if got.Code != 1 || got.Stdout != "" || !strings.HasPrefix(got.Stderr, "slotfarm: AccessDenied: ") || len(lines(got.Stderr)) != 1 {
		t.Errorf("account show of another account: %+v, want exit code 1 and AccessDenied in one line", got)
	}
	if got := gosdk.run(t, victim.session(f.server), readStatus)[0]; got.Error != "" {
		t.Errorf("the other account's key after all that: %+v", got)
	}
}

// serveKeyStates disables, enables and deletes a key between its calls.
func serveKeyStates(t *testing.T, on storage) {
	f := on.startFarm(t)
	account := f.open(t)
	k := f.newKey(t, account, "")
	works := func() {
		t.Helper()
		if got := gosdk.run(t, k.session(f.server), readStatus)[0]; got.Error != "" {
			t.Errorf("refused: %+v", got)
		}
	}
	refused := func() {
		t.Helper()
		if said := refusal(t, gosdk, k.session(f.server), readStatus); !strings.Contains(said, "UnrecognizedClientException") {
			t.Errorf("the client said %s", said)
		}
	}
	change := func(command string) {
		t.Helper()
		got := runToEndWith(t, f.key.env(f.server), "key", command, k.ID, "--account", account)
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
	got := runToEndWith(t, f.key.env(f.server), "key", "enable", k.ID, "--account", account)
	if got.Code != 1 || !strings.Contains(got.Stderr, "NotFound") {
		t.Errorf("key enable after delete: %+v, want NotFound", got)
	}
}
