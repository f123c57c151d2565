package simulator_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDeviceSession(t *testing.T) {
	t.Parallel()
	l := start(t)
	device := l.DeviceURL("droid")
	r := l.begin(t, device, `"platformName":"android","appium:noReset":true,"appium:newCommandTimeout":90`)
	for name, want := range map[string]any{
		"platformName": "Android", "appium:udid": "droid", "appium:deviceName": "Pixel 8 (simulated)", "appium:platformVersion": "14",
		"appium:automationName": "UiAutomator2", "appium:noReset": true, "appium:newCommandTimeout": 90.0, "webSocketUrl": nil,
	} {
		if r.caps[name] != want {
			t.Errorf("%s is %v, want %v", name, r.caps[name], want)
		}
	}
	want := []any{map[string]any{"id": r.id, "created": float64(l.clock.Now().UnixMilli()), "capabilities": any(r.caps)}}
	if diff := cmp.Diff(any(want), l.send(t, "GET", device+"/appium/sessions", "").value); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(any(r.caps), r.do("GET", "", "")); diff != "" {
		t.Errorf("capabilities (-want +got):\n%s", diff)
	}
	if got := r.do("DELETE", "", ""); got != nil {
		t.Errorf("delete answers %v", got)
	}
	if got, want := r.fails("DELETE", "", ""), "Not Found: invalid session id"; got != want {
		t.Errorf("second delete: %s, want %s", got, want)
	}
	if got, want := r.fails("GET", "/source", ""), "Not Found: invalid session id"; got != want {
		t.Errorf("command after the end: %s, want %s", got, want)
	}
	if diff := cmp.Diff(any([]any{}), l.send(t, "GET", device+"/appium/sessions", "").value); diff != "" {
		t.Errorf("list after the end (-want +got):\n%s", diff)
	}
}

func TestBrowserSession(t *testing.T) {
	t.Parallel()
	l := start(t)
	browser := l.BrowserURL("chrome")
	r := l.begin(t, browser, `"browserName":"chrome","timeouts":{"implicit":5},"goog:chromeOptions":{"args":[]}`)
	want := map[string]any{
		"browserName": "chrome", "browserVersion": "156.0.1", "platformName": "linux", "setWindowRect": true, "acceptInsecureCerts": false,
		"pageLoadStrategy": "normal", "proxy": map[string]any{}, "strictFileInteractability": false, "unhandledPromptBehavior": "dismiss and notify",
		"timeouts": map[string]any{"implicit": 5.0, "pageLoad": 300000.0, "script": 30000.0},
	}
	if diff := cmp.Diff(want, r.caps); diff != "" {
		t.Errorf("capabilities (-want +got):\n%s", diff)
	}
	other := l.begin(t, browser, "")
	list, _ := l.send(t, "GET", browser+"/sessions", "").value.([]any)
	if len(list) != 2 {
		t.Errorf("the list has %d sessions, want 2: %v", len(list), list)
	}
	for range 2 {
		if got := other.do("DELETE", "", ""); got != nil {
			t.Errorf("delete answers %v", got)
		}
	}
	if got := r.do("DELETE", "/window", ""); len(got.([]any)) != 0 {
		t.Errorf("closing the window answers %v", got)
	}
	if left := l.Sessions(); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestBrowserCapacity(t *testing.T) {
	t.Parallel()
	l := start(t)
	browser := l.BrowserURL("firefox")
	l.begin(t, browser, "")
	r := l.begin(t, browser, "")
	again := func() string { return l.send(t, "POST", browser+"/session", `{"capabilities":{}}`).failed() }
	if got, want := again(), "Internal Server Error: session not created"; got != want {
		t.Errorf("a third session: %s, want %s", got, want)
	}
	r.do("DELETE", "", "")
	if got, want := again(), "OK"; got != want {
		t.Errorf("after one has ended: %s, want %s", got, want)
	}
}

func TestDeviceHasOneSession(t *testing.T) {
	t.Parallel()
	l := start(t)
	for round := range 5 {
		results := make([]string, 64)
		var clients sync.WaitGroup
		for i := range results {
			clients.Go(func() {
				a, err := l.try("POST", l.DeviceURL("droid")+"/session", `{"capabilities":{"alwaysMatch":{"appium:app":"/a.apk"}}}`)
				if err != nil {
					results[i] = err.Error()
					return
				}
				results[i] = a.failed()
			})
		}
		clients.Wait()
		count := map[string]int{}
		for _, result := range results {
			count[result]++
		}
		want := map[string]int{"OK": 1, "Internal Server Error: session not created": 63}
		if diff := cmp.Diff(want, count); diff != "" {
			t.Fatalf("round %d (-want +got):\n%s", round, diff)
		}
		live := l.Sessions()
		if len(live) != 1 {
			t.Fatalf("round %d: %d sessions are live", round, len(live))
		}
		l.send(t, "DELETE", l.DeviceURL("droid")+"/session/"+live[0].ID, "")
	}
}

func TestNewCommandTimeout(t *testing.T) {
	t.Parallel()
	l := start(t)
	r := l.begin(t, l.DeviceURL("droid"), `"appium:newCommandTimeout":90`)
	l.begin(t, l.BrowserURL("chrome"), "") // has no such limit
	l.clock.advance(89 * time.Second)
	r.do("GET", "/timeouts", "")
	l.clock.advance(89 * time.Second)
	if got := len(l.Sessions()); got != 2 {
		t.Fatalf("%d sessions are live after a command 89 s ago, want 2", got)
	}
	l.clock.advance(time.Second)
	if live := l.Sessions(); len(live) != 1 || live[0].Browser != "chrome" {
		t.Errorf("live after 90 s without a command: %v, want that of the browser", live)
	}
	if got, want := r.fails("GET", "/timeouts", ""), "Not Found: invalid session id"; got != want {
		t.Errorf("a command too late: %s, want %s", got, want)
	}
	l.begin(t, l.DeviceURL("droid"), `"appium:newCommandTimeout":0`)
	l.clock.advance(24 * time.Hour)
	if got := len(l.Sessions()); got != 2 {
		t.Errorf("%d sessions are live, want the one without a limit as well", got)
	}
}

func TestCommandHoldsSession(t *testing.T) {
	t.Parallel()
	l := start(t)
	r := l.begin(t, l.DeviceURL("droid"), `"appium:newCommandTimeout":10`)
	r.do("POST", "/timeouts", `{"implicit":60000}`)
	found := make(chan string)
	go func() { found <- r.fails("POST", "/element", `{"using":"id","value":"none"}`) }()
	l.clock.awaitTimers(2) // of the session, and of the search
	l.clock.advance(30 * time.Second)
	l.clock.awaitTimers(2)
	if got := len(l.Sessions()); got != 1 {
		t.Errorf("%d sessions are live while a command runs, want 1", got)
	}
	l.clock.advance(30 * time.Second)
	if got, want := <-found, "Not Found: no such element"; got != want {
		t.Errorf("the search ends with %s, want %s", got, want)
	}
}

func TestImplicitWait(t *testing.T) {
	t.Parallel()
	l := start(t)
	r := l.begin(t, l.BrowserURL("chrome"), "")
	r.do("POST", "/url", `{"url":"http://simulated.test/later"}`)
	if got, want := r.fails("POST", "/element", `{"using":"id","value":"later"}`), "Not Found: no such element"; got != want {
		t.Errorf("without a timeout: %s, want %s", got, want)
	}
	r.do("POST", "/timeouts", `{"implicit":2000}`)
	found := make(chan answer)
	go func() {
		a, _ := l.try("POST", r.base+"/element", `{"using":"id","value":"later"}`) // a failure has no status
		found <- a
	}()
	l.clock.awaitTimers(1)
	l.clock.advance(time.Second)
	if a := <-found; a.status != http.StatusOK {
		t.Errorf("once it came: %d %v", a.status, a.value)
	}
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	l := start(t)
	r := l.begin(t, l.BrowserURL("chrome"), "")
	r.do("POST", "/timeouts", `{"script":null,"pageLoad":1,"other":2}`)
	want := map[string]any{"implicit": 0.0, "pageLoad": 1.0, "script": nil}
	if diff := cmp.Diff(any(want), r.do("GET", "/timeouts", "")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, body := range []string{`{"implicit":-1}`, `{"implicit":1.5}`, `{"pageLoad":null}`, `{"script":"1"}`, `{"implicit":9007199254740992}`} {
		if got, want := r.fails("POST", "/timeouts", body), "Bad Request: invalid argument"; got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}
