package service_test

import (
	"context"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/service"
)

// nodes are services that share the storage of a farm, each with its own clock.
func (f *farm) nodes(clocks ...*time.Time) []*service.Service {
	f.t.Helper()
	var all []*service.Service
	for _, clock := range clocks {
		config := f.Config
		config.Shared, config.Now = true, func() time.Time { return *clock }
		node, err := service.New(context.Background(), config)
		f.must(err)
		all = append(all, node)
	}
	return all
}

// claims returns the names of the claims that are stored.
func (f *farm) claims() []string {
	f.t.Helper()
	records, err := f.Store.ListRecords(context.Background(), "sweep", "")
	f.must(err)
	var names []string
	for _, r := range records {
		names = append(names, r.Name)
	}
	return names
}

// rolls returns how often each account was rolled.
func (f *farm) rolls() map[account.ID]int {
	f.t.Helper()
	rolled := map[account.ID]int{}
	for i := range accounts {
		id := caller(i).Account
		records, err := f.Store.Forward(context.Background(), id, 0, math.MaxInt32)
		f.must(err)
		for _, r := range records {
			entry, err := r.Entry()
			f.must(err)
			if entry.Event.Kind == account.KindRolled {
				rolled[id]++
			}
		}
	}
	return rolled
}

// TestSharedSweep has three services sweep the same storage at once, with clocks
// that differ: every account is rolled once, and no claim stays.
func TestSharedSweep(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.settle(false)
	behind, ahead := f.wall.AddDate(0, 0, 20), f.wall.AddDate(0, 0, 20).Add(5*time.Minute)
	var wg sync.WaitGroup
	for _, node := range f.nodes(&behind, &ahead, &behind) {
		wg.Go(func() {
			if err := node.Sweep(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	want := map[account.ID]int{}
	for i := range accounts {
		want[caller(i).Account] = 1
	}
	if diff := cmp.Diff(want, f.rolls()); diff != "" {
		t.Errorf("how often accounts were rolled (-want +got):\n%s", diff)
	}
	if left := f.claims(); left != nil {
		t.Errorf("claims after the sweep: %v, want none", left)
	}
}

// TestClaims has a service that died hold a share: it is left alone until the
// claim runs out, and then taken over.
func TestClaims(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.settle(false)
	now := f.wall.AddDate(0, 0, 20)
	until := now.Add(time.Minute)
	dead := journal.Named{Name: "3/000000007", Body: fmt.Appendf(nil, `{"until":%q}`, until.Format(time.RFC3339Nano))}
	f.must(f.Store.PutRecords(context.Background(), "sweep", dead))
	node := f.nodes(&now)[0]
	sweep := func(want ...string) {
		t.Helper()
		f.must(node.Sweep(context.Background()))
		var still []string // not rolled
		rolled := f.rolls()
		for i := range accounts {
			if id := caller(i).Account; rolled[id] == 0 {
				still = append(still, string(id))
			}
		}
		if diff := cmp.Diff(want, still); diff != "" {
			t.Errorf("accounts that were not rolled (-want +got):\n%s", diff)
		}
	}
	sweep("000000000003", "000000000013", "000000000023")
	if diff := cmp.Diff([]string{dead.Name}, f.claims()); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	now = until
	sweep()
	if left := f.claims(); left != nil {
		t.Errorf("claims after the sweep: %v, want none", left)
	}
}
