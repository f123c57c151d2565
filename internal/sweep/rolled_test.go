package sweep_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/farmtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestDayByDayOrAtOnce rolls accounts each day of a year as their owners look
// at them, each month as a sweep finds them due, and once at the end.
func TestDayByDayOrAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	end := time.Date(2028, 11, 29, 7, 8, 9, 123_000_000, time.UTC)
	ways := map[string]func(*farmtest.Farm){
		"day by day": func(f *farmtest.Farm) {
			for ; f.Wall.Before(end); f.Wall = f.Wall.AddDate(0, 0, 1) {
				for i := range farmtest.Accounts {
					_, err := f.Accounts.View(ctx, farmtest.Caller(i))
					f.Must(err)
				}
			}
		},
		"swept": func(f *farmtest.Farm) {
			for ; f.Wall.Before(end); f.Wall = f.Wall.Add(317 * time.Hour) {
				f.Must(f.Sweeper.Sweep(ctx))
			}
		},
		"at once": func(*farmtest.Farm) {},
	}
	want := map[account.ID][]string(nil)
	for name, way := range ways {
		f := farmtest.Open(t)
		f.Settle(false)
		way(f)
		f.Wall = end
		for i := range farmtest.Accounts {
			view, err := f.Accounts.View(ctx, farmtest.Caller(i))
			f.Must(err)
			if len(view.State.Holdings) > 0 && view.State.At.Before(end.AddDate(0, -1, 0)) {
				t.Errorf("%s: account %d is at %v", name, i, view.State.At)
			}
		}
		got := f.Entries()
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-another way +this one):\n%s", name, diff)
		}
	}
}

// TestSweep rolls what is due by the wall clock and leaves the others.
func TestSweep(t *testing.T) {
	t.Parallel()
	ctx, f := context.Background(), farmtest.Open(t)
	f.Settle(false)
	for i := range farmtest.Accounts / 2 {
		_, _, err := f.Clocks.Freeze(ctx, farmtest.Caller(i), f.Wall)
		f.Must(err)
	}
	f.Wall = f.Wall.AddDate(0, 3, 0)
	before := f.Entries()
	for range 2 {
		f.Must(f.Sweeper.Sweep(ctx))
		for id, entries := range f.Entries() {
			frozen := id < farmtest.Caller(farmtest.Accounts/2).Account
			if grown := len(entries) > len(before[id]); grown == frozen {
				t.Errorf("account %s has %d entries after %d; frozen %t", id, len(entries), len(before[id]), frozen)
			}
		}
	}
	due, err := f.Config.Store.Due(ctx, f.Wall, "", farmtest.Accounts)
	if err != nil || len(due) > 0 {
		t.Errorf("still due: %v, %v", due, err)
	}
}
