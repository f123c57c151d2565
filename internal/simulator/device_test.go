package simulator_test

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"image"
	"image/png"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// platforms are the differences that the form of an app has.
var platforms = []struct {
	udid, app, button, field, toggle, label string
}{
	{"droid", "appPackage", "android.widget.Button", "android.widget.EditText", "android.widget.CheckBox", "text"},
	{"fruit", "bundleId", "XCUIElementTypeButton", "XCUIElementTypeTextField", "XCUIElementTypeSwitch", "label"},
}

func TestApp(t *testing.T) {
	t.Parallel()
	for _, p := range platforms {
		t.Run(p.udid, func(t *testing.T) {
			t.Parallel()
			l := start(t)
			r := l.begin(t, l.DeviceURL(p.udid), `"appium:`+p.app+`":"dev.slotfarm.sample"`)
			name := r.find("accessibility id", "name")
			r.do("POST", name+"/value", `{"text":"Anna"}`)
			r.do("POST", r.find("class name", p.button)+"/click", "")
			toggle := r.find("xpath", "//"+p.toggle)
			r.do("POST", toggle+"/click", "")
			for path, want := range map[string]any{
				r.find("id", "message") + "/text": "Hello, Anna", r.find("id", "message") + "/attribute/text": "Hello, Anna",
				name + "/text": "Anna", name + "/name": p.field, name + "/enabled": true, toggle + "/selected": true, name + "/displayed": true,
				r.find("id", "item-20") + "/displayed": false, r.find("id", "greet") + "/attribute/" + p.label: "Greet",
				r.find("id", "greet") + "/attribute/none": nil,
			} {
				if got := r.do("GET", path, ""); got != want {
					t.Errorf("%s: %v, want %v", path, got, want)
				}
			}
			r.do("POST", name+"/clear", "")
			if got := r.do("GET", name+"/text", ""); got != "" {
				t.Errorf("cleared, and still %q", got)
			}
			r.do("POST", "/back", "")
			if got, want := r.fails("GET", name+"/text", ""), "Not Found: stale element reference"; got != want {
				t.Errorf("on the home screen: %s, want %s", got, want)
			}
			r.do("POST", r.find("accessibility id", "dev.slotfarm.sample")+"/click", "")
			if got := r.count("id", "greet"); got != 1 {
				t.Errorf("the app does not open from the home screen")
			}
		})
	}
}

func TestScreenSource(t *testing.T) {
	t.Parallel()
	l := start(t)
	for _, p := range platforms {
		r := l.begin(t, l.DeviceURL(p.udid), "")
		source, _ := r.do("GET", "/source", "").(string)
		decoder := xml.NewDecoder(strings.NewReader(source))
		elements := 0
		for {
			token, err := decoder.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: the source is no XML: %v\n%s", p.udid, err, source)
			}
			if _, ok := token.(xml.StartElement); ok {
				elements++
			}
		}
		if got := r.count("xpath", "//*"); got != elements {
			t.Errorf("%s: the source has %d elements, and %d are found", p.udid, elements, got)
		}
	}
}

func TestApps(t *testing.T) {
	t.Parallel()
	l := start(t)
	r := l.begin(t, l.DeviceURL("droid"), "")
	device := "/appium/device/"
	post := func(command, body string) any { return r.do("POST", device+command, body) }
	if got := post("install_app", `{"appPath":"/uploads/app-debug.apk"}`); got != nil {
		t.Errorf("install answers %v", got)
	}
	if got := post("app_installed", `{"bundleId":"app-debug"}`); got != true {
		t.Errorf("installed, and app_installed is %v", got)
	}
	post("activate_app", `{"appId":"app-debug"}`)
	states := []any{post("app_state", `{"appId":"app-debug"}`), post("app_state", `{"appId":"dev.slotfarm.sample"}`), post("app_state", `{"appId":"none"}`)}
	if diff := cmp.Diff([]any{4.0, 1.0, 0.0}, states); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	if got := r.do("GET", r.find("id", "title")+"/text", ""); got != "app-debug (simulated)" {
		t.Errorf("in front is %v", got)
	}
	ended := []any{post("terminate_app", `{"appId":"app-debug"}`), post("terminate_app", `{"appId":"app-debug"}`)}
	if diff := cmp.Diff([]any{true, false}, ended); diff != "" {
		t.Errorf("terminate (-want +got):\n%s", diff)
	}
	r.do("DELETE", "", "")
	r = l.begin(t, l.DeviceURL("droid"), `"appium:appPackage":"app-debug"`) // stays when a session ends
	removed := []any{post("remove_app", `{"appId":"app-debug"}`), post("remove_app", `{"appId":"app-debug"}`), post("app_installed", `{"appId":"app-debug"}`)}
	if diff := cmp.Diff([]any{true, false, false}, removed); diff != "" {
		t.Errorf("remove (-want +got):\n%s", diff)
	}
	for command, want := range map[string]string{
		"install_app {}": "Bad Request: invalid argument", "remove_app {}": "Bad Request: invalid argument",
		`install_app {"appPath":1}`: "Bad Request: invalid argument", `activate_app {"appId":"none"}`: "Internal Server Error: unknown error",
	} {
		name, body, _ := strings.Cut(command, " ")
		if got := r.fails("POST", device+name, body); got != want {
			t.Errorf("%s: %s, want %s", command, got, want)
		}
	}
}

func TestMobileCommands(t *testing.T) {
	t.Parallel()
	l := start(t)
	r := l.begin(t, l.DeviceURL("fruit"), `"appium:app":"https://host/a/My.ipa?x=1","appium:fullReset":true`)
	run := func(name, args string) string {
		return `{"script":"mobile: ` + name + `","args":[` + args + `]}`
	}
	if got := r.do("POST", "/execute/sync", run("isAppInstalled", `{"bundleId":"My"}`)); got != true {
		t.Errorf("the app of the capabilities is installed: %v", got)
	}
	for body, want := range map[string]string{
		run("shell", `{"command":"id"}`):               "Not Found: unknown command",
		run("installApp", `{"app":1}`):                 "Bad Request: invalid argument",
		`{"script":"return document.title","args":[]}`: "Method Not Allowed: unknown method",
	} {
		if got := r.fails("POST", "/execute/sync", body); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
	r.do("DELETE", "", "")
	r = l.begin(t, l.DeviceURL("fruit"), "")
	if got := r.do("POST", "/execute/sync", run("isAppInstalled", `{"bundleId":"My"}`)); got != false {
		t.Errorf("after a full reset, the app is installed: %v", got)
	}
}

func TestContexts(t *testing.T) {
	t.Parallel()
	l := start(t)
	r := l.begin(t, l.DeviceURL("droid"), `"appium:appPackage":"dev.slotfarm.sample"`)
	if diff := cmp.Diff(any([]any{"NATIVE_APP", "WEBVIEW_dev.slotfarm.sample"}), r.do("GET", "/contexts", "")); diff != "" {
		t.Errorf("contexts (-want +got):\n%s", diff)
	}
	greet := r.find("id", "greet")
	if got, want := r.fails("GET", "/title", ""), "Method Not Allowed: unknown method"; got != want {
		t.Errorf("the title of a screen: %s, want %s", got, want)
	}
	r.do("POST", "/context", `{"name":"WEBVIEW_dev.slotfarm.sample"}`)
	if got := r.do("GET", "/title", ""); got != "A form" {
		t.Errorf("the web view's title is %v", got)
	}
	if got, want := r.fails("GET", greet+"/text", ""), "Not Found: stale element reference"; got != want {
		t.Errorf("an element of the screen in the web view: %s, want %s", got, want)
	}
	r.do("POST", "/context", `{"name":"NATIVE_APP"}`)
	if got := r.do("GET", greet+"/text", ""); got != "Greet" {
		t.Errorf("back on the screen, the button is %v", got)
	}
	for body, want := range map[string]string{`{"name":"OTHER"}`: "Not Found: no such context", `{}`: "Bad Request: invalid argument"} {
		if got := r.fails("POST", "/context", body); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
	chrome := l.begin(t, l.DeviceURL("fruit"), `"browserName":"Safari"`)
	chrome.do("POST", "/url", `{"url":"http://simulated.test/"}`)
	if got := chrome.do("GET", "/context", ""); got != "WEBVIEW_1" {
		t.Errorf("a browser's context is %v", got)
	}
}

func TestOrientation(t *testing.T) {
	t.Parallel()
	l := start(t)
	r := l.begin(t, l.DeviceURL("droid"), "")
	r.do("POST", "/orientation", `{"orientation":"LANDSCAPE"}`)
	if got := r.do("GET", "/orientation", ""); got != "LANDSCAPE" {
		t.Errorf("orientation %v", got)
	}
	if got := sizeOf(t, r.do("GET", "/screenshot", "")).Size(); got != image.Pt(800, 400) {
		t.Errorf("the screenshot has %v", got)
	}
	want := map[string]any{"x": 0.0, "y": 0.0, "width": 800.0, "height": 400.0}
	if diff := cmp.Diff(any(want), r.do("GET", "/window/rect", "")); diff != "" {
		t.Errorf("rect (-want +got):\n%s", diff)
	}
	if got, want := r.fails("POST", "/orientation", `{"orientation":"UP"}`), "Bad Request: invalid argument"; got != want {
		t.Errorf("a bad one: %s, want %s", got, want)
	}
	r.do("POST", "/appium/settings", `{"settings":{"a":1}}`)
	r.do("POST", "/appium/settings", `{"settings":{"b":true}}`)
	if diff := cmp.Diff(any(map[string]any{"a": 1.0, "b": true}), r.do("GET", "/appium/settings", "")); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

// pictureOf decodes a screenshot.
func pictureOf(t *testing.T, value any) image.Image {
	t.Helper()
	text, _ := value.(string)
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

func sizeOf(t *testing.T, value any) image.Rectangle {
	t.Helper()
	return pictureOf(t, value).Bounds()
}

func TestScreenshots(t *testing.T) {
	t.Parallel()
	l := start(t)
	r := l.begin(t, l.DeviceURL("droid"), `"appium:appPackage":"dev.slotfarm.sample"`)
	before := r.do("GET", "/screenshot", "")
	if got := sizeOf(t, before).Size(); got != image.Pt(400, 800) {
		t.Errorf("the screenshot has %v", got)
	}
	if again := r.do("GET", "/screenshot", ""); again != before {
		t.Error("two screenshots of one screen differ")
	}
	r.do("POST", r.find("id", "name")+"/value", `{"text":"Anna"}`)
	if after := r.do("GET", "/screenshot", ""); after == before {
		t.Error("typing changes no screenshot")
	}
	button := pictureOf(t, r.do("GET", r.find("id", "greet")+"/screenshot", ""))
	if got := button.Bounds().Size(); got != image.Pt(360, 37) {
		t.Errorf("the button has %v", got)
	}
	colours := map[any]bool{}
	for y := range button.Bounds().Dy() {
		for x := range button.Bounds().Dx() {
			colours[button.At(x, y)] = true
		}
	}
	if len(colours) < 3 {
		t.Errorf("the button has %d colours: no frame, ground and text", len(colours))
	}
	r.do("GET", r.find("id", "item-20")+"/screenshot", "") // below the screen
	b := l.begin(t, l.BrowserURL("chrome"), "")
	b.do("POST", "/url", `{"url":"http://simulated.test/long"}`)
	if got := sizeOf(t, b.do("GET", "/screenshot", "")).Size(); got != image.Pt(1200, 800) {
		t.Errorf("the window has %v", got)
	}
	if got, want := b.fails("GET", b.find("tag name", "title")+"/screenshot", ""), "Internal Server Error: unable to capture screen"; got != want {
		t.Errorf("what has no size: %s, want %s", got, want)
	}
}
