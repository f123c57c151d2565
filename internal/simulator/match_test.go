package simulator_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCapabilitiesAreChecked(t *testing.T) {
	t.Parallel()
	l := start(t)
	const invalid, refused = "Bad Request: invalid argument", "Internal Server Error: session not created"
	for _, c := range []struct{ at, body, want string }{
		{"droid", ``, invalid},
		{"droid", `{}`, invalid},
		{"droid", `{"desiredCapabilities":{}}`, invalid},
		{"droid", `{"capabilities":[]}`, invalid},
		{"droid", `{"capabilities":{"alwaysMatch":[]}}`, invalid},
		{"droid", `{"capabilities":{"firstMatch":{}}}`, invalid},
		{"droid", `{"capabilities":{"firstMatch":[]}}`, invalid},
		{"droid", `{"capabilities":{"firstMatch":[null]}}`, invalid},
		{"droid", `{"capabilities":{"alwaysMatch":{"deviceName":"x"}}}`, invalid},
		{"droid", `{"capabilities":{"alwaysMatch":{"platformName":1}}}`, invalid},
		{"droid", `{"capabilities":{"alwaysMatch":{"platformName":"a"},"firstMatch":[{"platformName":"b"}]}}`, invalid},
		{"droid", `{"capabilities":{"alwaysMatch":{"appium:newCommandTimeout":-1}}}`, invalid},
		{"droid", `{"capabilities":{"alwaysMatch":{"appium:orientation":"UP"}}}`, invalid},
		{"droid", `{"capabilities":{"alwaysMatch":{"timeouts":{"implicit":"1"}}}}`, invalid},
		{"droid", `{"capabilities":{"alwaysMatch":{"unhandledPromptBehavior":"ask"}}}`, invalid},
		{"droid", `{"capabilities":{"alwaysMatch":{"webSocketUrl":"ws://x"}}}`, invalid},
		{"droid", `{"capabilities":{"alwaysMatch":{"platformName":"iOS"}}}`, refused},
		{"droid", `{"capabilities":{"alwaysMatch":{"appium:udid":"fruit"}}}`, refused},
		{"droid", `{"capabilities":{"alwaysMatch":{"appium:platformVersion":"1"}}}`, refused},
		{"droid", `{"capabilities":{"alwaysMatch":{"appium:automationName":"XCUITest"}}}`, refused},
		{"droid", `{"capabilities":{"alwaysMatch":{"appium:appPackage":"not.here"}}}`, refused},
		{"droid", `{"capabilities":{"alwaysMatch":{"setWindowRect":true}}}`, refused},
		{"droid", `{"capabilities":{"alwaysMatch":{"browserName":"Safari"}}}`, refused},
		{"droid", `{"capabilities":{"alwaysMatch":{"browserName":"","appium:automationName":"espresso","x:y":{}}}}`, "OK"},
		{"fruit", `{"capabilities":{"alwaysMatch":{"appium:platformVersion":"17","browserName":"safari"}}}`, "OK"},
		{"chrome", `{"capabilities":{"alwaysMatch":{"browserName":"firefox"}}}`, refused},
		{"chrome", `{"capabilities":{"alwaysMatch":{"browserVersion":"15"}}}`, refused},
		{"chrome", `{"capabilities":{"alwaysMatch":{"browserVersion":"156","platformName":"LINUX"}}}`, "OK"},
		{"chrome", `{"capabilities":{"firstMatch":[{"browserName":"firefox"},{"browserName":"chrome"}]}}`, "OK"},
		{"chrome", `{"capabilities":{"alwaysMatch":{"proxy":null,"unhandledPromptBehavior":{"alert":"accept"}}}}`, "OK"},
	} {
		endpoint := l.BrowserURL(c.at)
		if c.at != "chrome" {
			endpoint = l.DeviceURL(c.at)
		}
		a := l.send(t, "POST", endpoint+"/session", c.body)
		if got := a.failed(); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.at, c.body, got, c.want)
		}
	}
	if got := len(l.Sessions()); got != 5 {
		t.Errorf("%d sessions are live, want the 5 that began", got)
	}
}

func TestRefusalNamesReasons(t *testing.T) {
	t.Parallel()
	l := start(t)
	a := l.send(t, "POST", l.BrowserURL("chrome")+"/session", `{"capabilities":{"firstMatch":[{"browserName":"firefox"},{"browserVersion":"1"}]}}`)
	members, _ := a.value.(map[string]any)
	want := `no matching capabilities: browserName is chrome, and "firefox" was asked for; browserVersion is 156.0.1, and "1" was asked for`
	if diff := cmp.Diff(any(want), members["message"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestFirstMatch holds the choice against the W3C's rule, said anew: the first
// entry that fits together with alwaysMatch is the one.
func TestFirstMatch(t *testing.T) {
	t.Parallel()
	l := start(t)
	browser := l.BrowserURL("chrome")
	fits := map[string]string{"browserName": "chrome", "browserVersion": "156", "platformName": "linux"}
	names := []string{"browserName", "browserVersion", "platformName", "pageLoadStrategy"}
	rapid.Check(t, func(t *rapid.T) {
		always := map[string]any{"pageLoadStrategy": "eager"}
		var first []map[string]any
		chosen := -1
		for i := range rapid.IntRange(1, 4).Draw(t, "entries") {
			entry := map[string]any{"timeouts": map[string]any{"implicit": i}}
			good := true
			for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(names[:3]), 0, 3, rapid.ID[string]).Draw(t, "names") {
				entry[name] = fits[name]
				if rapid.Bool().Draw(t, "wrong") {
					entry[name], good = "other", false
				}
			}
			if good && chosen < 0 {
				chosen = i
			}
			first = append(first, entry)
		}
		body, err := json.Marshal(map[string]any{"capabilities": map[string]any{"alwaysMatch": always, "firstMatch": first}})
		if err != nil {
			t.Fatal(err)
		}
		a, err := l.try("POST", browser+"/session", string(body))
		if err != nil {
			t.Fatal(err)
		}
		if chosen < 0 {
			if got := a.failed(); !strings.HasSuffix(got, "session not created") {
				t.Fatalf("nothing fits, and got %s", got)
			}
			return
		}
		value, _ := a.value.(map[string]any)
		caps, _ := value["capabilities"].(map[string]any)
		timeouts, _ := caps["timeouts"].(map[string]any)
		if timeouts["implicit"] != float64(chosen) || caps["pageLoadStrategy"] != "eager" {
			t.Fatalf("chose %v, want entry %d", caps, chosen)
		}
		if _, err := l.try("DELETE", browser+"/session/"+value["sessionId"].(string), ""); err != nil {
			t.Fatal(err)
		}
	})
}
