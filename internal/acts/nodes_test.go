package acts_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/acts"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/postgres"
	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// TestRacesOnSQLite has several books of one process act on few documents.
func TestRacesOnSQLite(t *testing.T) {
	t.Parallel()
	kept, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	race(t, kept, kept, kept)
	if err := kept.Close(); err != nil {
		t.Error(err)
	}
}

// TestRacesOnPostgres has several nodes do so.
func TestRacesOnPostgres(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t).Database(t)
	nodes := make([]store.Store, 3)
	for i := range nodes {
		node, err := postgres.Open(context.Background(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer node.Close()
		nodes[i] = node
	}
	race(t, nodes...)
}

// race has every node begin, act and settle at once, while one verifies. Each
// commit is one act, and verifying is content all along.
func race(t *testing.T, nodes ...store.Store) {
	t.Helper()
	ctx := context.Background()
	const commits = 20
	var work, watch sync.WaitGroup
	done := make(chan struct{})
	for i, node := range nodes {
		b := acts.New(acts.Config{
			Store: node, Kinds: kinds(), Now: time.Now, Terms: terms, NewID: ids(i),
			Opening: func() account.Opening { return account.Opening{Seed: "operator"} },
		})
		work.Go(func() {
			for n := range commits {
				if err := change(ctx, b, fmt.Sprintf("thing/%d", n%3)); err != nil {
					t.Errorf("node %d, change %d: %v", i, n, err)
				}
			}
		})
		work.Go(func() {
			for range commits {
				if err := b.Settle(ctx); err != nil {
					t.Errorf("node %d: settle: %v", i, err)
				}
			}
		})
	}
	watch.Go(func() {
		for rounds := 0; ; rounds++ {
			report, err := acts.Verify(ctx, nodes[0], kinds())
			if err == nil {
				err = report.Err()
			}
			if err != nil {
				t.Errorf("verify, round %d: %v", rounds, err)
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	work.Wait()
	close(done)
	watch.Wait()
	report, err := acts.Verify(ctx, nodes[0], kinds())
	if want := int64(1 + commits*len(nodes)); err != nil || report.Err() != nil || report.Acts != want {
		t.Errorf("verify: %+v, %v, want %d acts", report, err, want)
	}
}

// ids returns what gives ids that no other node gives.
func ids(node int) func() string {
	var mu sync.Mutex
	n := 0
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		n++
		return fmt.Sprintf("id-%d-%d", node, n)
	}
}

// change counts in a thing, or deletes it when it has counted far enough.
func change(ctx context.Context, b *acts.Book, key string) error {
	docs := b.As(somebody, "thing counted", key)
	return store.Change(ctx, docs, []string{key}, func(found store.Moment) (store.Commit, error) {
		if found[key].Version == 0 {
			return put(key, "1"), nil
		}
		now, err := store.Decode[thing](found[key])
		if err != nil || len(now.Says) == 5 {
			return store.Commit{Delete: []string{key}}, err
		}
		return put(key, now.Says+"1"), nil
	})
}
