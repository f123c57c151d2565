package device

import (
	"encoding/json"

	"github.com/slotfarm/slotfarm/internal/offering"
)

// note ends the names of what is simulated.
const note = " (simulated)"

// SimulatedUDID begins the udids of simulated devices.
const SimulatedUDID = "SIM-"

// Simulated returns a fleet of simulated devices and browsers, which their names
// say: two Android phones and a tablet, two iPhones and an iPad, and two browsers.
// Where returns the URL of the simulator that stands in for the instance with a udid,
// or for the browser with a name.
func Simulated(where func(name string) string) Fleet {
	phone := Resolution{1080, 2400}
	f := Fleet{
		Devices: []Device{
			simulated(Device{Name: "Google Pixel 8", Manufacturer: "Google", Model: "Pixel 8", Platform: offering.Android, OS: "14", FormFactor: Phone, Resolution: phone}),
			simulated(Device{Name: "Samsung Galaxy S23", Manufacturer: "Samsung", Model: "Galaxy S23", Platform: offering.Android, OS: "13", FormFactor: Phone, Resolution: phone}),
			simulated(Device{Name: "Samsung Galaxy Tab S9", Manufacturer: "Samsung", Model: "Galaxy Tab S9", Platform: offering.Android, OS: "13", FormFactor: Tablet, Resolution: Resolution{1600, 2560}}),
			simulated(Device{Name: "Apple iPhone 15", Manufacturer: "Apple", Model: "iPhone 15", Platform: offering.IOS, OS: "17.4.1", FormFactor: Phone, Resolution: Resolution{1179, 2556}}),
			simulated(Device{Name: "Apple iPhone 13", Manufacturer: "Apple", Model: "iPhone 13", Platform: offering.IOS, OS: "16.7", FormFactor: Phone, Resolution: Resolution{1170, 2532}}),
			simulated(Device{Name: "Apple iPad Air", Manufacturer: "Apple", Model: "iPad Air", Platform: offering.IOS, OS: "17.4.1", FormFactor: Tablet, Resolution: Resolution{1640, 2360}}),
		},
		Browsers: []Browser{
			{Name: "chrome", Version: "140.0", Platform: "linux"},
			{Name: "firefox", Version: "143.0", Platform: "linux"},
		},
	}
	udids := []string{"SIM-ANDROID-1", "SIM-ANDROID-2", "SIM-ANDROID-3", "SIM-IOS-1", "SIM-IOS-2", "SIM-IOS-3"}
	for n, udid := range udids {
		quoted := json.RawMessage(`"` + udid + `"`)
		f.Devices[n].Instances = []Instance{{
			UDID: udid, Appium: where(udid), Allow: []string{"*"}, Capabilities: map[string]json.RawMessage{"appium:udid": quoted},
		}}
	}
	for n, b := range f.Browsers {
		b.WebDriver, b.Capacity, b.Allow, b.Isolated = where(b.Name), 4, []string{"*"}, true
		b.Name += note
		f.Browsers[n] = b
	}
	return f
}

// simulated returns a device with what simulated ones have in common.
func simulated(d Device) Device {
	d.Name += note
	d.CPU = CPU{Frequency: "MHz", Architecture: "arm64", Clock: 2400}
	if d.Platform == offering.Android {
		d.CPU.Architecture = "arm64-v8a"
	}
	d.HeapSize, d.Memory = 512<<20, 128<<30
	return d
}
