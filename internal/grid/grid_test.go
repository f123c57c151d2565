package grid_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/commandlog"
	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/farmtest"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/grid"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	alice = farmtest.Caller(1).Account
	bob   = farmtest.Caller(2).Account
)

// silent is a back-end at which nothing lives.
type silent struct{}

func (silent) Ready(context.Context, fleet.Seat) error { return nil }

func (silent) Sessions(context.Context, fleet.Seat) ([]string, bool, error) { return nil, true, nil }

func (silent) Delete(context.Context, fleet.Seat, string) error { return nil }

// farm is a farm with two seats of one browser.
type farm struct {
	*grid.Grid
	t     *testing.T
	farm  *farmtest.Farm
	fleet *fleet.Fleet
	units *fleet.Units
	logs  *commandlog.Logs
	wall  atomic.Int64 // nanoseconds that the clock went on
	ids   atomic.Int64
}

func open(t *testing.T) *farm {
	t.Helper()
	f := &farm{t: t, farm: farmtest.Open(t)}
	f.units = fleet.UnitsOf(device.Fleet{Browsers: []device.Browser{
		{Name: "chrome", Version: "126.0", Platform: "linux", WebDriver: "http://grid", Capacity: 2, Isolated: true},
	}})
	now := func() time.Time { return f.farm.Wall.Add(time.Duration(f.wall.Load())) }
	id := func() string { return fmt.Sprintf("id-%06d", f.ids.Add(1)) }
	docs := f.farm.Config.Store
	f.fleet = fleet.New(fleet.Config{
		Store: docs, Accounts: f.farm.Accounts, Backend: silent{}, Units: func() *fleet.Units { return f.units }, Now: now, NewID: id, Node: "node",
	})
	f.logs = commandlog.NewLogs(commandlog.Config{Store: docs, Now: now})
	f.Grid = grid.New(grid.Config{
		Store: docs, Fleet: f.fleet, Units: func() *fleet.Units { return f.units }, Logs: f.logs, Now: now, NewID: id, Nonce: id,
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { f.fleet.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	return f
}

func (f *farm) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// refused ends the test unless an error is of a kind.
func (f *farm) refused(want fault.Kind, err error) {
	f.t.Helper()
	if err == nil || fault.KindOf(err) != want {
		f.t.Errorf("error = %v, want one of kind %d", err, want)
	}
}

// project makes a project of alice's.
func (f *farm) project(name string) arn.ARN {
	f.t.Helper()
	p, err := f.Create(f.t.Context(), alice, grid.Terms{Name: name})
	f.must(err)
	return p.ARN()
}

// queue queues a session of a project at a new URL.
func (f *farm) queue(of arn.ARN) lease.Session {
	f.t.Helper()
	ctx := f.t.Context()
	u, err := f.CreateURL(ctx, alice, of, time.Minute)
	f.must(err)
	s, parent, err := f.NewSession(ctx, u, grid.Wish{
		Units:  []string{f.units.Browsers("chrome", "", "")[0].ID},
		Limits: lease.Limits{Idle: 2 * time.Minute, Max: 15 * time.Minute, Wait: 5 * time.Minute},
	})
	f.must(err)
	s, err = f.fleet.Enqueue(ctx, s, parent)
	f.must(err)
	return s
}

// begin begins a session of a project.
func (f *farm) begin(of arn.ARN) lease.Session {
	f.t.Helper()
	s, err := f.fleet.Await(f.t.Context(), f.queue(of).ID)
	if err == nil {
		s, err = f.fleet.Ready(f.t.Context(), s.ID)
	}
	f.must(err)
	return s
}

func (f *farm) end(s lease.Session, how lease.Outcome) {
	f.t.Helper()
	_, err := f.fleet.End(f.t.Context(), s.ID, how, "done")
	f.must(err)
}

// pass lets the clock go on.
func (f *farm) pass(d time.Duration) { f.wall.Add(int64(d)) }

// list returns the ids of the sessions that a filter lets through, in pages.
func (f *farm) list(of arn.ARN, filter grid.Filter, size int) []string {
	f.t.Helper()
	ids := []string{}
	for p := (grid.Page{Limit: size}); ; {
		page, next, err := f.Sessions(f.t.Context(), of, filter, p)
		f.must(err)
		for _, s := range page {
			ids = append(ids, s.ID)
		}
		if p.From = next; next == "" {
			return ids
		}
	}
}

func TestProjects(t *testing.T) {
	f := open(t)
	ctx := t.Context()
	var want []string
	for _, name := range []string{"one", "two", "three"} {
		f.pass(time.Millisecond)
		want = append(want, f.project(name).String())
	}
	first, err := arn.Parse(want[0], arn.TestGridProject)
	f.must(err)
	changed, err := f.Update(ctx, alice, first, func(t grid.Terms) grid.Terms { t.Description = "changed"; return t })
	f.must(err)
	again, err := f.Get(ctx, alice, first)
	f.must(err)
	if diff := cmp.Diff(changed, again); diff != "" || again.Description != "changed" || again.Name != "one" {
		t.Errorf("project after its update: %+v\n%s", again, diff)
	}
	var got []string
	for after, more := "", true; more; {
		var page []grid.Project
		page, more, err = f.List(ctx, alice, after, 2)
		f.must(err)
		for _, p := range page {
			got, after = append(got, p.ARN().String()), p.ID
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("projects (-want +got):\n%s", diff)
	}
	_, err = f.Get(ctx, bob, first)
	f.refused(fault.NotFound, err)
	_, err = f.Update(ctx, bob, first, func(t grid.Terms) grid.Terms { return t })
	f.refused(fault.NotFound, err)
	f.refused(fault.NotFound, f.Delete(ctx, bob, first))
	_, err = f.CreateURL(ctx, bob, first, time.Minute)
	f.refused(fault.NotFound, err)
}

func TestURLs(t *testing.T) {
	f := open(t)
	ctx := t.Context()
	of := f.project("one")
	u, err := f.CreateURL(ctx, alice, of, time.Minute)
	f.must(err)
	again, err := f.URL(ctx, u.ID)
	f.must(err)
	if diff := cmp.Diff(u, again); diff != "" {
		t.Errorf("URL (-made +read):\n%s", diff)
	}
	for _, id := range []string{"never", "", "a/../b", strings.Repeat("x", 600), "\x00"} {
		_, err := f.URL(ctx, id)
		f.refused(fault.NotFound, err)
	}
	f.pass(time.Minute + time.Hour - time.Millisecond)
	if n, err := f.Sweep(ctx); err != nil || n != 0 {
		t.Errorf("%d URLs were removed that sessions may still use, %v", n, err)
	}
	f.pass(2 * time.Millisecond)
	if n, err := f.Sweep(ctx); err != nil || n != 1 {
		t.Errorf("%d URLs were removed, %v, want 1", n, err)
	}
	_, err = f.URL(ctx, u.ID)
	f.refused(fault.NotFound, err)
}

// TestTooManyURLs gives one project as many URLs as it may have: another one is
// refused until one has expired, and other projects do not mind.
func TestTooManyURLs(t *testing.T) {
	f := open(t)
	ctx := t.Context()
	of, other := f.project("one"), f.project("other")
	now := f.farm.Wall
	var put []store.Document
	for n := range grid.MaxURLs {
		key := fmt.Sprintf("testgrid-urls/%s/%s/%013d-u%d", alice, of.ID(), now.Add(time.Hour).UnixMilli(), n)
		put = append(put, store.Document{Key: key, Body: []byte("{}")})
	}
	_, err := f.farm.Config.Store.Commit(ctx, store.Commit{Put: put})
	f.must(err)
	_, err = f.CreateURL(ctx, alice, of, time.Minute)
	f.refused(fault.LimitExceeded, err)
	_, err = f.CreateURL(ctx, alice, other, time.Minute)
	f.must(err)
	f.pass(time.Hour + time.Millisecond)
	_, err = f.CreateURL(ctx, alice, of, time.Minute)
	f.must(err)
	f.pass(time.Hour)
	_, err = f.CreateURL(ctx, alice, of, time.Minute) // cleans up
	f.must(err)
	left, err := store.All(ctx, f.farm.Config.Store, "testgrid-urls/"+string(alice)+"/"+of.ID()+"/")
	f.must(err)
	if len(left) != 2 {
		t.Errorf("%d URLs of the project are left, want 2", len(left))
	}
}

// TestSessionsAreSeen shows who is seen when: one that waits is not.
func TestSessionsAreSeen(t *testing.T) {
	f := open(t)
	of := f.project("one")
	first, second := f.begin(of), f.begin(of)
	third := f.queue(of)
	if diff := cmp.Diff(map[string]bool{first.ID: true, second.ID: true}, set(f.list(of, grid.Filter{}, 10))); diff != "" {
		t.Errorf("sessions while the third waits (-want +got):\n%s", diff)
	}
	_, err := f.Session(t.Context(), alice, grid.ARNOf(third))
	f.refused(fault.NotFound, err)
	s, err := f.Session(t.Context(), alice, grid.ARNOf(first))
	f.must(err)
	if s.Status != grid.Active || s.Browser != (grid.Browser{Name: "chrome", Version: "126.0", Platform: "linux"}) || s.Billed() != 0 {
		t.Errorf("session = %+v", s)
	}
	_, err = f.Session(t.Context(), bob, grid.ARNOf(first))
	f.refused(fault.NotFound, err)
	_, err = f.Session(t.Context(), alice, grid.ARNOf(lease.Session{Account: alice, Project: f.project("two").ID(), ID: first.ID}))
	f.refused(fault.NotFound, err)
	f.pass(90 * time.Second)
	f.end(first, lease.Passed)
	if s, err = f.Session(t.Context(), alice, grid.ARNOf(first)); err != nil || s.Status != grid.Closed || s.Billed() != 90_000 {
		t.Errorf("session = %+v, %v, want it closed after 90 s", s, err)
	}
	f.end(second, lease.Errored)
	if s, err = f.Session(t.Context(), alice, grid.ARNOf(second)); err != nil || s.Status != grid.Errored || s.Billed() != 0 {
		t.Errorf("session = %+v, %v, want it errored and free", s, err)
	}
}

func set(ids []string) map[string]bool {
	all := map[string]bool{}
	for _, id := range ids {
		all[id] = true
	}
	return all
}

// TestFilters lists sessions by every filter, in pages of every size.
func TestFilters(t *testing.T) {
	f := open(t)
	of := f.project("one")
	start := f.farm.Wall
	var ids []string // newest first
	for n := range 7 {
		f.wall.Store(int64(time.Duration(n+1) * time.Hour))
		s := f.begin(of)
		ids = append([]string{s.ID}, ids...)
		f.pass(time.Minute)
		switch n {
		case 3:
			f.end(s, lease.Errored)
		case 6: // stays
		default:
			f.end(s, lease.Stopped)
		}
	}
	hour := func(n int) time.Time { return start.Add(time.Duration(n) * time.Hour) }
	tests := []struct {
		name   string
		filter grid.Filter
		want   []string
	}{
		{"all", grid.Filter{}, ids},
		{"active", grid.Filter{Status: grid.Active}, ids[:1]},
		{"active, but created later", grid.Filter{Status: grid.Active, CreatedAfter: hour(7)}, nil},
		{"closed", grid.Filter{Status: grid.Closed}, []string{ids[1], ids[2], ids[4], ids[5], ids[6]}},
		{"errored", grid.Filter{Status: grid.Errored}, ids[3:4]},
		{"created after", grid.Filter{CreatedAfter: hour(5)}, ids[:2]},
		{"created before", grid.Filter{CreatedBefore: hour(3)}, ids[5:]},
		{"created between", grid.Filter{CreatedAfter: hour(2), CreatedBefore: hour(5)}, ids[3:5]},
		{"created before all times", grid.Filter{CreatedBefore: time.Unix(0, 0)}, nil},
		{"created before the end of time", grid.Filter{CreatedBefore: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)}, ids},
		{"ended after", grid.Filter{EndedAfter: hour(5)}, ids[1:3]},
		{"ended before", grid.Filter{EndedBefore: hour(3)}, ids[5:]},
		{"nothing", grid.Filter{CreatedAfter: hour(5), CreatedBefore: hour(5)}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, size := range []int{1, 2, 100} {
				if diff := cmp.Diff(append([]string{}, tt.want...), f.list(of, tt.filter, size)); diff != "" {
					t.Errorf("pages of %d (-want +got):\n%s", size, diff)
				}
			}
		})
	}
}

// TestDelete refuses to delete a project while a session waits or lives, and then
// removes all that stood under it.
func TestDelete(t *testing.T) {
	f := open(t)
	ctx := t.Context()
	of, other := f.project("one"), f.project("other")
	first, second := f.begin(of), f.begin(other)
	waits := f.queue(of)
	f.refused(fault.CannotDelete, f.Delete(ctx, alice, of))
	if _, err := f.CreateURL(ctx, alice, of, time.Minute); err != nil {
		t.Errorf("after a delete that was refused: %v", err)
	}
	f.end(first, lease.Passed)
	third, err := f.fleet.Await(ctx, waits.ID)
	f.must(err)
	f.refused(fault.CannotDelete, f.Delete(ctx, alice, of))
	f.end(third, lease.Passed)
	recorder := commandlog.NewRecorder(commandlog.Config{Store: f.farm.Config.Store, Now: time.Now})
	recorder.Record(commandlog.Command{Session: first.ID, At: time.Now(), Method: http.MethodGet, Path: "/session/title", Status: 200})
	recorder.Record(commandlog.Command{Session: second.ID, At: time.Now(), Method: http.MethodGet, Path: "/session/title", Status: 200})
	ended, cancel := context.WithCancel(ctx)
	cancel()
	recorder.Run(ended)
	f.must(f.Delete(ctx, alice, of))
	f.refused(fault.NotFound, f.Delete(ctx, alice, of))
	_, err = f.Session(ctx, alice, grid.ARNOf(first))
	f.refused(fault.NotFound, err)
	_, _, err = f.Sessions(ctx, of, grid.Filter{}, grid.Page{Limit: 1})
	f.refused(fault.NotFound, err)
	left, err := store.All(ctx, f.farm.Config.Store, "")
	f.must(err)
	for _, d := range left {
		if strings.Contains(d.Key, of.ID()) || strings.Contains(d.Key, first.ID) || strings.HasPrefix(d.Key, "testgrid-deleting") {
			t.Errorf("document %s is left", d.Key)
		}
	}
	if page, _, err := f.Actions(ctx, grid.Session{Session: second}, 0, 10); err != nil || len(page) != 1 {
		t.Errorf("the other project's session has %d actions, %v, want 1", len(page), err)
	}
}

// TestDeleteIsResumed finds a project that is marked, as after a crash: nobody sees
// it, nothing begins in it, and it goes.
func TestDeleteIsResumed(t *testing.T) {
	f := open(t)
	ctx := t.Context()
	of := f.project("one")
	u, err := f.CreateURL(ctx, alice, of, time.Hour)
	f.must(err)
	s, parent, err := f.NewSession(ctx, u, grid.Wish{Units: []string{f.units.Browsers("", "", "")[0].ID}})
	f.must(err)
	key := "testgrid/" + string(alice) + "/" + of.ID()
	found, err := store.Read(ctx, f.farm.Config.Store, key)
	f.must(err)
	marked := store.Document{Key: key, Body: []byte(strings.Replace(string(found[key].Body), `{`, `{"deleting":true,`, 1))}
	_, err = f.farm.Config.Store.Commit(ctx, store.Commit{Put: []store.Document{marked, {
		Key: "testgrid-deleting/" + string(alice) + "/" + of.ID(), Body: []byte(`{"at":"` + f.farm.Wall.Format(time.RFC3339) + `"}`),
	}}})
	f.must(err)
	_, err = f.Get(ctx, alice, of)
	f.refused(fault.NotFound, err)
	_, err = f.URL(ctx, u.ID)
	f.refused(fault.NotFound, err)
	if page, _, err := f.List(ctx, alice, "", 10); err != nil || len(page) != 0 {
		t.Errorf("%d projects are listed, %v, want none", len(page), err)
	}
	_, err = f.fleet.Enqueue(ctx, s, parent)
	f.refused(fault.Conflict, err)
	f.must(f.Resume(ctx))
	if found, err := store.Read(ctx, f.farm.Config.Store, key); err != nil || len(found) != 1 {
		t.Errorf("a delete that may be under way was gone on with: %v", err)
	}
	f.pass(5 * time.Minute)
	f.must(f.Resume(ctx))
	if found, err := store.Read(ctx, f.farm.Config.Store, key); err != nil || len(found) > 0 {
		t.Errorf("the project is left: %v", err)
	}
	if err := f.Resume(ctx); errors.Is(err, store.ErrConflict) || err != nil {
		t.Error(err)
	}
}

// TestDeleteRaces has sessions be queued while their project is deleted: either they
// begin and the project stays, or it goes and nothing is left of them.
func TestDeleteRaces(t *testing.T) {
	f := open(t)
	for range 20 {
		of := f.project("one")
		u, err := f.CreateURL(t.Context(), alice, of, time.Minute)
		f.must(err)
		var queued lease.Session
		var refused, deleted error
		var both sync.WaitGroup
		both.Go(func() {
			s, parent, err := f.NewSession(t.Context(), u, grid.Wish{Units: []string{f.units.Browsers("", "", "")[0].ID}, Limits: lease.Limits{Idle: time.Minute, Max: time.Hour, Wait: time.Hour}})
			if err == nil {
				queued, err = f.fleet.Enqueue(t.Context(), s, parent)
			}
			refused = err
		})
		both.Go(func() { deleted = f.Delete(t.Context(), alice, of) })
		both.Wait()
		if (refused == nil) == (deleted == nil) {
			t.Fatalf("queued: %v, deleted: %v; want exactly one of them", refused, deleted)
		}
		if refused == nil {
			f.end(queued, lease.Stopped)
			f.must(f.Delete(t.Context(), alice, of))
		}
	}
	if live, err := f.fleet.Live(t.Context(), account.ID("")); err != nil || len(live) > 0 {
		t.Errorf("%d sessions live, %v, want none", len(live), err)
	}
}
