package fleet_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/farmtest"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const androidRemoteSlot = "D68B3C05-1BA6-4360-BC69-510F4D3B2A03"

// phones are the back-ends of a lab: what lives there is what they say lives there.
type phones struct {
	mu       sync.Mutex
	sessions map[string]map[string]bool // by URL
	down     map[string]bool
	most     int // sessions that lived at once
	two      int // how often a phone had two sessions
}

func newPhones() *phones {
	return &phones{sessions: map[string]map[string]bool{}, down: map[string]bool{}}
}

// begin begins a session on a phone, as a client does that was let through.
func (p *phones) begin(url, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sessions[url] == nil {
		p.sessions[url] = map[string]bool{}
	}
	p.sessions[url][id] = true
	if len(p.sessions[url]) > 1 {
		p.two++
	}
	all := 0
	for _, s := range p.sessions {
		all += len(s)
	}
	p.most = max(p.most, all)
}

func (p *phones) Ready(_ context.Context, s fleet.Seat) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down[s.URL] {
		return fmt.Errorf("%s is switched off", s.ID)
	}
	return nil
}

func (p *phones) Sessions(_ context.Context, s fleet.Seat) ([]string, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var ids []string
	for id := range p.sessions[s.URL] {
		ids = append(ids, id)
	}
	return ids, true, nil
}

func (p *phones) Delete(_ context.Context, s fleet.Seat, remote string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.sessions[s.URL], remote)
	return nil
}

// lab is a farm with a fleet of one device model with some phones.
type lab struct {
	*farmtest.Farm
	*fleet.Fleet
	t      *testing.T
	phones *phones
	unit   string
	wall   *atomic.Int64 // nanoseconds that the clock went on
	ids    *atomic.Int64
}

func pixels(n int) device.Fleet {
	d := device.Device{Name: "Pixel 8", Manufacturer: "Google", Model: "Pixel 8", Platform: offering.Android, OS: "14", FormFactor: device.Phone}
	for i := range n {
		udid := fmt.Sprintf("PIXEL%d", i)
		d.Instances = append(d.Instances, device.Instance{UDID: udid, Appium: "http://" + udid})
	}
	return device.Fleet{Devices: []device.Device{d}}
}

// browser returns a browser with two seats, which serve one account at a time.
func browser() device.Browser {
	return device.Browser{Name: "chrome", Version: "140", Platform: "linux", WebDriver: "http://browser", Capacity: 2}
}

// open returns a lab whose nodes work until the test ends.
func open(t *testing.T, instances, nodes int) []*lab {
	t.Helper()
	return openOn(t, pixels(instances), nodes)
}

// openOn is open, on a fleet.
func openOn(t *testing.T, all device.Fleet, nodes int) []*lab {
	t.Helper()
	farm := farmtest.Open(t)
	units, phones, wall, ids := fleet.UnitsOf(all), newPhones(), &atomic.Int64{}, &atomic.Int64{}
	var labs []*lab
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for n := range nodes {
		f := fleet.New(fleet.Config{
			Store: farm.Config.Store, Accounts: farm.Accounts, Backend: phones, Node: fmt.Sprint("node-", n),
			Units: func() *fleet.Units { return units },
			Now:   func() time.Time { return farm.Wall.Add(time.Duration(wall.Load())) },
			NewID: func() string { return fmt.Sprint("id-", ids.Add(1)) },
		})
		running.Go(func() { f.Run(ctx) })
		labs = append(labs, &lab{farm, f, t, phones, pixels(1).Devices[0].ID(), wall, ids})
	}
	t.Cleanup(func() { cancel(); running.Wait() })
	return labs
}

// buy gives account i remote access slots.
func (l *lab) buy(i, slots int) {
	l.t.Helper()
	_, _, err := l.Orders.Purchase(l.t.Context(), farmtest.Caller(i), account.Order{OfferingID: androidRemoteSlot, Quantity: slots})
	l.Must(err)
}

// session returns a new remote access session for account i.
func (l *lab) session(i int) lease.Session {
	return lease.Session{
		ID: fmt.Sprintf("s%06d", l.ids.Add(1)), Account: farmtest.Caller(i).Account, Kind: account.RemoteAccess, Platform: offering.Android,
		Method: account.Unmetered, Project: "p", Units: []string{l.unit}, Nonce: "n",
		Limits: lease.Limits{Idle: 5 * time.Minute, Max: 150 * time.Minute, Wait: 24 * time.Hour},
	}
}

// run takes a session from the queue to its end, with a session on its phone.
func (l *lab) run(i int) lease.Session {
	s, err := l.Enqueue(l.t.Context(), l.session(i), store.Document{})
	if err == nil {
		s, err = l.Await(l.t.Context(), s.ID)
	}
	if err != nil {
		l.t.Error(err)
		return s
	}
	remote := "remote-" + s.ID
	l.phones.begin("http://"+s.Instance, remote)
	if _, err := l.Update(l.t.Context(), s.ID, func(s lease.Session) (lease.Session, error) { s.Remote = remote; return s, nil }); err != nil {
		l.t.Error(err)
	}
	if _, err := l.Ready(l.t.Context(), s.ID); err != nil {
		l.t.Error(err)
	}
	ended, err := l.End(l.t.Context(), s.ID, lease.Stopped, "done")
	if err != nil {
		l.t.Error(err)
	}
	return ended
}

// until waits for a condition, which is looked at again whenever documents change.
func (l *lab) until(what string, ok func() bool) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 30*time.Second)
	defer cancel()
	for range l.Config.Store.Changed(ctx, "") {
		if ok() {
			return
		}
	}
	l.t.Fatalf("%s did not happen", what)
}

// settled waits until nothing lives or waits to be booked, and audits the lab.
func (l *lab) settled(sessions int, accounts ...int) {
	l.t.Helper()
	l.until("the booking of all sessions", func() bool {
		booked := 0
		for _, i := range accounts {
			booked += len(l.booked(i))
		}
		return booked == sessions
	})
	wrong, err := l.Audit(l.t.Context())
	l.Must(err)
	if diff := cmp.Diff([]string(nil), wrong); diff != "" {
		l.t.Error(diff)
	}
}

// booked returns the ids of the sessions in the journal of account i.
func (l *lab) booked(i int) []string {
	var ids []string
	for _, e := range l.Journal(i) {
		if e.Event.Kind == account.KindBooked {
			ids = append(ids, e.Event.Booking.Session.ID)
		}
	}
	return ids
}

// TestSlotsBind has many sessions at once on two slots and five phones, on one node
// and on three: never more than two live, all get their turn, and each is booked
// once.
func TestSlotsBind(t *testing.T) {
	const sessions = 40
	for _, nodes := range []int{1, 3} {
		t.Run(fmt.Sprint("nodes ", nodes), func(t *testing.T) {
			labs := open(t, 5, nodes)
			labs[0].buy(1, 2)
			var clients sync.WaitGroup
			for n := range sessions {
				clients.Go(func() { labs[n%nodes].run(1) })
			}
			clients.Wait()
			l := labs[0]
			l.settled(sessions, 1)
			seen := map[string]bool{}
			for _, id := range l.booked(1) {
				if seen[id] {
					t.Errorf("session %s is booked twice", id)
				}
				seen[id] = true
			}
			if l.phones.most > 2 || l.phones.two > 0 {
				t.Errorf("%d sessions lived at once on 2 slots; %d times two on one phone", l.phones.most, l.phones.two)
			}
		})
	}
}

// TestAnotherSlot has a third session wait until a third slot is bought.
func TestAnotherSlot(t *testing.T) {
	l := open(t, 5, 1)[0]
	l.buy(1, 2)
	var ids []string
	for range 3 {
		s, err := l.Enqueue(t.Context(), l.session(1), store.Document{})
		l.Must(err)
		ids = append(ids, s.ID)
	}
	for _, id := range ids[:2] {
		if s, err := l.Await(t.Context(), id); err != nil || !s.Holds() {
			t.Fatalf("session %s is %s, %v", id, s.Stage(), err)
		}
	}
	if s, err := l.Session(t.Context(), ids[2]); err != nil || s.Stage() != lease.Waiting {
		t.Fatalf("the third session is %s on two slots, %v", s.Stage(), err)
	}
	l.buy(1, 1)
	if s, err := l.Await(t.Context(), ids[2]); err != nil || !s.Holds() {
		t.Errorf("the third session is %s on three slots, %v", s.Stage(), err)
	}
}

// TestTurns has two accounts want one phone: they get it in turns, however many
// wait.
func TestTurns(t *testing.T) {
	l := open(t, 1, 1)[0]
	l.buy(1, 5)
	l.buy(2, 5)
	first, err := l.Enqueue(t.Context(), l.session(1), store.Document{})
	l.Must(err)
	_, err = l.Await(t.Context(), first.ID)
	l.Must(err)
	for _, i := range []int{1, 1, 1, 2, 2, 2} {
		_, err := l.Enqueue(t.Context(), l.session(i), store.Document{})
		l.Must(err)
	}
	var order []account.ID
	for id := first.ID; len(order) < 6; {
		l.wall.Add(int64(time.Second))
		_, err := l.End(t.Context(), id, lease.Stopped, "next, please")
		l.Must(err)
		l.until("the next session", func() bool {
			live, err := l.Live(t.Context(), "")
			l.Must(err)
			if len(live) == 1 && live[0].ID != id {
				id = live[0].ID
				order = append(order, live[0].Account)
				return true
			}
			return false
		})
	}
	one, two := farmtest.Caller(1).Account, farmtest.Caller(2).Account
	if diff := cmp.Diff([]account.ID{two, one, two, one, two, one}, order); diff != "" {
		t.Errorf("turns (-want +got):\n%s", diff)
	}
}

// TestIdleSessionsEnd has nobody use a session: it is ended, its phone is clean and
// free, and its minutes are those to the end.
func TestIdleSessionsEnd(t *testing.T) {
	l := open(t, 1, 1)[0]
	l.buy(1, 1)
	s, err := l.Enqueue(t.Context(), l.session(1), store.Document{})
	l.Must(err)
	s, err = l.Await(t.Context(), s.ID)
	l.Must(err)
	l.phones.begin("http://"+s.Instance, "left-behind")
	_, err = l.Ready(t.Context(), s.ID)
	l.Must(err)
	l.wall.Store(int64(5*time.Minute + time.Second))
	l.settled(1, 1)
	l.until("the cleaning", func() bool {
		i, err := l.Instance(t.Context(), s.Instance)
		l.Must(err)
		return i.Phase == lease.Ready
	})
	if left, _, _ := l.phones.Sessions(t.Context(), fleet.Seat{URL: "http://" + s.Instance}); len(left) > 0 {
		t.Errorf("%v is left on the phone", left)
	}
	s, err = l.Session(t.Context(), s.ID)
	if err != nil || s.Outcome != lease.Stopped || s.Booked == nil {
		t.Errorf("session = %+v, %v, want it stopped and booked", s, err)
	}
}

// TestDrainAndResume has an operator take the only phone out of use and back.
func TestDrainAndResume(t *testing.T) {
	l := open(t, 1, 1)[0]
	l.buy(1, 1)
	l.until("the phone's being ready", func() bool {
		i, err := l.Instance(t.Context(), "PIXEL0")
		return err == nil && i.Phase == lease.Ready
	})
	change := func(f func(i lease.Instance) (lease.Instance, error)) lease.Instance {
		i, err := l.Change(t.Context(), "PIXEL0", f)
		l.Must(err)
		return i
	}
	if i := change(func(i lease.Instance) (lease.Instance, error) { return i.Drain("new battery", l.Wall), nil }); i.Phase != lease.Draining {
		t.Fatalf("drained: %s", i.Phase)
	}
	s, err := l.Enqueue(t.Context(), l.session(1), store.Document{})
	l.Must(err)
	if s, err = l.Session(t.Context(), s.ID); err != nil || s.Stage() != lease.Waiting {
		t.Fatalf("a session began on a drained phone: %+v, %v", s, err)
	}
	change(func(i lease.Instance) (lease.Instance, error) { return i.Resume("it works", l.Wall), nil })
	if s, err = l.Await(t.Context(), s.ID); err != nil || s.Instance != "PIXEL0" {
		t.Errorf("session = %+v, %v", s, err)
	}
}

// TestABrowserServesOneAccountAtATime has two accounts want a browser: while one is
// on it, the other waits, though a seat is free, and gets it once the first has gone
// and both seats are clean.
func TestABrowserServesOneAccountAtATime(t *testing.T) {
	l := openOn(t, device.Fleet{Browsers: []device.Browser{browser()}}, 1)[0]
	begin := func(i int) lease.Session {
		s := l.session(i)
		s.Kind, s.Platform, s.Method, s.Units = account.TestGrid, "", account.Metered, []string{browser().ID()}
		s, err := l.Enqueue(t.Context(), s, store.Document{})
		l.Must(err)
		return s
	}
	await := func(s lease.Session) {
		t.Helper()
		now, err := l.Await(t.Context(), s.ID)
		if err != nil || !now.Holds() {
			t.Fatalf("session %s is %s, %v", s.ID, now.Stage(), err)
		}
	}
	waits := func(s lease.Session) {
		t.Helper()
		if now, err := l.Session(t.Context(), s.ID); err != nil || now.Stage() != lease.Waiting {
			t.Fatalf("session %s of the other account is %s, %v", s.ID, now.Stage(), err)
		}
	}
	end := func(s lease.Session) {
		_, err := l.End(t.Context(), s.ID, lease.Passed, "done")
		l.Must(err)
	}
	first := begin(1)
	await(first)
	other := begin(2)
	waits(other)
	second := begin(1)
	await(second) // the other seat is for the account that is on the browser
	waits(other)
	end(first)
	l.until("the cleaning of a seat", func() bool {
		i, err := l.Instance(t.Context(), browser().ID()+".0001")
		l.Must(err)
		return i.Phase == lease.Ready
	})
	waits(other)
	end(second)
	await(other)
}

func TestRefusals(t *testing.T) {
	l := open(t, 1, 1)[0]
	suspended := account.Suspended
	_, err := l.Accounts.Configure(t.Context(), journal.Caller{Account: farmtest.Caller(1).Account}, account.Settings{Status: &suspended})
	l.Must(err)
	if _, err := l.Enqueue(t.Context(), l.session(1), store.Document{}); fault.KindOf(err) != fault.ServiceAccount {
		t.Errorf("suspended: %v", err)
	}
	foreign := l.session(2)
	foreign.Units = []string{"nothing"}
	if _, err := l.Enqueue(t.Context(), foreign, store.Document{}); fault.KindOf(err) != fault.Argument {
		t.Errorf("a device that does not exist: %v", err)
	}
	if _, err := l.End(t.Context(), "never", lease.Stopped, ""); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a session that does not exist: %v", err)
	}
}
