package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/access"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/sigv4"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
	"github.com/slotfarm/slotfarm/internal/throttle"
)

// served is a service for others under test.
type served struct {
	t         *testing.T
	dir       string
	master    iam.MasterKey
	wall      atomic.Pointer[time.Time]
	limits    throttle.Limits
	strangers throttle.Limit
	operator  signer
	running   *server.Server
}

// signer signs as the holder of a key.
type signer struct{ id, secret string }

// parseMaster returns the master key whose bytes are all the same.
func parseMaster(t testing.TB, digits string) iam.MasterKey {
	t.Helper()
	master, err := iam.ParseMasterKey(strings.Repeat(digits, 32))
	if err != nil {
		t.Fatal(err)
	}
	return master
}

func install(t *testing.T) *served {
	t.Helper()
	s := &served{t: t, dir: t.TempDir(), master: parseMaster(t, "5a")}
	s.at(time.Now())
	made, err := s.install()
	if err != nil {
		t.Fatal(err)
	}
	s.operator = signer{made.Key.ID, made.Secret}
	return s
}

// install prepares the storage.
func (s *served) install() (made access.Credentials, err error) {
	err = server.Offline(context.Background(), server.Config{Data: s.dir}, func(offline *server.Parts) error {
		made, err = offline.Installation.Install(context.Background(), s.masterKey)
		return err
	})
	return made, err
}

// stored opens the storage of a server that is stopped for f to work with.
func (s *served) stored(f func(store.Store) error) {
	s.t.Helper()
	store, err := sqlite.Open(context.Background(), s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := errors.Join(f(store), store.Close()); err != nil {
		s.t.Fatal(err)
	}
}

// masterKey is where the master key comes from.
func (s *served) masterKey() (iam.MasterKey, error) { return s.master, nil }

func (s *served) at(now time.Time) { s.wall.Store(&now) }

// start serves until stop or the end of the test.
func (s *served) start() {
	s.t.Helper()
	running, err := server.Start(context.Background(), server.Config{
		Data: s.dir, Master: &s.master, MaxSlots: 10, Limits: s.limits, Strangers: s.strangers, Now: func() time.Time { return *s.wall.Load() },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.running = running
	s.t.Cleanup(s.stop)
}

func (s *served) stop() {
	if s.running == nil {
		return
	}
	if err := s.running.Close(context.Background()); err != nil {
		s.t.Error(err)
	}
	s.running = nil
}

// reply is what came back.
type reply struct {
	status int
	body   string
}

// send signs a request for a service and sends it.
func (s *served) send(who signer, service string, r *http.Request, body string) reply {
	s.t.Helper()
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	if who.id != "" {
		sign := sigv4.Signer{AccessKeyID: who.id, Secret: who.secret, Region: "us-west-2", Service: service}
		if err := sign.Sign(r, []byte(body), *s.wall.Load()); err != nil {
			s.t.Fatal(err)
		}
	}
	return s.deliver(r)
}

// deliver sends a request as it is.
func (s *served) deliver(r *http.Request) reply {
	s.t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{answer.StatusCode, string(text)}
}

// operate calls the operator API.
func (s *served) operate(who signer, method, path, body string) reply {
	s.t.Helper()
	r, err := http.NewRequest(method, s.running.Endpoint()+"/_slotfarm/v1"+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.send(who, "slotfarm", r, body)
}

// call calls an operation of the Device Farm API.
func (s *served) call(who signer, operation, body string) reply {
	s.t.Helper()
	r, err := http.NewRequest(http.MethodPost, s.running.Endpoint()+"/", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "DeviceFarm_20150623."+operation)
	return s.send(who, "devicefarm", r, body)
}

// key opens an account if necessary and makes a key for it.
func (s *served) key(account, policy string) signer {
	s.t.Helper()
	s.operate(s.operator, "PUT", "/accounts/"+account, `{}`).want(s.t, "open", 200, account)
	body := `{"name":"test"}`
	if policy != "" {
		body = `{"name":"test","policy":` + policy + `}`
	}
	answer := s.operate(s.operator, "POST", "/accounts/"+account+"/keys", body)
	var made struct{ AccessKeyID, SecretAccessKey string }
	if err := json.Unmarshal([]byte(answer.body), &made); err != nil || answer.status != http.StatusOK {
		s.t.Fatalf("key: %+v %v", answer, err)
	}
	return signer{made.AccessKeyID, made.SecretAccessKey}
}

// want checks an answer's status, and that a text is in it.
func (r reply) want(t *testing.T, what string, status int, text string) {
	t.Helper()
	if r.status != status || !strings.Contains(r.body, text) {
		t.Errorf("%s: %d %s\nwant %d with %q", what, r.status, r.body, status, text)
	}
}

const (
	team  = "111122223333"
	other = "444455556666"
)

func slots(quantity int) string { return fmt.Sprintf(`{"offeringId":%q,"quantity":%d}`, ios, quantity) }

// TestWhoMayCall holds what keys of several kinds may do.
func TestWhoMayCall(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.start()
	full, buyer, reader := s.key(team, ""), s.key(team, string(iam.Buyer(2))), s.key(other, string(iam.ReadOnly()))
	greedy := s.key(other, string(iam.Operator()))
	calls := []struct {
		name            string
		who             signer
		operation, body string
		status          int
		text            string
	}{
		{"no signature", signer{}, "ListOfferings", `{}`, 400, "MissingAuthenticationTokenException"},
		{"no such key", signer{"SLOTAAAAAAAAAAAAAAAA", "x"}, "ListOfferings", `{}`, 400, "UnrecognizedClientException"},
		{"another secret", signer{full.id, "x"}, "ListOfferings", `{}`, 400, "InvalidSignatureException"},
		{"everything", full, "PurchaseOffering", slots(3), 200, `"cost"`},
		{"within the cap", buyer, "PurchaseOffering", slots(2), 200, `"cost"`},
		{"over the cap", buyer, "PurchaseOffering", slots(3), 400, "AccessDeniedException"},
		{"no order at all", buyer, "PurchaseOffering", `{}`, 400, "AccessDeniedException"},
		{"reading", reader, "GetOfferingStatus", `{}`, 200, `"current":{}`},
		{"buying with a key that reads", reader, "PurchaseOffering", slots(1), 400, "key " + reader.id + " (test) of account " + other + " is not authorized to perform: devicefarm:PurchaseOffering"},
		{"over the limit", full, "PurchaseOffering", slots(6), 400, "LimitExceededException"},
		{"the operator's own", s.operator, "ListOfferings", `{}`, 200, ios},
	}
	for _, c := range calls {
		s.call(c.who, c.operation, c.body).want(t, c.name, c.status, c.text)
	}
	operations := []struct {
		name         string
		who          signer
		method, path string
		status       int
		text         string
	}{
		{"no signature", signer{}, "GET", "/accounts", 403, "MissingAuthentication"},
		{"another secret", signer{full.id, "x"}, "GET", "/accounts", 403, "InvalidSignature"},
		{"not allowed", full, "GET", "/accounts/" + team, 403, "slotfarm:GetAccount"},
		{"its own", greedy, "GET", "/accounts/" + other, 200, other},
		{"of others", greedy, "GET", "/accounts/" + team, 403, "other than the operator's"},
		{"of all", greedy, "GET", "/accounts", 403, "other than the operator's"},
		{"its sessions", greedy, "GET", "/sessions?account=" + other, 200, `{"sessions":[]}`},
		{"sessions of others", greedy, "GET", "/sessions?account=" + team, 403, "other than the operator's"},
		{"all sessions", greedy, "GET", "/sessions", 403, "other than the operator's"},
		{"its queue", greedy, "GET", "/queue?account=" + other, 200, `{"waiting":[]}`},
		{"devices", greedy, "GET", "/devices", 403, "other than the operator's"},
		{"by the operator", s.operator, "GET", "/accounts/" + team, 200, team},
		{"with a query", s.operator, "GET", "/accounts/" + team + "/journal?after=1&limit=1", 200, `"key":"` + s.operator.id},
		{"sandbox only", s.operator, "POST", "/reset", 404, "exists in the sandbox only"},
		{"faults", s.operator, "GET", "/faults", 404, "exists in the sandbox only"},
		{"never opened", s.operator, "POST", "/accounts/999999999999/snapshots", 404, "was never opened"},
		{"verify", s.operator, "GET", "/verify", 200, `"ok":true`},
	}
	for _, o := range operations {
		s.operate(o.who, o.method, o.path, "").want(t, o.name, o.status, o.text)
	}
	s.operate(s.operator, "GET", "/accounts/999999999999", "").want(t, "refused calls open nothing", 404, "was never opened")
}

// TestKeysAreForOneService signs for the wrong service.
func TestKeysAreForOneService(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.start()
	r, err := http.NewRequest("GET", s.running.Endpoint()+"/_slotfarm/v1/accounts", nil)
	if err != nil {
		t.Fatal(err)
	}
	s.send(s.operator, "devicefarm", r, "").want(t, "operator API", 403, "InvalidSignature")
}

// TestKeyChanges has a key disabled, enabled and deleted, and a restart between.
func TestKeyChanges(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.start()
	key := s.key(team, "")
	path := "/accounts/" + team + "/keys/" + key.id
	works := func(what string, wanted bool) {
		t.Helper()
		if listed := s.call(key, "ListOfferings", `{}`); wanted {
			listed.want(t, what, 200, ios)
		} else {
			listed.want(t, what, 400, "UnrecognizedClientException")
		}
	}
	works("new", true)
	s.operate(s.operator, "PUT", path, `{"disabled":true}`).want(t, "disable", 200, `"disabled":true`)
	works("disabled", false)
	s.stop()
	s.start()
	works("disabled and restarted", false)
	s.operate(s.operator, "PUT", path, `{"disabled":false}`).want(t, "enable", 200, `"disabled":false`)
	works("enabled", true)
	s.operate(s.operator, "DELETE", "/accounts/"+other+"/keys/"+key.id, "").want(t, "delete as of another account", 404, "has no key")
	works("still there", true)
	s.operate(s.operator, "DELETE", path, "").want(t, "delete", 204, "")
	works("deleted", false)
	s.operate(s.operator, "PUT", path, `{"disabled":false}`).want(t, "enable what was deleted", 404, "has no key")
}

// TestBadKeys are refused with the rule, and change nothing.
func TestBadKeys(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.start()
	s.key(team, "")
	for _, tt := range []struct {
		path, body string
		status     int
		text       string
	}{
		{team, `{}`, 400, "name is missing; a key has a name of 1 to 64 bytes"},
		{team, `{"name":"` + strings.Repeat("x", 65) + `"}`, 400, "name has 65 bytes; it may have 64"},
		{team, `{"name":"a\u2028b"}`, 400, "U+2028"},
		{team, `{"name":"x","policy":{}}`, 400, "Version"},
		{team, `{"name":"x","policy":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"devicefarm:PurchaseOfering","Resource":"*"}}}`, 400, "PurchaseOfering"},
		{team, `{"name":"x","policy":{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":["*","arn:aws:devicefarm:us-west-2:1:offering:X"]}}}`, 400, "matches nothing that its actions act on"},
		{team, `{"name":"x","policy":{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"slotfarm:GetAccount","Resource":"arn:aws:slotfarm:::accounts/*"}}}`, 400, "accounts/*"},
		{team, `{"name":"x","policy":{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"devicefarm:ListOfferings","Resource":"*","Condition":{"Null":{"slotfarm:Quantity":"true"}}}}}`, 400, "slotfarm:Quantity"},
		{team, `{"name":"x","policy":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:UserAgent":"x"}}}}}`, 400, "aws:UserAgent"},
		{team, `{"name":"x","secret":"y"}`, 400, `member \"secret\" is unknown`},
		{"999999999999", `{"name":"x"}`, 404, "was never opened"},
	} {
		s.operate(s.operator, "POST", "/accounts/"+tt.path+"/keys", tt.body).want(t, tt.body, tt.status, tt.text)
	}
	body := s.operate(s.operator, "GET", "/accounts/"+team+"/keys", "").body
	if n := strings.Count(body, "accessKeyId"); n != 1 || strings.Contains(body, "slot_") {
		t.Errorf("keys = %s, want one, without its secret", body)
	}
}

// TestInstall refuses storage that is not ready for serving.
func TestInstall(t *testing.T) {
	t.Parallel()
	s := install(t)
	ctx := context.Background()
	if _, err := s.install(); err == nil || !strings.Contains(err.Error(), "initialised before") {
		t.Errorf("a second time: %v", err)
	}
	another := parseMaster(t, "a5")
	for _, tt := range []struct {
		name   string
		config server.Config
		want   string
	}{
		{"another master key", server.Config{Data: s.dir, Master: &another}, "the master key is not the one"},
		{"not initialised", server.Config{Data: t.TempDir(), Master: &s.master}, "run slotfarm init first"},
		{"a sandbox", server.Config{Data: s.dir}, "initialised for slotfarm serve, which requires signed requests; a sandbox would open it to everyone"},
		{"half a certificate", server.Config{Data: s.dir, Master: &s.master, TLSCert: "cert.pem"}, "belong together"},
		{"no certificate", server.Config{Data: s.dir, Master: &s.master, TLSCert: "cert.pem", TLSKey: "key.pem"}, "TLS certificate"},
	} {
		if _, err := server.Start(ctx, tt.config); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	s.start()
	s.operate(s.operator, "GET", "/accounts", "").want(t, "the first key", 200, "000000000000")
}

// TestForkStaysInReach uses keys that may do everything to one account to make
// another account from its snapshot.
func TestForkStaysInReach(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.start()
	for _, id := range []string{team, other} {
		s.operate(s.operator, "PUT", "/accounts/"+id, `{"test":true}`).want(t, "open", 200, id)
	}
	everything := s.key(team, string(iam.Operator()))
	limited := s.key(string(access.OperatorAccount), `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"slotfarm:*","Resource":"arn:aws:slotfarm:::account/`+team+`"}]}`)
	for _, who := range []signer{everything, limited} {
		var taken struct{ Snapshot string }
		answer := s.operate(who, "POST", "/accounts/"+team+"/snapshots", "")
		answer.want(t, "take", 200, "snapshot")
		if err := json.Unmarshal([]byte(answer.body), &taken); err != nil {
			t.Fatal(err)
		}
		path := "/accounts/" + team + "/snapshots/" + taken.Snapshot + "/restore"
		for _, into := range []string{other, "999999999999"} {
			s.operate(who, "POST", path, `{"into":"`+into+`"}`).want(t, "into "+into, 403, "AccessDenied")
		}
		s.operate(who, "POST", path, "").want(t, "restore", 200, team)
		s.operate(s.operator, "POST", path, `{"into":"`+other+`"}`).want(t, "by the operator", 200, other)
	}
}

// TestDamagedKeys damages the document of a key: the others are listed, and it can
// be deleted. No key deletes or disables itself.
func TestDamagedKeys(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.start()
	damaged := s.key(team, "")
	whole := s.key(other, "")
	s.stop()
	ctx := context.Background()
	s.stored(func(docs store.Store) error {
		_, err := docs.Commit(ctx, store.Commit{Put: []store.Document{{Key: "access/" + team + "/" + damaged.id, Body: []byte(`{"account":"` + team + `"}`)}}})
		return err
	})
	s.start()
	s.operate(s.operator, "GET", "/accounts/"+other+"/keys", "").want(t, "another account's", 200, whole.id)
	s.operate(s.operator, "DELETE", "/accounts/"+team+"/keys/"+damaged.id, "").want(t, "delete", 204, "")
	own := "/accounts/" + string(access.OperatorAccount) + "/keys/" + s.operator.id
	s.operate(s.operator, "DELETE", own, "").want(t, "its own", 409, "signed this request")
	s.operate(s.operator, "PUT", own, `{"disabled":true}`).want(t, "its own", 409, "signed this request")
}

// TestRekey seals the secrets under another master key: keys go on working, and
// the master key before opens nothing any more.
func TestRekey(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.start()
	key := s.key(team, "")
	s.stop()
	ctx := context.Background()
	before, after := s.master, parseMaster(t, "a5")
	rekey := func(from, to iam.MasterKey) error {
		return server.Offline(ctx, server.Config{Data: s.dir}, func(offline *server.Parts) error {
			offline.Installation.Use(from)
			return offline.Installation.Rekey(ctx, to)
		})
	}
	if err := rekey(after, before); fault.KindOf(err) != fault.Conflict {
		t.Errorf("with another master key: %v, want a Conflict", err)
	}
	if err := rekey(before, after); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Start(ctx, server.Config{Data: s.dir, Master: &before}); err == nil || !strings.Contains(err.Error(), "the master key is not the one") {
		t.Errorf("serve with the master key before: %v", err)
	}
	s.master = after
	s.start()
	s.call(key, "ListOfferings", "{}").want(t, "a key from before", 200, "offerings")
	s.operate(s.operator, "GET", "/accounts", "").want(t, "the first key", 200, "000000000000")
}

// TestChangedKeysAreOfNoUse changes the policy and the account of a key in the
// storage: the key must then be useless.
func TestChangedKeysAreOfNoUse(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.start()
	ctx := context.Background()
	for old, changed := range map[string]string{"devicefarm:*": "*", `"account":"` + team: `"account":"000000000000`} {
		key := s.key(team, "")
		s.stop()
		s.stored(func(docs store.Store) error {
			found, err := docs.Get(ctx, "access/"+team+"/"+key.id)
			if err != nil || len(found) != 1 || !strings.Contains(string(found[0].Body), old) {
				t.Fatalf("stored key: %v, %v", found, err)
			}
			found[0].Body = []byte(strings.Replace(string(found[0].Body), old, changed, 1))
			_, err = docs.Commit(ctx, store.Commit{Put: found})
			return err
		})
		s.start()
		s.call(key, "ListOfferings", "{}").want(t, changed, 500, "InternalFailure")
		s.operate(key, "GET", "/accounts", "").want(t, changed, 500, "Internal")
	}
}

// TestSweeper starts a server after a month and a half of downtime: accounts are
// rolled although nobody looks at them, as often as it is started.
func TestSweeper(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.at(time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC))
	s.start()
	key := s.key(team, "")
	s.call(key, "PurchaseOffering", slots(1)).want(t, "purchase", 200, "8.07")
	s.stop()
	s.at(time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC))
	for range 2 {
		s.start()
		s.stop() // waits for the sweep that the start began, or cancels it
	}
	s.start()
	var body string
	for begin := time.Now(); time.Since(begin) < time.Minute; {
		body = s.operate(s.operator, "GET", "/accounts/"+team+"/journal?after=3", "").body
		if strings.Count(body, `"kind":"rolled"`) == 2 {
			break
		}
	}
	if n := strings.Count(body, `"kind":"rolled"`); n != 2 || !strings.Contains(body, `"key":"sweeper"`) {
		t.Errorf("%d boundaries in %s, want 2 by the sweeper", n, body)
	}
}

// TestThrottling has one account spend its tokens and another keep its own.
func TestThrottling(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.limits = throttle.Limits{Writes: throttle.Limit{Rate: 1, Burst: 2}}
	s.start()
	first, second := s.key(team, ""), s.key(other, "")
	for range 2 {
		s.call(first, "PurchaseOffering", slots(1)).want(t, "within", 200, `"cost"`)
	}
	s.call(first, "PurchaseOffering", slots(1)).want(t, "too many", 400, "ThrottlingException")
	s.call(second, "PurchaseOffering", slots(1)).want(t, "another account", 200, `"cost"`)
	s.at(s.wall.Load().Add(time.Second))
	s.call(first, "PurchaseOffering", slots(1)).want(t, "a second on", 200, `"cost"`)
}

// TestRefusedCallsCostNothing lets a key that may not buy try as often as would
// throttle the account, and a key that may buy call as often as it can: neither
// keeps another key of the account from buying.
func TestRefusedCallsCostNothing(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.limits = throttle.Limits{Writes: throttle.Limit{Rate: 1, Burst: 4}}
	s.start()
	reader, leaked, buyer := s.key(team, string(iam.ReadOnly())), s.key(team, ""), s.key(team, "")
	for range 10 {
		s.call(reader, "RenewOffering", slots(1)).want(t, "a key that may not", 400, "AccessDeniedException")
	}
	for range 3 {
		s.call(leaked, "RenewOffering", slots(1)).want(t, "within the share of a key", 200, `"cost"`)
	}
	s.call(leaked, "RenewOffering", slots(1)).want(t, "beyond the share of a key", 400, "ThrottlingException")
	s.call(buyer, "RenewOffering", slots(1)).want(t, "another key", 200, `"cost"`)
}

// TestStrangersAreCounted checks that unsigned requests are counted by address,
// and valid ones are not.
func TestStrangersAreCounted(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.start()
	who := s.key(team, "")
	for range 3 {
		s.call(signer{}, "ListOfferings", `{}`).want(t, "unsigned", 400, "MissingAuthentication")
	}
	s.operate(signer{who.id, "x"}, "GET", "/accounts", "").want(t, "another secret", 403, "InvalidSignature")
	s.operate(who, "GET", "/accounts", "").want(t, "not allowed", 403, "AccessDenied")
	s.call(who, "ListOfferings", `{}`).want(t, "a good one", 200, ios)
	const want = `slotfarm_failed_authentications_total{source="127.0.0.1"} 4`
	if page := s.running.Metrics(); !strings.Contains(page, want) {
		t.Errorf("metrics lack %s", want)
	}
}

// TestStrangersAreSlowed has the third of them wait for its refusal, while a good call
// from the same address does not.
func TestStrangersAreSlowed(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.strangers = throttle.Limit{Rate: 1, Burst: 2}
	s.start()
	who := s.key(team, "")
	for i, want := range []time.Duration{0, 0, time.Second} {
		begin := time.Now()
		s.call(signer{}, "ListOfferings", `{}`).want(t, "unsigned", 400, "MissingAuthentication")
		if took := time.Since(begin); took < want || want == 0 && took >= time.Second {
			t.Errorf("refusal %d took %s, want %s", i, took, want)
		}
	}
	begin := time.Now()
	if s.call(who, "ListOfferings", `{}`).want(t, "a good one", 200, ios); time.Since(begin) >= time.Second {
		t.Error("a good call was slowed")
	}
}
