package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/postgres"
	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
	"github.com/slotfarm/slotfarm/internal/store/storetest"
)

// TestDocumentNodes runs what is hard about documents on three nodes.
func TestDocumentNodes(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	url := s.Database(t)
	var nodes []store.Documents
	for _, node := range openNodes(t, url, 3) {
		nodes = append(nodes, node)
	}
	t.Run("what they do could have been done one after another", func(t *testing.T) { storetest.Linear(t, nodes...) })
	t.Run("they lose no update", func(t *testing.T) { storetest.Count(t, "counter", nodes...) })
	t.Run("conditions on what is only read hold", func(t *testing.T) { storetest.Skew(t, nodes...) })
	t.Run("commits that cross each other go on", func(t *testing.T) { storetest.Cross(t, nodes...) })
	t.Run("one hears what another has changed", func(t *testing.T) { storetest.Follow(t, nodes[0], nodes[1]) })
	t.Run("commits of many keys and of few", func(t *testing.T) { testManyKeys(t, nodes) })
	t.Run("a node hears after it was cut off", func(t *testing.T) { testCutOff(t, url, nodes) })
	t.Run("old changes are forgotten", func(t *testing.T) { testForgotten(t, url) })
}

// testManyKeys has commits that lock everything go on beside commits that lock
// their keys: each of the keys ends where all of its writers have been.
func testManyKeys(t *testing.T, nodes []store.Documents) {
	const keys, rounds = 600, 3
	key := func(i int) string { return fmt.Sprintf("many/%03d", i) }
	count := func(node, from, to int) {
		var some []string
		for i := from; i < to; i++ {
			some = append(some, key(i))
		}
		err := store.Change(t.Context(), nodes[node], some, func(m store.Moment) (c store.Commit, err error) {
			for _, k := range some {
				c.Put = append(c.Put, store.Document{Key: k, Body: append(m[k].Body[:len(m[k].Body):len(m[k].Body)], '1')})
			}
			return c, nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	var all sync.WaitGroup
	for node := range nodes {
		all.Go(func() {
			for range rounds {
				count(node, 0, keys)
			}
		})
		all.Go(func() {
			for round := range rounds {
				count(node, round*10, round*10+3)
			}
		})
	}
	all.Wait()
	found, err := nodes[0].Range(t.Context(), store.Query{Prefix: "many/", Limit: store.MaxPage})
	if err != nil || len(found) != keys {
		t.Fatalf("%d documents, %v", len(found), err)
	}
	for i, d := range found {
		want := len(nodes) * rounds
		if i%10 < 3 && i/10 < rounds {
			want += len(nodes)
		}
		if len(d.Body) != want {
			t.Errorf("%s was changed %d times, want %d", d.Key, len(d.Body), want)
		}
	}
}

// testCutOff ends all connections of the nodes while one waits for a change.
func testCutOff(t *testing.T, url string, nodes []store.Documents) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	changed := nodes[1].Changed(ctx, "cut/")
	<-changed
	insert(t, url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'slotfarm'`)
	put := store.Commit{Put: []store.Document{{Key: "cut/a", Body: []byte(`1`)}}}
	for _, err := nodes[0].Commit(ctx, put); err != nil; _, err = nodes[0].Commit(ctx, put) {
		if fault.KindOf(err) != fault.Unavailable {
			t.Fatal(err)
		}
	}
	for range changed {
		found, err := nodes[1].Get(ctx, "cut/a")
		if err == nil && len(found) == 1 {
			return
		}
	}
	t.Error("the change was not told")
}

// testForgotten has a node come upon changes that were told long ago.
func testForgotten(t *testing.T, url string) {
	insert(t, url, `INSERT INTO document_changes (at, key) VALUES (now() - interval '1 hour', 'old')`)
	node := open(t, url)
	if _, err := node.Commit(t.Context(), store.Commit{Put: []store.Document{{Key: "new", Body: []byte(`1`)}}}); err != nil {
		t.Fatal(err)
	}
	var old, recent int
	row := connect(t, url).QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE key = 'old'), count(*) FILTER (WHERE key = 'new') FROM document_changes`)
	if err := row.Scan(&old, &recent); err != nil || old != 0 || recent == 0 {
		t.Errorf("%d old changes and %d new ones, %v", old, recent, err)
	}
}

// TestPagesOfDocuments has the statements of pages explained: each finds its place
// in the index of keys and reads no more than the page.
func TestPagesOfDocuments(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t).Database(t)
	j, conn := open(t, url), connect(t, url)
	storetest.Fill(t, j)
	for _, statistics := range []string{"none", "of now"} {
		for name, q := range storetest.Pages() {
			storetest.WantPage(t, j, q)
			low, high, after := q.Bounds()
			text := "key >= $1 AND key < $2 ORDER BY key LIMIT"
			switch {
			case q.Back:
				text = "ORDER BY key DESC"
			case after:
				text = "key > $1"
			}
			p := explain(t, conn, text, low, high, q.Limit)
			for p.NodeType == "Limit" && len(p.Plans) == 1 {
				p = p.Plans[0]
			}
			if p.NodeType != "Index Scan" || strings.Count(p.IndexCond, "key") != 2 || p.Filter != "" || p.Rows != float64(q.Limit) {
				t.Errorf("%s, statistics %s: plan = %+v, want an index scan of %d rows between two keys", name, statistics, p, q.Limit)
			}
		}
		insert(t, url, `ANALYZE documents`)
	}
}

// TestImportOfDocuments keeps the versions of documents, and gives later ones.
func TestImportOfDocuments(t *testing.T) {
	t.Parallel()
	j := open(t, pgtest.Start(t).Database(t))
	want := []store.Document{{Key: "a", Version: 7, Body: []byte(`{"n":1}`)}, {Key: "b/c", Version: 3, Body: []byte(`2`)}}
	fill := func(i *postgres.Import) error {
		for _, d := range want {
			if err := i.Document(t.Context(), d); err != nil {
				return err
			}
		}
		return i.Versions(t.Context(), 41)
	}
	if err := j.Import(t.Context(), fill); err != nil {
		t.Fatal(err)
	}
	found, err := j.Range(t.Context(), store.Query{Limit: 10})
	if diff := cmp.Diff(want, found); err != nil || diff != "" {
		t.Errorf("documents: %v (-want +got):\n%s", err, diff)
	}
	version, err := j.Commit(t.Context(), store.Commit{If: map[string]int64{"a": 7}, Put: []store.Document{{Key: "a", Body: []byte(`3`)}}})
	if err != nil || version <= 41 {
		t.Errorf("the next version is %d, %v, want one above 41", version, err)
	}
	if err := j.Import(t.Context(), fill); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a second import: %v, want a Conflict", err)
	}
}

// TestIsolation has a database whose transactions see one moment throughout: what
// the second statement of a commit saw would be older than its locks.
func TestIsolation(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t).Database(t)
	insert(t, url, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = ''repeatable read''', current_database()); END $$`)
	j, err := postgres.Open(t.Context(), url)
	if err == nil {
		t.Fatal(errors.Join(j.Close(), errors.New("the database was opened")))
	}
	if !strings.Contains(err.Error(), `"repeatable read"`) || fault.KindOf(err) != fault.Conflict {
		t.Errorf("error = %v", err)
	}
}

func BenchmarkDocuments(b *testing.B) {
	s := pgtest.Start(b)
	open := func(b *testing.B) *postgres.Journal {
		j, err := postgres.Open(context.Background(), s.Database(b))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { j.Close() })
		return j
	}
	b.Run("pages", func(b *testing.B) { storetest.BenchmarkPages(b, open(b)) })
	b.Run("commits", func(b *testing.B) { storetest.BenchmarkCommits(b, open(b)) })
	b.Run("get", func(b *testing.B) { storetest.BenchmarkGet(b, open(b)) })
}
