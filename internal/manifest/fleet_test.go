package manifest_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// A fleet as people write it, in both forms.
const (
	fleetYAML = `devices:
  - {name: "Pixel 8", manufacturer: Google, model: "Pixel 8", platform: ANDROID, os: "14", formFactor: PHONE,
     instances: [{udid: "8A1X0042", appium: "http://10.0.0.5:4723", capabilities: {"appium:udid": "8A1X0042"}, labels: [rack-1], account: "111122223333",
                  host: rack-1, allow: ["appium:noReset"], drop: []}]}
  - {name: "iPad", manufacturer: Apple, model: A2588, modelId: 7, platform: IOS, os: 17.10, formFactor: TABLET, remoteAccessEnabled: false,
     cpu: {frequency: MHz, architecture: arm64, clock: 3200.5}, resolution: {width: 1640, height: 2360}, heapSize: 0, memory: 8589934592}
browsers:
  - {name: chrome, version: 156, platform: linux, webdriver: "http://127.0.0.1:9515", capacity: 4, capabilities: {}, allow: ["--window-size"], isolated: false}
  - {name: firefox, version: "140", platform: linux, webdriver: "http://127.0.0.1:4444"}
`
	fleetJSON = `{"devices":[{"name":"Pixel 8","manufacturer":"Google","model":"Pixel 8","platform":"ANDROID","os":"14","formFactor":"PHONE",
"instances":[{"udid":"8A1X0042","appium":"http://10.0.0.5:4723","capabilities":{"appium:udid":  "8A1X0042"},"labels":["rack-1"],"account":"111122223333","host":"rack-1","allow":["appium:noReset"]}]},
{"name":"iPad","manufacturer":"Apple","model":"A2588","modelId":"7","platform":"IOS","os":"17.10","formFactor":"TABLET","remoteAccessEnabled":false,
"cpu":{"frequency":"MHz","architecture":"arm64","clock":3200.5},"resolution":{"width":1640,"height":2360},"memory":8589934592}],
"browsers":[{"name":"chrome","version":"156","platform":"linux","webdriver":"http://127.0.0.1:9515","capacity":4,"allow":["--window-size"]},
{"name":"firefox","version":"140","platform":"linux","webdriver":"http://127.0.0.1:4444","capacity":1}]}`
)

func TestParseFleet(t *testing.T) {
	want := device.Fleet{
		Devices: []device.Device{
			{
				Name: "Pixel 8", Manufacturer: "Google", Model: "Pixel 8", Platform: offering.Android, OS: "14", FormFactor: device.Phone,
				Instances: []device.Instance{{
					UDID: "8A1X0042", Appium: "http://10.0.0.5:4723", Labels: []string{"rack-1"}, Account: "111122223333", Host: "rack-1", Allow: []string{"appium:noReset"},
					Capabilities: map[string]json.RawMessage{"appium:udid": json.RawMessage(`"8A1X0042"`)},
				}},
			},
			{
				Name: "iPad", Manufacturer: "Apple", Model: "A2588", ModelID: "7", Platform: offering.IOS, OS: "17.10", FormFactor: device.Tablet, NoRemoteAccess: true,
				CPU: device.CPU{Frequency: "MHz", Architecture: "arm64", Clock: 3200.5}, Resolution: device.Resolution{Width: 1640, Height: 2360}, Memory: 8 << 30,
			},
		},
		Browsers: []device.Browser{
			{Name: "chrome", Version: "156", Platform: "linux", WebDriver: "http://127.0.0.1:9515", Capacity: 4, Allow: []string{"--window-size"}},
			{Name: "firefox", Version: "140", Platform: "linux", WebDriver: "http://127.0.0.1:4444", Capacity: 1},
		},
	}
	for _, body := range []string{fleetYAML, fleetJSON} {
		got, err := manifest.ParseFleet([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("fleet (-want +got):\n%s", diff)
		}
	}
}

func TestBadFleets(t *testing.T) {
	browse := func(members string) string {
		return `{"browsers":[{"name":"chrome","version":"1","platform":"linux","webdriver":"http://h",` + members + `}]}`
	}
	for _, tt := range []struct {
		name, body string
		kind       fault.Kind
		want       string
	}{
		{"unknown key", "device: []\n", fault.Malformed, `member "device" is unknown; it must be one of devices, browsers`},
		{"unknown key of a device", "devices:\n- {name: a, arn: b}\n", fault.Malformed, `member "devices[0].arn" is unknown; it must be one of name, manufacturer,`},
		{"unknown key of an instance", "devices:\n- {name: a, instances: [{udid: a, label: b}]}\n", fault.Malformed, `member "devices[0].instances[0].label" is unknown; it must be one of udid, appium,`},
		{"capabilities as a list", browse(`"capabilities":["a"]`), fault.Malformed, `member "browsers[0].capabilities" is a JSON array; it must be an object`},
		{"null", browse(`"capacity":null`), fault.Malformed, `member "browsers[0].capacity" is null`},
		{"account of eleven digits", "devices:\n- {instances: [{account: 11111111111}]}\n", fault.Malformed, `member "devices[0].instances[0].account" is "11111111111"; an account id has twelve digits`},
		{"name that is none", "devices:\n- {name: [a]}\n", fault.Malformed, `member "devices[0].name" is a JSON array; it must be a string or a number`},
		{"no capacity", browse(`"capacity":0`), fault.Argument, "browsers[0].capacity 0 must be from 1 to 10000"},
		{"no name", "devices:\n- {model: a}\n", fault.Argument, "devices[0].name is missing or empty; it is required"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := manifest.ParseFleet([]byte(tt.body))
			wantRefused(t, err, tt.kind, tt.want)
		})
	}
}

// FuzzParseFleet is FuzzParseCatalog for fleets.
func FuzzParseFleet(f *testing.F) {
	for _, body := range []string{
		fleetYAML, fleetJSON, `{"browsers":[{"name":"a","version":"b","platform":"c","webdriver":"http://h","capabilities":{"":1,"a":{"b":[1e400," "]}}}]}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		want, err := manifest.ParseFleet(body)
		if err != nil {
			wantKind(t, err)
			return
		}
		again, err := manifest.FormatFleet(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := manifest.ParseFleet(again)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatalf("%v, %s in %s", err, diff, again)
		}
		if changes := device.Changes(want, got); len(changes) > 0 {
			t.Fatalf("%v", changes)
		}
	})
}
