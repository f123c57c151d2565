package access_test

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/access"
	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/acts"
	"github.com/slotfarm/slotfarm/internal/farmtest"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
)

// watched is storage that tells what is read, and in which something may happen
// after a read.
type watched struct {
	store.Documents
	meanwhile func()

	mu          sync.Mutex
	got, ranged []string
}

// note keeps what was read.
func (w *watched) note(kept *[]string, read ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*kept = append(*kept, read...)
}

func (w *watched) Get(ctx context.Context, keys ...string) ([]store.Document, error) {
	found, err := w.Documents.Get(ctx, keys...)
	w.note(&w.got, keys...)
	if then := w.meanwhile; then != nil {
		w.meanwhile = nil
		then()
	}
	return found, err
}

func (w *watched) Range(ctx context.Context, q store.Query) ([]store.Document, error) {
	w.note(&w.ranged, q.Prefix)
	return w.Documents.Range(ctx, q)
}

// newKeys returns the keys in a new storage, under a master key.
func newKeys(t *testing.T) (*farmtest.Farm, *watched, *access.Keys, *access.Installation) {
	t.Helper()
	f := farmtest.Open(t)
	docs := &watched{Documents: f.Config.Store}
	keys, installation, err := access.New(access.Config{
		Store: docs, Acts: acts.Unkept{Documents: docs}, Now: f.Config.Now, Actions: []iam.Action{{Name: "devicefarm:ListOfferings", Resource: "*"}, {Name: "slotfarm:ListKeys", Resource: "*"}},
		Known: func(context.Context, journal.Caller) error { return nil },
		Open:  func(context.Context, journal.Caller) error { return nil },
	})
	f.Must(err)
	installation.Use(master(t))
	return f, docs, keys, installation
}

func master(t *testing.T) iam.MasterKey {
	t.Helper()
	drawn, err := iam.NewMasterKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return drawn
}

// TestKeysThatChangeWhileTheyAreRead has a key be disabled between the read of the
// key and its return: the next caller hears of it.
func TestKeysThatChangeWhileTheyAreRead(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	f, docs, keys, _ := newKeys(t)
	c := farmtest.Caller(1)
	made, err := keys.Create(ctx, c, "key", nil)
	f.Must(err)
	_, err = keys.Place(ctx, made.Key.ID)
	f.Must(err)
	docs.meanwhile = func() {
		_, err := keys.Disable(ctx, c, made.Key.ID, true)
		f.Must(err)
	}
	if _, err := keys.Credentials(ctx, made.Key.ID); err != nil {
		t.Errorf("a key that was disabled while it was read: %v", err)
	}
	for range 2 {
		if _, err := keys.Credentials(ctx, made.Key.ID); fault.KindOf(err) != fault.UnknownKey {
			t.Errorf("a key that is disabled: %v, want an unknown key", err)
		}
	}
}

// TestReadsOfKeys counts what is read: of a key that is known its document alone,
// of an account the keys of that account.
func TestReadsOfKeys(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	f, docs, keys, _ := newKeys(t)
	made, err := keys.Create(ctx, farmtest.Caller(1), "key", nil)
	f.Must(err)
	_, err = keys.Create(ctx, farmtest.Caller(2), "another account's", nil)
	f.Must(err)
	key := "access/000000000001/" + made.Key.ID
	for _, want := range [][]string{{"key/" + made.Key.ID, key}, {key}} {
		docs.got = nil
		found, err := keys.Credentials(ctx, made.Key.ID)
		if err != nil || found.Secret != made.Secret {
			t.Errorf("credentials of %+v, %v", found.Key, err)
		}
		if diff := cmp.Diff(want, docs.got); diff != "" {
			t.Errorf("documents that were read (-want +got):\n%s", diff)
		}
	}
	list, err := keys.List(ctx, farmtest.Caller(1))
	if err != nil || len(list) != 1 || list[0].ID != made.Key.ID {
		t.Errorf("keys = %v, %v", list, err)
	}
	if diff := cmp.Diff([]string{"access/000000000001/"}, docs.ranged); diff != "" {
		t.Errorf("ranges that were read (-want +got):\n%s", diff)
	}
}

// TestTheLastOperatorKey has the holders of the operator's last two keys take each
// other's away at the same moment, again and again: one of them stays.
func TestTheLastOperatorKey(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	f, _, keys, installation := newKeys(t)
	first, err := installation.Install(ctx, func() (iam.MasterKey, error) { return master(t), nil })
	f.Must(err)
	operator := func(signed string) journal.Caller {
		return journal.Caller{Account: access.OperatorAccount, By: journal.By{Key: signed}}
	}
	remove := map[string]func(c journal.Caller, id string) error{
		"delete": func(c journal.Caller, id string) error { return keys.Delete(ctx, c, id) },
		"disable": func(c journal.Caller, id string) error {
			_, err := keys.Disable(ctx, c, id, true)
			return err
		},
	}
	for round := range 20 {
		for name, remove := range remove {
			second, err := keys.Create(ctx, operator(first.Key.ID), "second", iam.Operator())
			f.Must(err)
			errs := make([]error, 2)
			var both sync.WaitGroup
			both.Go(func() { errs[0] = remove(operator(first.Key.ID), second.Key.ID) })
			both.Go(func() { errs[1] = remove(operator(second.Key.ID), first.Key.ID) })
			both.Wait()
			lost := errs[1]
			if errs[0] != nil {
				first, lost = second, errs[0]
			}
			if (errs[0] == nil) == (errs[1] == nil) || fault.KindOf(lost) != fault.Conflict && fault.KindOf(lost) != fault.NotFound {
				t.Fatalf("round %d, %s: %v and %v, want one of them done and the other refused", round, name, errs[0], errs[1])
			}
			if _, err := keys.Credentials(ctx, first.Key.ID); err != nil {
				t.Fatalf("round %d, %s: the key that is left: %v", round, name, err)
			}
		}
	}
	if err := keys.Delete(ctx, operator("another"), first.Key.ID); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "last usable key") {
		t.Errorf("delete of the last key: %v, want a Conflict", err)
	}
	team, err := keys.Create(ctx, farmtest.Caller(1), "team", nil)
	f.Must(err)
	f.Must(keys.Delete(ctx, farmtest.Caller(1), team.Key.ID))
}

// TestKeysOfUnknownAccounts asks for keys of an account that was never opened.
func TestKeysOfUnknownAccounts(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	f := farmtest.Open(t)
	c := farmtest.Caller(1)
	if _, err := f.Keys.Create(ctx, c, "key", nil); fault.KindOf(err) != fault.NotFound {
		t.Errorf("create: %v, want none found", err)
	}
	if _, err := f.Keys.List(ctx, c); fault.KindOf(err) != fault.NotFound {
		t.Errorf("list: %v, want none found", err)
	}
	_, err := f.Accounts.Configure(ctx, c, account.Settings{})
	f.Must(err)
	if keys, err := f.Keys.List(ctx, c); len(keys) > 0 || err != nil {
		t.Errorf("keys of an account without: %v, %v", keys, err)
	}
}
