package simulator_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzCommand sends any command with any body to a session. Each is answered as
// the W3C has it: a value, or an error with its status. The client is said to
// have gone, so that nothing waits.
func FuzzCommand(f *testing.F) {
	for _, seed := range [][3]string{
		{"GET", "/title", ""}, {"POST", "/url", `{"url":"data:text/html,<p>x"}`}, {"GET", "/source", ""}, {"GET", "/screenshot", ""},
		{"POST", "/elements", `{"using":"xpath","value":"//p[1]"}`}, {"POST", "/elements", `{"using":"css selector","value":"p > a[x='y']"}`},
		{"POST", "/timeouts", `{"implicit":1}`}, {"POST", "/actions", tap(1, 2, 3, 400)}, {"POST", "/execute/sync", `{"script":"mobile: x","args":[]}`},
		{"POST", "/cookie", `{"cookie":{"name":"a"}}`}, {"POST", "/context", `{"name":"NATIVE_APP"}`}, {"DELETE", "/window", ""},
		{"POST", "/appium/device/install_app", `{"appPath":"a"}`}, {"POST", "/orientation", `{"orientation":"LANDSCAPE"}`},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	l := start(f)
	gone, leave := context.WithCancel(context.Background())
	leave()
	f.Fuzz(func(t *testing.T, method, path, body string) {
		for _, endpoint := range []string{l.DeviceURL("droid"), l.BrowserURL("chrome")} {
			base := strings.TrimPrefix(endpoint, l.URL())
			request := httptest.NewRequest("POST", base, strings.NewReader(body)).WithContext(gone)
			request.Method = method
			request.URL.Path = base + "/session/" + sessionAt(t, l, endpoint) + path
			w := httptest.NewRecorder()
			l.ServeHTTP(w, request)
			checkAnswer(t, w)
		}
	})
}

// sessionAt returns the id of a live session, which may be a new one.
func sessionAt(t *testing.T, l *lab, endpoint string) string {
	t.Helper()
	for _, live := range l.Sessions() {
		if endpoint == l.DeviceURL(live.UDID) || endpoint == l.BrowserURL(live.Browser) {
			return live.ID
		}
	}
	return l.begin(t, endpoint, "").id
}

// checkAnswer holds an answer against the W3C's form.
func checkAnswer(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(w.Body.Bytes(), &whole); err != nil || len(whole) != 1 || whole["value"] == nil {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w.Code == http.StatusOK {
		return
	}
	var failure map[string]string
	if err := json.Unmarshal(whole["value"], &failure); err != nil || failure["error"] == "" || failure["message"] == "" || w.Code < 400 || w.Code > 500 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
}
