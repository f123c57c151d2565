package account_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
)

// TestFarMovesStopOnTheWay crosses 250 years with slots held, in three moves,
// and without slots in one.
func TestFarMovesStopOnTheWay(t *testing.T) {
	b := open(t, "2028-02-29T12:00:00Z")
	target := instant("2278-03-01T00:00:00Z")
	move := func() int {
		t.Helper()
		events, err := b.state.Freeze(target, terms, b.state.At)
		if err != nil {
			t.Fatal(err)
		}
		b.add(events...)
		return len(events)
	}
	b.buy("2028-02-29T12:00:00Z", account.Order{OfferingID: ios, Quantity: 1})
	for _, want := range []struct {
		at     string
		events int
	}{{"2128-02-29T12:00:00Z", 1201}, {"2228-02-29T12:00:00Z", 1201}, {"2278-03-01T00:00:00Z", 602}, {"2278-03-01T00:00:00Z", 0}} {
		if got := move(); got != want.events || !b.state.At.Equal(instant(want.at)) {
			t.Errorf("%d events, at %v, want %d, at %s", got, b.state.At, want.events, want.at)
		}
	}
	b.renew("2278-03-01T00:00:00Z", account.Order{OfferingID: ios, Quantity: 0})
	target = instant("9999-12-31T23:59:59.999Z")
	if move(); !b.state.At.Equal(instant("2378-03-01T00:00:00Z")) {
		t.Errorf("with a cancellation to come: at %v", b.state.At)
	}
	if got := move(); got != 1 || !b.state.At.Equal(target) {
		t.Errorf("without slots: %d events, at %v, want one and the target", got, b.state.At)
	}
	for _, past := range []string{"1969-12-31T23:59:59Z", "9999-12-31T23:59:59-01:00"} {
		_, err := b.state.Freeze(instant(past), terms, b.state.At)
		wantKind(t, err, fault.Argument, "the clock cannot show")
	}
}

// TestOneMoveEqualsManySteps moves a clock over some years at once and in steps
// of any size.
func TestOneMoveEqualsManySteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start, terms := history(t)
		years := rapid.IntRange(0, 9).Draw(t, "years")
		if rapid.IntRange(0, 19).Draw(t, "far") == 0 {
			years += 100
		}
		target := start.At.AddDate(years, 1, 1)
		move := func(s account.State, to time.Time) (account.State, []account.Event) {
			moved, err := s.Freeze(to, terms, s.Now(s.At))
			if err != nil {
				t.Fatal(err)
			}
			var rolled []account.Event
			for _, e := range moved {
				s = account.Apply(s, e)
				if e.Kind == account.KindRolled {
					rolled = append(rolled, e)
				}
			}
			return s, rolled
		}
		var want, got []account.Event
		once, steps := start, start
		for once.At.Before(target) {
			var rolled []account.Event
			once, rolled = move(once, target)
			want = append(want, rolled...)
		}
		for steps.At.Before(target) {
			to := steps.At.AddDate(rapid.IntRange(0, 1+years/5).Draw(t, "step"), 0, rapid.IntRange(1, 40).Draw(t, "days"))
			if to.After(target) {
				to = target
			}
			var rolled []account.Event
			steps, rolled = move(steps, to)
			got = append(got, rolled...)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("events (-once +steps):\n%s", diff)
		}
		if diff := cmp.Diff(once, steps); diff != "" {
			t.Fatalf("state (-once +steps):\n%s", diff)
		}
	})
}

// TestDue is when the wall clock makes an account roll, which a clock that
// stands never does.
func TestDue(t *testing.T) {
	b := open(t, "2026-01-31T12:00:00Z")
	wantDue := func(want time.Time) {
		t.Helper()
		if got := b.state.Due(); !got.Equal(want) {
			t.Errorf("due %v, want %v", got, want)
		}
	}
	wantDue(time.Time{})
	b.buy("2026-01-31T12:00:00Z", account.Order{OfferingID: ios, Quantity: 1})
	wantDue(instant("2026-02-01T00:00:00Z"))
	events, err := b.state.Freeze(instant("2026-03-15T00:00:00Z"), terms, b.state.At)
	if err != nil {
		t.Fatal(err)
	}
	b.add(events...)
	wantDue(time.Time{})
	if b.state.Behind(b.state.Now(instant("2030-01-01T00:00:00Z"))) {
		t.Error("an account whose clock stands is behind")
	}
	events, err = b.state.Release(instant("2026-03-20T00:00:00Z"), terms, b.state.At)
	if err != nil {
		t.Fatal(err)
	}
	b.add(events...)
	wantDue(instant("2026-04-01T00:00:00Z"))
}
