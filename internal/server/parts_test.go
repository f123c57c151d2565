package server_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// TestRefresh has one of two servers change keys and the catalogue, and another one
// notice.
func TestRefresh(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	store, err := sqlite.OpenMemory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	config := server.PartsConfig{
		Store: store, Shared: true, Now: time.Now, NewID: uuid.NewString,
		Terms:  account.Terms{Catalog: offering.Default(), MaxSlots: 100},
		Master: parseMaster(t, "5a"), Actions: []iam.Action{{Name: "devicefarm:ListOfferings", Resource: "*"}},
	}
	one, err := server.NewParts(ctx, config)
	must(err)
	other, err := server.NewParts(ctx, config)
	must(err)
	c := journal.Caller{Account: alice, By: journal.By{Key: "AKID"}}
	_, err = one.Accounts.Configure(ctx, c, account.Settings{})
	must(err)
	made, err := one.Keys.Create(ctx, c, "key", nil)
	must(err)
	known := func(want fault.Kind) {
		t.Helper()
		must(other.Refresh(ctx))
		if _, err := other.Keys.Credentials(ctx, made.Key.ID); fault.KindOf(err) != want {
			t.Errorf("the other server says %v of the key, want kind %v", err, want)
		}
	}
	known(fault.Internal) // none
	_, err = one.Keys.Disable(ctx, c, made.Key.ID, true)
	must(err)
	known(fault.UnknownKey)
	_, err = one.Keys.Disable(ctx, c, made.Key.ID, false)
	must(err)
	known(fault.Internal)
	must(one.Keys.Delete(ctx, c, made.Key.ID))
	known(fault.UnknownKey)

	changed := one.Catalog.Terms().Catalog
	changed.Promotions = nil
	must(one.Catalog.Set(ctx, c, changed, nil))
	if n := len(other.Catalog.Terms().Catalog.Promotions); n == 0 {
		t.Error("the catalogue changed while nobody looked")
	}
	number := 0
	if err := other.Catalog.Set(ctx, c, changed, nil); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a version that another server has put in force: %v, want a Conflict", err)
	}
	must(other.Refresh(ctx))
	if err := other.Catalog.Set(ctx, c, changed, &number); fault.KindOf(err) != fault.Conflict {
		t.Errorf("in place of a past version: %v, want a Conflict", err)
	}
	if n := len(other.Catalog.Terms().Catalog.Promotions); n != 0 {
		t.Errorf("the other server has %d promotions after the change, want none", n)
	}
}
