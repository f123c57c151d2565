// Package device holds what a lab has: devices with their instances, browsers,
// and the fleet of both, as its operator describes it.
//
// It decides what a valid fleet is, in what two fleets differ, what identifies a
// device, and which devices a filter of the API lets through. It does not know
// what an instance is doing at the moment, nor who asks.
package device

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// FormFactor is what a device looks like (DeviceFormFactor).
type FormFactor string

// The values of DeviceFormFactor.
const (
	Phone  FormFactor = "PHONE"
	Tablet FormFactor = "TABLET"
)

// FleetType says whom a device is for.
type FleetType string

// The values of a fleet type.
const (
	Public  FleetType = "PUBLIC"
	Private FleetType = "PRIVATE"
)

// Fleet is all that a lab has.
type Fleet struct {
	Devices  []Device
	Browsers []Browser
}

// Device is a model with a version of its operating system. Its name, manufacturer,
// model, platform, version and form factor identify it.
type Device struct {
	Name         string
	Manufacturer string
	Model        string
	ModelID      string
	Platform     offering.Platform
	OS           string // the version, such as "14" or "17.4.1"
	FormFactor   FormFactor
	CPU          CPU
	Resolution   Resolution
	HeapSize     int64 // bytes
	Memory       int64 // bytes
	Image        string
	Carrier      string
	Radio        string
	FleetType    FleetType // "" follows from the accounts that the instances are kept for
	FleetName    string

	NoRemoteAccess bool // remote access sessions cannot use it
	RemoteDebug    bool

	Instances []Instance
}

// CPU is a device's processor.
type CPU struct {
	Frequency    string  // the unit of Clock, such as "MHz"
	Architecture string  // such as "arm64-v8a"
	Clock        float64 // in the unit of Frequency
}

// Resolution is the size of a device's screen in pixels.
type Resolution struct{ Width, Height int }

// Instance is one physical device.
type Instance struct {
	UDID         string                     // unique in the fleet
	Appium       string                     // URL of the Appium server that drives it
	Capabilities map[string]json.RawMessage // forced upon every session on it
	Labels       []string
	Account      account.ID // that it is kept for; "" is every account
	Host         string     // the machine that runs its jobs
	Allow        []string   // what callers may ask for beyond the usual, by name; "*" is everything
	Drop         []string   // what its Appium server does not know, by name
}

// Browser is what test grid offers.
type Browser struct {
	Name         string // such as "chrome"; a note in parentheses may follow, such as "chrome (simulated)"
	Version      string
	Platform     string                     // such as "linux"
	WebDriver    string                     // URL of the WebDriver server that starts it
	Capacity     int                        // sessions at once
	Capabilities map[string]json.RawMessage // forced upon every session
	Allow        []string                   // capabilities and arguments that callers may use beyond the usual; "*" is all
	Drop         []string                   // capabilities that its WebDriver server does not know
	Isolated     bool                       // several accounts may use it at once
}

// ID returns the id of the device, which follows from what identifies it: a UUID,
// written as AWS writes those of devices.
func (d Device) ID() string {
	id := digest("device", d.Manufacturer, d.Model, string(d.Platform), d.OS, string(d.FormFactor), d.Name)
	return strings.ToUpper(hex.EncodeToString(id[:]))
}

// ARN returns the device's ARN, which names no account.
func (d Device) ARN() arn.ARN { return arn.New("", arn.Device, d.ID()) }

// ID returns the UUID of the instance, which follows from its udid.
func (i Instance) ID() string { return hyphened(digest("instance", i.UDID)) }

// ARN returns the instance's ARN. It names the account that the instance is kept
// for, and none if that is every account.
func (i Instance) ARN() arn.ARN { return arn.New(string(i.Account), arn.DeviceInstance, i.ID()) }

// SeenBy reports whether an account may see and use the instance.
func (i Instance) SeenBy(id account.ID) bool { return i.Account == "" || i.Account == id }

// ID returns the UUID of the browser, which follows from its name, version and
// platform.
func (b Browser) ID() string { return hyphened(digest("browser", b.Name, b.Version, b.Platform)) }

// BrowserName returns the name that clients ask for: the name without the note in
// parentheses that may follow it.
func (b Browser) BrowserName() string {
	name, _, _ := strings.Cut(b.Name, " (")
	return name
}

// Instance returns the instance with a udid and its device.
func (f Fleet) Instance(udid string) (Device, Instance, bool) {
	for _, d := range f.Devices {
		if i := slices.IndexFunc(d.Instances, func(i Instance) bool { return i.UDID == udid }); i >= 0 {
			return d, d.Instances[i], true
		}
	}
	return Device{}, Instance{}, false
}

// Device returns the device with an id.
func (f Fleet) Device(id string) (Device, bool) {
	i := slices.IndexFunc(f.Devices, func(d Device) bool { return d.ID() == id })
	if i < 0 {
		return Device{}, false
	}
	return f.Devices[i], true
}

// digest returns a UUID that follows from texts. It is of version 8, whose bits
// are the maker's own.
func digest(texts ...string) [16]byte {
	sum := sha256.New()
	for _, text := range texts {
		sum.Write([]byte(text))
		sum.Write([]byte{0})
	}
	id := [16]byte(sum.Sum(nil)[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

func hyphened(id [16]byte) string {
	text := hex.EncodeToString(id[:])
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}
