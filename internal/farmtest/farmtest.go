// Package farmtest provides a farm for tests: its parts are wired as in a
// server, and its accounts have bought slots.
package farmtest

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// Accounts is the number of accounts for which Settle buys, three offerings
// each.
const Accounts = 24

// start is the wall clock's time when a test starts.
var start = time.Date(2027, 11, 3, 7, 8, 9, 123_000_000, time.UTC)

// Farm is a farm over a journal in memory. The same steps always give the same
// ids.
type Farm struct {
	*server.Parts
	Config server.PartsConfig // configuration of the parts
	Wall   time.Time          // time of the wall clock

	t   testing.TB
	ids atomic.Int64
}

// Open returns a farm whose accounts are test accounts.
func Open(t testing.TB) *Farm {
	t.Helper()
	store, err := sqlite.OpenMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	f := &Farm{t: t, Wall: start}
	catalog := offering.Default()
	catalog.Offerings[0].Prices = append(catalog.Offerings[0].Prices, offering.Price{From: start.AddDate(0, 5, 3), Monthly: 33333})
	f.Config = server.PartsConfig{
		Store: store, Terms: account.Terms{Catalog: catalog, MaxSlots: 100}, Test: true,
		Now:   func() time.Time { return f.Wall },
		NewID: func() string { return fmt.Sprintf("id-%d", f.ids.Add(1)) },
	}
	f.Parts, err = server.NewParts(context.Background(), f.Config)
	f.Must(err)
	return f
}

// Caller is the owner of account i.
func Caller(i int) journal.Caller {
	return journal.Caller{Account: account.ID(fmt.Sprintf("%012d", i)), By: journal.By{Key: "AKID"}}
}

// Must ends the test on an error.
func (f *Farm) Must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// Settle makes every account buy, with a promotion or without, and renew; no
// two do the same.
func (f *Farm) Settle(frozen bool) {
	f.t.Helper()
	ctx := context.Background()
	for i := range Accounts {
		f.Wall = start.Add(time.Duration(i) * 25 * time.Hour) // from the 3rd to the 28th
		if frozen {
			_, _, err := f.Clocks.Freeze(ctx, Caller(i), f.Wall)
			f.Must(err)
		}
		for k, o := range f.Config.Terms.Catalog.Offerings[:3] {
			order := account.Order{OfferingID: o.ID, Quantity: 1 + (i+k)%5}
			if k == i%4 {
				order.PromotionID = "2FREEMONTHS"
			}
			if k > 0 {
				order.PromotionID = "" // the promotion is for new customers
			}
			_, _, err := f.Orders.Purchase(ctx, Caller(i), order)
			f.Must(err)
			if (i+k)%3 == 0 {
				_, _, err = f.Orders.Renew(ctx, Caller(i), account.Order{OfferingID: o.ID, Quantity: (i + k) % 4})
				f.Must(err)
			}
		}
	}
	f.Wall = start.AddDate(0, 0, 26)
}

// Journal returns the entries of account i.
func (f *Farm) Journal(i int) []journal.Entry {
	f.t.Helper()
	records, err := f.Config.Store.Forward(context.Background(), Caller(i).Account, 0, math.MaxInt32)
	f.Must(err)
	var entries []journal.Entry
	for _, record := range records {
		entry, err := record.Entry()
		f.Must(err)
		entries = append(entries, entry)
	}
	return entries
}

// Entries returns the verified entries of all accounts, without their callers
// and wall-clock times.
func (f *Farm) Entries() map[account.ID][]string {
	f.t.Helper()
	all := map[account.ID][]string{}
	for i := range Accounts {
		for _, entry := range f.Journal(i) {
			entry.Recorded, entry.By = time.Time{}, journal.By{}
			body, err := json.Marshal(entry)
			f.Must(err)
			all[entry.Account] = append(all[entry.Account], string(body))
		}
	}
	report, err := journal.Verify(context.Background(), f.Config.Store)
	if err != nil || report.Wrong != nil || report.Accounts != Accounts {
		f.t.Errorf("verify: %+v, %v", report, err)
	}
	return all
}
