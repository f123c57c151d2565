package simulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestEndDuringSearch ends a session while a search waits in it.
func TestEndDuringSearch(t *testing.T) {
	t.Parallel()
	l := start(t)
	r := l.begin(t, l.BrowserURL("chrome"), `"timeouts":{"implicit":60000}`)
	found := make(chan string)
	go func() { found <- r.fails("POST", "/element", `{"using":"id","value":"none"}`) }()
	l.clock.awaitTimers(1)
	r.do("DELETE", "", "")
	l.clock.advance(time.Second)
	if got, want := <-found, "Not Found: invalid session id"; got != want {
		t.Errorf("the search ends with %s, want %s", got, want)
	}
}

func TestLimitsOfSessions(t *testing.T) {
	t.Parallel()
	l := start(t)
	const invalid = "Bad Request: invalid argument"
	if got := l.send(t, "POST", l.DeviceURL("droid")+"/session", `{"capabilities":{"alwaysMatch":{"a:b":"`+strings.Repeat("x", 1<<20)+`"}}}`).failed(); got != invalid {
		t.Errorf("capabilities of 1 MiB: %s, want %s", got, invalid)
	}
	r := l.begin(t, l.DeviceURL("droid"), `"appium:appPackage":"dev.slotfarm.sample"`)
	name := r.find("id", "name")
	if got := r.fails("POST", name+"/value", `{"text":"`+strings.Repeat("x", 256<<10+1)+`"}`); got != invalid {
		t.Errorf("keys of 256 KiB: %s, want %s", got, invalid)
	}
	for range 4 {
		r.do("POST", name+"/value", `{"text":"`+strings.Repeat("x", 256<<10)+`"}`)
	}
	if got, want := r.fails("POST", name+"/value", `{"text":"x"}`), "Bad Request: invalid element state"; got != want {
		t.Errorf("a field of 1 MiB takes one letter more: %s, want %s", got, want)
	}
	for i := range 998 { // besides the two that a device comes with
		r.do("POST", "/appium/device/install_app", fmt.Sprintf(`{"appPath":"/%d.apk"}`, i))
	}
	if got, want := r.fails("POST", "/appium/device/install_app", `{"appPath":"/more.apk"}`), "Internal Server Error: unknown error"; got != want {
		t.Errorf("the 1001st app: %s, want %s", got, want)
	}
	r.do("POST", "/appium/device/install_app", `{"appPath":"/1.apk"}`) // is there already
	b := l.begin(t, l.BrowserURL("chrome"), "")
	for i := range 200 {
		b.do("POST", "/cookie", fmt.Sprintf(`{"cookie":{"name":"%d","value":""}}`, i))
	}
	if got, want := b.fails("POST", "/cookie", `{"cookie":{"name":"more","value":""}}`), "Internal Server Error: unable to set cookie"; got != want {
		t.Errorf("the 201st cookie: %s, want %s", got, want)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	l := start(t)
	r := l.begin(t, l.BrowserURL("chrome"), "")
	for i := range 60 {
		r.do("POST", "/url", fmt.Sprintf(`{"url":"http://host/%d"}`, i))
	}
	for range 60 {
		r.do("POST", "/back", "")
	}
	if got, want := r.do("GET", "/url", ""), "http://host/10"; got != want {
		t.Errorf("as far back as it goes is %v, want %v", got, want)
	}
	log, _ := r.do("POST", "/log", `{"type":"driver"}`).([]any)
	if len(log) != 60 {
		t.Errorf("the log has %d lines, want 60", len(log))
	}
}
