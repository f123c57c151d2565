package inventory

import (
	"github.com/slotfarm/slotfarm/internal/device"
)

// Edition is a version of the fleet, with its devices and instances by what they
// are looked up with. Nobody changes one.
type Edition struct {
	Number int // of the version; 0 is the fleet to begin with
	Fleet  device.Fleet

	devices   map[string]int // places by id
	udids     map[string]place
	instances map[string]place // by id
	browsers  map[string]int   // places by id
}

// place says where an instance stands in a fleet.
type place struct{ device, instance int }

func newEdition(number int, f device.Fleet) *Edition {
	e := &Edition{
		Number: number, Fleet: f,
		devices: map[string]int{}, udids: map[string]place{}, instances: map[string]place{}, browsers: map[string]int{},
	}
	for n, d := range f.Devices {
		e.devices[d.ID()] = n
		for k, i := range d.Instances {
			e.udids[i.UDID], e.instances[i.ID()] = place{n, k}, place{n, k}
		}
	}
	for n, b := range f.Browsers {
		e.browsers[b.ID()] = n
	}
	return e
}

// Device returns the device with an id.
func (e *Edition) Device(id string) (device.Device, bool) {
	n, ok := e.devices[id]
	if !ok {
		return device.Device{}, false
	}
	return e.Fleet.Devices[n], true
}

// Instance returns the instance with a udid, and its device.
func (e *Edition) Instance(udid string) (device.Device, device.Instance, bool) {
	p, ok := e.udids[udid]
	return e.at(p, ok)
}

// InstanceOf returns the instance with an id, and its device.
func (e *Edition) InstanceOf(id string) (device.Device, device.Instance, bool) {
	p, ok := e.instances[id]
	return e.at(p, ok)
}

func (e *Edition) at(p place, known bool) (device.Device, device.Instance, bool) {
	if !known {
		return device.Device{}, device.Instance{}, false
	}
	d := e.Fleet.Devices[p.device]
	return d, d.Instances[p.instance], true
}

// Browser returns the browser with an id.
func (e *Edition) Browser(id string) (device.Browser, bool) {
	n, ok := e.browsers[id]
	if !ok {
		return device.Browser{}, false
	}
	return e.Fleet.Browsers[n], true
}
