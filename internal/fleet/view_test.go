package fleet_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/farmtest"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/store"
)

// TestViews has two accounts use three phones and wait for more: lists that are read
// page by page have everything once, and the census counts it.
func TestViews(t *testing.T) {
	l := open(t, 3, 1)[0]
	l.buy(1, 2)
	l.buy(2, 1)
	for _, i := range []int{1, 1, 2, 1, 2, 2} {
		_, err := l.Enqueue(t.Context(), l.session(i), store.Document{})
		l.Must(err)
	}
	l.until("three sessions", func() bool {
		c, err := l.Census(t.Context())
		l.Must(err)
		return c.Live[account.RemoteAccess] == 3
	})
	census, err := l.Census(t.Context())
	l.Must(err)
	want := fleet.Census{
		Live: map[account.SessionKind]int{account.RemoteAccess: 3}, Waiting: map[account.SessionKind]int{account.RemoteAccess: 3},
		Instances: map[lease.Phase]int{lease.Held: 3},
	}
	if diff := cmp.Diff(want, census); diff != "" {
		t.Errorf("census (-want +got):\n%s", diff)
	}
	one, two := farmtest.Caller(1).Account, farmtest.Caller(2).Account
	for of, want := range map[account.ID][]account.ID{"": {one, one, two}, one: {one, one}, two: {two}, "000000000003": nil} {
		if diff := cmp.Diff(want, l.owners(of)); diff != "" {
			t.Errorf("live sessions of %q (-want +got):\n%s", of, diff)
		}
	}
	var queuing []account.ID
	for after := account.ID(""); ; {
		next, err := l.Queuing(t.Context(), after, 1)
		l.Must(err)
		if len(next) == 0 {
			break
		}
		queuing, after = append(queuing, next...), next[0]
	}
	if diff := cmp.Diff([]account.ID{one, two}, queuing); diff != "" {
		t.Errorf("queuing accounts (-want +got):\n%s", diff)
	}
}

// owners returns the accounts of the live sessions on all pages of one each.
func (l *lab) owners(of account.ID) []account.ID {
	l.t.Helper()
	var owners []account.ID
	for from := fleet.Page(""); ; {
		some, next, err := l.ListLive(l.t.Context(), of, from, 1)
		l.Must(err)
		for _, s := range some {
			owners = append(owners, s.Account)
		}
		if from = next; from == "" {
			return owners
		}
	}
}

// TestVerify has documents be in storage that cannot be: a count without sessions,
// and an ended session that nobody booked.
func TestVerify(t *testing.T) {
	l := open(t, 1, 1)[0]
	l.buy(1, 1)
	l.run(1)
	l.settled(1, 1)
	wrong, err := l.Verify(t.Context())
	l.Must(err)
	if len(wrong) > 0 {
		t.Errorf("verified: %v, want nothing", wrong)
	}
	lost := l.session(2)
	lost.Began, lost.Ready, lost.Ended = l.Wall.Add(-time.Hour), l.Wall.Add(-time.Hour), l.Wall.Add(-30*time.Minute)
	for key, value := range map[string]any{
		"usage/000000000009":  lease.Usage{}.Begin(lost.Class()),
		"session/" + lost.ID:  lost,
		"unbooked/" + lost.ID: struct{}{},
	} {
		d, err := store.Encode(key, value)
		l.Must(err)
		_, err = l.Config.Store.Commit(t.Context(), store.Commit{Put: []store.Document{d}})
		l.Must(err)
	}
	wrong, err = l.Verify(t.Context())
	l.Must(err)
	if len(wrong) != 2 || !strings.HasPrefix(wrong[0], "account 000000000009: usage counts map[") ||
		wrong[1] != "session "+lost.ID+" ended at 2027-11-03T06:38:09Z and is not in the books" {
		t.Errorf("verified: %q, want the count and the session", wrong)
	}
}

func TestLabels(t *testing.T) {
	units := fleet.UnitsOf(device.Fleet{
		Devices:  pixels(1).Devices,
		Browsers: []device.Browser{{Name: "chrome (simulated)", Version: "156", Platform: "linux", Capacity: 1}},
	})
	got := map[string]string{}
	for _, b := range units.Browsers("", "", "") {
		got[b.Label()] = b.System()
	}
	phone, _ := units.Unit(pixels(1).Devices[0].ID())
	got[phone.Label()] = phone.System()
	want := map[string]string{"chrome (simulated) 156 on linux": "linux", "Pixel 8": string(offering.Android)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
}
