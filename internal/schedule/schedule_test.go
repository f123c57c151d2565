package schedule_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/schedule"
)

const androidRemoteSlot = "D68B3C05-1BA6-4360-BC69-510F4D3B2A03"

var (
	now     = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	remote  = lease.Class{Kind: account.RemoteAccess, Platform: offering.Android, Method: account.Unmetered}
	metered = lease.Class{Kind: account.RemoteAccess, Platform: offering.Android, Method: account.Metered}
)

// queue returns the queue of an account that holds remote access slots.
func queue(id account.ID, slots int, waits ...schedule.Wait) schedule.Queue {
	state := account.State{Seed: "s", At: now, Status: account.Active, Holdings: []account.Holding{{OfferingID: androidRemoteSlot, Current: slots}}}
	q := schedule.Queue{Account: id, Rights: lease.RightsOf(state, account.Terms{Catalog: offering.Default(), MaxSlots: 10}), Waits: waits}
	q.Usage.Waiting = len(waits)
	return q
}

func wait(n int, c lease.Class, units ...string) schedule.Wait {
	return schedule.Wait{Session: fmt.Sprint("s", n), Class: c, Units: units, Place: int64(n)}
}

func free(units ...string) []schedule.Free {
	var all []schedule.Free
	for n, unit := range units {
		all = append(all, schedule.Free{ID: fmt.Sprint(unit, "-", n), Unit: unit})
	}
	return all
}

// begun returns the matches as session@unit.
func begun(matches []schedule.Match) []string {
	var all []string
	for _, m := range matches {
		all = append(all, m.Wait.Session+"@"+m.Free.Unit)
	}
	return all
}

func TestAdmit(t *testing.T) {
	only := wait(1, remote, "pixel")
	only.Only = "pixel-1"
	kept := free("pixel")
	kept[0].For = "222222222222"
	tests := []struct {
		name string
		q    schedule.Queue
		free []schedule.Free
		want []string
	}{
		{"in their order", queue("1", 2, wait(1, remote, "pixel"), wait(2, remote, "pixel"), wait(3, remote, "pixel")), free("pixel", "pixel", "pixel"), []string{"s1@pixel", "s2@pixel"}},
		{"who waits for another device blocks nobody", queue("1", 2, wait(1, remote, "pixel"), wait(2, remote, "galaxy")), free("galaxy"), []string{"s2@galaxy"}},
		{"who has no slot blocks nobody", queue("1", 0, wait(1, remote, "pixel"), wait(2, metered, "pixel")), free("pixel"), []string{"s2@pixel"}},
		{"the first of several units", queue("1", 1, wait(1, remote, "galaxy", "pixel")), free("pixel", "galaxy"), []string{"s1@galaxy"}},
		{"another unit that would do", queue("1", 1, wait(1, remote, "galaxy", "pixel")), free("pixel"), []string{"s1@pixel"}},
		{"only one instance would do", queue("1", 1, only), free("pixel", "pixel"), []string{"s1@pixel"}},
		{"the instance is kept for another account", queue("111111111111", 1, wait(1, remote, "pixel")), kept, nil},
		{"nothing is free", queue("1", 1, wait(1, remote, "pixel")), nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, begun(tt.q.Admit(tt.free))); diff != "" {
				t.Errorf("begun (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAdmitIsFair draws queues and free instances: nothing is given twice, no more
// begin than there are slots, and nobody passes one of its class that wants the
// same.
func TestAdmitIsFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		units := rapid.SampledFrom([]string{"a", "b", "c"})
		var waits []schedule.Wait
		for n := range rapid.IntRange(0, 12).Draw(t, "waiting") {
			class := rapid.SampledFrom([]lease.Class{remote, metered}).Draw(t, "class")
			waits = append(waits, wait(n, class, rapid.SliceOfNDistinct(units, 1, 2, rapid.ID[string]).Draw(t, "units")...))
		}
		slots := rapid.IntRange(0, 6).Draw(t, "slots")
		instances := free(rapid.SliceOfN(units, 0, 8).Draw(t, "free")...)
		matches := queue("1", slots, waits...).Admit(instances)

		given, began, count := map[string]bool{}, map[string]bool{}, map[lease.Class]int{}
		for _, m := range matches {
			if given[m.Free.ID] || began[m.Wait.Session] {
				t.Fatalf("%v: given twice", matches)
			}
			given[m.Free.ID], began[m.Wait.Session] = true, true
			count[m.Wait.Class]++
		}
		if count[remote] > slots || count[metered] > 5 {
			t.Fatalf("%v begin with %d slots", count, slots)
		}
		for _, m := range matches {
			for _, earlier := range waits[:m.Wait.Place] {
				if !began[earlier.Session] && earlier.Class == m.Wait.Class && wants(earlier, m.Free.Unit) {
					t.Fatalf("%s passed %s", m.Wait.Session, earlier.Session)
				}
			}
		}
	})
}

func wants(w schedule.Wait, unit string) bool {
	for _, u := range w.Units {
		if u == unit {
			return true
		}
	}
	return false
}

func TestDivide(t *testing.T) {
	rival := func(id account.ID, last time.Duration, slots, waiting int) schedule.Rival {
		var waits []schedule.Wait
		for n := range waiting {
			waits = append(waits, wait(n+1, remote, "pixel"))
		}
		c := schedule.Claim{Account: id, Since: now}
		if last > 0 {
			c.Last = now.Add(-last)
		}
		return schedule.Rival{Claim: c, Queue: queue(id, slots, waits...)}
	}
	tests := []struct {
		name   string
		rivals []schedule.Rival
		free   int
		want   map[account.ID]int
	}{
		{"who got it longest ago", []schedule.Rival{rival("1", time.Hour, 5, 5), rival("2", 2*time.Hour, 5, 5)}, 1, map[account.ID]int{"2": 1}},
		{"who never got it comes first", []schedule.Rival{rival("1", time.Hour, 5, 5), rival("2", 0, 5, 5)}, 1, map[account.ID]int{"2": 1}},
		{"in turns", []schedule.Rival{rival("1", time.Hour, 5, 5), rival("2", 2*time.Hour, 5, 5)}, 5, map[account.ID]int{"2": 3, "1": 2}},
		{"who has no slot lets others pass", []schedule.Rival{rival("1", time.Hour, 5, 5), rival("2", 2*time.Hour, 0, 5)}, 2, map[account.ID]int{"1": 2}},
		{"as many as wait", []schedule.Rival{rival("1", time.Hour, 5, 1), rival("2", 2*time.Hour, 1, 5)}, 5, map[account.ID]int{"1": 1, "2": 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var units []string
			for range tt.free {
				units = append(units, "pixel")
			}
			got := map[account.ID]int{}
			for id, matches := range schedule.Divide(tt.rivals, free(units...)) {
				got[id] = len(matches)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("shares (-want +got):\n%s", diff)
			}
		})
	}
}
