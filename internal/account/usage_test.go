package account_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// usageOf returns the usage of a period from all events of an account.
func usageOf(p offering.Period, events []account.Event, now time.Time) account.Usage {
	var before account.State
	for len(events) > 0 && !account.Apply(before, events[0]).Reached(p.Start()) {
		before, events = account.Apply(before, events[0]), events[1:]
	}
	draft, state := account.NewUsageDraft(p, offering.Default(), before), before
	for _, e := range events {
		if state = account.Apply(state, e); state.Reached(p.Next().Start()) {
			break
		}
		draft.Add(e)
	}
	return draft.Usage(now)
}

// TestUsage has slots and sessions around a boundary.
func TestUsage(t *testing.T) {
	t.Parallel()
	b := open(t, "2026-10-05T00:00:00Z")
	b.buy("2026-11-30T00:00:00Z", account.Order{OfferingID: android, Quantity: 2})
	b.buy("2026-11-30T12:00:00Z", account.Order{OfferingID: androidRemote, Quantity: 1})
	b.renew("2026-11-30T12:00:00Z", account.Order{OfferingID: android, Quantity: 1})
	unmetered := func(s *account.Session) { s.Method = account.Unmetered }
	b.book("2026-11-30T13:00:00Z", session(time.Hour), changed(session(90*time.Minute), unmetered), grid(time.Minute))
	b.rollTo("2026-12-01T00:00:00Z")
	b.book("2026-12-01T10:00:00Z", changed(session(30*time.Minute), func(s *account.Session) { s.Kind, s.Method = account.Job, account.Unmetered }))
	hours := func(n float64) account.Millis { return account.Millis(n * 3_600_000) }
	remote := account.UsageGroup{Project: "p", Kind: account.RemoteAccess, Device: "Pixel 8", Platform: offering.Android, Sessions: 2, Length: hours(2.5), Metered: hours(1), Trial: hours(1)}
	browsers := account.UsageGroup{Project: "p", Kind: account.TestGrid, Device: "chrome", Sessions: 1, Length: 60_000, Metered: 60_000, Cost: 1}
	november := account.Usage{
		Groups: []account.UsageGroup{remote, browsers},
		Total:  account.UsageGroup{Sessions: 3, Length: hours(2.5) + 60_000, Metered: hours(1) + 60_000, Trial: hours(1), Cost: 1},
		Slots: []account.SlotUsage{
			{Platform: offering.IOS}, {Platform: offering.Android, Held: hours(48)},
			{RemoteAccess: true, Platform: offering.Android, Held: hours(12), Used: hours(1.5)}, {RemoteAccess: true, Platform: offering.IOS},
		},
	}
	job := account.UsageGroup{Project: "p", Kind: account.Job, Device: "Pixel 8", Platform: offering.Android, Sessions: 1, Length: hours(0.5)}
	december := account.Usage{
		Groups: []account.UsageGroup{job}, Total: account.UsageGroup{Sessions: 1, Length: hours(0.5)},
		Slots: []account.SlotUsage{
			{Platform: offering.IOS}, {Platform: offering.Android, Held: hours(36), Used: hours(0.5)},
			{RemoteAccess: true, Platform: offering.Android, Held: hours(36)}, {RemoteAccess: true, Platform: offering.IOS},
		},
	}
	for month, want := range map[string]account.Usage{"2026-11": november, "2026-12": december} {
		p, err := offering.ParsePeriod(month)
		if err != nil {
			t.Fatal(err)
		}
		want.Period = p
		got := usageOf(p, b.events, instant("2026-12-02T12:00:00Z"))
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b offering.Period) bool { return a == b })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", month, diff)
		}
	}
}

// book books sessions at an instant.
func (b *book) book(at string, sessions ...account.Session) {
	b.t.Helper()
	for _, one := range sessions {
		e, err := b.state.Book(one, b.terms, instant(at))
		if err != nil {
			b.t.Fatal(err)
		}
		b.add(e)
	}
}

// TestUsageIsBounded has sessions of more devices than a usage has groups.
func TestUsageIsBounded(t *testing.T) {
	t.Parallel()
	b := open(t, "2026-11-05T00:00:00Z")
	for i := range 1100 {
		b.book("2026-11-05T00:00:00Z", changed(session(time.Minute), func(s *account.Session) { s.Device = fmt.Sprint(i) }))
	}
	u := usageOf(offering.PeriodOf(b.state.At), b.events, b.state.At)
	if len(u.Groups) != 1000 || u.Rest.Sessions != 100 || u.Total.Sessions != 1100 || u.Rest.Cost+sumOf(u.Groups).Cost != u.Total.Cost {
		t.Errorf("%d groups, the rest %+v of %+v", len(u.Groups), u.Rest, u.Total)
	}
}

func sumOf(groups []account.UsageGroup) account.UsageGroup {
	var sum account.UsageGroup
	for _, g := range groups {
		sum.Sessions, sum.Length, sum.Metered = sum.Sessions+g.Sessions, sum.Length+g.Length, sum.Metered+g.Metered
		sum.Trial, sum.Cost = sum.Trial+g.Trial, sum.Cost+g.Cost
	}
	return sum
}

// TestUsageAddsUp compares a usage with the statement and the tallies of the same
// sessions.
func TestUsageAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := []account.Event{account.Open(account.Opening{Seed: "seed"}, instant("2026-11-01T00:00:00Z"))}
		state := fold(events)
		for _, s := range rapid.SliceOfN(rapid.Custom(drawSession), 1, 30).Draw(t, "sessions") {
			e, err := state.Book(s, account.Terms{Catalog: offering.Default()}, instant("2026-11-02T00:00:00Z"))
			if err != nil {
				t.Fatal(err)
			}
			events, state = append(events, e), account.Apply(state, e)
		}
		u := usageOf(offering.PeriodOf(state.At), events, state.At)
		var want account.UsageGroup
		for _, tally := range state.Tallies {
			want.Sessions, want.Length = want.Sessions+tally.Sessions, want.Length+tally.Length
			want.Trial, want.Cost = want.Trial+tally.Trial, want.Cost+tally.Cost
			if tally.Charged() {
				want.Metered += tally.Length
			}
		}
		statement := statementOf(u.Period, events, offering.Default())
		if diff := cmp.Diff(want, u.Total); diff != "" || sumOf(u.Groups) != want || statement.Total != want.Cost {
			t.Fatalf("(-tallies +usage):\n%s; groups %+v; statement %d", diff, sumOf(u.Groups), statement.Total)
		}
	})
}
