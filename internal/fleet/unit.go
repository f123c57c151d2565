package fleet

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

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

	browser device.Browser // of a browser
}

// Browser returns the browser that the unit is, the zero one if it is a device.
func (u Unit) Browser() device.Browser { return u.browser }

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
		u := Unit{ID: b.ID(), Name: b.Name, Shared: !b.Isolated, browser: b}
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

// Browsers returns the browsers with a name, a version and a platform, the newest
// first; "" is any. The name and the platform have no case. A version may be a
// whole one, the beginning of one, or, as on AWS, "latest", "latest-1" and so on.
func (u *Units) Browsers(name, version, platform string) []Unit {
	var found []Unit
	for _, unit := range u.units {
		b := unit.browser
		if len(unit.Seats) == 0 || !unit.Seats[0].Browser || !same(name, b.BrowserName()) || !same(platform, b.Platform) {
			continue
		}
		found = append(found, unit)
	}
	slices.SortFunc(found, func(a, b Unit) int {
		if n := device.CompareVersions(b.browser.Version, a.browser.Version); n != 0 {
			return n
		}
		return strings.Compare(a.ID, b.ID)
	})
	return withVersion(found, version)
}

// same reports whether a name is what is asked for; "" and, for platforms, "any"
// ask for nothing.
func same(asked, name string) bool {
	return asked == "" || strings.EqualFold(asked, "any") || strings.EqualFold(asked, name)
}

// withVersion returns the browsers, which are ordered, that have a version.
func withVersion(found []Unit, version string) []Unit {
	behind, relative := strings.CutPrefix(version, "latest")
	if !relative {
		return slices.DeleteFunc(found, func(u Unit) bool {
			have := u.browser.Version
			return version != "" && have != version && !strings.HasPrefix(have, version+".")
		})
	}
	n := 0
	if behind != "" {
		var err error
		if n, err = strconv.Atoi(strings.TrimPrefix(behind, "-")); err != nil || n < 0 {
			return nil
		}
	}
	var versions []string
	for _, u := range found {
		versions = append(versions, u.browser.Version)
	}
	if versions = slices.Compact(versions); n >= len(versions) {
		return nil
	}
	return slices.DeleteFunc(found, func(u Unit) bool { return u.browser.Version != versions[n] })
}

// BrowserNames returns the browsers as "name version on platform", in order.
func (u *Units) BrowserNames() []string {
	var names []string
	for _, unit := range u.units {
		if b := unit.browser; b.Name != "" {
			names = append(names, b.BrowserName()+" "+b.Version+" on "+b.Platform)
		}
	}
	slices.Sort(names)
	return names
}
