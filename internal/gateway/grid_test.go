package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/backend"
	"github.com/slotfarm/slotfarm/internal/commandlog"
	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/farmtest"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/gateway"
	"github.com/slotfarm/slotfarm/internal/grid"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/simulator"
	"github.com/slotfarm/slotfarm/internal/store"
)

// gridLab is a lab with simulated browsers and a test grid.
type gridLab struct {
	*lab
	grid *grid.Grid
	logs *commandlog.Logs
	of   arn.ARN // a project of account 1
}

// browsers are those of gridLab. The back-ends do not know their names: what a
// client asks for is matched by the gateway alone.
var browsers = []struct {
	backend, name, version, platform string
	capacity                         int
}{
	{"chrome", "chrome", "126.0.1", "linux", 4},
	{"old", "chrome", "125.0", "linux", 1},
	{"older", "chrome", "120.5", "windows", 1},
	{"fox", "firefox (nightly)", "130.0", "linux", 1},
}

// openGrid returns a lab whose browsers have the capacities above.
func openGrid(t *testing.T) *gridLab {
	t.Helper()
	g := &gridLab{lab: &lab{Farm: farmtest.Open(t), t: t}}
	var config simulator.Config
	for _, b := range browsers {
		config.Browsers = append(config.Browsers, simulator.Browser{Name: b.backend, Version: b.version, Platform: b.platform, Capacity: b.capacity})
	}
	sim, err := simulator.Start(config)
	g.Must(err)
	g.sim = sim
	var all device.Fleet
	for _, b := range browsers {
		all.Browsers = append(all.Browsers, device.Browser{
			Name: b.name, Version: b.version, Platform: b.platform, WebDriver: sim.BrowserURL(b.backend), Capacity: b.capacity,
			Isolated: true, Drop: []string{"browserName"},
		})
	}
	units := fleet.UnitsOf(all)
	of := func() *fleet.Units { return units }
	asker := backend.New()
	now := func() time.Time { return g.Wall.Add(time.Duration(g.past.Load())) }
	id := func() string { return fmt.Sprintf("id-%06d", g.ids.Add(1)) }
	g.fleet = fleet.New(fleet.Config{
		Store: g.Config.Store, Accounts: g.Accounts, Backend: asker, Node: "node", Now: now, Units: of, NewID: id,
	})
	g.logs = commandlog.NewLogs(commandlog.Config{Store: g.Config.Store, Now: now})
	g.grid = grid.New(grid.Config{Store: g.Config.Store, Fleet: g.fleet, Units: of, Logs: g.logs, Now: now, NewID: id, Nonce: id})
	g.gateway = gateway.New(gateway.Config{
		Fleet: g.fleet, Units: of, Now: now, Node: "node", Sign: sign, Grid: gateway.Projects(g.grid), Observe: g.observe,
	})
	g.server = httptest.NewServer(g.gateway)
	g.run(asker)
	t.Cleanup(http.DefaultClient.CloseIdleConnections) // before the server waits for connections
	g.of = g.project(1)
	return g
}

// project makes a test grid project of account i.
func (g *gridLab) project(i int) arn.ARN {
	g.t.Helper()
	p, err := g.grid.Create(g.t.Context(), farmtest.Caller(i).Account, grid.Terms{Name: "web"})
	g.Must(err)
	return p.ARN()
}

// url makes a URL of a project, for an hour.
func (g *gridLab) url(of arn.ARN) string {
	g.t.Helper()
	u, err := g.grid.CreateURL(g.t.Context(), account.ID(of.Account), of, time.Hour)
	g.Must(err)
	return g.server.URL + g.gateway.GridPath(gateway.URL(u))
}

// end ends a session as its client does.
func (g *gridLab) end(url, id string) {
	g.t.Helper()
	if r := g.send(http.MethodDelete, url+"/session/"+id, ""); r.status != http.StatusOK || string(r.Value) != "null" {
		g.t.Fatalf("delete: %d %s", r.status, r.body)
	}
}

// clean waits until nothing lives or waits, at the back-ends or here, and every seat
// is ready.
func (g *gridLab) clean() {
	g.t.Helper()
	g.until("the cleaning", func() bool {
		all, err := g.fleet.Instances(g.t.Context())
		g.Must(err)
		for _, i := range all {
			if i.Phase != lease.Ready {
				return false
			}
		}
		waiting, err := g.fleet.Waiting(g.t.Context())
		g.Must(err)
		return len(all) == 7 && len(g.sim.Sessions()) == 0 && len(waiting) == 0
	})
	wrong, err := g.fleet.Audit(g.t.Context())
	g.Must(err)
	if diff := cmp.Diff([]string(nil), wrong); diff != "" {
		g.t.Error(diff)
	}
}

// asking returns the body of a new session.
func asking(always string, first ...string) string {
	if len(first) == 0 {
		first = []string{"{}"}
	}
	return `{"capabilities":{"alwaysMatch":` + always + `,"firstMatch":[` + strings.Join(first, ",") + `]}}`
}

// TestGridMatches shows which browser a client gets, by the back-end on which its
// session lives.
func TestGridMatches(t *testing.T) {
	g := openGrid(t)
	url := g.url(g.of)
	tests := []struct{ name, body, want string }{
		{"a name", asking(`{"browserName":"firefox"}`), "fox"},
		{"a name in another case", asking(`{"browserName":"Chrome"}`), "chrome"},
		{"the latest", asking(`{"browserName":"chrome","browserVersion":"latest"}`), "chrome"},
		{"the one before", asking(`{"browserName":"chrome","browserVersion":"latest-1"}`), "old"},
		{"two before", asking(`{"browserName":"chrome","browserVersion":"latest-2"}`), "older"},
		{"a version", asking(`{"browserName":"chrome","browserVersion":"120.5"}`), "older"},
		{"the beginning of a version", asking(`{"browserName":"chrome","browserVersion":"126"}`), "chrome"},
		{"a platform", asking(`{"browserName":"chrome","platformName":"Windows"}`), "older"},
		{"a platform as AWS's guide calls it", asking(`{"browserName":"chrome","platform":"windows"}`), "older"},
		{"any platform", asking(`{"browserName":"firefox","platformName":"any"}`), "fox"},
		{"the first that there is", asking(`{}`, `{"browserName":"opera"}`, `{"browserName":"firefox"}`, `{"browserName":"chrome"}`), "fox"},
		{"the first that may be had", asking(`{}`, `{"browserName":"chrome","goog:chromeOptions":{"binary":"/bin/sh"}}`, `{"browserName":"firefox"}`), "fox"},
		{"null is nothing", asking(`{"browserName":null,"platformName":"windows"}`), "older"},
		{"what AWS's clients add", asking(`{"browserName":"chrome","browserVersion":"latest","ms:edgeChromium":true,"aws:maxDurationSecs":180,"aws:idleTimeoutSecs":30}`), "chrome"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			made := g.begin(url, tt.body)
			live := g.sim.Sessions()
			if len(live) != 1 || live[0].Browser != tt.want || live[0].ID == made.SessionID {
				t.Errorf("sessions %+v live, want one on %s, which its client knows by another id than %s", live, tt.want, made.SessionID)
			}
			g.end(url, made.SessionID)
		})
	}
	g.clean()
}

// TestGridRefuses asks for what nobody may have: each refusal says why, and nothing
// is queued for it.
func TestGridRefuses(t *testing.T) {
	g := openGrid(t)
	url := g.url(g.of)
	many := strings.Repeat(`{},`, 40) + `{}`
	tests := []struct{ name, body, code, message string }{
		{"no browser", asking(`{"browserName":"opera"}`), "session not created", "There are: chrome 120.5 on windows, chrome 125.0 on linux, chrome 126.0.1 on linux, firefox 130.0 on linux."},
		{"no version", asking(`{"browserName":"chrome","browserVersion":"12"}`), "session not created", "No browser here"},
		{"too far back", asking(`{"browserName":"chrome","browserVersion":"latest-3"}`), "session not created", "No browser here"},
		{"no number", asking(`{"browserName":"chrome","browserVersion":"latest-x"}`), "session not created", "No browser here"},
		{"a program", asking(`{"browserName":"chrome","goog:chromeOptions":{"binary":"/bin/sh"}}`), "session not created", "binary"},
		{"a launcher", asking(`{"browserName":"chrome","goog:chromeOptions":{"args":["--renderer-cmd-prefix=/tmp/x"]}}`), "session not created", "renderer-cmd-prefix"},
		{"a foreign address", asking(`{"browserName":"chrome","goog:chromeOptions":{"debuggerAddress":"127.0.0.1:9222"}}`), "session not created", "debuggerAddress"},
		{"a proxy", asking(`{"browserName":"chrome","proxy":{"proxyType":"manual"}}`), "session not created", "proxy"},
		{"twice", asking(`{"browserName":"chrome"}`, `{"browserName":"chrome"}`), "invalid argument", "browserName"},
		{"a name that is none", asking(`{"browserName":7}`), "invalid argument", "browserName"},
		{"too long a session", asking(`{"browserName":"chrome","aws:maxDurationSecs":2401}`), "invalid argument", "180 to 2400"},
		{"too short a session", asking(`{"browserName":"chrome","aws:maxDurationSecs":179}`), "invalid argument", "180 to 2400"},
		{"too long an idle time", asking(`{"browserName":"chrome","aws:idleTimeoutSecs":901}`), "invalid argument", "30 to 900"},
		{"an idle time that is none", asking(`{"browserName":"chrome","aws:idleTimeoutSecs":"long"}`), "invalid argument", "30 to 900"},
		{"too many choices", asking(`{}`, many), "invalid argument", "it may have 32"},
		{"no JSON", `{`, "invalid argument", "JSON"},
		{"the former protocol", `{"desiredCapabilities":{"browserName":"chrome"}}`, "session not created", "desiredCapabilities"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := g.send(http.MethodPost, url+"/session", tt.body)
			if r.failure() != tt.code || !strings.Contains(r.body, tt.message) || r.status > 500 {
				t.Errorf("answer = %d %s, want %q with %q", r.status, r.body, tt.code, tt.message)
			}
		})
	}
	found, _, err := g.fleet.List(t.Context(), fleet.Of{Account: account.ID(g.of.Account)}, "", 10)
	if err != nil || len(found) > 0 {
		t.Errorf("%d sessions were queued for it, %v", len(found), err)
	}
}

// TestGridURLs sends clients to URLs that are not theirs, have expired, or are of a
// project that was deleted.
func TestGridURLs(t *testing.T) {
	g := openGrid(t)
	url, other := g.url(g.of), g.url(g.project(2))
	made := g.begin(url, asking(`{"browserName":"firefox"}`))
	gone := func(what, method, path, body string) {
		t.Helper()
		if r := g.send(method, path, body); r.failure() != "invalid session id" || r.status != http.StatusNotFound {
			t.Errorf("%s: %d %s, want an invalid session id", what, r.status, r.body)
		}
	}
	gone("a session of another account", http.MethodGet, other+"/session/"+made.SessionID+"/title", "")
	gone("its end", http.MethodDelete, other+"/session/"+made.SessionID, "")
	gone("a session that never was", http.MethodGet, url+"/session/never/title", "")
	gone("the back-end's own id", http.MethodGet, url+"/session/"+g.sim.Sessions()[0].ID+"/title", "")
	gone("another signature", http.MethodPost, url[:len(url)-1]+"_/session", asking(`{}`))
	gone("another kind of token", http.MethodPost, strings.Replace(url, "/wd/g.", "/wd/r.", 1)+"/session", asking(`{}`))
	gone("a token that was never given", http.MethodPost, g.server.URL+"/wd/g.id-999999.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/session", asking(`{}`))
	second := g.url(g.of) // another URL of the same project
	if r := g.send(http.MethodGet, second+"/session/"+made.SessionID+"/title", ""); r.status != http.StatusOK {
		t.Errorf("at another URL of the project: %d %s", r.status, r.body)
	}
	g.past.Add(int64(61 * time.Minute)) // beyond the idle limit and the URL's time
	g.until("the end of the idle session", func() bool { return len(g.sim.Sessions()) == 0 })
	gone("a session that has ended", http.MethodGet, url+"/session/"+made.SessionID+"/title", "")
	if r := g.send(http.MethodPost, url+"/session", asking(`{"browserName":"firefox"}`)); r.failure() != "session not created" || !strings.Contains(r.body, "has expired") {
		t.Errorf("at an expired URL: %d %s", r.status, r.body)
	}
	fresh := g.url(g.of)
	g.Must(g.grid.Delete(t.Context(), farmtest.Caller(1).Account, g.of))
	g.past.Add(int64(time.Second))
	gone("a project that was deleted", http.MethodPost, fresh+"/session", asking(`{}`))
	g.clean()
}

// TestGridLimits has sessions end at the limits that their clients set.
func TestGridLimits(t *testing.T) {
	g := openGrid(t)
	url := g.url(g.of)
	idle := g.begin(url, asking(`{"browserName":"firefox","aws:idleTimeoutSecs":30}`)).SessionID
	usual := g.begin(url, asking(`{"browserName":"chrome","browserVersion":"125","aws:maxDurationSecs":180}`)).SessionID
	g.past.Add(int64(31 * time.Second))
	g.until("the end of the idle session", func() bool { return len(g.sim.Sessions()) == 1 })
	for range 3 { // commands keep it from being idle, and not from its limit
		if r := g.send(http.MethodGet, url+"/session/"+usual+"/title", ""); r.status != http.StatusOK {
			t.Fatalf("command: %d %s", r.status, r.body)
		}
		g.past.Add(int64(49 * time.Second))
	}
	g.send(http.MethodGet, url+"/session/"+usual+"/title", "")
	g.past.Add(int64(5 * time.Second))
	g.until("the end of the long session", func() bool { return len(g.sim.Sessions()) == 0 })
	for id, want := range map[string]string{idle: "It got no command for 30s.", usual: "It took 3m0s, as long as it may."} {
		s, err := g.fleet.Session(t.Context(), id)
		if err != nil || s.Message != want || s.Outcome != lease.Stopped {
			t.Errorf("session %s: %s %q, %v, want it stopped, %q", id, s.Outcome, s.Message, err, want)
		}
	}
	g.clean()
}

// TestGridWaits has a client wait for the only browser that would do, until another
// one is done with it.
func TestGridWaits(t *testing.T) {
	g := openGrid(t)
	url := g.url(g.of)
	first := g.begin(url, asking(`{"browserName":"firefox"}`))
	second := make(chan created, 1)
	go func() { second <- g.begin(url, asking(`{"browserName":"firefox"}`)) }()
	g.until("the waiting", func() bool {
		waiting, err := g.fleet.Waiting(t.Context())
		return err == nil && len(waiting) == 1
	})
	g.end(url, first.SessionID)
	made := <-second
	if live := g.sim.Sessions(); len(live) != 1 {
		t.Errorf("%d sessions live, want the second one", len(live))
	}
	g.end(url, made.SessionID)
	g.clean()
}

// hangUp begins a session, and hangs up once a condition holds.
func (g *gridLab) hangUp(url, body, what string, ok func() bool) {
	g.t.Helper()
	ctx, cancel := context.WithCancel(g.t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/session", strings.NewReader(body))
	g.Must(err)
	done := make(chan error, 1)
	go func() {
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			res.Body.Close()
		}
		done <- err
	}()
	g.until(what, ok)
	cancel()
	if err := <-done; err == nil {
		g.t.Error("the client got an answer before it hung up")
	}
}

// TestGridClientsThatHangUp has clients go while they wait and while their browser
// starts: nothing is left of them, at the back-end or here.
func TestGridClientsThatHangUp(t *testing.T) {
	g := openGrid(t)
	url := g.url(g.of)
	holder := g.begin(url, asking(`{"browserName":"firefox"}`))
	g.hangUp(url, asking(`{"browserName":"firefox"}`), "the waiting", func() bool {
		waiting, err := g.fleet.Waiting(t.Context())
		return err == nil && len(waiting) == 1
	})
	g.until("the client's leaving the queue", func() bool {
		waiting, err := g.fleet.Waiting(t.Context())
		return err == nil && len(waiting) == 0
	})
	g.end(url, holder.SessionID)
	g.clean()
	g.Must(g.sim.Script([]simulator.Rule{{Browser: "old", Delay: simulator.Duration(500 * time.Millisecond)}}))
	g.hangUp(url, asking(`{"browserName":"chrome","browserVersion":"125"}`), "the create", func() bool {
		live, err := g.fleet.Live(t.Context(), "")
		return err == nil && len(live) == 1 && live[0].Creating != nil
	})
	g.until("the end of the session", func() bool {
		live, err := g.fleet.Live(t.Context(), "")
		return err == nil && len(live) == 0
	})
	g.Must(g.sim.Script(nil))
	g.clean()
	s, _, err := g.grid.Sessions(t.Context(), g.of, grid.Filter{}, grid.Page{Limit: 10})
	g.Must(err)
	if len(s) != 2 || s[0].Status != grid.Closed || s[0].Billed() != 0 {
		t.Errorf("sessions = %+v, want that of the client which hung up in its create, for nothing", s)
	}
}

// TestGridConcurrency has an account reach its limit of sessions, with browsers free.
func TestGridConcurrency(t *testing.T) {
	g := openGrid(t)
	two := 2
	_, err := g.Accounts.Configure(t.Context(), journal.Caller{Account: account.ID(g.of.Account)}, account.Settings{Quotas: &account.Quotas{TestGrid: &two}})
	g.Must(err)
	url := g.url(g.of)
	first, second := g.begin(url, asking(`{"browserName":"chrome"}`)), g.begin(url, asking(`{"browserName":"chrome"}`))
	third := make(chan created, 1)
	go func() { third <- g.begin(url, asking(`{"browserName":"chrome"}`)) }()
	g.until("the waiting", func() bool {
		waiting, err := g.fleet.Waiting(t.Context())
		return err == nil && len(waiting) == 1 && waiting[0].Reason == fleet.NoSlot
	})
	g.end(url, first.SessionID)
	g.end(url, (<-third).SessionID)
	g.end(url, second.SessionID)
	g.clean()
}

// TestGridCrowd has 64 clients at once on four seats of one browser: never more than
// four sessions live at the back-end, all are served, and nothing is left.
func TestGridCrowd(t *testing.T) {
	g := openGrid(t)
	url := g.url(g.of)
	var most, served atomic.Int64
	var clients sync.WaitGroup
	for range 64 {
		clients.Go(func() {
			r := g.send(http.MethodPost, url+"/session", asking(`{"browserName":"chrome","browserVersion":"126"}`))
			var made created
			if err := json.Unmarshal(r.Value, &made); err != nil || made.SessionID == "" {
				t.Errorf("new session: %d %s", r.status, r.body)
				return
			}
			for now := int64(len(g.sim.Sessions())); ; {
				before := most.Load()
				if now <= before || most.CompareAndSwap(before, now) {
					break
				}
			}
			if r := g.send(http.MethodGet, url+"/session/"+made.SessionID+"/title", ""); r.status != http.StatusOK {
				t.Errorf("command: %d %s", r.status, r.body)
			}
			if r := g.send(http.MethodDelete, url+"/session/"+made.SessionID, ""); r.status != http.StatusOK {
				t.Errorf("end: %d %s", r.status, r.body)
			}
			served.Add(1)
		})
	}
	clients.Wait()
	if most.Load() > 4 || served.Load() != 64 {
		t.Errorf("%d clients were served, up to %d at once, want 64, and 4 at once", served.Load(), most.Load())
	}
	g.clean()
}

// TestGridLog records what a client does: what it types and the names and passwords
// in its URLs stand nowhere in storage.
func TestGridLog(t *testing.T) {
	g := openGrid(t)
	url := g.url(g.of)
	id := g.begin(url, asking(`{"browserName":"firefox"}`)).SessionID
	at := url + "/session/" + id
	g.send(http.MethodPost, at+"/url", `{"url":"http://user:hush-url@simulated.test/form"}`)
	r := g.send(http.MethodPost, at+"/element", `{"using":"css selector","value":"input"}`)
	var element map[string]string
	g.Must(json.Unmarshal(r.Value, &element))
	for _, one := range element {
		g.send(http.MethodPost, at+"/element/"+one+"/value", `{"text":"hush-typed"}`)
	}
	g.send(http.MethodGet, at+"/never?hush-query=1", "")
	g.end(url, id)
	g.until("the booking", func() bool {
		s, err := g.fleet.Session(t.Context(), id)
		return err == nil && s.Booked != nil
	})
	recorder := commandlog.NewRecorder(commandlog.Config{Store: g.Config.Store, Now: time.Now})
	g.mu.Lock()
	for _, c := range g.commands {
		recorder.Record(commandlog.Command(c))
	}
	g.mu.Unlock()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	recorder.Run(ended)
	page, _, err := g.logs.Read(t.Context(), id, 0, 100)
	g.Must(err)
	var got []string
	for _, c := range page {
		path := c.Path
		for _, one := range element {
			path = strings.ReplaceAll(path, one, "ELEMENT")
		}
		got = append(got, fmt.Sprint(c.Method, " ", path, " ", c.Status))
	}
	want := []string{
		"POST /session 200", "POST /session/url 200", "POST /session/element 200", "POST /session/element/ELEMENT/value 200",
		"GET /session/never 404", "DELETE /session 200",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	all, err := store.All(t.Context(), g.Config.Store, "")
	g.Must(err)
	for _, d := range all {
		if strings.Contains(string(d.Body), "hush") {
			t.Errorf("document %s holds %s", d.Key, d.Body)
		}
	}
	g.clean()
}
