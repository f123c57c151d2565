package simulator_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/simulator"
)

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	device := func(change func(*simulator.Device)) simulator.Config {
		d := simulator.Device{UDID: "a", Platform: simulator.Android, Name: "A", OS: "14"}
		change(&d)
		return simulator.Config{Devices: []simulator.Device{d}}
	}
	browser := func(change func(*simulator.Browser)) simulator.Config {
		b := simulator.Browser{Name: "a", Version: "1", Platform: "linux"}
		change(&b)
		return simulator.Config{Browsers: []simulator.Browser{b}}
	}
	twice := device(func(*simulator.Device) {})
	twice.Devices = append(twice.Devices, twice.Devices...)
	for name, c := range map[string]struct {
		config simulator.Config
		want   string
	}{
		"a listener for all":   {simulator.Config{Listen: "0.0.0.0:0"}, `not on "0.0.0.0:0"`},
		"no address":           {simulator.Config{Listen: "here"}, `cannot listen on "here"`},
		"a udid with a slash":  {device(func(d *simulator.Device) { d.UDID = "a/b" }), `"a/b" has not`},
		"no udid":              {device(func(d *simulator.Device) { d.UDID = "" }), `"" has not`},
		"an unknown platform":  {device(func(d *simulator.Device) { d.Platform = "Android" }), `is "Android"`},
		"no name":              {device(func(d *simulator.Device) { d.Name = "" }), "needs a name"},
		"a huge screen":        {device(func(d *simulator.Device) { d.Width = 5000 }), "5000 × 0"},
		"a udid twice":         {twice, "two of the simulator's end points are /device/a"},
		"no version":           {browser(func(b *simulator.Browser) { b.Version = "" }), "browser a needs a version"},
		"a browser's bad name": {browser(func(b *simulator.Browser) { b.Name = "ä" }), `"ä" has not`},
		"a negative capacity":  {browser(func(b *simulator.Browser) { b.Capacity = -1 }), "is -1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, err := simulator.Start(c.config)
			if err == nil {
				_ = server.Close(context.Background())
				t.Fatal("it starts")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, which does not have %q", err, c.want)
			}
		})
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	l := start(t)
	for _, url := range []string{l.URL(), l.DeviceURL("droid"), l.BrowserURL("chrome")} {
		a := l.send(t, "GET", url+"/status", "")
		members, _ := a.value.(map[string]any)
		if a.status != http.StatusOK || members["ready"] != true || members["message"] == "" {
			t.Errorf("%s: %d %v", url, a.status, a.value)
		}
		if got := a.header.Get("Content-Type"); got != "application/json; charset=utf-8" {
			t.Errorf("content type %q", got)
		}
	}
}

func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	l := start(t)
	device, browser := l.DeviceURL("droid"), l.BrowserURL("chrome")
	r := l.begin(t, device, "")
	for _, c := range []struct{ method, url, want string }{
		{"GET", l.URL() + "/", "Not Found: unknown command"},
		{"GET", l.URL() + "/device/other/status", "Not Found: unknown command"},
		{"GET", device, "Not Found: unknown command"},
		{"GET", device + "/nothing", "Not Found: unknown command"},
		{"GET", device + "/sessions", "Not Found: unknown command"},
		{"GET", browser + "/appium/sessions", "Not Found: unknown command"},
		{"PUT", device + "/session", "Method Not Allowed: unknown method"},
		{"DELETE", device + "/status", "Method Not Allowed: unknown method"},
		{"POST", device + "/session/none/title", "Method Not Allowed: unknown method"},
		{"GET", device + "/session/none/nothing", "Not Found: unknown command"},
		{"GET", device + "/session/none/title", "Not Found: invalid session id"},
		{"DELETE", device + "/session/none", "Not Found: invalid session id"},
		{"GET", r.base + "/element", "Method Not Allowed: unknown method"},
		{"GET", r.base + "/element/", "Not Found: unknown command"},
		{"GET", r.base + "/element/{}/text", "Not Found: no such element"},
		{"GET", device + "/bidi/none", "Not Found: invalid session id"},
		{"GET", device + "/bidi/" + r.id, "Bad Request: invalid argument"},
	} {
		if got := l.send(t, c.method, c.url, "").failed(); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.method, c.url, got, c.want)
		}
	}
}

func TestBodiesAreChecked(t *testing.T) {
	t.Parallel()
	l := start(t)
	r := l.begin(t, l.BrowserURL("chrome"), "")
	for _, body := range []string{"nothing", "[]", `"text"`, `{"url":1}`, `{"url":null}`, "{", "", " "} {
		if got, want := r.fails("POST", "/url", body), "Bad Request: invalid argument"; got != want {
			t.Errorf("%q: %s, want %s", body, got, want)
		}
	}
	if got, want := r.fails("POST", "/url", strings.Repeat(" ", 64<<20+1)), "Bad Request: invalid argument"; got != want {
		t.Errorf("a body that is too large: %s, want %s", got, want)
	}
}

func TestCloseEndsSessions(t *testing.T) {
	t.Parallel()
	server, err := simulator.Start(labConfig())
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{Server: server, client: &http.Client{}}
	defer l.client.CloseIdleConnections()
	r := l.begin(t, l.DeviceURL("droid"), "")
	if got := server.Sessions(); len(got) != 1 || got[0].ID != r.id || got[0].UDID != "droid" {
		t.Fatalf("sessions %v", got)
	}
	if err := server.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]simulator.Session(nil), server.Sessions()); diff != "" {
		t.Errorf("sessions after Close (-want +got):\n%s", diff)
	}
}
