package fleet

import (
	"encoding/json"
	"fmt"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// Unit is what sessions ask for: a device with its instances, or a browser with
// its seats.
type Unit struct {
	ID       string
	Name     string
	Platform offering.Platform // "" of browsers
	Shared   bool              // its seats serve one account at a time
	Seats    []Seat
}

// Seat is one instance of a unit, with what its back-end has to be asked.
type Seat struct {
	ID           string // of the instance
	Unit         string
	Name         string                     // of the unit
	URL          string                     // of the WebDriver or Appium server
	Capabilities map[string]json.RawMessage // forced upon every session
	Allow        []string                   // what callers may ask for beyond the usual
	Drop         []string                   // what the back-end does not know
	For          account.ID                 // the one account that may have it; "" is every account
	Host         string                     // that runs its jobs
	Browser      bool
}

// Units are all units of a fleet. UnitsOf makes them.
type Units struct {
	units map[string]Unit
	seats map[string]Seat
}

// UnitsOf returns the units of a fleet.
func UnitsOf(f device.Fleet) *Units {
	all := &Units{map[string]Unit{}, map[string]Seat{}}
	for _, d := range f.Devices {
		u := Unit{ID: d.ID(), Name: d.Name, Platform: d.Platform}
		for _, i := range d.Instances {
			u.Seats = append(u.Seats, Seat{
				ID: i.UDID, Unit: u.ID, Name: u.Name, URL: i.Appium, Capabilities: i.Capabilities,
				Allow: i.Allow, Drop: i.Drop, For: i.Account, Host: i.Host,
			})
		}
		all.add(u)
	}
	for _, b := range f.Browsers {
		u := Unit{ID: b.ID(), Name: b.Name, Shared: !b.Isolated}
		for n := range b.Capacity {
			u.Seats = append(u.Seats, Seat{
				ID: fmt.Sprintf("%s.%04d", u.ID, n+1), Unit: u.ID, Name: u.Name, URL: b.WebDriver,
				Capabilities: b.Capabilities, Allow: b.Allow, Drop: b.Drop, Browser: true,
			})
		}
		all.add(u)
	}
	return all
}

func (u *Units) add(unit Unit) {
	u.units[unit.ID] = unit
	for _, s := range unit.Seats {
		u.seats[s.ID] = s
	}
}

// Unit returns the unit with an id.
func (u *Units) Unit(id string) (Unit, bool) {
	found, ok := u.units[id]
	return found, ok
}

// Seat returns the seat that is an instance.
func (u *Units) Seat(id string) (Seat, bool) {
	found, ok := u.seats[id]
	return found, ok
}
