package lease_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/offering"
)

const (
	iosSlot           = "A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01"
	androidRemoteSlot = "D68B3C05-1BA6-4360-BC69-510F4D3B2A03"
)

var (
	now   = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	terms = account.Terms{Catalog: offering.Default(), MaxSlots: 10}

	androidRemote = lease.Class{Kind: account.RemoteAccess, Platform: offering.Android, Method: account.Unmetered}
	androidJob    = lease.Class{Kind: account.Job, Platform: offering.Android, Method: account.Unmetered}
	iosJob        = lease.Class{Kind: account.Job, Platform: offering.IOS, Method: account.Unmetered}
	meteredRemote = lease.Class{Kind: account.RemoteAccess, Platform: offering.IOS, Method: account.Metered}
	meteredJob    = lease.Class{Kind: account.Job, Platform: offering.Android, Method: account.Metered}
	grid          = lease.Class{Kind: account.TestGrid, Method: account.Metered}
)

// classes are all that sessions may be counted as.
var classes = []lease.Class{androidRemote, androidJob, iosJob, meteredRemote, meteredJob, grid}

// holding returns the rights of an account with slots and a status.
func holding(status account.Status, holdings ...account.Holding) lease.Rights {
	return lease.RightsOf(account.State{Seed: "s", At: now, Status: status, Holdings: holdings}, terms)
}

func TestRights(t *testing.T) {
	r := holding(account.Active, account.Holding{OfferingID: iosSlot, Current: 3}, account.Holding{OfferingID: androidRemoteSlot, Current: 2})
	got := map[lease.Class]int{}
	for _, c := range classes {
		got[c] = r.Most(c)
	}
	want := map[lease.Class]int{androidRemote: 2, androidJob: 0, iosJob: 3, meteredRemote: 5, meteredJob: 5, grid: 50}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rights (-want +got):\n%s", diff)
	}
	if r.Waiting != 250 {
		t.Errorf("at most %d wait, want 250", r.Waiting)
	}
}

// TestMeteredSessionsShareABound counts metered sessions of all kinds and platforms
// together, and those of the test grid apart.
func TestMeteredSessionsShareABound(t *testing.T) {
	r := holding(account.Active)
	var u lease.Usage
	for range 3 {
		u = u.Begin(meteredRemote)
	}
	u = u.Begin(meteredJob).Begin(grid)
	if got := r.Free(u, meteredJob); got != 1 {
		t.Errorf("%d more metered sessions may begin, want 1 of 5", got)
	}
	if got := r.Free(u, grid); got != 49 {
		t.Errorf("%d more test grid sessions may begin, want 49 of 50", got)
	}
}

func TestWhoMayQueue(t *testing.T) {
	full := lease.Usage{Waiting: 250}
	tests := []struct {
		name   string
		status account.Status
		usage  lease.Usage
		want   fault.Kind
	}{
		{"suspended", account.Suspended, lease.Usage{}, fault.ServiceAccount},
		{"ineligible", account.Ineligible, lease.Usage{}, fault.NotEligible},
		{"too many wait", account.Active, full, fault.LimitExceeded},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := holding(tt.status, account.Holding{OfferingID: iosSlot, Current: 1})
			if err := r.CheckQueue(tt.usage); err == nil || fault.KindOf(err) != tt.want {
				t.Errorf("error = %v, want kind %d", err, tt.want)
			}
			if free := r.Free(tt.usage, iosJob); tt.status != account.Active && free != 0 {
				t.Errorf("%d sessions may begin, want none", free)
			}
		})
	}
	if err := holding(account.Active).CheckQueue(lease.Usage{Waiting: 249}); err != nil {
		t.Errorf("249 wait: %v, want room for one", err)
	}
}

// TestUsageCounts has sessions begin and end in any order: the counts are those of
// the ones that began and have not ended, and survive their storage.
func TestUsageCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var u lease.Usage
		live := map[lease.Class]int{}
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			c := rapid.SampledFrom(classes).Draw(t, "class")
			if live[c] > 0 && rapid.Bool().Draw(t, "end") {
				u = u.End(c)
				if live[c]--; live[c] == 0 {
					delete(live, c)
				}
				continue
			}
			u = u.Begin(c)
			live[c]++
		}
		body, err := json.Marshal(u)
		if err != nil {
			t.Fatal(err)
		}
		var again lease.Usage
		if err := json.Unmarshal(body, &again); err != nil {
			t.Fatal(err)
		}
		if diff := again.Differs(lease.Usage{InUse: live}); diff != "" && len(live)+len(again.InUse) > 0 {
			t.Fatal(diff)
		}
	})
}

// step is one thing that may happen to an instance.
var steps = map[string]func(lease.Instance, int) lease.Instance{
	"hold": func(i lease.Instance, n int) lease.Instance {
		if held, err := i.Hold(fmt.Sprint("s", n), "111111111111", now); err == nil {
			return held
		}
		return i
	},
	"release":  func(i lease.Instance, n int) lease.Instance { return i.Release(i.Session, time.Time{}, now) },
	"other":    func(i lease.Instance, n int) lease.Instance { return i.Release("other", time.Time{}, now) },
	"cleaned":  func(i lease.Instance, n int) lease.Instance { return i.Cleaned(now) },
	"silent":   func(i lease.Instance, n int) lease.Instance { return i.Silent("no answer", now) },
	"fail":     func(i lease.Instance, n int) lease.Instance { return i.Fail("no create", now) },
	"drain":    func(i lease.Instance, n int) lease.Instance { return i.Drain("repair", now) },
	"resume":   func(i lease.Instance, n int) lease.Instance { return i.Resume("repaired", now) },
	"restart":  func(i lease.Instance, n int) lease.Instance { return i.Restart(now) },
	"isolated": func(i lease.Instance, n int) lease.Instance { i, _ = i.Quarantine("smoke", now); return i },
}

// TestInstances has anything happen to an instance: its fence never goes back and
// is new for each session, only a ready one is held, after a session it is cleaned
// before it is ready, and what an operator took out of use stays out of use.
func TestInstances(t *testing.T) {
	var names []string
	for name := range steps {
		names = append(names, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		i := lease.NewInstance("udid", "unit", now)
		for n, name := range rapid.SliceOfN(rapid.SampledFrom(names), 1, 60).Draw(t, "steps") {
			before := i
			i = steps[name](i, n)
			switch {
			case i.Fence < before.Fence:
				t.Fatalf("%s: fence went from %d to %d", name, before.Fence, i.Fence)
			case i.Phase == lease.Held && before.Phase != lease.Held && (before.Phase != lease.Ready || i.Fence == before.Fence):
				t.Fatalf("%s: held after %s with fence %d after %d", name, before.Phase, i.Fence, before.Fence)
			case before.Phase == lease.Held && i.Phase == lease.Ready:
				t.Fatalf("%s: ready straight after a session", name)
			case i.Phase == lease.Ready && (i.Leave || i.Session != ""):
				t.Fatalf("%s: ready with %+v", name, i)
			case before.Phase == lease.Quarantined && i.Phase != lease.Quarantined && name != "resume" && name != "drain":
				t.Fatalf("%s: left quarantine as %s", name, i.Phase)
			case len(i.Past) > 21:
				t.Fatalf("%d changes are remembered", len(i.Past))
			}
		}
	})
}

func TestFaultsQuarantine(t *testing.T) {
	i := lease.NewInstance("udid", "unit", now).Cleaned(now)
	i = i.Fail("first", now).Fail("second", now.Add(59*time.Minute))
	if i.Phase != lease.Suspect {
		t.Fatalf("after two faults it is %s, want suspect", i.Phase)
	}
	if later := i.Fail("third, an hour after the first", now.Add(time.Hour)); later.Phase != lease.Suspect {
		t.Errorf("with two faults in the last hour it is %s, want suspect", later.Phase)
	}
	i = i.Fail("third", now.Add(59*time.Minute))
	if i.Phase != lease.Quarantined || i.Reason != "third" {
		t.Errorf("after three faults within an hour it is %s (%s), want quarantined", i.Phase, i.Reason)
	}
	if i = i.Resume("looked at", now); i.Phase != lease.Preparing || len(i.Faults) != 0 {
		t.Errorf("resumed: %+v, want preparing and no faults", i)
	}
}

func TestDrainWaitsForTheSession(t *testing.T) {
	i, err := lease.NewInstance("udid", "unit", now).Cleaned(now).Hold("s", "111111111111", now)
	if err != nil {
		t.Fatal(err)
	}
	i = i.Drain("new battery", now)
	if i.Phase != lease.Held {
		t.Fatalf("a held instance is %s once it is drained, want held", i.Phase)
	}
	if i = i.Release("s", time.Time{}, now).Cleaned(now); i.Phase != lease.Draining || i.Reason != "new battery" {
		t.Errorf("after the session it is %s (%s), want draining with its reason", i.Phase, i.Reason)
	}
}

func TestOver(t *testing.T) {
	limits := lease.Limits{Idle: 5 * time.Minute, Max: 150 * time.Minute, Wait: 24 * time.Hour}
	waiting := lease.Session{ID: "s", Created: now, Limits: limits}
	running := waiting
	running.Began, running.Ready = now, now.Add(time.Minute)
	ended := running.End(lease.Stopped, "by its owner", now.Add(2*time.Minute))
	tests := []struct {
		name    string
		session lease.Session
		last    time.Duration // after now; 0 is never
		at      time.Duration
		over    bool
	}{
		{"waits", waiting, 0, 24*time.Hour - 1, false},
		{"has waited", waiting, 0, 24 * time.Hour, true},
		{"idle since it was ready", running, 0, 6*time.Minute - 1, false},
		{"idle too long", running, 0, 6 * time.Minute, true},
		{"a command came", running, 4 * time.Minute, 9*time.Minute - 1, false},
		{"no command for too long", running, 4 * time.Minute, 9 * time.Minute, true},
		{"at its limit in spite of commands", running, 150 * time.Minute, 150 * time.Minute, true},
		{"ended", ended, 0, 1000 * time.Hour, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var last time.Time
			if tt.last > 0 {
				last = now.Add(tt.last)
			}
			if why := tt.session.Over(last, now.Add(tt.at)); (why != "") != tt.over {
				t.Errorf("over: %q, want over: %t", why, tt.over)
			}
		})
	}
}

func TestSessionsGoOneWay(t *testing.T) {
	s := lease.Session{ID: "s", Account: "111111111111", Kind: account.RemoteAccess, Nonce: "n", Created: now}
	if _, err := s.Run(now); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a waiting session ran: %v", err)
	}
	held, err := s.Assign(lease.Instance{ID: "udid", Unit: "unit", Fence: 7}, now)
	if err != nil || held.Stage() != lease.Assigned || held.Fence != 7 {
		t.Fatalf("assigned: %+v, %v", held, err)
	}
	if _, err := held.Assign(lease.Instance{}, now); fault.KindOf(err) != fault.Conflict {
		t.Errorf("assigned twice: %v", err)
	}
	running, err := held.Run(now.Add(time.Second))
	if err != nil || running.Stage() != lease.Running {
		t.Fatalf("running: %+v, %v", running, err)
	}
	ended := running.End(lease.Errored, "its back-end died", now.Add(time.Minute))
	if again := ended.End(lease.Stopped, "again", now.Add(time.Hour)); !cmp.Equal(again, ended) {
		t.Errorf("ended twice: %+v", again)
	}
	b := ended.Booking()
	if !b.Faulty || !b.Began.Equal(now.Add(time.Second)) || !b.Ended.Equal(now.Add(time.Minute)) || ended.Nonce != "" {
		t.Errorf("booking = %+v, nonce %q", b, ended.Nonce)
	}
	if never := s.End(lease.Stopped, "stopped while it waited", now); never.Bookable() {
		t.Error("a session that never began is booked")
	}
}
