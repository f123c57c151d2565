package commandlog_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/slotfarm/slotfarm/internal/commandlog"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// scribes are recorders on one store.
type scribes struct {
	*commandlog.Logs
	t    *testing.T
	docs *broken
	now  atomic.Int64 // days after noon
	stop []func()
	all  []*commandlog.Recorder
}

// broken is storage that fails for as long as it is told to.
type broken struct {
	store.Documents
	fails   atomic.Bool
	lies    atomic.Bool // commits are made, and fail
	commits atomic.Int64
}

func (b *broken) Commit(ctx context.Context, c store.Commit) (int64, error) {
	if b.fails.Load() {
		return 0, errors.New("the disk is full")
	}
	b.commits.Add(1)
	version, err := b.Documents.Commit(ctx, c)
	if err == nil && b.lies.Load() {
		err = errors.New("the connection broke")
	}
	return version, err
}

func open(t *testing.T, recorders int) *scribes {
	t.Helper()
	engine, err := sqlite.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	s := &scribes{t: t, docs: &broken{Documents: engine}}
	c := commandlog.Config{Store: s.docs, Now: func() time.Time { return noon.AddDate(0, 0, int(s.now.Load())) }}
	s.Logs = commandlog.NewLogs(c)
	for range recorders {
		r := commandlog.NewRecorder(c)
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { r.Run(ctx) })
		s.all = append(s.all, r)
		s.stop = append(s.stop, func() { cancel(); running.Wait() })
		t.Cleanup(s.stop[len(s.stop)-1])
	}
	return s
}

// close stops the recorders, as a server that shuts down does.
func (s *scribes) close() {
	for _, stop := range s.stop {
		stop()
	}
}

// command returns the nth command of a session.
func command(session string, n int) commandlog.Command {
	return commandlog.Command{
		Session: session, At: noon.Add(time.Duration(n) * time.Millisecond), Method: http.MethodGet, Path: fmt.Sprint("/session/title/", n),
		Status: http.StatusOK, Took: time.Duration(n%50) * time.Millisecond,
	}
}

// read returns the whole log of a session, in pages of a size.
func (s *scribes) read(session string, size int) []commandlog.Command {
	s.t.Helper()
	var all []commandlog.Command
	for {
		page, more, err := s.Read(s.t.Context(), session, len(all), size)
		if err != nil {
			s.t.Fatal(err)
		}
		if all = append(all, page...); !more {
			return all
		}
		if len(page) != size {
			s.t.Fatalf("a page has %d commands, and others follow; want %d", len(page), size)
		}
	}
}

// until waits for a condition, which is looked at whenever documents change.
func (s *scribes) until(what string, ok func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	for range s.docs.Changed(ctx, "") {
		if ok() {
			return
		}
	}
	s.t.Fatalf("%s did not happen", what)
}

// TestNothingIsLost records commands of several sessions and shuts down at once:
// all are there, in their order, whatever the size of pages, and in chunks.
func TestNothingIsLost(t *testing.T) {
	s := open(t, 1)
	want := map[string][]commandlog.Command{}
	for n := range 257 {
		for _, id := range []string{"one", "two", "three"} {
			c := command(id, n)
			s.all[0].Record(c)
			want[id] = append(want[id], c)
		}
	}
	s.close()
	for id := range want {
		for _, size := range []int{1, 7, 100, 1000} {
			if diff := cmp.Diff(want[id], s.read(id, size)); diff != "" {
				t.Fatalf("session %s in pages of %d (-want +got):\n%s", id, size, diff)
			}
		}
	}
	if n := s.docs.commits.Load(); n > 20 {
		t.Errorf("771 commands took %d commits, want at most 20", n)
	}
}

// TestWithinASecond shows that a lone command is written without anything else
// happening, and the end of a session too.
func TestWithinASecond(t *testing.T) {
	s := open(t, 1)
	s.all[0].Record(command("one", 0))
	s.until("the writing of a command", func() bool { return len(s.read("one", 10)) == 1 })
	end := commandlog.Command{Session: "one", At: noon, Method: http.MethodDelete, Path: "/session", Status: http.StatusOK}
	s.all[0].Record(end)
	s.until("the writing of the end", func() bool { return len(s.read("one", 10)) == 2 })
}

// TestNodes has three nodes serve the same session: what each hears is there once,
// in its order.
func TestNodes(t *testing.T) {
	s := open(t, 3)
	var clients sync.WaitGroup
	for n, r := range s.all {
		clients.Go(func() {
			for i := range 150 {
				c := command("shared", i)
				c.Status = 200 + n
				r.Record(c)
			}
		})
	}
	clients.Wait()
	s.close()
	next := map[int]int{}
	for _, c := range s.read("shared", 1000) {
		if want := command("shared", next[c.Status]); c.Path != want.Path {
			t.Fatalf("of node %d came %s, want %s", c.Status, c.Path, want.Path)
		}
		next[c.Status]++
	}
	if diff := cmp.Diff(map[int]int{200: 150, 201: 150, 202: 150}, next); diff != "" {
		t.Errorf("commands of each node (-want +got):\n%s", diff)
	}
}

// TestOutage has storage fail: what fits is written afterwards, and the log says
// how many did not.
func TestOutage(t *testing.T) {
	s := open(t, 1)
	s.docs.fails.Store(true)
	for n := range 1500 {
		s.all[0].Record(command("one", n))
	}
	s.docs.fails.Store(false)
	s.close()
	kept := len(s.read("one", 1000))
	if kept < 1000 || kept > 1200 { // a chunk may be on its way beside those that wait
		t.Errorf("%d commands were kept, want 1000 and those on their way", kept)
	}
	if want := fmt.Sprintf("(%d commands are missing here: they came faster than they could be kept)\n", 1500-kept); !strings.HasSuffix(s.text("one"), want) {
		t.Errorf("the log of %d commands does not end with %q", kept, want)
	}
}

// TestUncertainCommits has commits fail after they were made: each command is there
// once all the same.
func TestUncertainCommits(t *testing.T) {
	s := open(t, 2)
	s.docs.lies.Store(true)
	for n := range 300 {
		s.all[n%2].Record(command("one", n))
		if n == 150 {
			s.until("the writing of some commands", func() bool { return len(s.read("one", 1000)) > 0 })
		}
	}
	s.until("the writing of most commands", func() bool { return len(s.read("one", 1000)) >= 100 })
	s.docs.lies.Store(false)
	s.close()
	seen := map[string]int{}
	for _, c := range s.read("one", 1000) {
		seen[c.Path]++
	}
	for path, times := range seen {
		if times != 1 {
			t.Errorf("%s was written %d times", path, times)
		}
	}
	if len(seen) != 300 {
		t.Errorf("%d commands are there, want 300", len(seen))
	}
}

// text returns the log of a session as text.
func (s *scribes) text(session string) string {
	s.t.Helper()
	var text strings.Builder
	if err := s.WriteText(s.t.Context(), session, &text); err != nil {
		s.t.Fatal(err)
	}
	return text.String()
}

// TestText shows the text of a log, with what a hostile client may send in it.
func TestText(t *testing.T) {
	s := open(t, 1)
	c := command("one", 7)
	s.all[0].Record(c)
	c.Method, c.Path, c.Status = strings.Repeat("M", 1000), "/session/"+strings.Repeat("x", 10_000), http.StatusNotFound
	s.all[0].Record(c)
	s.close()
	want := "2026-11-27T12:00:00.007Z GET /session/title/7 200 7 ms\n" +
		"2026-11-27T12:00:00.007Z " + strings.Repeat("M", 16) + " /session/" + strings.Repeat("x", 247) + " 404 7 ms\n"
	if diff := cmp.Diff(want, s.text("one")); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("", s.text("another")); diff != "" {
		t.Errorf("log of a session without commands: %s", diff)
	}
}

// TestFull shows that a session's log stops at its bound and says so.
func TestFull(t *testing.T) {
	s := open(t, 0)
	c := commandlog.Config{Store: s.docs, Now: func() time.Time { return noon }}
	last := map[string]any{"at": noon.UnixMilli(), "method": "GET", "path": "/session/url", "status": 200, "took": 1}
	almost, err := store.Encode("actions/one/099998", map[string]any{"commands": []any{last}})
	if err == nil {
		_, err = s.docs.Commit(t.Context(), store.Commit{Put: []store.Document{almost}})
	}
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // as it is written, and after a restart
		r := commandlog.NewRecorder(c)
		r.Record(command("one", 1))
		r.Record(command("one", 2))
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		r.Run(ended)
	}
	if diff := cmp.Diff("2026-11-27T12:00:00.000Z GET /session/url 200 1 ms\n2026-11-27T12:00:00.001Z GET /session/title/1 200 1 ms\n(the log stops here: it keeps 100000 commands of a session)\n", s.text("one")); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// TestRetention has logs be removed when they are old enough, and not before.
func TestRetention(t *testing.T) {
	s := open(t, 1)
	for n := range 450 {
		s.all[0].Record(command("old", n))
	}
	young := command("young", 0)
	young.At = noon.AddDate(0, 0, 1)
	s.all[0].Record(young)
	s.close()
	for _, step := range []struct {
		days       int64
		removed    int
		old, young int
	}{{400, 0, 450, 1}, {401, 1, 0, 1}, {402, 1, 0, 0}} {
		s.now.Store(step.days)
		removed, err := s.Sweep(t.Context())
		if err != nil || removed != step.removed {
			t.Errorf("after %d days %d logs were removed, %v, want %d", step.days, removed, err, step.removed)
		}
		if old, young := len(s.read("old", 1000)), len(s.read("young", 1000)); old != step.old || young != step.young {
			t.Errorf("after %d days there are %d and %d commands, want %d and %d", step.days, old, young, step.old, step.young)
		}
	}
}

// TestDelete removes a log whole, and no other.
func TestDelete(t *testing.T) {
	s := open(t, 1)
	for n := range 250 {
		s.all[0].Record(command("one", n))
		s.all[0].Record(command("one-more", n))
	}
	s.close()
	for range 2 {
		if err := s.Delete(t.Context(), "one"); err != nil {
			t.Fatal(err)
		}
	}
	left, err := store.All(t.Context(), s.docs, "actions")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range left {
		if !strings.Contains(d.Key, "/one-more") {
			t.Errorf("document %s is left", d.Key)
		}
	}
	if got := len(s.read("one-more", 1000)); got != 250 {
		t.Errorf("the other log has %d commands, want 250", got)
	}
}
