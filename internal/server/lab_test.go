package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
	"github.com/slotfarm/slotfarm/internal/server"
)

// lab is a fleet of two devices with three instances, and a browser: one instance
// is for everybody, one for alice, one for bob.
const lab = `devices:
- {name: Pixel 8, manufacturer: Google, model: Pixel 8, platform: ANDROID, os: 14, formFactor: PHONE, memory: 137438953472,
   cpu: {frequency: MHz, architecture: arm64-v8a, clock: 2914.5}, resolution: {width: 1080, height: 2400},
   instances: [{udid: 8A1X0042, appium: "http://10.0.0.5:4723", labels: [rack-1]},
               {udid: 8A1X0043, appium: "http://10.0.0.5:4723", account: "111111111111"}]}
- {name: iPad, manufacturer: Apple, model: iPad Air, platform: IOS, os: 17.4.1, formFactor: TABLET, remoteAccessEnabled: false,
   instances: [{udid: 00008030-001C2D, appium: "http://10.0.0.6:4723", account: "222222222222"}]}
browsers:
- {name: chrome, version: 156, platform: linux, webdriver: "http://127.0.0.1:9515", capacity: 4}
`

// labFleet returns the fleet of the document, on back-ends that answer until the test
// ends.
func labFleet(t *testing.T) device.Fleet {
	t.Helper()
	f, err := manifest.ParseFleet([]byte(lab))
	if err != nil {
		t.Fatal(err)
	}
	backends := httptest.NewServer(&testLab{sessions: map[string]bool{}})
	t.Cleanup(backends.Close)
	for _, d := range f.Devices {
		for n := range d.Instances {
			d.Instances[n].Appium = backends.URL + "/" + d.Instances[n].UDID
		}
	}
	for n := range f.Browsers {
		f.Browsers[n].WebDriver = backends.URL + "/browser"
	}
	return f
}

// allReady waits until every device and every seat of a browser is ready.
func (f *farm) allReady() {
	f.t.Helper()
	f.until("being ready", func() bool {
		var all, ready operatorapi.Devices
		f.operate(http.MethodGet, "/devices", "", &all)
		f.operate(http.MethodGet, "/devices?state=ready", "", &ready)
		return len(all.Devices) > 0 && len(ready.Devices) == len(all.Devices)
	})
}

// refused calls an operation and checks that it is refused with an exception and a
// message that holds a text.
func (f *farm) refused(account, operation, body, exception, message string) {
	f.t.Helper()
	a := f.call(account, operation, body)
	if a.Status != http.StatusBadRequest || a.Type() != exception || !strings.Contains(a.Message(), message) {
		f.t.Errorf("%s %s: %d %s, want %s with %q", operation, body, a.Status, a.Body, exception, message)
	}
}

// TestDevicesOfAccounts has accounts look at what there is: what is kept for one of
// them no other sees.
func TestDevicesOfAccounts(t *testing.T) {
	t.Parallel()
	f := start(t, server.Config{Fleet: labFleet(t)})
	f.allReady()
	look := func(account, body string) (seen []string) {
		t.Helper()
		var answer struct {
			Devices []struct {
				Name, FleetType, Availability string
				Instances                     []struct{ UDID, Status string }
			}
		}
		f.decode(f.accepted(account, "ListDevices", body), &answer)
		for _, d := range answer.Devices {
			text := d.Name + " " + d.FleetType + " " + d.Availability
			for _, i := range d.Instances {
				text += " " + i.UDID + " " + i.Status
			}
			seen = append(seen, text)
		}
		return seen
	}
	const (
		shared  = "Pixel 8 PUBLIC AVAILABLE 8A1X0042 AVAILABLE"
		alices  = "Pixel 8 PUBLIC HIGHLY_AVAILABLE 8A1X0042 AVAILABLE 8A1X0043 AVAILABLE"
		ofBob   = "iPad PRIVATE AVAILABLE 00008030-001C2D AVAILABLE"
		android = `{"filters":[{"attribute":"PLATFORM","operator":"EQUALS","values":["ANDROID"]},{"attribute":"OS_VERSION","operator":"GREATER_THAN","values":["9"]}]}`
		private = `{"filters":[{"attribute":"FLEET_TYPE","operator":"EQUALS","values":["PRIVATE"]}]}`
	)
	for _, tt := range []struct {
		account, body string
		want          []string
	}{
		{alice, `{}`, []string{alices}}, {bob, `{}`, []string{shared, ofBob}}, {"333333333333", `{}`, []string{shared}},
		{bob, android, []string{shared}}, {bob, private, []string{ofBob}}, {alice, private, nil},
	} {
		if diff := cmp.Diff(tt.want, look(tt.account, tt.body)); diff != "" {
			t.Errorf("account %s, %s (-want +got):\n%s", tt.account, tt.body, diff)
		}
	}
	fleet := labFleet(t)
	pad, pixel := fleet.Devices[1], fleet.Devices[0]
	f.refused(alice, "GetDevice", fmt.Sprintf(`{"arn":%q}`, pad.ARN()), notFound, "There is no device arn:aws:devicefarm:us-west-2::device:")
	f.refused(bob, "GetDeviceInstance", fmt.Sprintf(`{"arn":%q}`, pixel.Instances[1].ARN()), notFound, "There is no device instance")
	f.refused(bob, "UpdateDeviceInstance", fmt.Sprintf(`{"arn":%q,"labels":["mine"]}`, pixel.Instances[1].ARN()), notFound, "There is no device instance")
	strange := strings.Replace(pixel.Instances[0].ARN().String(), "::", ":"+bob+":", 1)
	f.refused(bob, "GetDeviceInstance", fmt.Sprintf(`{"arn":%q}`, strange), notFound, "There is no device instance")
	f.refused(bob, "ListDevices", `{"arn":"arn:aws:devicefarm:us-west-2:222222222222:project:none"}`, notFound, "There is no project")
}

// TestDeviceOnTheWire compares a whole answer with what AWS's model has, member by
// member: what the operator never said is not there.
func TestDeviceOnTheWire(t *testing.T) {
	t.Parallel()
	f := start(t, server.Config{Fleet: labFleet(t)})
	f.allReady()
	fleet := labFleet(t)
	for n, want := range []string{
		`{"device":{"arn":"ARN","availability":"AVAILABLE","cpu":{"frequency":"MHz","architecture":"arm64-v8a","clock":2914.5},"fleetType":"PUBLIC",` +
			`"formFactor":"PHONE","instances":[{"arn":"INSTANCE","deviceArn":"ARN","labels":["rack-1"],"status":"AVAILABLE","udid":"8A1X0042"}],` +
			`"manufacturer":"Google","memory":137438953472,"model":"Pixel 8","name":"Pixel 8","os":"14","platform":"ANDROID",` +
			`"remoteAccessEnabled":true,"remoteDebugEnabled":false,"resolution":{"width":1080,"height":2400}}}`,
		`{"device":{"arn":"ARN","availability":"AVAILABLE","fleetType":"PRIVATE","formFactor":"TABLET",` +
			`"instances":[{"arn":"INSTANCE","deviceArn":"ARN","labels":[],"status":"AVAILABLE","udid":"00008030-001C2D"}],` +
			`"manufacturer":"Apple","model":"iPad Air","name":"iPad","os":"17.4.1","platform":"IOS","remoteAccessEnabled":false,"remoteDebugEnabled":false}}`,
	} {
		d := fleet.Devices[n]
		want = strings.NewReplacer("ARN", d.ARN().String(), "INSTANCE", d.Instances[0].ARN().String()).Replace(want)
		got := f.accepted(bob, "GetDevice", fmt.Sprintf(`{"arn":%q}`, d.ARN()))
		var wanted, sent any
		if err := json.Unmarshal([]byte(want), &wanted); err != nil {
			t.Fatal(err)
		}
		f.decode(got, &sent)
		if diff := cmp.Diff(wanted, sent); diff != "" {
			t.Errorf("device (-want +got):\n%s", diff)
		}
	}
}

// TestSettingsOfInstances has two accounts label one instance and give it a profile:
// neither sees what the other says, and filters go by it.
func TestSettingsOfInstances(t *testing.T) {
	t.Parallel()
	f := start(t, server.Config{Fleet: labFleet(t)})
	shared := labFleet(t).Devices[0].Instances[0].ARN().String()
	profile := f.arnIn(alice, "CreateInstanceProfile", `{"name":"clean","packageCleanup":true,"rebootAfterUse":false,"excludeAppPackagesFromCleanup":["com.example"]}`)
	other := f.arnIn(bob, "CreateInstanceProfile", `{"name":"of bob"}`)
	f.accepted(alice, "UpdateDeviceInstance", fmt.Sprintf(`{"arn":%q,"labels":["ours"],"profileArn":%q}`, shared, profile))
	f.accepted(bob, "UpdateDeviceInstance", fmt.Sprintf(`{"arn":%q,"labels":[]}`, shared))
	f.refused(alice, "UpdateDeviceInstance", fmt.Sprintf(`{"arn":%q,"profileArn":%q}`, shared, other), notFound, "There is no instance profile")

	look := func(account string) string {
		t.Helper()
		var answer struct {
			DeviceInstance struct {
				Labels          []string
				InstanceProfile struct {
					ARN                            string
					PackageCleanup, RebootAfterUse bool
					Excluded                       []string `json:"excludeAppPackagesFromCleanup"`
				}
			}
		}
		f.decode(f.accepted(account, "GetDeviceInstance", fmt.Sprintf(`{"arn":%q}`, shared)), &answer)
		return fmt.Sprint(answer.DeviceInstance)
	}
	carol := "333333333333"
	for account, want := range map[string]string{
		alice: "{[ours] {" + profile + " true false [com.example]}}", bob: "{[] { false false []}}", carol: "{[rack-1] { false false []}}",
	} {
		if got := look(account); got != want {
			t.Errorf("account %s sees %s, want %s", account, got, want)
		}
	}
	labelled := `{"filters":[{"attribute":"INSTANCE_LABELS","operator":"CONTAINS","values":["ours"]}]}`
	if got, none := f.arnIn(alice, "ListDevices", labelled), string(f.accepted(carol, "ListDevices", labelled).Body); got == "" || none != `{"devices":[]}` {
		t.Errorf("devices with the label of alice: %s, and for carol %s", got, none)
	}
	f.accepted(alice, "UpdateDeviceInstance", fmt.Sprintf(`{"arn":%q}`, shared)) // changes nothing
	f.accepted(alice, "DeleteInstanceProfile", fmt.Sprintf(`{"arn":%q}`, profile))
	if got, want := look(alice), "{[ours] { false false []}}"; got != want {
		t.Errorf("without its profile, alice sees %s, want %s", got, want)
	}
}

// TestInstanceProfiles goes through the life of profiles, which have the defaults
// of AWS.
func TestInstanceProfiles(t *testing.T) {
	t.Parallel()
	f := start(t, server.Config{})
	first := f.arnIn(alice, "CreateInstanceProfile", `{"name":"a"}`)
	const made = `{"instanceProfile":{"arn":"ARN","packageCleanup":false,"excludeAppPackagesFromCleanup":[],"rebootAfterUse":true,"name":"a"}}`
	arnOnly := fmt.Sprintf(`{"arn":%q}`, first)
	if got, want := string(f.accepted(alice, "GetInstanceProfile", arnOnly).Body), strings.Replace(made, "ARN", first, 1); got != want {
		t.Errorf("profile = %s, want %s", got, want)
	}
	f.refused(bob, "GetInstanceProfile", arnOnly, notFound, first)
	f.refused(bob, "UpdateInstanceProfile", arnOnly, notFound, first)
	f.refused(bob, "DeleteInstanceProfile", arnOnly, notFound, first)
	f.accepted(alice, "UpdateInstanceProfile", fmt.Sprintf(`{"arn":%q,"name":"b","description":"d","rebootAfterUse":false}`, first))
	if got, want := string(f.accepted(alice, "GetInstanceProfile", arnOnly).Body), `"description":"d"`; !strings.Contains(got, want) || !strings.Contains(got, `"rebootAfterUse":false`) {
		t.Errorf("profile = %s, want %s and no reboot", got, want)
	}
	second := f.arnIn(alice, "CreateInstanceProfile", `{"name":"second"}`)
	want := []string{first, second}
	slices.Sort(want)
	if diff := cmp.Diff(want, f.arnsOf(alice, "ListInstanceProfiles", `"maxResults":1`)); diff != "" {
		t.Errorf("profiles, a page each (-want +got):\n%s", diff)
	}
	f.accepted(alice, "DeleteInstanceProfile", arnOnly)
	f.refused(alice, "DeleteInstanceProfile", arnOnly, notFound, first)
	f.refused(alice, "GetInstanceProfile", arnOnly, notFound, first)
}

// arnsOf returns the ARNs on all pages of a list; members are what else the input
// has.
func (f *farm) arnsOf(account, operation, members string) []string {
	f.t.Helper()
	var all []string
	for token := ""; ; {
		body := "{" + members
		if token != "" {
			body += `,"nextToken":` + fmt.Sprintf("%q", token)
		}
		a := f.accepted(account, operation, strings.Replace(body, "{,", "{", 1)+"}")
		for _, found := range firstARN.FindAllSubmatch(a.Body, -1) {
			all = append(all, string(found[1]))
		}
		if token = a.text("nextToken"); token == "" {
			return all
		}
	}
}
