package simulator_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// page opens HTML in a new session of a browser.
func page(t *testing.T, html string) *remote {
	t.Helper()
	l := start(t)
	r := l.begin(t, l.BrowserURL("chrome"), "")
	r.do("POST", "/url", toJSON(map[string]string{"url": "data:text/html," + url.PathEscape(html)}))
	return r
}

func TestNavigation(t *testing.T) {
	t.Parallel()
	l := start(t)
	r := l.begin(t, l.BrowserURL("chrome"), "")
	at := func() []any { return []any{r.do("GET", "/url", ""), r.do("GET", "/title", "")} }
	visit := func(method, path, body, address, title string) {
		t.Helper()
		r.do(method, path, body)
		if diff := cmp.Diff([]any{address, title}, at()); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", method, path, diff)
		}
	}
	visit("GET", "/window", "", "about:blank", "")
	visit("POST", "/url", `{"url":"http://simulated.test/"}`, "http://simulated.test/", "Simulated pages")
	visit("POST", r.find("link text", "A form")+"/click", "", "http://simulated.test/form", "A form")
	visit("POST", "/back", "", "http://simulated.test/", "Simulated pages")
	visit("POST", "/back", "", "about:blank", "")
	visit("POST", "/back", "", "about:blank", "")
	visit("POST", "/forward", "", "http://simulated.test/", "Simulated pages")
	visit("POST", "/refresh", "", "http://simulated.test/", "Simulated pages")
	visit("POST", "/url", `{"url":"https://example.com/a?b=1"}`, "https://example.com/a?b=1", "example.com (simulated)")
	visit("POST", r.find("css selector", "a")+"/click", "", "https://example.com/next", "example.com (simulated)")
	visit("POST", "/url", `{"url":"http://simulated.test/gone"}`, "http://simulated.test/gone", "Not found")
	visit("POST", "/url", `{"url":"data:text/html;base64,PHRpdGxlPkhpPC90aXRsZT4="}`, "data:text/html;base64,PHRpdGxlPkhpPC90aXRsZT4=", "Hi")
	visit("POST", "/url", `{"url":"data:,<b>"}`, "data:,<b>", "")
	if got := r.do("GET", r.find("tag name", "pre")+"/text", ""); got != "<b>" {
		t.Errorf("plain text shows %q", got)
	}
}

func TestBadAddresses(t *testing.T) {
	t.Parallel()
	l := start(t)
	r := l.begin(t, l.BrowserURL("chrome"), "")
	for address, want := range map[string]string{
		"nowhere":                               "Bad Request: invalid argument",
		"http://":                               "Bad Request: invalid argument",
		"http://%zz":                            "Bad Request: invalid argument",
		"file:///etc/passwd":                    "Bad Request: invalid argument",
		"data:text/html":                        "Bad Request: invalid argument",
		"data:text/html;base64,???":             "Bad Request: invalid argument",
		"http://host.invalid/":                  "Internal Server Error: unknown error",
		"data:," + strings.Repeat("a", 1<<20+1): "Bad Request: invalid argument",
	} {
		if got := r.fails("POST", "/url", toJSON(map[string]string{"url": address})); got != want {
			t.Errorf("%.40s: %s, want %s", address, got, want)
		}
	}
	if got := r.do("GET", "/url", ""); got != "about:blank" {
		t.Errorf("after refusals, the page is %v", got)
	}
}

func TestForm(t *testing.T) {
	t.Parallel()
	l := start(t)
	r := l.begin(t, l.BrowserURL("chrome"), "")
	r.do("POST", "/url", `{"url":"http://simulated.test/form"}`)
	name := r.find("id", "name")
	r.do("POST", name+"/value", `{"text":"Anna B\ue003& C"}`)
	if got := r.do("GET", name+"/property/value", ""); got != "Anna & C" {
		t.Errorf("typed %q", got)
	}
	agree := r.find("id", "agree")
	r.do("POST", agree+"/click", "")
	r.do("POST", r.find("css selector", "option[value=blue]")+"/click", "")
	selected := []any{r.do("GET", agree+"/selected", ""), r.do("GET", r.find("xpath", "//option[1]")+"/selected", ""), r.do("GET", r.find("id", "color")+"/attribute/value", "")}
	if diff := cmp.Diff([]any{true, false, "blue"}, selected); diff != "" {
		t.Errorf("selected (-want +got):\n%s", diff)
	}
	for path, want := range map[string]any{
		r.find("id", "off") + "/enabled": false, r.find("id", "off") + "/attribute/disabled": "true", name + "/attribute/disabled": nil,
		name + "/enabled": true, name + "/name": "input", name + "/displayed": true, r.find("id", "note") + "/displayed": false,
		r.find("id", "note") + "/text": "", r.find("tag name", "h1") + "/text": "A form", name + "/attribute/placeholder": "Your name",
		r.find("tag name", "h1") + "/property/textContent": "A form", name + "/property/tagName": "INPUT",
	} {
		if got := r.do("GET", path, ""); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	button := r.find("class name", "primary")
	r.do("POST", button+"/click", "")
	if got, want := r.do("GET", "/url", ""), "http://simulated.test/hello?agree=&color=blue&name=Anna+%26+C&token=1"; got != want {
		t.Errorf("the form was sent to %v, want %v", got, want)
	}
	if got, want := r.do("GET", r.find("id", "greeting")+"/text", ""), "Hello, Anna & C"; got != want {
		t.Errorf("the page says %v, want %v", got, want)
	}
	for _, path := range []string{name + "/text", button + "/rect"} {
		if got, want := r.fails("GET", path, ""), "Not Found: stale element reference"; got != want {
			t.Errorf("%s on the next page: %s, want %s", path, got, want)
		}
	}
}

func TestEditing(t *testing.T) {
	t.Parallel()
	r := page(t, `<input id=a value=old><textarea id=b>text</textarea><input id=c readonly value=x><p id=d>no</p><form><input id=e></form>`)
	a, b := r.find("id", "a"), r.find("id", "b")
	r.do("POST", a+"/clear", "")
	r.do("POST", a+"/value", `{"text":"new"}`)
	r.do("POST", b+"/value", `{"text":"\ue007more"}`)
	if diff := cmp.Diff([]any{"new", "text\nmore"}, []any{r.do("GET", a+"/property/value", ""), r.do("GET", b+"/property/value", "")}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("/element/"+r.do("GET", "/element/active", "").(map[string]any)["element-6066-11e4-a52e-4f735466cecf"].(string), b); diff != "" {
		t.Errorf("active (-want +got):\n%s", diff)
	}
	for _, id := range []string{"c", "d"} {
		if got, want := r.fails("POST", r.find("id", id)+"/clear", ""), "Bad Request: invalid element state"; got != want {
			t.Errorf("clear %s: %s, want %s", id, got, want)
		}
	}
	if got, want := r.fails("POST", a+"/value", `{}`), "Bad Request: invalid argument"; got != want {
		t.Errorf("no text: %s, want %s", got, want)
	}
	r.do("POST", r.find("id", "e")+"/value", `{"text":"x\ue007"}`)
	if got := r.count("id", "a"); got != 1 {
		t.Errorf("a form without an action goes elsewhere")
	}
}

func TestSourceOfPage(t *testing.T) {
	t.Parallel()
	r := page(t, `<title>A &amp; B</title><p class="a b">x &lt; y<br>z</p><script>if (a < b) {}</script>`)
	want := `<html><head><title>A &amp; B</title></head><body><p class="a b">x &lt; y<br>z</p><script>if (a < b) {}</script></body></html>`
	if diff := cmp.Diff(any(want), r.do("GET", "/source", "")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestScripts(t *testing.T) {
	t.Parallel()
	r := page(t, `<title>T</title><p id=a data-x=1 hidden>x</p>`)
	a := strings.TrimPrefix(r.find("id", "a"), "/element/")
	args := `[{"element-6066-11e4-a52e-4f735466cecf":"` + a + `"},"data-x"]`
	for script, want := range map[string]any{
		"return document.title": "T", "return document.title;": "T", " return window.innerWidth ; ": 1200.0,
		"return navigator.userAgent":              "Mozilla/5.0 (linux; simulated) chrome/156.0.1",
		"/* getAttribute */return (x).apply(...)": "1", "/* isDisplayed */return (y).apply(...)": false,
	} {
		if got := r.do("POST", "/execute/sync", `{"script":`+toJSON(script)+`,"args":`+args+`}`); got != want {
			t.Errorf("%s: %v, want %v", script, got, want)
		}
	}
	for body, want := range map[string]string{
		`{"script":"return 1","args":[]}`:                  "Internal Server Error: javascript error",
		`{"script":"mobile: shell","args":[]}`:             "Internal Server Error: javascript error",
		`{"script":"return document.title"}`:               "Bad Request: invalid argument",
		`{"script":"/* isDisplayed */return x","args":[]}`: "Internal Server Error: javascript error",
	} {
		if got := r.fails("POST", "/execute/sync", body); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

func TestWindowAndCookies(t *testing.T) {
	t.Parallel()
	r := page(t, "x")
	want := map[string]any{"x": 10.0, "y": 0.0, "width": 640.0, "height": 800.0}
	if diff := cmp.Diff(any(want), r.do("POST", "/window/rect", `{"x":10,"width":640,"height":null}`)); diff != "" {
		t.Errorf("rect (-want +got):\n%s", diff)
	}
	handle := r.do("GET", "/window", "")
	if diff := cmp.Diff(any([]any{handle}), r.do("GET", "/window/handles", "")); diff != "" {
		t.Errorf("handles (-want +got):\n%s", diff)
	}
	r.do("POST", "/window", toJSON(map[string]any{"handle": handle}))
	r.do("POST", "/frame", `{"id":null}`)
	r.do("POST", "/cookie", `{"cookie":{"name":"a","value":"1","expiry":9}}`)
	r.do("POST", "/cookie", `{"cookie":{"name":"a","value":"2","secure":true}}`)
	a := map[string]any{"name": "a", "value": "2", "path": "/", "secure": true, "httpOnly": false}
	if diff := cmp.Diff([]any{a, []any{a}}, []any{r.do("GET", "/cookie/a", ""), r.do("GET", "/cookie", "")}); diff != "" {
		t.Errorf("cookies (-want +got):\n%s", diff)
	}
	r.do("DELETE", "/cookie/a", "")
	for _, c := range []struct{ method, path, body, want string }{
		{"GET", "/cookie/a", "", "Not Found: no such cookie"},
		{"POST", "/cookie", `{"cookie":{"value":"1"}}`, "Bad Request: invalid argument"},
		{"POST", "/window", `{"handle":"other"}`, "Not Found: no such window"},
		{"POST", "/window/rect", `{"width":0}`, "Bad Request: invalid argument"},
		{"POST", "/frame", `{"id":0}`, "Not Found: no such frame"},
		{"GET", "/alert/text", "", "Not Found: no such alert"},
		{"POST", "/alert/accept", "{}", "Not Found: no such alert"},
		{"POST", "/se/log", `{"type":"other"}`, "Bad Request: invalid argument"},
		{"GET", "/contexts", "", "Not Found: unknown command"},
	} {
		if got := r.fails(c.method, c.path, c.body); got != c.want {
			t.Errorf("%s %s %s: %s, want %s", c.method, c.path, c.body, got, c.want)
		}
	}
	log, _ := r.do("POST", "/se/log", `{"type":"browser"}`).([]any)
	if len(log) != 1 {
		t.Errorf("the log has %v, want one line", log)
	}
	if again, _ := r.do("POST", "/log", `{"type":"browser"}`).([]any); len(again) != 0 {
		t.Errorf("the log has %v once it was read", again)
	}
}
