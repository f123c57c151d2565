package simulator_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/simulator"
)

// script reads rules as a document has them.
func script(t *testing.T, l *lab, text string) {
	t.Helper()
	if err := tryScript(l, text); err != nil {
		t.Fatal(err)
	}
}

func tryScript(l *lab, text string) error {
	var rules []simulator.Rule
	if err := json.Unmarshal([]byte(text), &rules); err != nil {
		return err
	}
	return l.Script(rules)
}

const beginAny = `{"capabilities":{}}`

func TestFailStart(t *testing.T) {
	t.Parallel()
	l := start(t)
	script(t, l, `[{"udid":"droid","failStart":"the cable is loose","times":2},{"browser":"chrome","failStart":true}]`)
	for i, want := range []string{"Internal Server Error: session not created", "Internal Server Error: session not created", "OK"} {
		a := l.send(t, "POST", l.DeviceURL("droid")+"/session", beginAny)
		if got := a.failed(); got != want {
			t.Errorf("start %d: %s, want %s", i+1, got, want)
		}
		if members, _ := a.value.(map[string]any); i == 0 && members["message"] != "the cable is loose" {
			t.Errorf("the message is %v", members["message"])
		}
	}
	if got, want := l.send(t, "POST", l.BrowserURL("chrome")+"/session", beginAny).failed(), "Internal Server Error: session not created"; got != want {
		t.Errorf("chrome: %s, want %s", got, want)
	}
	l.begin(t, l.DeviceURL("fruit"), "")
	script(t, l, `[]`)
	l.begin(t, l.BrowserURL("chrome"), "")
}

func TestDieAfter(t *testing.T) {
	t.Parallel()
	l := start(t)
	script(t, l, `[{"udid":"droid","dieAfter":3,"times":1},{"udid":"fruit","dieAfter":0}]`)
	r := l.begin(t, l.DeviceURL("droid"), "")
	for range 3 {
		r.do("GET", "/timeouts", "")
	}
	if got := len(l.Sessions()); got != 1 {
		t.Errorf("%d sessions are live before the end, want 1", got)
	}
	// Go's client would send a GET once more, over another connection.
	if a, err := l.try("POST", r.base+"/timeouts", "{}"); err == nil {
		t.Errorf("the fourth command is answered: %d %v", a.status, a.value)
	}
	if got := len(l.Sessions()); got != 0 {
		t.Errorf("%d sessions are live after the end, want 0", got)
	}
	if got, want := r.fails("GET", "/timeouts", ""), "Not Found: invalid session id"; got != want {
		t.Errorf("the fifth command: %s, want %s", got, want)
	}
	again := l.begin(t, l.DeviceURL("droid"), "")
	for range 5 {
		again.do("GET", "/timeouts", "")
	}
	fruit := l.begin(t, l.DeviceURL("fruit"), "")
	if a, err := l.try("POST", fruit.base+"/back", ""); err == nil {
		t.Errorf("a command is answered: %d %v", a.status, a.value)
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	l := start(t)
	r := l.begin(t, l.BrowserURL("chrome"), "")
	script(t, l, `[{"browser":"chrome","delay":"2s","times":1}]`)
	answered := make(chan string)
	go func() { answered <- l.send(t, "GET", r.base+"/title", "").failed() }()
	l.clock.awaitTimers(1)
	l.clock.advance(1999 * time.Millisecond)
	select {
	case <-answered:
		t.Error("answered too soon")
	default:
	}
	l.clock.advance(time.Millisecond)
	if got := <-answered; got != "OK" {
		t.Errorf("answered %s", got)
	}
	r.do("GET", "/title", "")
}

// TestDelayedStart has a client hang up while its session begins: the session is
// there all the same, as on a real phone.
func TestDelayedStart(t *testing.T) {
	t.Parallel()
	l := start(t)
	script(t, l, `[{"delay":"1h","times":1}]`)
	ctx, hangUp := context.WithCancel(context.Background())
	request, err := http.NewRequestWithContext(ctx, "POST", l.DeviceURL("droid")+"/session", strings.NewReader(beginAny))
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() {
		response, err := l.client.Do(request)
		if err == nil {
			response.Body.Close()
		}
		failed <- err
	}()
	l.clock.awaitTimers(2) // of the session, and of the answer
	hangUp()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("the client got %v", err)
	}
	l.clock.awaitTimers(1)
	if live := l.Sessions(); len(live) != 1 || live[0].UDID != "droid" {
		t.Errorf("live: %v, want one on droid", live)
	}
}

func TestBrokenAnswers(t *testing.T) {
	t.Parallel()
	l := start(t)
	status := l.DeviceURL("droid") + "/status"
	script(t, l, `[{"udid":"droid","garbage":true,"times":1},{"udid":"droid","redirect":true,"times":1}]`)
	var syntax *json.SyntaxError
	if a, err := l.try("GET", status, ""); !errors.As(err, &syntax) || a.status != http.StatusOK {
		t.Errorf("garbage: %d, %v", a.status, err)
	}
	if a, _ := l.try("GET", status, ""); a.status != http.StatusFound || a.header.Get("Location") == "" {
		t.Errorf("redirect: %d, %v", a.status, a.header)
	}
	if got := l.send(t, "GET", status, "").failed(); got != "OK" {
		t.Errorf("afterwards: %s", got)
	}
}

func TestHang(t *testing.T) {
	t.Parallel()
	l := start(t)
	script(t, l, `[{"hang":true,"delay":"1s"}]`)
	ctx, hangUp := context.WithCancel(context.Background())
	request, err := http.NewRequestWithContext(ctx, "POST", l.DeviceURL("droid")+"/session", strings.NewReader(beginAny))
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() {
		response, err := l.client.Do(request)
		if err == nil {
			response.Body.Close()
		}
		failed <- err
	}()
	l.clock.awaitTimers(1) // has arrived
	l.clock.advance(time.Second)
	hangUp()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("the client got %v", err)
	}
	if live := l.Sessions(); len(live) != 0 {
		t.Errorf("a start that hangs begins %v", live)
	}
	answered := make(chan error)
	go func() {
		_, err := l.try("GET", l.DeviceURL("fruit")+"/status", "")
		answered <- err
	}()
	l.clock.awaitTimers(1)
	l.clock.advance(time.Second)
	if err := l.Close(context.Background()); err != nil { // waits for no one that hangs
		t.Error(err)
	}
	if err := <-answered; err == nil {
		t.Error("a status that hangs is answered")
	}
}

func TestRulesAreChecked(t *testing.T) {
	t.Parallel()
	l := start(t)
	script(t, l, `[{"delay":"1ms"}]`)
	before := l.Rules()
	for text, want := range map[string]string{
		`[{}]`: "rule 1: a rule needs failStart, dieAfter,",
		`[{"delay":"1s"},{"udid":"droid","times":1}]`:                           "rule 2: a rule needs failStart, dieAfter,",
		`[{"failStart":true,"hang":true}]`:                                      "and this one has 2",
		`[{"failStart":1}]`:                                                     "failStart must be true or a message, and not 1",
		`[{"dieAfter":-1}]`:                                                     "dieAfter must be at least 0, and is -1",
		`[{"delay":"soon"}]`:                                                    `not "soon"`,
		`[{"delay":"-1s"}]`:                                                     "and is -1s",
		`[{"delay":"25h"}]`:                                                     "and is 25h0m0s",
		`[{"hang":true,"times":-1}]`:                                            "times must be at least 0, and is -1",
		`[{"hang":true,"udid":"none"}]`:                                         `no device with udid "none"`,
		`[{"hang":true,"browser":"none"}]`:                                      `no browser "none"`,
		`[{"hang":true,"udid":"a","browser":"b"}]`:                              `not both udid "a" and browser "b"`,
		`[{"outcome":{"result":"OK"}}]`:                                         `and is "OK"`,
		`[{"outcome":{"result":"PASSED","tests":[{"result":"PASSED"}]}}]`:       "needs a name",
		`[{"outcome":{"result":"PASSED","tests":[{"name":"a","result":"x"}]}}]`: `the result of test "a" must be one of`,
	} {
		err := tryScript(l, text)
		if err == nil {
			t.Errorf("%s is taken", text)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, which does not have %q", text, err, want)
		}
	}
	if diff := cmp.Diff(before, l.Rules()); diff != "" {
		t.Errorf("refused rules change the script (-before +after):\n%s", diff)
	}
}

func TestRulesComeBack(t *testing.T) {
	t.Parallel()
	l := start(t)
	const text = `[{"udid":"droid","failStart":"no","delay":"2s","times":3},{"browser":"chrome","dieAfter":0},` +
		`{"outcome":{"result":"FAILED","tests":[{"name":"a","result":"FAILED","message":"b"}]}}]`
	script(t, l, text)
	got, err := json.Marshal(l.Rules())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	l.begin(t, l.DeviceURL("fruit"), "") // an outcome changes no session
}
