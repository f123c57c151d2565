package gateway_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/backend"
	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/farmtest"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/gateway"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/simulator"
	"github.com/slotfarm/slotfarm/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const androidRemoteSlot = "D68B3C05-1BA6-4360-BC69-510F4D3B2A03"

// lab is a farm with simulated phones, a fleet on them, and a gateway before it.
type lab struct {
	*farmtest.Farm
	t       *testing.T
	sim     *simulator.Server
	fleet   *fleet.Fleet
	gateway *gateway.Gateway
	server  *httptest.Server
	unit    string
	ids     atomic.Int64
	past    atomic.Int64 // nanoseconds that the clock went on

	mu       sync.Mutex
	commands []gateway.Command
}

// sign signs tokens.
func sign(message []byte) []byte {
	code := hmac.New(sha256.New, []byte("secret"))
	code.Write(message)
	return code.Sum(nil)
}

func udid(n int) string { return fmt.Sprintf("PIXEL%d", n) }

// open returns a lab with phones, on which an account has as many slots.
func open(t *testing.T, phones int) *lab {
	t.Helper()
	l := &lab{Farm: farmtest.Open(t), t: t}
	l.startSimulator(phones)
	pixel := device.Device{Name: "Pixel 8", Manufacturer: "Google", Model: "Pixel 8", Platform: offering.Android, OS: "14", FormFactor: device.Phone}
	for n := range phones {
		pixel.Instances = append(pixel.Instances, device.Instance{UDID: udid(n), Appium: l.sim.DeviceURL(udid(n))})
	}
	l.unit = pixel.ID()
	units := fleet.UnitsOf(device.Fleet{Devices: []device.Device{pixel}})
	asker := backend.New()
	now := func() time.Time { return l.Wall.Add(time.Duration(l.past.Load())) }
	l.fleet = fleet.New(fleet.Config{
		Store: l.Config.Store, Accounts: l.Accounts, Backend: asker, Node: "node", Now: now,
		Units: func() *fleet.Units { return units },
		NewID: func() string { return fmt.Sprint("id-", l.ids.Add(1)) },
	})
	l.gateway = gateway.New(gateway.Config{
		Fleet: l.fleet, Units: func() *fleet.Units { return units }, Now: now, Node: "node",
		Sign:    sign,
		Observe: l.observe,
	})
	l.server = httptest.NewServer(l.gateway)
	l.run(asker)
	if phones > 0 {
		_, _, err := l.Orders.Purchase(t.Context(), farmtest.Caller(1), account.Order{OfferingID: androidRemoteSlot, Quantity: phones})
		l.Must(err)
	}
	return l
}

func (l *lab) startSimulator(phones int) {
	l.t.Helper()
	var config simulator.Config
	for n := range phones {
		config.Devices = append(config.Devices, simulator.Device{UDID: udid(n), Platform: simulator.Android, Name: "Pixel 8 (simulated)", OS: "14"})
	}
	sim, err := simulator.Start(config)
	l.Must(err)
	l.sim = sim
}

// run has the fleet work until the test ends, and ends everything then in order.
func (l *lab) run(asker *backend.Client) {
	ctx, cancel := context.WithCancel(context.Background())
	running := sync.WaitGroup{}
	running.Go(func() { l.fleet.Run(ctx) })
	l.t.Cleanup(func() {
		l.gateway.Close()
		l.server.Close()
		cancel()
		running.Wait()
		if err := l.sim.Close(context.Background()); err != nil {
			l.t.Error(err)
		}
		asker.Close()
		http.DefaultClient.CloseIdleConnections()
	})
}

func (l *lab) observe(c gateway.Command) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.commands = append(l.commands, c)
}

// session returns a running remote access session of account 1 and the URL of its
// end point.
func (l *lab) session() (lease.Session, string) {
	l.t.Helper()
	s, err := l.fleet.Enqueue(l.t.Context(), lease.Session{
		ID: fmt.Sprintf("s%06d", l.ids.Add(1)), Account: farmtest.Caller(1).Account, Kind: account.RemoteAccess, Platform: offering.Android,
		Method: account.Unmetered, Project: "p", Units: []string{l.unit}, Nonce: "nonce",
		Limits: lease.Limits{Idle: 5 * time.Minute, Max: 150 * time.Minute, Wait: 24 * time.Hour},
	}, store.Document{})
	l.Must(err)
	l.until("the session's running", func() bool {
		s, err = l.fleet.Session(l.t.Context(), s.ID)
		l.Must(err)
		return s.Stage() == lease.Running
	})
	return s, l.server.URL + l.gateway.Endpoint(s)
}

// until waits for a condition, which is looked at whenever documents change.
func (l *lab) until(what string, ok func() bool) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), time.Minute)
	defer cancel()
	for range l.Config.Store.Changed(ctx, "") {
		if ok() {
			return
		}
	}
	l.t.Fatalf("%s did not happen", what)
}

// reply is what came back from WebDriver.
type reply struct {
	status int
	header http.Header
	body   string
	Value  json.RawMessage `json:"value"`
}

func (l *lab) send(method, url, body string) reply {
	l.t.Helper()
	req, err := http.NewRequestWithContext(l.t.Context(), method, url, strings.NewReader(body))
	l.Must(err)
	return l.do(req)
}

func (l *lab) do(req *http.Request) reply {
	l.t.Helper()
	res, err := http.DefaultClient.Do(req)
	l.Must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	l.Must(err)
	r := reply{status: res.StatusCode, header: res.Header, body: string(body)}
	if err := json.Unmarshal(body, &r); err != nil {
		l.t.Fatalf("%s %s: %d %.200s: %v", req.Method, req.URL.Path, res.StatusCode, body, err)
	}
	return r
}

// failure returns the error code of WebDriver in a reply, "" if it has none.
func (r reply) failure() string {
	var e struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal(r.Value, &e) // a value that is no error has none
	return e.Error
}

// created is the answer to a new session.
type created struct {
	SessionID    string                     `json:"sessionId"`
	Capabilities map[string]json.RawMessage `json:"capabilities"`
}

const android = `{"capabilities":{"alwaysMatch":{"platformName":"Android","appium:automationName":"UiAutomator2"}}}`

// begin begins a WebDriver session.
func (l *lab) begin(url, body string) created {
	l.t.Helper()
	r := l.send(http.MethodPost, url+"/session", body)
	var c created
	if err := json.Unmarshal(r.Value, &c); err != nil || r.status != http.StatusOK || c.SessionID == "" {
		l.t.Fatalf("new session: %d %s", r.status, r.body)
	}
	return c
}

// TestDrive takes a phone through what a client does with it.
func TestDrive(t *testing.T) {
	l := open(t, 1)
	s, url := l.session()
	c := l.begin(url, android)
	if got := string(c.Capabilities["platformName"]); !strings.EqualFold(got, `"android"`) {
		t.Errorf("platformName is %s", got)
	}
	at := url + "/session/" + c.SessionID
	for _, path := range []string{at + "/orientation", url + "/wd/hub/session/" + c.SessionID + "/orientation", strings.Replace(at, "/session", "//session", 1) + "/orientation"} {
		if r := l.send(http.MethodGet, path, ""); r.status != http.StatusOK || string(r.Value) != `"PORTRAIT"` {
			t.Errorf("GET %s: %d %s", path, r.status, r.body)
		}
	}
	r := l.send(http.MethodGet, at+"/screenshot", "")
	if r.status != http.StatusOK || len(r.Value) < 1000 || r.header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(r.header.Get("Content-Type"), "application/json") {
		t.Errorf("screenshot: %d, %d bytes, %v", r.status, len(r.Value), r.header)
	}
	if r := l.send(http.MethodDelete, at, ""); r.status != http.StatusOK || string(r.Value) != "null" {
		t.Errorf("DELETE: %d %s", r.status, r.body)
	}
	if left := l.sim.Sessions(); len(left) > 0 {
		t.Errorf("%v is left on the phone", left)
	}
	if r := l.send(http.MethodGet, at+"/source", ""); r.failure() != "invalid session id" {
		t.Errorf("after DELETE: %s", r.body)
	}
	l.begin(url, android) // another one, on the same device
	if _, err := l.fleet.End(t.Context(), s.ID, lease.Stopped, "done"); err != nil {
		t.Error(err)
	}
	if left := l.sim.Sessions(); len(left) > 0 {
		t.Errorf("%v is left on the phone after the end", left)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.commands) < 4 || l.commands[0].Method != http.MethodPost || l.commands[0].Path != "/session" {
		t.Errorf("commands = %+v", l.commands)
	}
}

// TestANewSessionReplacesTheOld has a client that crashed begin anew: a phone has
// one session.
func TestANewSessionReplacesTheOld(t *testing.T) {
	l := open(t, 1)
	_, url := l.session()
	first, second := l.begin(url, android), l.begin(url, android)
	live := l.sim.Sessions()
	if len(live) != 1 || live[0].ID != second.SessionID {
		t.Errorf("%v live on the phone, want %s and not %s", live, second.SessionID, first.SessionID)
	}
}

// TestRefusals sends what must not get through.
func TestRefusals(t *testing.T) {
	l := open(t, 2)
	s, url := l.session()
	_, other := l.session()
	c := l.begin(url, android)
	always := func(caps string) string { return `{"capabilities":{"alwaysMatch":{` + caps + `}}}` }
	token := strings.TrimPrefix(url, l.server.URL+gateway.Prefix)
	forged := l.server.URL + gateway.Prefix + token[:len(token)-1] + map[bool]string{true: "B", false: "A"}[strings.HasSuffix(token, "A")]
	tests := []struct {
		name, method, url, body string
		want                    string // error of WebDriver
	}{
		{"an app by its path", "POST", other + "/session", always(`"appium:app":"/etc/passwd"`), "session not created"},
		{"another phone", "POST", other + "/session", always(`"appium:udid":"PIXEL9"`), "session not created"},
		{"a port of the machine", "POST", other + "/session", always(`"appium:systemPort":8200`), "session not created"},
		{"a program of the machine", "POST", other + "/session", always(`"goog:chromeOptions":{"binary":"/bin/sh"}`), "session not created"},
		{"another platform", "POST", other + "/session", always(`"platformName":"iOS"`), "session not created"},
		{"a capability twice", "POST", other + "/session", `{"capabilities":{"alwaysMatch":{"platformName":"Android"},"firstMatch":[{"platformName":"Android"}]}}`, "invalid argument"},
		{"desiredCapabilities alone", "POST", other + "/session", `{"desiredCapabilities":{"platformName":"Android"}}`, "session not created"},
		{"no JSON", "POST", other + "/session", `platformName=Android`, "invalid argument"},
		{"a dot segment", "GET", url + "/session/%2e%2e/status", "", "invalid argument"},
		{"an encoded slash", "GET", url + "/session/" + c.SessionID + "%2f..%2f..%2fstatus", "", "invalid argument"},
		{"the back-end's own list", "GET", url + "/sessions", "", "unknown command"},
		{"another's session", "GET", other + "/session/" + c.SessionID + "/source", "", "invalid session id"},
		{"a session that is none", "GET", url + "/session/none/source", "", "invalid session id"},
		{"a forged token", "GET", forged + "/status", "", "invalid session id"},
		{"no token", "GET", l.server.URL + gateway.Prefix, "", "unknown command"},
		{"half a token", "GET", l.server.URL + gateway.Prefix + "r." + s.ID + ".AAAA/status", "", "invalid session id"},
		{"a token of nothing", "GET", l.server.URL + gateway.Prefix + "x.y.z/status", "", "invalid session id"},
		{"GET of /session", "GET", url + "/session", "", "unknown method"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := l.send(tt.method, tt.url, tt.body)
			if r.failure() != tt.want || r.status < 400 || r.status > 500 {
				t.Errorf("%d %s, want %q", r.status, r.body, tt.want)
			}
		})
	}
	if live := l.sim.Sessions(); len(live) != 1 || live[0].ID != c.SessionID {
		t.Errorf("%v live on the phones, want %s alone", live, c.SessionID)
	}
	if _, err := l.fleet.End(t.Context(), s.ID, lease.Stopped, "done"); err != nil {
		t.Fatal(err)
	}
	l.past.Store(int64(time.Second)) // what was read before is not taken for true any more
	if r := l.send(http.MethodGet, url+"/status", ""); r.failure() != "invalid session id" {
		t.Errorf("the token of an ended session: %s", r.body)
	}
}

// TestAllowedCapabilities has a caller ask for what the operator forces, and for what the
// operator allows there.
func TestAllowedCapabilities(t *testing.T) {
	l := open(t, 1)
	_, url := l.session()
	c := l.begin(url, `{"capabilities":{"alwaysMatch":{},"firstMatch":[{"appium:app":"/tmp/x.apk"},{"platformName":"android","appium:newCommandTimeout":99999}]}}`)
	if got := string(c.Capabilities["appium:newCommandTimeout"]); got != "330" && got != "" {
		t.Errorf("newCommandTimeout is %s, want the idle limit and 30 seconds", got)
	}
	if got := string(c.Capabilities["appium:udid"]); got != `"`+udid(0)+`"` {
		t.Errorf("udid is %s", got)
	}
}

// TestClientsThatHangUp has clients go while their session is being begun: none is
// left on the phone, and it serves the next client.
func TestClientsThatHangUp(t *testing.T) {
	l := open(t, 1)
	s, url := l.session()
	l.Must(l.sim.Script([]simulator.Rule{{UDID: udid(0), Delay: simulator.Duration(300 * time.Millisecond)}}))
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/session", strings.NewReader(android))
		l.Must(err)
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
			t.Error("the client was answered before it hung up")
		}
		cancel()
		l.until("the end of the create", func() bool {
			now, err := l.fleet.Session(t.Context(), s.ID)
			l.Must(err)
			return now.Creating == nil && now.Remote == ""
		})
		if left := l.sim.Sessions(); len(left) > 0 {
			t.Fatalf("%v is left on the phone", left)
		}
	}
	l.Must(l.sim.Script(nil))
	l.begin(url, android)
}

// TestBackEndsThatMisbehave has back-ends answer in every wrong way: the client gets
// an error of WebDriver, and nothing is held.
func TestBackEndsThatMisbehave(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"garbage", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") }, "session not created"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, "session not created"},
		{"no session id", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"value":{"capabilities":{}}}`) }, "session not created"},
		{"an error", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			io.WriteString(w, `{"value":{"error":"session not created","message":"no adb"}}`)
		}, "session not created"},
		{"hangs up", func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, "session not created"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := open(t, 1)
			s, _ := l.session()
			back := httptest.NewServer(tt.answer)
			defer back.Close()
			seat := fleet.Seat{ID: s.Instance, URL: back.URL, Name: "Pixel 8"}
			g := gateway.New(gateway.Config{
				Fleet: l.fleet, Units: func() *fleet.Units { return fleet.UnitsOf(fleetOf(seat)) }, Now: func() time.Time { return l.Wall },
				Node: "node", Sign: sign,
			})
			defer g.Close()
			front := httptest.NewServer(g)
			defer front.Close()
			r := l.send(http.MethodPost, front.URL+g.Endpoint(s)+"/session", android)
			if r.failure() != tt.want {
				t.Errorf("%d %s, want %q", r.status, r.body, tt.want)
			}
			now, err := l.fleet.Session(t.Context(), s.ID)
			if err != nil || now.Creating != nil || now.Remote != "" {
				t.Errorf("session = %+v, %v, want nothing being begun", now, err)
			}
		})
	}
}

// fleetOf returns a fleet with one phone.
func fleetOf(s fleet.Seat) device.Fleet {
	return device.Fleet{Devices: []device.Device{{
		Name: s.Name, Manufacturer: "Google", Model: "Pixel 8", Platform: offering.Android, OS: "14", FormFactor: device.Phone,
		Instances: []device.Instance{{UDID: s.ID, Appium: s.URL}},
	}}}
}

// TestBiDi connects a WebSocket of a session, which ends with it.
func TestBiDi(t *testing.T) {
	l := open(t, 1)
	s, url := l.session()
	c := l.begin(url, `{"capabilities":{"alwaysMatch":{"platformName":"Android","webSocketUrl":true}}}`)
	var socket string
	if err := json.Unmarshal(c.Capabilities["webSocketUrl"], &socket); err != nil || !strings.HasPrefix(socket, "ws://"+strings.TrimPrefix(l.server.URL, "http://")+gateway.Prefix) {
		t.Fatalf("webSocketUrl is %s, want one of the gateway's: %v", c.Capabilities["webSocketUrl"], err)
	}
	conn, _, err := websocket.Dial(t.Context(), socket, nil)
	l.Must(err)
	defer conn.CloseNow()
	l.Must(conn.Write(t.Context(), websocket.MessageText, []byte(`{"id":1,"method":"session.status","params":{}}`)))
	_, body, err := conn.Read(t.Context())
	if err != nil || !strings.Contains(string(body), `"id":1`) {
		t.Errorf("session.status: %s, %v", body, err)
	}
	if _, err := l.fleet.End(t.Context(), s.ID, lease.Stopped, "done"); err != nil {
		t.Fatal(err)
	}
	l.past.Store(int64(time.Second))
	if _, _, err := conn.Read(t.Context()); err == nil {
		t.Error("the WebSocket outlived its session")
	}
}

// TestManyClients has forty clients on two phones with two slots: never more than
// two sessions live there, as the phones say.
func TestManyClients(t *testing.T) {
	l := open(t, 2)
	var clients sync.WaitGroup
	var most atomic.Int64
	for range 40 {
		clients.Go(func() {
			s, url := l.session()
			c := l.begin(url, android)
			live := int64(len(l.sim.Sessions()))
			for seen := most.Load(); live > seen && !most.CompareAndSwap(seen, live); seen = most.Load() {
			}
			l.send(http.MethodGet, url+"/session/"+c.SessionID+"/source", "")
			l.send(http.MethodDelete, url+"/session/"+c.SessionID, "")
			if _, err := l.fleet.End(t.Context(), s.ID, lease.Stopped, "done"); err != nil {
				t.Error(err)
			}
		})
	}
	clients.Wait()
	if most.Load() > 2 {
		t.Errorf("%d sessions lived at once on two slots", most.Load())
	}
	wrong, err := l.fleet.Audit(t.Context())
	l.Must(err)
	if diff := cmp.Diff([]string(nil), wrong); diff != "" {
		t.Error(diff)
	}
	var booked []string
	l.until("the booking of all", func() bool {
		booked = nil
		for _, e := range l.Journal(1) {
			if e.Event.Kind == account.KindBooked {
				booked = append(booked, e.Event.Booking.Session.ID)
			}
		}
		return len(booked) == 40
	})
	slices.Sort(booked)
	if len(slices.Compact(booked)) != 40 {
		t.Error("a session is booked twice")
	}
}
