package device

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kind says what a change is about.
type Kind string

// The kinds.
const (
	ADevice    Kind = "device"
	AnInstance Kind = "instance"
	ABrowser   Kind = "browser"
)

// Act says what a change does.
type Act string

// The acts.
const (
	Added   Act = "added"
	Removed Act = "removed"
	Changed Act = "changed"
)

// Change is one thing in which two fleets differ.
type Change struct {
	Act   Act
	Kind  Kind
	ID    string // of a device or a browser, the udid of an instance
	Name  string // for people
	Field string // that changed, by its name in the document; "" for what comes or goes
	Old   string // the field's value, as people read it
	New   string
}

// String returns the change as a line that begins with +, - or ~ for added, removed
// and changed.
func (c Change) String() string {
	subject := string(c.Kind) + " " + c.Name
	switch c.Act {
	case Added:
		return "+ " + subject
	case Removed:
		return "- " + subject
	}
	return fmt.Sprintf("~ %s: %s %s → %s", subject, c.Field, c.Old, c.New)
}

// Changes returns in what another fleet differs from an old one: devices first, each
// followed by its instances, then browsers. Fleets that say the same give none,
// whatever the order in which they say it.
func Changes(old, other Fleet) []Change {
	var changes []Change
	for _, d := range compared(old.Devices, other.Devices, Device.ID) {
		changes = append(changes, changesOf(ADevice, d)...)
	}
	for _, i := range compared(placed(old), placed(other), placement.udid) {
		changes = append(changes, changesOf(AnInstance, i)...)
	}
	for _, b := range compared(old.Browsers, other.Browsers, Browser.ID) {
		changes = append(changes, changesOf(ABrowser, b)...)
	}
	return changes
}

// pair is a thing of two fleets; nil where one of them does not have it.
type pair[T any] struct {
	id         string
	old, other *T
}

// compared pairs what has the same id: the old ones in their order, then those that
// came.
func compared[T any](old, other []T, id func(T) string) []pair[T] {
	var pairs []pair[T]
	place := map[string]int{}
	for n := range old {
		place[id(old[n])] = len(pairs)
		pairs = append(pairs, pair[T]{id: id(old[n]), old: &old[n]})
	}
	for n := range other {
		if at, ok := place[id(other[n])]; ok {
			pairs[at].other = &other[n]
			continue
		}
		pairs = append(pairs, pair[T]{id: id(other[n]), other: &other[n]})
	}
	return pairs
}

// placement is an instance with the device that it is.
type placement struct {
	Instance
	device string
}

func (p placement) udid() string { return p.UDID }

func placed(f Fleet) []placement {
	var all []placement
	for _, d := range f.Devices {
		for _, i := range d.Instances {
			all = append(all, placement{i, d.title()})
		}
	}
	return all
}

// title names a device for people, by all that identifies it.
func (d Device) title() string {
	return fmt.Sprintf("%q (%s %s, %s %s, %s)", d.Name, d.Manufacturer, d.Model, d.Platform, d.OS, d.FormFactor)
}

// title names an instance and its device for people.
func (p placement) title() string { return p.UDID + " of " + p.device }

// title names a browser for people.
func (b Browser) title() string { return fmt.Sprintf("%q (%s, %s)", b.Name, b.Version, b.Platform) }

// field is a value by its name in the document.
type field struct{ name, value string }

// difference returns the changes from one list of fields to another of the same
// names. Of what comes or goes it returns one change.
func difference(about Change, old, other []field) []Change {
	switch {
	case old == nil:
		about.Act = Added
		return []Change{about}
	case other == nil:
		about.Act = Removed
		return []Change{about}
	}
	var changes []Change
	for n := range old {
		if old[n].value != other[n].value {
			c := about
			c.Act, c.Field, c.Old, c.New = Changed, old[n].name, old[n].value, other[n].value
			changes = append(changes, c)
		}
	}
	return changes
}

// described is what a change is about.
type described interface {
	title() string
	fields() []field
}

// changesOf returns in what one thing of two fleets differs.
func changesOf[T described](kind Kind, p pair[T]) []Change {
	about := Change{Kind: kind, ID: p.id}
	var old, other []field
	if p.old != nil {
		about.Name, old = (*p.old).title(), (*p.old).fields()
	}
	if p.other != nil {
		about.Name, other = (*p.other).title(), (*p.other).fields()
	}
	return difference(about, old, other)
}

// fields returns what does not identify the device.
func (d Device) fields() []field {
	return []field{
		{"modelId", quoted(d.ModelID)},
		{"cpu", fmt.Sprintf("%q %q %v", d.CPU.Architecture, d.CPU.Frequency, d.CPU.Clock)},
		{"resolution", fmt.Sprintf("%d × %d", d.Resolution.Width, d.Resolution.Height)},
		{"heapSize", fmt.Sprint(d.HeapSize)}, {"memory", fmt.Sprint(d.Memory)},
		{"image", quoted(d.Image)}, {"carrier", quoted(d.Carrier)}, {"radio", quoted(d.Radio)},
		{"fleetType", quoted(string(d.FleetType))}, {"fleetName", quoted(d.FleetName)},
		{"remoteAccessEnabled", fmt.Sprint(!d.NoRemoteAccess)}, {"remoteDebugEnabled", fmt.Sprint(d.RemoteDebug)},
	}
}

func (p placement) fields() []field {
	return []field{
		{"device", p.device}, {"appium", quoted(p.Appium)}, {"capabilities", object(p.Capabilities)},
		{"labels", list(p.Labels)}, {"account", quoted(string(p.Account))}, {"host", quoted(p.Host)},
		{"allow", list(p.Allow)}, {"drop", list(p.Drop)},
	}
}

func (b Browser) fields() []field {
	return []field{
		{"webdriver", quoted(b.WebDriver)}, {"capacity", fmt.Sprint(b.Capacity)},
		{"capabilities", object(b.Capabilities)}, {"allow", list(b.Allow)}, {"drop", list(b.Drop)},
		{"isolated", fmt.Sprint(b.Isolated)},
	}
}

func quoted(text string) string {
	if text == "" {
		return "none"
	}
	return fmt.Sprintf("%q", text)
}

func list(texts []string) string {
	if len(texts) == 0 {
		return "none"
	}
	var all []string
	for _, text := range texts {
		all = append(all, fmt.Sprintf("%q", text))
	}
	return strings.Join(all, ", ")
}

// object returns capabilities as JSON, in the order of their names.
func object(capabilities map[string]json.RawMessage) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(capabilities)) {
		var value bytes.Buffer
		if err := json.Compact(&value, capabilities[name]); err != nil {
			value.Write(capabilities[name])
		}
		all = append(all, fmt.Sprintf("%q: %s", name, value.String()))
	}
	return "{" + strings.Join(all, ", ") + "}"
}
