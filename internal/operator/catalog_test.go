package operator_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// priced is the default catalogue with iOS slots at a price in cents.
func priced(cents account.Cents) offering.Catalog {
	c := offering.Default()
	c.Offerings = slices.Clone(c.Offerings)
	c.Offerings[0].Prices = []offering.Price{{Monthly: cents}}
	return c
}

func (f *farm) text(c offering.Catalog) string {
	f.t.Helper()
	body, err := manifest.FormatCatalog(c)
	if err != nil {
		f.t.Fatal(err)
	}
	return string(body)
}

// catalog returns what the API says is for sale.
func (f *farm) catalog() offering.Catalog {
	f.t.Helper()
	c, err := manifest.ParseCatalog([]byte(f.accepted("GET", "/catalog", "")))
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

// ledger is an account's transactions in short, oldest first.
func (f *farm) ledger(id account.ID) []string {
	f.t.Helper()
	page, _, err := f.parts.Orders.Transactions(context.Background(), journal.Caller{Account: id}, billing.Cursor{}, math.MaxInt16)
	if err != nil {
		f.t.Fatal(err)
	}
	var all []string
	for _, made := range slices.Backward(page) {
		name := map[string]string{ios: "ios", android: "android"}[made.OfferingID]
		all = append(all, fmt.Sprintf("%s %s %d %s %s", made.CreatedOn.Format(timeFormat), made.Type, made.Quantity, name, made.Cost.Decimal()))
	}
	return all
}

const timeFormat = "2006-01-02T15:04:05.999999999Z07:00"

// TestNewPrices hold for later commands and later boundaries: not for those that
// the wall clock passed before, though nobody rolled the account.
func TestNewPrices(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.same("catalogue", offering.Default(), f.catalog())
	f.buy(alice, ios, 1)
	f.freeze(bob, "2026-01-31T12:00:00Z")
	f.buy(bob, ios, 1)
	f.buy(carol, ios, 1)
	f.renew(carol, ios, 2)
	f.wall = wall.AddDate(0, 0, 43) // 15 March
	f.same("answer", f.accepted("PUT", "/catalog", f.text(priced(1000))), f.accepted("GET", "/catalog", ""))
	f.same("catalogue", priced(1000), f.catalog())
	f.buy(alice, ios, 31)
	f.renew(carol, ios, 1)
	f.accepted("PUT", "/catalog", f.text(priced(807)))
	f.wall = f.wall.AddDate(0, 1, 0)
	for _, id := range []string{alice, bob, carol} {
		f.accepted("GET", "/accounts/"+id, "")
	}
	f.advance(bob, `{"periods":1}`)
	f.same("alice", []string{
		"2026-01-31T12:00:00Z PURCHASE 1 ios 8.07",
		"2026-02-01T00:00:00Z SYSTEM 1 ios 250.0",
		"2026-03-01T00:00:00Z SYSTEM 1 ios 250.0",
		"2026-03-15T12:00:00Z PURCHASE 31 ios 170.0",
		"2026-04-01T00:00:00Z SYSTEM 32 ios 258.24",
	}, f.ledger(alice))
	f.same("bob, whose clock stood", []string{
		"2026-01-31T12:00:00Z PURCHASE 1 ios 8.07",
		"2026-02-01T00:00:00Z SYSTEM 1 ios 8.07",
	}, f.ledger(bob))
	f.same("carol, whose renewals have their price", []string{
		"2026-01-31T12:00:00Z PURCHASE 1 ios 8.07",
		"2026-01-31T12:00:00Z RENEW 2 ios 500.0",
		"2026-03-01T00:00:00Z SYSTEM 2 ios 500.0",
		"2026-03-15T12:00:00Z RENEW 1 ios 10.0",
	}, f.ledger(carol))
	f.size()
}

// TestOfferingsStay while there are accounts, which may hold them.
func TestOfferingsStay(t *testing.T) {
	t.Parallel()
	f := open(t)
	less := offering.Default()
	less.Offerings, less.Promotions = less.Offerings[1:], nil
	more := offering.Default()
	more.Offerings = append(slices.Clone(more.Offerings), offering.Offering{ID: unknown, Platform: offering.IOS, Prices: []offering.Price{{}}})
	for _, c := range []offering.Catalog{less, offering.Default(), {}, more} {
		f.accepted("PUT", "/catalog", f.text(c))
		f.same("catalogue without accounts", c, f.catalog())
	}
	f.accepted("PUT", "/accounts/"+alice, "{}")
	want := refusal{409, conflict, `catalog: offering "` + unknown + `" cannot be removed from the catalogue while there are accounts`}
	f.refused("PUT", "/catalog", f.text(offering.Default()), want)
	f.refused("PUT", "/seed", `{"catalog":`+f.text(offering.Default())+`}`, want)
	f.same("catalogue", more, f.catalog())
	more.Promotions, more.Offerings[0].Prices = nil, []offering.Price{{Monthly: 1}}
	f.accepted("PUT", "/catalog", f.text(more))
	f.same("catalogue", more, f.catalog())
	f.accepted("POST", "/reset", "")
	f.same("catalogue after a reset", offering.Default(), f.catalog())
}

// TestCatalogStays when the process starts again, whatever it starts with.
func TestCatalogStays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := onDisk(t, dir)
	for cents := range 12 {
		f.accepted("PUT", "/catalog", f.text(priced(account.Cents(cents))))
	}
	if err := f.store.Close(); err != nil {
		t.Fatal(err)
	}
	f = onDisk(t, dir)
	f.same("catalogue", priced(11), f.catalog())
	f.accepted("PUT", "/catalog", f.text(priced(807)))
	f.same("catalogue", priced(807), f.catalog())
}

// TestBadCatalogs are refused and change nothing. What else is wrong with a
// catalogue is tested where it is read.
func TestBadCatalogs(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.accepted("PUT", "/catalog", f.text(priced(1)))
	f.buy(alice, ios, 1)
	before := f.size()
	for _, tt := range []struct {
		name, body string
		want       refusal
	}{
		{"three decimals", `{"offerings":[{"id":"` + ios + `","platform":"IOS","monthly":8.075}]}`, refusal{400, malformed, `member "offerings[0].monthly" is "8.075"`}},
		{"negative", `{"offerings":[{"id":"` + ios + `","platform":"IOS","monthly":-1}]}`, refusal{400, malformed, `member "offerings[0].monthly" is "-1"`}},
		{"too dear", `{"offerings":[{"id":"` + ios + `","platform":"IOS","monthly":1000001}]}`, refusal{400, argument, "has a price of 1000001.0; it must be from 0.0 to 1000000.0"}},
		{"platform", `{"offerings":[{"id":"` + ios + `","platform":"ios","monthly":1}]}`, refusal{400, argument, `has platform "ios"`}},
		{"empty", "", refusal{400, malformed, "the document is empty"}},
		{"blank", " \n", refusal{400, malformed, "the document is empty"}},
		{"nothing for sale", "{}", refusal{409, conflict, "cannot be removed from the catalogue"}},
		{"bomb", "a: &a [*a, *a]", refusal{413, tooLarge, "nested too deeply or grows too large"}},
		{"large", string(make([]byte, 16<<20+1)), refusal{413, tooLarge, "the body is larger than 16777216 bytes"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f.t = t
			f.refused("PUT", "/catalog", tt.body, tt.want)
			f.same("catalogue", priced(1), f.catalog())
			f.same("size", before, f.size())
		})
	}
}

// TestNothingIsBoughtFromAFormerCatalogue changes the offerings among purchases
// of those that come and go. An account that held one that is not for sale could
// not be rolled any more.
func TestNothingIsBoughtFromAFormerCatalogue(t *testing.T) {
	t.Parallel()
	f := open(t)
	ctx := context.Background()
	less := offering.Default()
	less.Offerings = less.Offerings[1:]
	buyer := func(i int) account.ID { return account.ID(fmt.Sprintf("%012d", i)) }
	var group sync.WaitGroup
	var done atomic.Bool
	stop := func() { done.Store(true); group.Wait() }
	defer stop()
	for i := range 16 {
		group.Go(func() {
			for !done.Load() {
				c := journal.Caller{Account: buyer(i), By: journal.By{Key: "AKID"}}
				_, _, err := f.parts.Orders.Purchase(ctx, c, account.Order{OfferingID: ios, Quantity: 1})
				if kind := fault.KindOf(err); err != nil && kind != fault.NotFound && kind != fault.LimitExceeded {
					t.Error(err)
				}
			}
		})
	}
	for range 100 {
		if _, err := f.parts.Seeds.Reset(ctx, journal.Caller{}); err != nil {
			t.Error(err)
		}
		err := f.parts.Catalog.Set(ctx, journal.Caller{}, less, nil)
		if err != nil && fault.KindOf(err) != fault.Conflict {
			t.Error(err)
		}
		for i := range 16 * 10 {
			head, failed := f.store.Head(ctx, buyer(i%16))
			if failed != nil || err == nil && head.State.Holding(ios).Current > 0 {
				t.Fatalf("an account holds %d slots that are not for sale, %v", head.State.Holding(ios).Current, failed)
			}
		}
	}
	stop()
	f.wall = wall.AddDate(0, 1, 0)
	if err := f.parts.Sweeper.Sweep(ctx); err != nil {
		t.Errorf("an account cannot be rolled: %v", err)
	}
	f.size()
}

// TestCatalogVersions puts two catalogues in force, and reads what there was when.
func TestCatalogVersions(t *testing.T) {
	t.Parallel()
	f := open(t)
	first := f.accepted("GET", "/catalog", "")
	f.same("no versions", `{"versions":[]}`+"\n", f.accepted("GET", "/catalog/versions", ""))
	second := f.accepted("PUT", "/catalog?replaces=0", f.text(priced(807)))
	f.wall = f.wall.Add(time.Hour)
	f.accepted("PUT", "/catalog", f.text(priced(1)))
	want := `{"versions":[{"version":1,"at":"2026-01-31T12:00:00Z","key":"operator"},{"version":2,"at":"2026-01-31T13:00:00Z","key":"operator"}]}`
	f.same("versions", want+"\n", f.accepted("GET", "/catalog/versions", ""))
	f.same("version 0", first, f.accepted("GET", "/catalog?version=0", ""))
	f.same("version 1", second, f.accepted("GET", "/catalog?version=1", ""))
	f.refused("GET", "/catalog?version=3", "", refusal{404, notFound, "there is no version 3 of the catalogue"})
	f.refused("GET", "/catalog?version=x", "", refusal{400, argument, `version "x" is not a whole number`})
	f.refused("PUT", "/catalog?replaces=1", f.text(priced(2)), refusal{409, "Conflict", "version 2 is in force, not 1"})
	f.same("versions after a refusal", want+"\n", f.accepted("GET", "/catalog/versions", ""))
}
