package server_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/sigv4"
)

func (f *farm) get(path string) answer {
	f.t.Helper()
	r, err := http.NewRequest(http.MethodGet, f.Endpoint()+path, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return f.do(r)
}

func TestHealth(t *testing.T) {
	f := start(t, server.Config{})
	for _, path := range []string{"/livez", "/readyz"} {
		if got := f.get(path); got.Status != http.StatusOK || string(got.Body) != "OK\n" {
			t.Errorf("%s = %d %q", path, got.Status, got.Body)
		}
	}
}

// TestReadyDropsWhileDraining has a server drain that still takes requests, and
// asks the handler of one that is closed.
func TestReadyDropsWhileDraining(t *testing.T) {
	f := start(t, server.Config{})
	f.Drain()
	if got := f.get("/readyz"); got.Status != http.StatusServiceUnavailable {
		t.Errorf("while draining: %d, want 503", got.Status)
	}
	f.accepted("", "GetAccountSettings", "{}")

	s, err := server.Start(context.Background(), server.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	s.Ready(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("closed: %d, want 503", w.Code)
	}
}

func write(t *testing.T, connection net.Conn, text string) {
	t.Helper()
	if _, err := connection.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func TestStateSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	first, err := server.Start(context.Background(), server.Config{Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	f := &farm{t, http.DefaultClient, first}
	r := f.request(alice, "PurchaseOffering", order(ios, 2))
	r.Header.Set("Idempotency-Key", "one call")
	before := f.do(r)
	http.DefaultClient.CloseIdleConnections()
	if err := first.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	second := start(t, server.Config{Data: dir})
	r = second.request(alice, "PurchaseOffering", order(ios, 2))
	r.Header.Set("Idempotency-Key", "one call")
	if after := second.do(r); string(after.Body) != string(before.Body) {
		t.Errorf("repeated after a restart: %s, want %s", after.Body, before.Body)
	}
	if n := second.entries(); n != 2 {
		t.Errorf("the journal holds %d entries, want 2", n)
	}
}

// TestFrozenStartOnExistingAccounts restarts on the same data with the clocks at
// another instant: accounts go there, and none goes back.
func TestFrozenStartOnExistingAccounts(t *testing.T) {
	dir := t.TempDir()
	now := func(account string, frozen *time.Time, f func(*farm)) string {
		s, err := server.Start(context.Background(), server.Config{Data: dir, Frozen: frozen})
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		running := &farm{t, client, s}
		f(running)
		var shape struct{ Now string }
		running.operate(http.MethodGet, "/accounts/"+account, "", &shape)
		if err := s.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		return shape.Now
	}
	buy := func(f *farm) { f.accepted(alice, "PurchaseOffering", order(ios, 1)) }
	nothing := func(*farm) {}
	later := noon.AddDate(1, 0, 0)
	steps := []struct {
		frozen *time.Time
		use    func(*farm)
		want   string
	}{{&noon, buy, "2016-08-31T12:59:00Z"}, {&later, nothing, "2017-08-31T12:59:00Z"}, {&noon, nothing, "2017-08-31T12:59:00Z"}}
	for i, step := range steps {
		if got := now(alice, step.frozen, step.use); got != step.want {
			t.Errorf("start %d: the account's clock shows %s, want %s", i+1, got, step.want)
		}
	}
}

func TestAccountsOfCallers(t *testing.T) {
	f := start(t, server.Config{})
	for key, want := range map[string]string{
		"123456789012": "123456789012", "AKIAIOSFODNN7EXAMPLE": "000000000000", "test": "000000000000", "": "000000000000",
	} {
		if got := string(f.accepted(key, "GetAccountSettings", "{}").Body); !strings.Contains(got, `"awsAccountNumber":"`+want+`"`) {
			t.Errorf("key %q: %s, want account %s", key, got, want)
		}
	}
	unsigned := f.request("", "GetAccountSettings", "{}")
	unsigned.Header.Del("Authorization")
	if got := f.do(unsigned); !strings.Contains(string(got.Body), `"000000000000"`) {
		t.Errorf("unsigned: %s, want account 000000000000", got.Body)
	}
}

// TestPagesOfOtherNames refuses what a browser sends for a page whose name was made
// to lead to this machine.
func TestPagesOfOtherNames(t *testing.T) {
	f := start(t, server.Config{})
	for origin, want := range map[string]int{
		"http://evil.example:8623": http.StatusBadRequest, "null": http.StatusBadRequest, "http://%": http.StatusBadRequest,
		"http://localhost:3000": http.StatusOK, "http://farm.localhost": http.StatusOK, "http://127.0.0.1:8623": http.StatusOK, "": http.StatusOK,
	} {
		r := f.request(alice, "GetAccountSettings", "{}")
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		got := f.do(r)
		if got.Status != want || want != http.StatusOK && (got.Type() != "AccessDeniedException" || !strings.Contains(got.Message(), "sent by a page of "+origin)) {
			t.Errorf("a page of %q: %d %s, want %d", origin, got.Status, got.Body, want)
		}
	}
}

func TestUnknownPaths(t *testing.T) {
	f := start(t, server.Config{})
	got := f.get("/nowhere")
	if got.Status != http.StatusNotFound || got.Type() != unknownOp || !strings.Contains(got.Message(), "GET /nowhere") {
		t.Errorf("GET /nowhere = %d %s, want 404", got.Status, got.Body)
	}
}

func TestRefusesToStart(t *testing.T) {
	taken := start(t, server.Config{})
	broken := offering.Default()
	broken.Offerings[0].Platform = ""
	data := t.TempDir()
	start(t, server.Config{Data: data})
	for name, tt := range map[string]struct {
		config server.Config
		want   string
	}{
		"address in use": {server.Config{Listen: taken.Addr()}, "address already in use"},
		"data in use":    {server.Config{Data: data}, "in use by another slotfarm process"},
		"limit":          {server.Config{MaxSlots: -1}, "-1 is out of range"},
		"catalogue":      {server.Config{Catalog: &broken}, "platform"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := server.Start(context.Background(), tt.config)
			if err == nil {
				t.Fatal(s.Close(context.Background()), "the server started")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want one with %q", err, tt.want)
			}
		})
	}
}

// TestCloseWithARequestThatNeverEnds gives up on a client that stalls.
func TestCloseWithARequestThatNeverEnds(t *testing.T) {
	s, err := server.Start(context.Background(), server.Config{})
	if err != nil {
		t.Fatal(err)
	}
	connection, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	write(t, connection, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.1\r\n"+
		"Content-Length: 10\r\nExpect: 100-continue\r\n\r\n")
	reply := make([]byte, 12)
	if _, err := io.ReadFull(connection, reply); err != nil || string(reply) != "HTTP/1.1 100" {
		t.Fatalf("the server answers %q, %v, and does not wait for the body", reply, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if err := s.Close(ctx); err == nil {
		t.Error("closing did not say that it gave up")
	}
}

// TestSandboxWithSecrets checks that a sandbox with secrets verifies
// signatures.
func TestSandboxWithSecrets(t *testing.T) {
	t.Parallel()
	f := start(t, server.Config{Secrets: func(id string) (string, error) { return "secret of " + id, nil }})
	for _, tt := range []struct {
		secret string
		status int
		kind   string
	}{{"secret of " + alice, 200, ""}, {"secret of " + bob, 400, "InvalidSignatureException"}} {
		r := f.request(alice, "ListOfferings", "{}")
		r.Header.Del("Authorization")
		signer := sigv4.Signer{AccessKeyID: alice, Secret: tt.secret, Region: "us-west-2", Service: "devicefarm"}
		if err := signer.Sign(r, []byte("{}"), time.Now()); err != nil {
			t.Fatal(err)
		}
		if got := f.do(r); got.Status != tt.status || got.Type() != tt.kind {
			t.Errorf("signed with the %s: %d %s, want %d %s", tt.secret, got.Status, got.Body, tt.status, tt.kind)
		}
	}
	if got := f.call(alice, "ListOfferings", "{}"); got.Status == http.StatusOK {
		t.Errorf("unsigned: %d %s, want a refusal", got.Status, got.Body)
	}
}
