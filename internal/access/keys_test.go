package access_test

import (
	"context"
	"crypto/rand"
	"testing"

	"github.com/slotfarm/slotfarm/internal/access"
	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/farmtest"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// overtaken is storage in which a key is disabled while it is read.
type overtaken struct {
	journal.Records
	meanwhile func()
}

func (o *overtaken) ListRecords(ctx context.Context, kind, prefix string) ([]journal.Named, error) {
	read, err := o.Records.ListRecords(ctx, kind, prefix)
	if then := o.meanwhile; then != nil {
		o.meanwhile = nil
		then()
	}
	return read, err
}

// TestPastKeysAreNotRemembered has a key be disabled, and all keys be forgotten,
// between the read of the key and its return: the next caller reads it anew.
func TestPastKeysAreNotRemembered(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	f := farmtest.Open(t)
	store := &overtaken{Records: f.Config.Store}
	keys, installation, err := access.New(access.Config{
		Store: store, Now: f.Config.Now, Actions: []string{"devicefarm:ListOfferings"},
		Known: func(context.Context, journal.Caller) error { return nil },
		Open:  func(context.Context, journal.Caller) error { return nil },
	})
	f.Must(err)
	master, err := iam.NewMasterKey(rand.Reader)
	f.Must(err)
	installation.Use(master)
	c := farmtest.Caller(1)
	made, err := keys.Create(ctx, c, "key", nil)
	f.Must(err)
	store.meanwhile = func() {
		_, err := keys.Disable(ctx, c, made.Key.ID, true)
		f.Must(err)
		keys.Forget()
	}
	if _, err := keys.Credentials(ctx, made.Key.ID); err != nil {
		t.Errorf("a key that was disabled while it was read: %v", err)
	}
	if _, err := keys.Credentials(ctx, made.Key.ID); fault.KindOf(err) != fault.UnknownKey {
		t.Errorf("a key that is disabled: %v, want an unknown key", err)
	}
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
