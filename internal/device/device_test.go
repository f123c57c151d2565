package device_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// lab returns a valid fleet of two devices with three instances and two browsers.
func lab() device.Fleet {
	return device.Fleet{
		Devices: []device.Device{
			{
				Name: "Pixel 8", Manufacturer: "Google", Model: "Pixel 8", Platform: offering.Android, OS: "14", FormFactor: device.Phone,
				Instances: []device.Instance{
					{UDID: "8A1X0042", Appium: "http://10.0.0.5:4723", Labels: []string{"rack-1", "usb"}, Capabilities: map[string]json.RawMessage{"appium:udid": json.RawMessage(`"8A1X0042"`)}},
					{UDID: "10.0.0.7:5555", Appium: "https://rack.example/wd/hub", Account: "111122223333", Host: "rack-1"},
				},
			},
			{
				Name: "iPad", Manufacturer: "Apple", Model: "iPad Air", Platform: offering.IOS, OS: "17.4.1", FormFactor: device.Tablet,
				Instances: []device.Instance{{UDID: "00008030-001C2D", Appium: "http://[::1]:4723", Account: "111122223333"}},
			},
		},
		Browsers: []device.Browser{
			{Name: "chrome", Version: "156", Platform: "linux", WebDriver: "http://127.0.0.1:9515", Capacity: 4},
			{Name: "chrome (simulated)", Version: "156", Platform: "linux", WebDriver: "http://127.0.0.1:9516", Capacity: 1},
		},
	}
}

func TestValidate(t *testing.T) {
	if err := lab().Validate(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change func(*device.Fleet)
		want   string
	}{
		{"no name", func(f *device.Fleet) { f.Devices[0].Name = " " }, "devices[0].name is missing or empty; it is required"},
		{"hidden character", func(f *device.Fleet) { f.Devices[0].Carrier = "a\u202eb" }, "devices[0].carrier"},
		{"platform", func(f *device.Fleet) { f.Devices[1].Platform = "ios" }, `devices[1].platform "ios" must be one of ANDROID, IOS`},
		{"form factor", func(f *device.Fleet) { f.Devices[1].FormFactor = "" }, `devices[1].formFactor "" must be one of PHONE, TABLET`},
		{"fleet type", func(f *device.Fleet) { f.Devices[1].FleetType = "OWN" }, `devices[1].fleetType "OWN" must be one of PUBLIC, PRIVATE`},
		{"version without a number", func(f *device.Fleet) { f.Devices[0].OS = "beta" }, `devices[0].os "beta" must be a version that begins with a number`},
		{"version with a letter", func(f *device.Fleet) { f.Devices[0].OS = "14b" }, `devices[0].os "14b"`},
		{"negative memory", func(f *device.Fleet) { f.Devices[0].Memory = -1 }, "devices[0].memory -1 must be from 0"},
		{"negative clock", func(f *device.Fleet) { f.Devices[0].CPU.Clock = -0.5 }, `devices[0].cpu.clock "-0.5" must be from 0`},
		{"wide", func(f *device.Fleet) { f.Devices[0].Resolution.Width = 100_001 }, "devices[0].resolution.width 100001 must be from 0 to 100000"},
		{"the same device", func(f *device.Fleet) { f.Devices[1] = f.Devices[0] }, "devices[1] is the same device as devices[0]"},
		{"udid with a slash", func(f *device.Fleet) { f.Devices[0].Instances[1].UDID = "a/b" }, `devices[0].instances[1].udid "a/b" must have 1 to 128 letters`},
		{"udid twice", func(f *device.Fleet) { f.Devices[1].Instances[0].UDID = "8A1X0042" }, `devices[1].instances[0].udid "8A1X0042" is that of devices[0].instances[0].udid`},
		{"no URL", func(f *device.Fleet) { f.Devices[0].Instances[0].Appium = "" }, `devices[0].instances[0].appium "" must be a URL of http or https`},
		{"another scheme", func(f *device.Fleet) { f.Browsers[0].WebDriver = "file:///etc/passwd" }, `browsers[0].webdriver "file:///etc/passwd" must be a URL of http or https`},
		{"no host", func(f *device.Fleet) { f.Browsers[0].WebDriver = "http://:80" }, `browsers[0].webdriver "http://:80" must be a URL`},
		{"password", func(f *device.Fleet) { f.Browsers[0].WebDriver = "http://u:secret@h" }, `browsers[0].webdriver "http://u:xxxxx@h" must have no user name and no password`},
		{"query", func(f *device.Fleet) { f.Browsers[0].WebDriver = "http://h/?a" }, "must have neither a query nor a fragment"},
		{"label twice", func(f *device.Fleet) { f.Devices[0].Instances[0].Labels = []string{"a", "a"} }, `devices[0].instances[0].labels[1] "a" stands there twice`},
		{"empty label", func(f *device.Fleet) { f.Devices[0].Instances[0].Labels = []string{""} }, "devices[0].instances[0].labels[0] is missing or empty"},
		{"account", func(f *device.Fleet) { f.Devices[0].Instances[0].Account = "1" }, `devices[0].instances[0].account "1" must be an account id`},
		{"host", func(f *device.Fleet) { f.Devices[0].Instances[0].Host = "a b" }, `devices[0].instances[0].host "a b" must have 1 to 64 letters`},
		{"capability", func(f *device.Fleet) {
			f.Browsers[0].Capabilities = map[string]json.RawMessage{"a": json.RawMessage("{")}
		}, `browsers[0].capabilities.a "{" is not valid JSON`},
		{"large capabilities", func(f *device.Fleet) {
			f.Browsers[0].Capabilities = map[string]json.RawMessage{"a": json.RawMessage(`"` + strings.Repeat("x", 16<<10) + `"`)}
		}, "browsers[0].capabilities has 16387 bytes; it may have 16384"},
		{"many allowed", func(f *device.Fleet) { f.Browsers[0].Allow = make([]string, 101) }, "browsers[0].allow has 101 entries; it may have 100"},
		{"no capacity", func(f *device.Fleet) { f.Browsers[1].Capacity = 0 }, "browsers[1].capacity 0 must be from 1 to 10000"},
		{"note only", func(f *device.Fleet) { f.Browsers[1].Name = " (simulated)" }, `browsers[1].name " (simulated)" must have a name before its note`},
		{"the same browser", func(f *device.Fleet) { f.Browsers[1].Name = "chrome" }, "browsers[1] is the same browser as browsers[0]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := lab()
			tt.change(&f)
			if err := f.Validate(); fault.KindOf(err) != fault.Argument || !strings.Contains(fault.MessageOf(err), tt.want) {
				t.Errorf("Validate = %v, want an Argument with %q", err, tt.want)
			}
		})
	}
}

// TestIDs changes all that identifies a device, one by one, and what does not.
func TestIDs(t *testing.T) {
	d := lab().Devices[0]
	same := d
	same.ModelID, same.Memory, same.Instances = "GP4BC", 8<<30, nil
	if d.ID() != same.ID() {
		t.Errorf("ids %s and %s of the same device", d.ID(), same.ID())
	}
	seen := map[string]bool{d.ID(): true}
	for _, change := range []func(*device.Device){
		func(d *device.Device) { d.Name = "Pixel 8 Pro" }, func(d *device.Device) { d.Manufacturer = "G" },
		func(d *device.Device) { d.Model = "Pixel 8 Pro" }, func(d *device.Device) { d.Platform = offering.IOS },
		func(d *device.Device) { d.OS = "15" }, func(d *device.Device) { d.FormFactor = device.Tablet },
	} {
		other := d
		change(&other)
		if seen[other.ID()] {
			t.Errorf("%+v has the id of another", other)
		}
		seen[other.ID()] = true
	}
	for _, text := range []string{d.ARN().String(), d.Instances[0].ARN().String(), d.Instances[1].ARN().String()} {
		if _, err := arn.Parse(text, arn.Device, arn.DeviceInstance); err != nil {
			t.Error(err)
		}
	}
	if got, want := d.Instances[1].ARN().Account, "111122223333"; got != want {
		t.Errorf("account of an instance that is kept for one = %q, want %q", got, want)
	}
}

func TestFind(t *testing.T) {
	f := lab()
	if d, ok := f.Device(f.Devices[1].ID()); !ok || d.Name != "iPad" {
		t.Errorf("Device = %v, %v, want the iPad", d, ok)
	}
	if d, i, ok := f.Instance("10.0.0.7:5555"); !ok || d.Name != "Pixel 8" || i.Host != "rack-1" {
		t.Errorf("Instance = %v of %v, %v", i, d, ok)
	}
	_, known := f.Device("none")
	if _, _, ok := f.Instance("none"); ok || known {
		t.Error("there is a device or an instance that nobody has")
	}
}

func TestBrowserName(t *testing.T) {
	for name, want := range map[string]string{"chrome": "chrome", "chrome (simulated)": "chrome", "Microsoft Edge": "Microsoft Edge"} {
		if got := (device.Browser{Name: name}).BrowserName(); got != want {
			t.Errorf("browser %q is asked for as %q, want %q", name, got, want)
		}
	}
}

func TestChanges(t *testing.T) {
	if got := device.Changes(lab(), lab()); got != nil {
		t.Errorf("changes of a fleet from itself = %v, want none", got)
	}
	other := lab()
	other.Devices[0].Memory, other.Devices[0].Carrier = 8, "none yet"
	other.Devices[0].Instances = other.Devices[0].Instances[1:]
	other.Devices[0].Instances[0].Labels = []string{"new", "desk"}
	other.Devices[1].OS = "17.5"
	other.Browsers = append(other.Browsers[1:], device.Browser{Name: "firefox", Version: "140", Platform: "linux", Capacity: 1})
	other.Browsers[0].Capabilities = map[string]json.RawMessage{"b": json.RawMessage(`1`), "a": json.RawMessage("[ 2 ]")}
	var got []string
	for _, c := range device.Changes(lab(), other) {
		got = append(got, c.String())
	}
	want := []string{
		`~ device "Pixel 8" (Google Pixel 8, ANDROID 14, PHONE): memory 0 → 8`,
		`~ device "Pixel 8" (Google Pixel 8, ANDROID 14, PHONE): carrier none → "none yet"`,
		`- device "iPad" (Apple iPad Air, IOS 17.4.1, TABLET)`,
		`+ device "iPad" (Apple iPad Air, IOS 17.5, TABLET)`,
		`- instance 8A1X0042 of "Pixel 8" (Google Pixel 8, ANDROID 14, PHONE)`,
		`~ instance 10.0.0.7:5555 of "Pixel 8" (Google Pixel 8, ANDROID 14, PHONE): labels none → "new", "desk"`,
		`~ instance 00008030-001C2D of "iPad" (Apple iPad Air, IOS 17.5, TABLET): device "iPad" (Apple iPad Air, IOS 17.4.1, TABLET) → "iPad" (Apple iPad Air, IOS 17.5, TABLET)`,
		`- browser "chrome" (156, linux)`,
		`~ browser "chrome (simulated)" (156, linux): capabilities {} → {"a": [2], "b": 1}`,
		`+ browser "firefox" (140, linux)`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}

func TestCompareVersions(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"14", "14", 0}, {"14", "14.0", 0}, {"14.0.0", "14", 0}, {"9", "14", -1}, {"14.10", "14.9", 1}, {"10.3.2", "10.3", 1},
		{"007", "7", 0}, {"14.1b", "14.1", 1}, {"14.1a", "14.1b", -1}, {"14", "AVAILABLE", 1}, {"", "0", 0},
		{"99999999999999999999999", "100000000000000000000000", -1},
	} {
		if got := device.CompareVersions(tt.a, tt.b); got != tt.want {
			t.Errorf("CompareVersions(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

// TestVersionsAreOrdered holds any three versions against what an order is.
func TestVersionsAreOrdered(t *testing.T) {
	version := rapid.StringMatching(`[0-9]{0,3}[ab]?(\.[0-9]{0,2}[ab]?){0,3}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := version.Draw(t, "a"), version.Draw(t, "b"), version.Draw(t, "c")
		ab, bc, ac := device.CompareVersions(a, b), device.CompareVersions(b, c), device.CompareVersions(a, c)
		if ba := device.CompareVersions(b, a); ab != -ba {
			t.Fatalf("%q to %q is %d, and back %d", a, b, ab, ba)
		}
		if ab <= 0 && bc <= 0 && ac > 0 || ab == 0 && bc == 0 && ac != 0 {
			t.Fatalf("%q, %q, %q: %d, %d, and %d", a, b, c, ab, bc, ac)
		}
	})
}

func TestSimulated(t *testing.T) {
	f := device.Simulated(func(name string) string { return "http://127.0.0.1:1234/" + name })
	if err := f.Validate(); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, d := range f.Devices {
		count[string(d.Platform)+" "+string(d.FormFactor)]++
		if !strings.HasSuffix(d.Name, "(simulated)") || len(d.Instances) != 1 || d.Instances[0].Appium != "http://127.0.0.1:1234/"+d.Instances[0].UDID {
			t.Errorf("%q with %v, want one instance at its own URL, and a name that says what it is", d.Name, d.Instances)
		}
	}
	for _, b := range f.Browsers {
		count[b.BrowserName()]++
		if b.WebDriver != "http://127.0.0.1:1234/"+b.BrowserName() || b.Name == b.BrowserName() {
			t.Errorf("browser %q at %s", b.Name, b.WebDriver)
		}
	}
	want := map[string]int{"ANDROID PHONE": 2, "ANDROID TABLET": 1, "IOS PHONE": 2, "IOS TABLET": 1, "chrome": 1, "firefox": 1}
	if diff := cmp.Diff(want, count); diff != "" {
		t.Errorf("simulated (-want +got):\n%s", diff)
	}
}
