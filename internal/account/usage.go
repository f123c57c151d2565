package account

import (
	"cmp"
	"slices"
	"time"

	"github.com/slotfarm/slotfarm/internal/offering"
)

// Usage is what an account used of the lab in a billing period.
type Usage struct {
	Period offering.Period
	Groups []UsageGroup // the longest first
	Rest   UsageGroup   // sums up those that are in no group
	Total  UsageGroup   // sums up all of them
	Slots  []SlotUsage  // by use and platform, in the order of the catalogue
}

// UsageGroup sums up the sessions of one project, kind and device.
type UsageGroup struct {
	Project  string
	Kind     SessionKind
	Device   string
	Platform offering.Platform
	Sessions int
	Length   Millis
	Metered  Millis // the part of Length that is charged, or paid by the trial
	Trial    Millis // the part of Metered that the trial pays for
	Cost     Cents
}

// SlotUsage compares the slots of one use and platform with what they were used
// for. Held is by the account's clock, and Used by the wall clock.
type SlotUsage struct {
	RemoteAccess bool
	Platform     offering.Platform
	Held         Millis // one slot for an hour is an hour
	Used         Millis // by sessions that are unmetered
}

// maxUsageGroups is how many groups a usage has at most.
const maxUsageGroups = 1000

// UsageDraft is the usage of a period while the account's events are read.
type UsageDraft struct {
	usage   Usage
	catalog offering.Catalog
	groups  map[usageKey]*UsageGroup
	state   State
	at      time.Time // up to which slots are counted
}

type usageKey struct {
	project  string
	kind     SessionKind
	device   string
	platform offering.Platform
}

// NewUsageDraft begins the usage of a period. The account's state was before at its
// start. The catalogue says what the slots are for.
func NewUsageDraft(p offering.Period, catalog offering.Catalog, before State) *UsageDraft {
	d := &UsageDraft{usage: Usage{Period: p}, catalog: catalog, groups: map[usageKey]*UsageGroup{}, state: before, at: p.Start()}
	for _, o := range catalog.Offerings {
		d.slots(o.RemoteAccess, o.Platform)
	}
	return d
}

// slots returns where the slots of a use and platform are counted.
func (d *UsageDraft) slots(remote bool, platform offering.Platform) *SlotUsage {
	i := slices.IndexFunc(d.usage.Slots, func(s SlotUsage) bool { return s.RemoteAccess == remote && s.Platform == platform })
	if i < 0 {
		d.usage.Slots = append(d.usage.Slots, SlotUsage{RemoteAccess: remote, Platform: platform})
		i = len(d.usage.Slots) - 1
	}
	return &d.usage.Slots[i]
}

// Add takes the period's next event.
func (d *UsageDraft) Add(e Event) {
	d.hold(e.At)
	d.state = Apply(d.state, e)
	if e.Kind != KindBooked {
		return
	}
	b := *e.Booking
	d.group(b.Session).add(b)
	d.usage.Total.add(b)
	if s := b.Session; s.Method == Unmetered && s.Kind.onDevice() {
		d.slots(s.Kind == RemoteAccess, s.Platform).Used += b.Length
	}
}

// hold counts what is held up to an instant.
func (d *UsageDraft) hold(until time.Time) {
	if !until.After(d.at) {
		return
	}
	took := Millis(until.Sub(d.at).Milliseconds())
	for _, h := range d.state.Holdings {
		if o, ok := d.catalog.Offering(h.OfferingID); ok {
			d.slots(o.RemoteAccess, o.Platform).Held += took * Millis(h.Current)
		}
	}
	d.at = until
}

// group returns the group of a session.
func (d *UsageDraft) group(s Session) *UsageGroup {
	key := usageKey{s.Project, s.Kind, s.Device, s.Platform}
	if g, ok := d.groups[key]; ok {
		return g
	}
	if len(d.groups) == maxUsageGroups {
		return &d.usage.Rest
	}
	g := &UsageGroup{Project: s.Project, Kind: s.Kind, Device: s.Device, Platform: s.Platform}
	d.groups[key] = g
	return g
}

func (g *UsageGroup) add(b Booking) {
	g.Sessions++
	g.Length += b.Length
	g.Trial += b.Trial
	g.Cost += b.Cost
	if b.Session.charged() {
		g.Metered += b.Length
	}
}

// Usage returns the usage of what was added. Slots are counted up to the end of
// the period, or up to now.
func (d *UsageDraft) Usage(now time.Time) Usage {
	end := d.usage.Period.Next().Start()
	if now.Before(end) {
		end = now
	}
	d.hold(end)
	u := d.usage
	for _, g := range d.groups {
		u.Groups = append(u.Groups, *g)
	}
	slices.SortFunc(u.Groups, func(a, b UsageGroup) int {
		return cmp.Or(cmp.Compare(b.Length, a.Length), cmp.Compare(a.Project, b.Project), cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(a.Device, b.Device), cmp.Compare(a.Platform, b.Platform))
	})
	return u
}
