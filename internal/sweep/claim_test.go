package sweep_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/farmtest"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/sweep"
)

// nodes are the sweepers of servers that share the storage of a farm, each with its own clock.
func nodes(f *farmtest.Farm, clocks ...*time.Time) []*sweep.Sweeper {
	var all []*sweep.Sweeper
	for _, clock := range clocks {
		config := f.Config
		config.Shared, config.Now = true, func() time.Time { return *clock }
		node, err := server.NewParts(context.Background(), config)
		f.Must(err)
		all = append(all, node.Sweeper)
	}
	return all
}

// claims returns the keys of the claims that are stored.
func claims(f *farmtest.Farm) []string {
	found, err := store.All(context.Background(), f.Config.Store, "sweep/")
	f.Must(err)
	var keys []string
	for _, d := range found {
		keys = append(keys, d.Key)
	}
	return keys
}

// rolls returns how often each account was rolled.
func rolls(f *farmtest.Farm) map[account.ID]int {
	rolled := map[account.ID]int{}
	for i := range farmtest.Accounts {
		for _, entry := range f.Journal(i) {
			if entry.Event.Kind == account.KindRolled {
				rolled[entry.Account]++
			}
		}
	}
	return rolled
}

// TestSharedSweep has three services sweep the same storage at once, with clocks
// that differ: every account is rolled once, and no claim stays.
func TestSharedSweep(t *testing.T) {
	t.Parallel()
	f := farmtest.Open(t)
	f.Settle(false)
	behind, ahead := f.Wall.AddDate(0, 0, 20), f.Wall.AddDate(0, 0, 20).Add(5*time.Minute)
	var wg sync.WaitGroup
	for _, node := range nodes(f, &behind, &ahead, &behind) {
		wg.Go(func() {
			if err := node.Sweep(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	want := map[account.ID]int{}
	for i := range farmtest.Accounts {
		want[farmtest.Caller(i).Account] = 1
	}
	if diff := cmp.Diff(want, rolls(f)); diff != "" {
		t.Errorf("how often accounts were rolled (-want +got):\n%s", diff)
	}
	if left := claims(f); left != nil {
		t.Errorf("claims after the sweep: %v, want none", left)
	}
}

// TestClaims uses a share that a dead process holds: it is left alone until the
// claim expires, and then taken over.
func TestClaims(t *testing.T) {
	t.Parallel()
	f := farmtest.Open(t)
	f.Settle(false)
	now := f.Wall.AddDate(0, 0, 20)
	until := now.Add(time.Minute)
	dead := store.Document{Key: "sweep/3", Body: fmt.Appendf(nil, `{"until":%q}`, until.Format(time.RFC3339Nano))}
	_, err := f.Config.Store.Commit(context.Background(), store.Commit{Put: []store.Document{dead}})
	f.Must(err)
	node := nodes(f, &now)[0]
	sweep := func(want ...string) {
		t.Helper()
		f.Must(node.Sweep(context.Background()))
		var still []string // not rolled
		rolled := rolls(f)
		for i := range farmtest.Accounts {
			if id := farmtest.Caller(i).Account; rolled[id] == 0 {
				still = append(still, string(id))
			}
		}
		if diff := cmp.Diff(want, still); diff != "" {
			t.Errorf("accounts that were not rolled (-want +got):\n%s", diff)
		}
	}
	sweep("000000000003", "000000000013", "000000000023")
	if diff := cmp.Diff([]string{dead.Key}, claims(f)); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	now = until
	sweep()
	if left := claims(f); left != nil {
		t.Errorf("claims after the sweep: %v, want none", left)
	}
}
