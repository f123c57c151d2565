package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/store"
)

// The lab of the tests: two phones, and a browser with two seats.
const (
	carol         = "333333333333"
	androidRemote = "D68B3C05-1BA6-4360-BC69-510F4D3B2A03"
	firstPhone    = "PHONE:1"
	secondPhone   = "PHONE:2"
	phones        = 2
	seats         = 2
)

// testLab is a fleet whose back-ends are one server each.
type testLab struct {
	fleet device.Fleet

	mu       sync.Mutex
	sessions map[string]bool // that live, by the path of their back-end and their id
}

// newLab returns a lab whose back-ends answer until the test ends.
func newLab(t *testing.T) *testLab {
	t.Helper()
	l := &testLab{sessions: map[string]bool{}}
	s := httptest.NewServer(l)
	t.Cleanup(s.Close)
	l.fleet = device.Fleet{
		Devices: []device.Device{pixel(
			device.Instance{UDID: firstPhone, Appium: s.URL + "/one", Host: "rack-1"},
			device.Instance{UDID: secondPhone, Appium: s.URL + "/two", Account: bob},
		)},
		Browsers: []device.Browser{{Name: "chrome (of a test)", Version: "156", Platform: "linux", WebDriver: s.URL + "/browser", Capacity: seats}},
	}
	return l
}

// pixel returns the phones' model with some of them.
func pixel(phones ...device.Instance) device.Device {
	return device.Device{
		Name: "Pixel 8", Manufacturer: "Google", Model: "Pixel 8", Platform: offering.Android, OS: "14", FormFactor: device.Phone, Instances: phones,
	}
}

// ServeHTTP answers what is asked of a back-end whose path begins with its name.
func (l *testLab) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	name, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case path == "status":
		fmt.Fprint(w, `{"value":{"ready":true}}`)
	case path == "appium/sessions":
		ids := []map[string]string{}
		for key := range l.sessions {
			if at, id, _ := strings.Cut(key, "/"); at == name {
				ids = append(ids, map[string]string{"id": id})
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"value": ids})
	case r.Method == http.MethodDelete:
		delete(l.sessions, name+strings.TrimPrefix(path, "session"))
		fmt.Fprint(w, `{"value":null}`)
	default:
		http.NotFound(w, r)
	}
}

// begin has a session live at a back-end.
func (l *testLab) begin(at, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sessions[at+"/"+id] = true
}

// left returns how many sessions live at the back-ends.
func (l *testLab) left() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.sessions)
}

// until waits for a condition, which is looked at again whenever documents change.
func (f *farm) until(what string, ok func() bool) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for range f.Changed(ctx) {
		if ok() {
			return
		}
	}
	f.t.Fatalf("%s did not happen", what)
}

// ready waits until some devices are ready.
func (f *farm) ready(n int) {
	f.t.Helper()
	f.until("being ready", func() bool {
		var page operatorapi.Devices
		f.operate(http.MethodGet, "/devices?state=ready", "", &page)
		return len(page.Devices) == n
	})
}

// enqueue asks for a remote access session on a phone.
func (f *farm) enqueue(owner account.ID) lease.Session {
	f.t.Helper()
	s, err := f.Lab().Enqueue(context.Background(), lease.Session{
		ID: fmt.Sprint("session-", time.Now().UnixNano()), Account: owner, Kind: account.RemoteAccess, Platform: offering.Android,
		Method: account.Unmetered, Project: "arn:aws:devicefarm:us-west-2:" + string(owner) + ":project:p", Units: []string{pixel().ID()}, Nonce: "hush-nonce",
		Limits: lease.Limits{Idle: 5 * time.Minute, Max: 150 * time.Minute, Wait: 24 * time.Hour},
	}, store.Document{})
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

// TestOperatorsLab has an operator look at a lab with sessions in it, end one, and take
// devices out of use and back.
func TestOperatorsLab(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	f := start(t, server.Config{Fleet: l.fleet})
	f.accepted(alice, "PurchaseOffering", order(androidRemote, 1))
	f.ready(phones + seats)
	first, second := f.enqueue(alice), f.enqueue(alice)
	f.until("the first session", func() bool { return f.session(first.ID).State == "running" })
	live := f.session(first.ID)
	if live.UDID != firstPhone || live.Device != "Pixel 8" || live.Fence != 1 || live.Began == nil || live.Ended != nil || live.Minutes != "" {
		t.Errorf("the first session = %+v, want it on the phone that is for all", live)
	}
	f.waits(second.ID, "The account has 1 ANDROID remote-access slots, and 1 are in use by "+first.ID+". Place 1 in the queue.")
	f.lists("/sessions?state=live", first.ID)
	f.lists("/sessions?state=live&account="+bob, "")
	f.lists("/sessions?state=ended", "")
	f.lists("/sessions?account="+alice+"&limit=1", second.ID)

	l.begin("one", "remote-1")
	if _, err := f.Lab().Update(t.Context(), first.ID, func(s lease.Session) (lease.Session, error) {
		s.Remote = "remote-1"
		return s, nil
	}); err != nil {
		t.Fatal(err)
	}
	f.refuses("/devices/PHONE:1/quarantine", http.StatusConflict, "end that first, or drain the instance")
	var ended operatorapi.Session
	f.operate(http.MethodPost, "/sessions/"+first.ID+"/end", `{"reason":"the phone is needed"}`, &ended)
	if ended.State != "ended" || ended.Outcome != "STOPPED" || ended.Message != "An operator ended it: the phone is needed" || ended.Minutes == "" || l.left() != 0 {
		t.Errorf("ended = %+v, with %d sessions left at the back-ends", ended, l.left())
	}
	f.until("the second session", func() bool { return f.session(second.ID).State == "running" })
	f.until("the booking", func() bool { return f.session(first.ID).Entry > 0 })
	f.lists("/sessions?state=ended", first.ID)
	f.drained(second.ID)
	f.audited()
}

// drained has an operator drain the phone of a session, end the session, and take
// the phone back into use.
func (f *farm) drained(session string) {
	f.t.Helper()
	var d operatorapi.DeviceDetails
	f.operate(http.MethodPost, "/devices/PHONE:1/drain", `{"reason":"a new battery"}`, &d)
	if d.State != "held" || !d.Leaving || d.Device.Session != session || d.Account != alice || d.Host != "rack-1" || d.Fence != 2 || d.Node == "" {
		f.t.Errorf("drained while held = %+v", d)
	}
	f.operate(http.MethodPost, "/sessions/"+session+"/end?account="+alice, `{"reason":"a new battery"}`, &struct{}{})
	show := func() operatorapi.DeviceDetails {
		var d operatorapi.DeviceDetails
		f.operate(http.MethodGet, "/devices/PHONE:1", "", &d)
		return d
	}
	f.until("the drain", func() bool { return show().State == "draining" })
	if d = show(); d.Reason != "a new battery" || d.Leaving || d.Past[0].State != "draining" || d.Device.Session != "" {
		f.t.Errorf("drained = %+v", d)
	}
	f.operate(http.MethodPost, "/devices/PHONE:1/resume", `{"reason":"done"}`, &d)
	if d.State != "preparing" || d.Reason != "done" {
		f.t.Errorf("resumed = %+v", d)
	}
	f.ready(phones + seats)
	f.operate(http.MethodPost, "/devices/"+secondPhone+"/quarantine", `{"reason":"smoke"}`, &d)
	if d.State != "quarantined" || d.Reason != "smoke" || d.KeptFor != bob {
		f.t.Errorf("quarantined = %+v", d)
	}
}

// audited holds the lab against its audit, its list of devices and its metrics.
func (f *farm) audited() {
	f.t.Helper()
	var audit operatorapi.LabAudit
	f.operate(http.MethodGet, "/lab/audit", "", &audit)
	if diff := cmp.Diff(operatorapi.LabAudit{OK: true, Wrong: []string{}}, audit); diff != "" {
		f.t.Errorf("audit (-want +got):\n%s", diff)
	}
	var names []string
	for after, more := "", true; more; more = after != "" {
		var page operatorapi.Devices
		f.operate(http.MethodGet, "/devices?limit=3&after="+after, "", &page)
		for _, d := range page.Devices {
			names = append(names, d.Device+" "+d.Platform+" "+d.State)
		}
		after = page.Next
	}
	browser := "chrome (of a test) 156 on linux linux ready"
	want := []string{"Pixel 8 ANDROID ready", "Pixel 8 ANDROID quarantined", browser, browser}
	if diff := cmp.Diff(want, names); diff != "" {
		f.t.Errorf("devices (-want +got):\n%s", diff)
	}
	page := f.Metrics()
	for _, want := range []string{
		`slotfarm_instances{state="ready"} 3`, `slotfarm_instances{state="quarantined"} 1`, `slotfarm_live_sessions{kind="remote-access"} 0`,
		`slotfarm_session_events_total{event="admitted",kind="remote-access"} 2`, `slotfarm_session_events_total{event="ended",kind="remote-access"} 2`,
		`slotfarm_session_wait_seconds_count{kind="remote-access"} 2`,
	} {
		if !strings.Contains(page, "\n"+want) {
			f.t.Errorf("%s is not there", want)
		}
	}
}

// session returns a session as the API shows it.
func (f *farm) session(id string) operatorapi.Session {
	f.t.Helper()
	var s operatorapi.Session
	f.operate(http.MethodGet, "/sessions/"+id, "", &s)
	return s
}

// waits holds a session against why it should wait.
func (f *farm) waits(id, message string) {
	f.t.Helper()
	var queue operatorapi.Queue
	f.operate(http.MethodGet, "/queue", "", &queue)
	if len(queue.Waiting) != 1 || queue.Waiting[0].Session != id || queue.Waiting[0].Reason != "PENDING_CONCURRENCY" || queue.Waiting[0].Message != message {
		f.t.Errorf("queue = %+v, want %s there: %s", queue, id, message)
	}
	if s := f.session(id); s.State != "waiting" || s.Message != message || s.Began != nil {
		f.t.Errorf("session = %+v, want it to wait: %s", s, message)
	}
	f.operate(http.MethodGet, "/queue?account="+bob, "", &queue)
	if len(queue.Waiting) != 0 {
		f.t.Errorf("queue of another account = %+v", queue)
	}
}

// lists holds a list of sessions, which shows no secret, against the one session
// that is to be in it; "" is none.
func (f *farm) lists(path, id string) {
	f.t.Helper()
	var raw json.RawMessage
	f.operate(http.MethodGet, path, "", &raw)
	var page operatorapi.SessionPage
	f.decode(answer{Body: raw}, &page)
	got := ""
	for _, s := range page.Sessions {
		got += s.Session
	}
	if got != id || strings.Contains(string(raw), "hush") || strings.Contains(string(raw), "remote-1") {
		f.t.Errorf("%s: %s, want session %q", path, raw, id)
	}
}

// refuses has the API refuse a change.
func (f *farm) refuses(path string, status int, message string) {
	f.t.Helper()
	r, err := http.NewRequest(http.MethodPost, f.Endpoint()+"/_slotfarm/v1"+path, strings.NewReader(`{"reason":"r"}`))
	if err != nil {
		f.t.Fatal(err)
	}
	if a := f.do(r); a.Status != status || !strings.Contains(string(a.Body), message) {
		f.t.Errorf("%s: %d %s, want %d %s", path, a.Status, a.Body, status, message)
	}
}
