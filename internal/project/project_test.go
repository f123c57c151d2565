package project_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/project"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

const alice account.ID = "111111111111"

func open(t *testing.T) store.Store {
	t.Helper()
	s, err := sqlite.OpenMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// projects returns the projects in a store, which empty is to empty.
func projects(docs store.Documents, empty func(context.Context, arn.ARN) error) *project.Projects {
	var ids atomic.Int64
	return project.New(project.Config{
		Store: docs, Now: func() time.Time { return time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC) }, Empty: empty,
		NewID: func() string { return fmt.Sprintf("id-%d", ids.Add(1)) },
	})
}

func create(t *testing.T, p *project.Projects) arn.ARN {
	t.Helper()
	made, err := p.Create(context.Background(), alice, project.Terms{Name: "mobile", JobTimeout: 10})
	if err != nil {
		t.Fatal(err)
	}
	return made.ARN()
}

// documents returns how many documents there are.
func documents(t *testing.T, docs store.Documents) int {
	t.Helper()
	all, err := store.All(context.Background(), docs, "")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// TestDelete looks at a project while all that stands under it goes: nobody finds
// it, and nothing can be put under it any more.
func TestDelete(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	docs := open(t)
	var p *project.Projects
	var seen int64
	emptied := 0
	p = projects(docs, func(ctx context.Context, of arn.ARN) error {
		emptied++
		if _, _, err := p.Get(ctx, alice, of); fault.KindOf(err) != fault.NotFound {
			t.Errorf("get of a project that is being deleted: %v, want none found", err)
		}
		if page, more, err := p.List(ctx, alice, "", 10); err != nil || more || len(page) != 0 {
			t.Errorf("list = %v, %v, %v, want nothing", page, more, err)
		}
		if err := p.Delete(ctx, alice, of); fault.KindOf(err) != fault.NotFound {
			t.Errorf("second delete: %v, want none found", err)
		}
		child := store.Document{Key: "upload/x", Body: []byte("{}")}
		_, err := docs.Commit(ctx, store.Commit{If: map[string]int64{project.Key(of): seen}, Put: []store.Document{child}})
		if !errors.Is(err, store.ErrConflict) {
			t.Errorf("something put under the project: %v, want a conflict", err)
		}
		return nil
	})
	of := create(t, p)
	_, version, err := p.Get(ctx, alice, of)
	if err != nil {
		t.Fatal(err)
	}
	seen = version
	if err := p.Delete(ctx, alice, of); err != nil || emptied != 1 {
		t.Fatalf("delete: %v, emptied %d times", err, emptied)
	}
	if got := documents(t, docs); got != 0 {
		t.Errorf("%d documents are left, want none", got)
	}
}

// TestDeleteRefused has something stand under a project that cannot go.
func TestDeleteRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	docs := open(t)
	live := fault.New(fault.Argument, "a session is live")
	p := projects(docs, func(context.Context, arn.ARN) error { return live })
	of := create(t, p)
	if err := p.Delete(ctx, alice, of); !errors.Is(err, live) {
		t.Errorf("delete: %v, want the reason", err)
	}
	if got, _, err := p.Get(ctx, alice, of); err != nil || got.Name != "mobile" || got.JobTimeout != 10 {
		t.Errorf("project = %+v, %v, want it as it was", got, err)
	}
	if got := documents(t, docs); got != 1 {
		t.Errorf("%d documents, want that of the project alone", got)
	}
}

// TestResume finishes a delete that a failure cut short.
func TestResume(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	docs := open(t)
	fails := true
	p := projects(docs, func(context.Context, arn.ARN) error {
		if fails {
			return errors.New("the disk is full")
		}
		return nil
	})
	of := create(t, p)
	stays := create(t, p)
	if err := p.Delete(ctx, alice, of); err == nil || err.Error() != "the disk is full" {
		t.Errorf("delete: %v, want the failure", err)
	}
	if err := p.Resume(ctx); err == nil {
		t.Error("a delete that still fails was taken for done")
	}
	fails = false
	for range 2 {
		if err := p.Resume(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := p.Get(ctx, alice, of); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the deleted project: %v, want none found", err)
	}
	if _, _, err := p.Get(ctx, alice, stays); err != nil {
		t.Errorf("the other project: %v", err)
	}
	if got := documents(t, docs); got != 1 {
		t.Errorf("%d documents, want that of the other project alone", got)
	}
}

// TestUpdatesRace changes two members of a project at once: neither is lost.
func TestUpdatesRace(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := projects(open(t), nil)
	of := create(t, p)
	errs := make([]error, 2)
	var both sync.WaitGroup
	both.Go(func() {
		_, errs[0] = p.Update(ctx, alice, of, func(t project.Terms) project.Terms { t.Name = "renamed"; return t })
	})
	both.Go(func() {
		_, errs[1] = p.Update(ctx, alice, of, func(t project.Terms) project.Terms { t.JobTimeout = 20; return t })
	})
	both.Wait()
	got, _, err := p.Get(ctx, alice, of)
	if errs[0] != nil || errs[1] != nil || err != nil || got.Name != "renamed" || got.JobTimeout != 20 {
		t.Errorf("project = %+v, %v, %v", got, errs, err)
	}
	if _, err := p.Update(ctx, alice, of, func(t project.Terms) project.Terms { t.JobTimeout = 151; return t }); fault.KindOf(err) != fault.Argument {
		t.Errorf("151 minutes: %v, want an Argument", err)
	}
}

// TestResumeRefused goes on with a delete of a project that cannot be emptied any
// more: it is found again, and no failure of the lab's.
func TestResumeRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	docs := open(t)
	reason := errors.New("the disk is full")
	p := projects(docs, func(context.Context, arn.ARN) error { return reason })
	of := create(t, p)
	if err := p.Delete(ctx, alice, of); !errors.Is(err, reason) {
		t.Errorf("delete: %v, want the failure", err)
	}
	reason = fault.New(fault.Argument, "a session is live")
	if err := p.Resume(ctx); err != nil {
		t.Errorf("resume: %v, want none", err)
	}
	if _, _, err := p.Get(ctx, alice, of); err != nil {
		t.Errorf("the project: %v, want it to be found", err)
	}
}
