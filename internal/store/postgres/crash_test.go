package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/postgres"
	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
)

// load is purchases by many callers at journals of one database, each followed by a new document. Whoever gets no
// answer repeats the call at the next journal, as clients do behind a balancer.
type load struct {
	nodes []*postgres.Journal
	stop  chan struct{} // closed when no more calls shall begin
	all   sync.WaitGroup
	acks  chan struct{} // one for each acknowledged call

	mu           sync.Mutex
	acknowledged map[account.ID]map[string]int // by retry id
	repeated     int                           // of them: those that an attempt without an answer had made
}

const (
	loadCallers  = 16
	loadAccounts = 4
)

func startLoad(t *testing.T, nodes []*postgres.Journal) *load {
	l := &load{nodes: nodes, stop: make(chan struct{}), acks: make(chan struct{}, 1<<20), acknowledged: map[account.ID]map[string]int{}}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	for caller := range loadCallers {
		l.all.Go(func() { l.call(ctx, t, caller) })
	}
	t.Cleanup(func() { cancel(); l.all.Wait() })
	return l
}

// call makes the calls of one caller, up to a hundred attempts a second. A call that has begun is repeated until
// it is acknowledged.
func (l *load) call(ctx context.Context, t *testing.T, caller int) {
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	id := account.ID(fmt.Sprintf("%012d", caller%loadAccounts))
	for n := 0; ; n++ {
		change := purchase(id, account.MaxQuantity, fmt.Sprint(caller, " ", n))
		acknowledged := l.try(ctx, t, pace.C, func(attempt int) error {
			outcome, err := l.nodes[(caller+attempt)%len(l.nodes)].Update(ctx, change)
			if err == nil {
				l.acknowledge(id, change.Retry.ID, outcome.Repeated)
			}
			return err
		}) && l.try(ctx, t, pace.C, func(attempt int) error {
			err := l.keep(ctx, caller+attempt, fmt.Sprintf("crash/%02d/%06d", caller, n))
			if attempt > 0 && errors.Is(err, store.ErrConflict) { // an attempt without an answer had made it
				return nil
			}
			return err
		})
		if !acknowledged {
			return
		}
		select {
		case <-l.stop:
			return
		default:
		}
	}
}

// try repeats a call until it is acknowledged, and reports false where that does not come.
func (l *load) try(ctx context.Context, t *testing.T, pace <-chan time.Time, call func(attempt int) error) bool {
	for attempt := 0; ; attempt++ {
		select {
		case <-pace:
		case <-ctx.Done():
			return false
		}
		err := call(attempt)
		if err == nil {
			return true
		}
		if fault.KindOf(err) != fault.Unavailable {
			t.Error(err)
			return false
		}
	}
}

// keep makes two documents that are not there.
func (l *load) keep(ctx context.Context, node int, key string) error {
	_, err := l.nodes[node%len(l.nodes)].Commit(ctx, store.Commit{
		If:  map[string]int64{key + "/a": 0, key + "/b": 0},
		Put: []store.Document{{Key: key + "/a", Body: []byte(`1`)}, {Key: key + "/b", Body: []byte(`1`)}},
	})
	return err
}

func (l *load) acknowledge(id account.ID, retry string, repeated bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.acknowledged[id] == nil {
		l.acknowledged[id] = map[string]int{}
	}
	l.acknowledged[id][retry]++
	if repeated {
		l.repeated++
	}
	l.acks <- struct{}{}
}

// wantService waits until many more calls were acknowledged than may have been under way.
func (l *load) wantService(t *testing.T) {
	t.Helper()
	for len(l.acks) > 0 {
		<-l.acks
	}
	for range 4 * loadCallers {
		select {
		case <-l.acks:
		case <-time.After(30 * time.Second):
			t.Fatal("nothing was acknowledged for half a minute")
		}
	}
}

// wantKept ends the load and wants the journal to hold what was acknowledged, each once, and nothing else.
func (l *load) wantKept(t *testing.T) {
	t.Helper()
	close(l.stop)
	l.all.Wait()
	entries := int64(loadAccounts)
	for id, acknowledged := range l.acknowledged {
		if diff := cmp.Diff(acknowledged, retries(t, l.nodes[0], id)); diff != "" {
			t.Errorf("account %s: acknowledged (-) and kept (+): %s", id, diff)
		}
		entries += int64(len(acknowledged))
	}
	wantVerified(t, l.nodes[1], entries)
	documents := int64(0)
	for from := ""; ; {
		page, err := l.nodes[1].Range(t.Context(), store.Query{Prefix: "crash/", From: from, Limit: store.MaxPage})
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		documents, from = documents+int64(len(page)), page[len(page)-1].Key
	}
	if want := 2 * (entries - loadAccounts); documents != want {
		t.Errorf("%d documents were kept, want %d", documents, want)
	}
	t.Logf("%d calls, of which %d had been made by an attempt without an answer", entries-loadAccounts, l.repeated)
}

// TestCrashes crashes PostgreSQL under load in three ways, again and again. The journals stay open all the time.
func TestCrashes(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	url := s.Database(t)
	l := startLoad(t, openNodes(t, url, 2))
	for range 5 {
		l.wantService(t)
		killBackend(t, url)
		l.wantService(t)
		for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGQUIT} {
			s.Stop(signal)
			wantUnavailable(t, l.nodes[0])
			s.Run(t)
			l.wantService(t)
		}
	}
	l.wantKept(t)
}

// killBackend kills the process of a connection of a journal, one with a statement under way where there is one.
// PostgreSQL then ends all others and recovers.
func killBackend(t *testing.T, url string) {
	t.Helper()
	conn := connect(t, url)
	var pid int
	row := conn.QueryRow(t.Context(), `SELECT pid FROM pg_stat_activity
		WHERE application_name = 'slotfarm' ORDER BY state = 'active' DESC NULLS LAST LIMIT 1`)
	if err := row.Scan(&pid); err != nil {
		t.Fatal(err)
	}
	backend, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := backend.Kill(); err != nil {
		t.Fatal(err)
	}
}

// wantUnavailable wants a journal without its database to say so by itself, soon.
func wantUnavailable(t *testing.T, j *postgres.Journal) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second) // the engine allows 3, the machine may be busy
	defer cancel()
	if outcome, err := j.Update(ctx, opening("999999999999")); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("update without a database = %+v, %v", outcome, err)
	}
	if err := j.Ping(ctx); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("ping without a database: %v", err)
	}
	if ctx.Err() != nil {
		t.Error("the journal did not notice that the database is away")
	}
}
