package simulator_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/internal/simulator"
)

// serve has the simulator answer without a network.
func serve(s *simulator.Server, method, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w
}

func BenchmarkBeginAndEnd(b *testing.B) {
	l := start(b)
	base := strings.TrimPrefix(l.DeviceURL("droid"), l.URL())
	for b.Loop() {
		if w := serve(l.Server, "POST", base+"/session", beginAny); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
		serve(l.Server, "DELETE", base+"/session/"+l.Sessions()[0].ID, "")
	}
}

func BenchmarkCommand(b *testing.B) {
	l := start(b)
	r := l.begin(b, l.BrowserURL("chrome"), "")
	path := strings.TrimPrefix(r.base, l.URL()) + "/title"
	for b.Loop() {
		if w := serve(l.Server, "GET", path, ""); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}

func BenchmarkCommandOverHTTP(b *testing.B) {
	l := start(b)
	r := l.begin(b, l.BrowserURL("chrome"), "")
	for b.Loop() {
		r.do("GET", "/title", "")
	}
}

func BenchmarkFindOverHTTP(b *testing.B) {
	l := start(b)
	r := l.begin(b, l.DeviceURL("droid"), `"appium:appPackage":"dev.slotfarm.sample"`)
	for b.Loop() {
		r.find("xpath", "//android.widget.Button[@text='Greet']")
	}
}

func BenchmarkScreenshot(b *testing.B) {
	l := start(b)
	r := l.begin(b, l.DeviceURL("droid"), `"appium:appPackage":"dev.slotfarm.sample"`)
	for b.Loop() {
		r.do("GET", "/screenshot", "")
	}
}

// BenchmarkSessionMemory says how many bytes a session takes that has shown a page.
func BenchmarkSessionMemory(b *testing.B) {
	l := start(b)
	const sessions = 500
	bytes := 0.0
	for b.Loop() {
		before := heap()
		for range sessions {
			r := l.begin(b, l.BrowserURL("chrome"), "")
			r.do("POST", "/url", `{"url":"http://simulated.test/form"}`)
		}
		bytes += heap() - before
		for _, s := range l.Sessions() {
			l.send(b, "DELETE", l.BrowserURL("chrome")+"/session/"+s.ID, "")
		}
	}
	b.ReportMetric(bytes/float64(b.N)/sessions, "B/session")
}

// heap returns how many bytes are in use.
func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
