package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/slotfarm/slotfarm/internal/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lab is a simulator with two phones and two browsers, and a client of it.
type lab struct {
	*simulator.Server
	clock  *testClock
	client *http.Client
}

func labConfig() simulator.Config {
	return simulator.Config{
		Devices: []simulator.Device{
			{UDID: "droid", Platform: simulator.Android, Name: "Pixel 8 (simulated)", OS: "14", Width: 400, Height: 800},
			{UDID: "fruit", Platform: simulator.IOS, Name: "iPhone 15 (simulated)", OS: "17.5", Width: 400, Height: 800},
		},
		Browsers: []simulator.Browser{
			{Name: "chrome", Version: "156.0.1", Platform: "linux"},
			{Name: "firefox", Version: "140.2", Platform: "linux", Capacity: 2},
		},
	}
}

// start starts a lab whose clock only the test moves.
func start(t testing.TB) *lab {
	t.Helper()
	config := labConfig()
	clock := newTestClock()
	config.Clock = clock
	server, err := simulator.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{server, clock, &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 100},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	t.Cleanup(func() {
		l.client.CloseIdleConnections()
		if err := server.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return l
}

// answer is what came back: a value, or the members of an error in it.
type answer struct {
	status int
	value  any
	header http.Header
}

// failed returns the error of an answer and its status, as "404 no such element".
func (a answer) failed() string {
	members, _ := a.value.(map[string]any)
	code, isText := members["error"].(string)
	message, _ := members["message"].(string)
	_, hasStack := members["stacktrace"].(string)
	if !isText || message == "" || !hasStack {
		return http.StatusText(a.status)
	}
	return strings.TrimSpace(http.StatusText(a.status)) + ": " + code
}

// send sends a request, and fails the test if no JSON with a value comes back.
func (l *lab) send(t testing.TB, method, url, body string) answer {
	t.Helper()
	a, err := l.try(method, url, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	return a
}

func (l *lab) try(method, url, body string) (answer, error) {
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	response, err := l.client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: response.StatusCode, header: response.Header}
	var whole map[string]any
	if err := json.Unmarshal(data, &whole); err != nil {
		return a, err
	}
	value, ok := whole["value"]
	if !ok {
		return a, io.ErrUnexpectedEOF
	}
	a.value = value
	return a, nil
}

// remote is a session of a client.
type remote struct {
	*lab
	t    testing.TB
	base string // with the session's id
	id   string
	caps map[string]any
}

// begin begins a session with capabilities, or fails the test.
func (l *lab) begin(t testing.TB, endpoint, capabilities string) *remote {
	t.Helper()
	a := l.send(t, "POST", endpoint+"/session", `{"capabilities":{"alwaysMatch":{`+capabilities+`}}}`)
	value, _ := a.value.(map[string]any)
	id, _ := value["sessionId"].(string)
	if a.status != http.StatusOK || id == "" {
		t.Fatalf("new session: %d %v", a.status, a.value)
	}
	caps, _ := value["capabilities"].(map[string]any)
	return &remote{l, t, endpoint + "/session/" + id, id, caps}
}

// do sends a command, and returns its value. An error fails the test.
func (r *remote) do(method, path, body string) any {
	r.t.Helper()
	a := r.send(r.t, method, r.base+path, body)
	if a.status != http.StatusOK {
		r.t.Fatalf("%s %s: %d %v", method, path, a.status, a.value)
	}
	return a.value
}

// fails sends a command that must fail, and returns how it did.
func (r *remote) fails(method, path, body string) string {
	r.t.Helper()
	return r.send(r.t, method, r.base+path, body).failed()
}

// find returns the path of an element.
func (r *remote) find(using, value string) string {
	r.t.Helper()
	found, _ := r.do("POST", "/element", toJSON(map[string]string{"using": using, "value": value})).(map[string]any)
	id, _ := found["element-6066-11e4-a52e-4f735466cecf"].(string)
	if id == "" {
		r.t.Fatalf("no id in %v", found)
	}
	return "/element/" + id
}

// count returns how many elements are found.
func (r *remote) count(using, value string) int {
	r.t.Helper()
	found, _ := r.do("POST", "/elements", toJSON(map[string]string{"using": using, "value": value})).([]any)
	return len(found)
}

func toJSON(v any) string {
	var b bytes.Buffer
	_ = json.NewEncoder(&b).Encode(v) // of texts and numbers
	return b.String()
}

// testClock stands still until a test moves it.
type testClock struct {
	mu      sync.Mutex
	changed *sync.Cond
	now     time.Time
	timers  map[*testTimer]bool
}

type testTimer struct {
	at time.Time
	f  func()
}

func newTestClock() *testClock {
	c := &testClock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), timers: map[*testTimer]bool{}}
	c.changed = sync.NewCond(&c.mu)
	return c
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) AfterFunc(d time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	timer := &testTimer{c.now.Add(d), f}
	c.timers[timer] = true
	c.changed.Broadcast()
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		waits := c.timers[timer]
		delete(c.timers, timer)
		c.changed.Broadcast()
		return waits
	}
}

// advance moves the clock, and returns once what was due has run.
func (c *testClock) advance(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	var due []*testTimer
	for timer := range c.timers {
		if !timer.at.After(c.now) {
			due = append(due, timer)
			delete(c.timers, timer)
		}
	}
	c.mu.Unlock()
	for _, timer := range due {
		timer.f()
	}
}

// awaitTimers waits until n timers wait.
func (c *testClock) awaitTimers(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.timers) != n {
		c.changed.Wait()
	}
}
