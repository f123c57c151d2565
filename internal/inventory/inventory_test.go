package inventory_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/acts"
	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/inventory"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// Accounts of the tests.
const (
	alice account.ID = "111111111111"
	bob   account.ID = "222222222222"
)

var wall = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// phones returns a fleet of one device with instances that have the udids; one that
// begins with an account and a hyphen is kept for that account.
func phones(udids ...string) device.Fleet {
	d := device.Device{Name: "Pixel 8", Manufacturer: "Google", Model: "Pixel 8", Platform: offering.Android, OS: "14", FormFactor: device.Phone}
	for _, udid := range udids {
		i := device.Instance{UDID: udid, Appium: "http://10.0.0.5:4723", Labels: []string{"rack-1"}}
		if id, _, kept := strings.Cut(udid, "-"); kept {
			i.Account = account.ID(id)
		}
		d.Instances = append(d.Instances, i)
	}
	return device.Fleet{Devices: []device.Device{d}}
}

// node is one process with an inventory.
type node struct {
	fleet    *inventory.Fleet
	devices  *inventory.Devices
	profiles *inventory.Profiles
}

func open(t *testing.T) store.Store {
	t.Helper()
	s, err := sqlite.OpenMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func newNode(docs store.Documents, first device.Fleet, status func(string) device.Status) node {
	var ids atomic.Int64
	f, d, p := inventory.New(inventory.Config{
		Store: docs, Acts: acts.Unkept{Documents: docs}, Fleet: first, Status: status, Now: func() time.Time { return wall },
		NewID: func() string { return fmt.Sprintf("id-%d", ids.Add(1)) },
	})
	return node{f, d, p}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var operator = journal.Caller{By: journal.By{Key: "operator"}}

// TestVersions has two nodes put fleets in force.
func TestVersions(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	docs := open(t)
	first := phones("a")
	one, other := newNode(docs, first, nil), newNode(docs, first, nil)
	if got := one.fleet.Current(); got.Number != 0 || len(got.Fleet.Devices) != 1 {
		t.Errorf("fleet to begin with = %+v", got)
	}
	made, err := one.fleet.Set(ctx, operator, phones("a", "b"), new(0))
	must(t, err)
	if len(made.Changes) != 1 || made.Version != 1 || !strings.HasPrefix(made.Changes[0].String(), "+ instance b of") {
		t.Errorf("change = %+v, want instance b in version 1", made)
	}
	if _, _, ok := other.fleet.Current().Instance("b"); ok {
		t.Error("the other node noticed before it looked")
	}
	if _, err := other.fleet.Set(ctx, operator, phones("c"), new(0)); fault.KindOf(err) != fault.Conflict {
		t.Errorf("in place of a past version: %v, want a Conflict", err)
	}
	_, err = other.fleet.Set(ctx, operator, phones("c"), new(1))
	must(t, err)
	must(t, one.fleet.Refresh(ctx))
	for _, n := range []node{one, other, newNodeOf(t, docs, first)} {
		now := n.fleet.Current()
		if _, _, ok := now.Instance("c"); !ok || now.Number != 2 {
			t.Errorf("fleet = %+v, want version 2", now)
		}
	}
	all, err := one.fleet.Versions(ctx)
	must(t, err)
	if len(all) != 2 || all[0].Number != 1 || all[1].Key != "operator" || !all[1].At.Equal(wall) {
		t.Errorf("versions = %+v", all)
	}
	for number, want := range []device.Fleet{first, phones("a", "b"), phones("c")} {
		got, err := one.fleet.Of(ctx, number)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("version %d: %v, %s", number, err, diff)
		}
	}
	if _, err := one.fleet.Of(ctx, 3); fault.KindOf(err) != fault.NotFound {
		t.Errorf("version 3: %v, want none found", err)
	}
}

// newNodeOf returns a node that has looked for a stored fleet.
func newNodeOf(t *testing.T, docs store.Documents, first device.Fleet) node {
	t.Helper()
	n := newNode(docs, first, nil)
	must(t, n.fleet.Refresh(context.Background()))
	return n
}

// TestSetsRace has many put a fleet in place of the same one: one of them does.
func TestSetsRace(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	docs := open(t)
	const nodes = 8
	errs := make([]error, nodes)
	var all sync.WaitGroup
	for n := range nodes {
		all.Go(func() {
			_, errs[n] = newNode(docs, device.Fleet{}, nil).fleet.Set(ctx, operator, phones(fmt.Sprint(n)), new(0))
		})
	}
	all.Wait()
	winners := 0
	for n, err := range errs {
		switch {
		case err == nil:
			winners++
			if _, _, ok := newNodeOf(t, docs, device.Fleet{}).fleet.Current().Instance(fmt.Sprint(n)); !ok {
				t.Errorf("the fleet of %d is in force, and is not there", n)
			}
		case fault.KindOf(err) != fault.Conflict:
			t.Error(err)
		}
	}
	if winners != 1 {
		t.Errorf("%d put their fleet in force, want one", winners)
	}
}

func TestSetRefuses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	n := newNode(open(t), device.Fleet{}, nil)
	invalid := phones("a", "a")
	if _, err := n.fleet.Set(ctx, operator, invalid, nil); fault.KindOf(err) != fault.Argument {
		t.Errorf("a fleet with one udid twice: %v, want an Argument", err)
	}
	var udids []string
	for k := range 4000 {
		udids = append(udids, fmt.Sprintf("phone%d", k))
	}
	if _, err := n.fleet.Set(ctx, operator, phones(udids...), nil); fault.KindOf(err) != fault.TooLarge || !strings.Contains(fault.MessageOf(err), "it may have 258048") {
		t.Errorf("a fleet that no document holds: %v, want TooLarge", err)
	}
	if got := n.fleet.Current().Number; got != 0 {
		t.Errorf("version %d is in force after refusals, want 0", got)
	}
}

// TestReset has the storage forget a fleet.
func TestReset(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	docs := open(t)
	n := newNode(docs, phones("a"), nil)
	_, err := n.fleet.Set(ctx, operator, phones("b"), nil)
	must(t, err)
	must(t, docs.Clear(ctx))
	must(t, n.fleet.Refresh(ctx))
	if _, _, ok := n.fleet.Current().Instance("a"); !ok || n.fleet.Current().Number != 0 {
		t.Errorf("fleet = %+v, want the one to begin with", n.fleet.Current())
	}
	_, err = n.fleet.Set(ctx, operator, phones("c"), new(0))
	must(t, err)
}

// TestEdition finds what a fleet has by what names it.
func TestEdition(t *testing.T) {
	t.Parallel()
	f := phones("a", "b")
	f.Browsers = []device.Browser{{Name: "chrome", Version: "1", Platform: "linux", WebDriver: "http://h", Capacity: 1}}
	e := newNode(open(t), f, nil).fleet.Current()
	if d, ok := e.Device(f.Devices[0].ID()); !ok || d.Name != "Pixel 8" {
		t.Errorf("Device = %v, %v", d, ok)
	}
	if _, i, ok := e.InstanceOf(f.Devices[0].Instances[1].ID()); !ok || i.UDID != "b" {
		t.Errorf("InstanceOf = %v, %v", i, ok)
	}
	if b, ok := e.Browser(f.Browsers[0].ID()); !ok || b.Name != "chrome" {
		t.Errorf("Browser = %v, %v", b, ok)
	}
	_, device := e.Device("x")
	_, browser := e.Browser("x")
	_, _, instance := e.InstanceOf("x")
	if _, _, udid := e.Instance("x"); device || browser || instance || udid {
		t.Error("something was found that nobody has")
	}
}

// TestAvailability follows what a function says of the instances, for those that an
// account sees.
func TestAvailability(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	status := map[string]device.Status{"a": device.InstanceInUse, "111111111111-b": device.InstanceAvailable}
	n := newNode(open(t), phones("a", "111111111111-b"), func(udid string) device.Status { return status[udid] })
	for id, want := range map[account.ID]device.Availability{alice: device.Available, bob: device.Busy} {
		got, err := n.devices.List(ctx, id, nil)
		if err != nil || len(got) != 1 || got[0].Availability != want {
			t.Errorf("account %s sees %+v, %v, want %s", id, got, err, want)
		}
	}
	available := device.Filter{Attribute: device.ByAvailability, Operator: device.Equals, Values: []string{"AVAILABLE"}}
	for id, want := range map[account.ID]int{alice: 1, bob: 0} {
		if got, err := n.devices.List(ctx, id, []device.Filter{available}); err != nil || len(got) != want {
			t.Errorf("available to account %s: %+v, %v, want %d", id, got, err, want)
		}
	}
	status["111111111111-b"] = device.InstancePreparing
	instances, err := n.devices.Instances(ctx, alice)
	must(t, err)
	if len(instances) != 2 || instances[1].Status != device.InstancePreparing {
		t.Errorf("instances = %+v", instances)
	}
	bad := device.Filter{Attribute: device.ByPlatform, Operator: device.In, Values: []string{"IOS"}}
	if _, err := n.devices.List(ctx, alice, []device.Filter{bad}); fault.KindOf(err) != fault.Argument {
		t.Errorf("a filter that AWS does not have: %v, want an Argument", err)
	}
}

// TestSettingsRace has an account set labels and a profile of one instance at once:
// neither is lost.
func TestSettingsRace(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	n := newNode(open(t), phones("a"), nil)
	of := n.fleet.Current().Fleet.Devices[0].Instances[0].ARN()
	profile, err := n.profiles.Create(ctx, alice, inventory.Terms{Name: "clean"})
	must(t, err)
	var both sync.WaitGroup
	errs := make([]error, 2)
	both.Go(func() {
		_, errs[0] = n.devices.SetInstance(ctx, alice, of, inventory.Setting{Labels: &[]string{"mine"}})
	})
	both.Go(func() {
		_, errs[1] = n.devices.SetInstance(ctx, alice, of, inventory.Setting{Profile: new(profile.ARN())})
	})
	both.Wait()
	must(t, errs[0])
	must(t, errs[1])
	got, err := n.devices.Instance(ctx, alice, of)
	if err != nil || got.Profile == nil || got.Profile.Name != "clean" || len(got.Labels) != 1 || got.Labels[0] != "mine" {
		t.Errorf("instance = %+v, %v, want the label and the profile", got, err)
	}
	strange := arn.New(string(bob), arn.InstanceProfile, profile.ID)
	if _, err := n.devices.SetInstance(ctx, alice, of, inventory.Setting{Profile: &strange}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the profile of another account: %v, want none found", err)
	}
	if _, err := n.devices.SetInstance(ctx, alice, of, inventory.Setting{Labels: &[]string{" "}}); fault.MessageOf(err) != "labels[0] is missing or empty; it is required." {
		t.Errorf("an empty label: %v, want an Argument", err)
	}
}
