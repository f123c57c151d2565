package operator_test

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
)

// planted is what a seed led to.
type planted struct {
	Accounts     int `json:"accounts"`
	Transactions int `json:"transactions"`
}

func (f *farm) plant(method, path, body string) planted {
	f.t.Helper()
	var p planted
	f.decoded(method, path, body, &p)
	return p
}

// everything is all that a farm keeps.
func (f *farm) everything() map[string]any {
	f.t.Helper()
	ctx := context.Background()
	ids, err := f.store.Accounts(ctx, "", math.MaxInt16)
	if err != nil {
		f.t.Fatal(err)
	}
	all := map[string]any{}
	for _, id := range ids {
		all[string(id)] = f.records(id)
	}
	documents, err := store.All(ctx, f.store, "")
	if err != nil {
		f.t.Fatal(err)
	}
	for _, d := range documents {
		all[d.Key] = string(d.Body)
	}
	all["for sale"] = f.catalog()
	f.size()
	return all
}

// seeded is a seed with a bit of everything.
const seeded = `
accounts:
- account: 000000000000
- account: 111111111111
  now: 2026-03-15T00:00:00Z
  status: SUSPENDED
  maxSlots: {` + ios + `: 3}
  purchases:
  - {at: 2026-01-31T12:00:00Z, offeringId: ` + ios + `, quantity: 1}
  - {offeringId: ` + ios + `, quantity: 2}
  renewals:
  - {offeringId: ` + ios + `, quantity: 1}
- account: 222222222222
  purchases:
  - {offeringId: ` + android + `, quantity: 1}
- account: 333333333333
  test: false
  history:
  - {at: 2025-12-31T00:00:00Z, purchase: {offeringId: ` + android + `, quantity: 1, offeringPromotionId: 2FREEMONTHS}}
  - {at: 2026-01-15T00:00:00Z, set: {status: INELIGIBLE, limits: {metered: 1}}}
  - {at: 2026-01-16T00:00:00Z, session: {id: s-1, kind: job, project: apps, device: iPhone 15, udid: "0001", platform: IOS, began: 2026-01-15T23:00:00Z, ended: 2026-01-15T23:10:00.5Z, billingMethod: METERED, minutePrice: 0.17, result: FAILED}}
  - {at: 2026-01-16T00:00:00Z, session: {id: s-2, kind: test-grid, device: chrome, began: 2026-01-15T23:00:00Z, ended: 2026-01-15T23:00:00Z, billingMethod: METERED, faulty: true}}
`

func TestSeed(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.hold(alice)
	f.take(alice)
	f.hold(dave)
	others := f.records(dave)
	f.same("answer", planted{4, 8}, f.plant("PUT", "/seed", seeded))
	f.same("suspended account with its own clock", []string{
		"2026-01-31T12:00:00Z PURCHASE 1 ios 8.07",
		"2026-02-01T00:00:00Z SYSTEM 1 ios 250.0",
		"2026-03-01T00:00:00Z SYSTEM 1 ios 250.0",
		"2026-03-15T00:00:00Z PURCHASE 2 ios 274.19",
		"2026-03-15T00:00:00Z RENEW 1 ios 250.0",
	}, f.ledger(alice))
	var got accountShape
	f.decoded("GET", "/accounts/"+alice, "", &got)
	if got.Status != "SUSPENDED" || got.Now != "2026-03-15T00:00:00Z" || !got.Frozen || got.MaxSlots[ios] != 3 || got.NextPeriod[ios] != 1 {
		t.Errorf("account = %+v", got)
	}
	f.same("snapshots of it", []snapshot{}, f.snapshots(alice))
	f.same("account of now", []string{"2026-01-31T12:00:00Z PURCHASE 1 android 8.07"}, f.ledger(bob))
	f.same("ordinary account", []string{"2025-12-31T00:00:00Z PURCHASE 1 android 8.07", "2026-01-01T00:00:00Z SYSTEM 1 android 0.0"}, f.ledger(carol))
	f.decoded("GET", "/accounts/"+carol, "", &got)
	if got.Status != "INELIGIBLE" || got.Test || got.Frozen {
		t.Errorf("ordinary account = %+v", got)
	}
	f.same("account that the seed does not name", others, f.records(dave))
	before := f.everything()
	f.refused("PUT", "/seed", seeded, refusal{403, "NotEligible", `accounts[3].account "333333333333" exists and is not a test account; it cannot be replaced`})
	f.same("everything", before, f.everything())
}

// TestBadSeeds fail in their last account: nothing of what comes before is done.
func TestBadSeeds(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.plant("PUT", "/seed", seeded)
	f.take(alice)
	before := f.everything()
	head := `{"catalog":` + f.text(priced(1)) + `,"accounts":[{"account":"111111111111"},{"account":"555555555555","purchases":[{"offeringId":"` + ios + `","quantity":1}]},`
	last := func(members string) string { return head + `{"account":"222222222222",` + members + `}]}` }
	order := func(members string) string { return `{"offeringId":"` + ios + `",` + members + `}` }
	const path = "accounts[2]."
	inputs := []badInput{
		{"ordinary account", head + `{"account":"333333333333"}]}`, refusal{403, "NotEligible", path + `account "333333333333" exists and is not a test account`}},
		{"account twice", head + `{"account":"111111111111"}]}`, refusal{400, argument, path + `account "111111111111" is missing or appears twice`}},
		{"unknown offering", last(`"purchases":[{"offeringId":"` + unknown + `","quantity":1}]`), refusal{404, notFound, path + "purchases[0]: There is no offering"}},
		{"no offering", last(`"purchases":[{"quantity":1}]`), refusal{400, argument, path + `purchases[0]: offeringId "" has 0 characters`}},
		{"quantity", last(`"purchases":[` + order(`"quantity":-1`) + `]`), refusal{400, argument, path + "purchases[0]: quantity -1 is too small"}},
		{"quantity of a renewal", last(`"renewals":[` + order(`"quantity":-1`) + `]`), refusal{400, argument, path + "renewals[0]: quantity -1 is too small"}},
		{"limit", last(`"renewals":[` + order(`"quantity":101`) + `]`), refusal{409, "LimitExceeded", path + "renewals[0]: quantity 101 would make"}},
		{"promotion", last(`"purchases":[` + order(`"quantity":1,"offeringPromotionId":"NONE"`) + `]`), refusal{404, notFound, path + "purchases[0]: There is no promotion"}},
		{"own limit", last(`"maxSlots":{"` + ios + `":-1}`), refusal{400, argument, path + "maxSlots: maxSlots -1 of offering"}},
		{"limit of nothing", last(`"maxSlots":{"x":1}`), refusal{404, notFound, path + "maxSlots: There is no offering"}},
		{"status", last(`"status":"CLOSED"`), refusal{400, argument, path + `status: status "CLOSED" is unknown`}},
		{"note", last(`"note":"\t"`), refusal{400, argument, path + `note: note "\t" has the character U+0009`}},
		{"status empty", last(`"status":""`), refusal{400, argument, path + `status: status "" is unknown`}},
		{"suspended", last(`"history":[{"set":{"status":"SUSPENDED"}},{"purchase":` + order(`"quantity":1`) + `}]`), refusal{403, "ServiceAccount", path + "history[1]: This account is suspended"}},
		{"after now", last(`"now":"2026-01-01T00:00:00Z","purchases":[` + order(`"quantity":1,"at":"2026-01-01T00:00:01Z"`) + `]`),
			refusal{400, argument, path + "purchases[0]: 2026-01-01T00:00:01Z is after the account's own time, 2026-01-01T00:00:00Z"}},
		{"after the wall clock", last(`"purchases":[` + order(`"quantity":1,"at":"2026-02-01T00:00:00Z"`) + `]`), refusal{400, argument, path + "purchases[0]: 2026-02-01T00:00:00Z is after"}},
		{"clock of an ordinary account", last(`"test":false,"now":"2026-01-01T00:00:00Z"`), refusal{403, "NotEligible", path + "now: this is not a test account"}},
		{"before 1970", last(`"now":"1969-12-31T23:59:59Z"`), refusal{400, malformed, `member "accounts[2].now" is "1969-12-31T23:59:59Z"`}},
		{"unknown member", last(`"purchases":[{"x":1}]`), refusal{400, malformed, `member "accounts[2].purchases[0].x" is unknown; it must be one of at, offeringId`}},
		{"catalogue lacks an offering", `{"catalog":{},"accounts":[]}`, refusal{409, conflict, "cannot be removed from the catalogue"}},
		{"catalogue", `{"catalog":{"offerings":[{"id":"x","platform":"IOS","monthly":1}]}}`, refusal{400, argument, `catalog: offering id "x"`}},
		{"empty", "", refusal{400, malformed, "the document is empty"}},
		{"YAML", "accounts:\n\t- account: 1", refusal{400, malformed, "the document is not valid YAML: line 2"}},
		{"large", strings.Repeat(" ", 16<<20+1), refusal{413, tooLarge, "the body is larger than 16777216 bytes"}},
	}
	for _, in := range inputs {
		t.Run(in.name, func(t *testing.T) {
			f.t = t
			f.refused("PUT", "/seed", in.body, in.want)
			f.same("everything", before, f.everything())
		})
	}
	f.refused("POST", "/reset", `{"seed":1}`, refusal{400, malformed, `member "seed" is unknown; it must be one of none`})
	f.same("everything", before, f.everything())
}

// TestReset plants the newest seed again, also after other catalogues.
func TestReset(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.buy(bob, ios, 1)
	f.take(bob)
	f.same("without a seed", planted{}, f.plant("POST", "/reset", ""))
	f.same("size", size{}, f.size())
	withCatalog := "catalog:\n  offerings:\n  - {id: " + ios + ", platform: IOS, monthly: 8.07}\n  - {id: " + android + ", platform: ANDROID, monthly: 1}\n" +
		"  promotions:\n  - {id: 2FREEMONTHS, percentOff: [0, 100]}\n" + seeded
	f.plant("PUT", "/seed", withCatalog)
	catalog, ledger := f.catalog(), f.ledger(carol)
	f.same("prices of the seed", []string{"2025-12-31T00:00:00Z PURCHASE 1 android 0.03", "2026-01-01T00:00:00Z SYSTEM 1 android 0.0"}, ledger)
	for _, body := range []string{"", "{}"} {
		c := priced(1)
		f.accepted("PUT", "/catalog", f.text(c))
		f.buy(bob, android, 7)
		f.buy(dave, c.Offerings[2].ID, 1)
		f.take(bob)
		f.same("answer", planted{4, 8}, f.plant("POST", "/reset", body))
		f.same("catalogue", catalog, f.catalog())
		f.same("ledger", ledger, f.ledger(carol))
		f.same("snapshots", []snapshot{}, f.snapshots(bob))
		f.refused("GET", "/accounts/"+dave, "", refusal{404, notFound, "was never opened"})
		if got := f.size(); got.Accounts != 4 {
			t.Errorf("%d accounts, want those of the seed", got.Accounts)
		}
	}
}

// TestResetRefused has a seed that needs a catalogue which a reset forgets.
func TestResetRefused(t *testing.T) {
	t.Parallel()
	f := open(t)
	c := priced(1)
	c.Offerings[1].ID = unknown
	f.accepted("PUT", "/catalog", f.text(c))
	f.plant("PUT", "/seed", `{"accounts":[{"account":"111111111111","purchases":[{"offeringId":"`+unknown+`","quantity":1}]}]}`)
	before := f.everything()
	f.refused("POST", "/reset", "", refusal{404, notFound, `accounts[0].purchases[0]: There is no offering with the id "` + unknown + `"`})
	f.same("everything", before, f.everything())
}

// TestExport plants what one farm exports on another one.
func TestExport(t *testing.T) {
	t.Parallel()
	f, g := open(t), open(t)
	f.accepted("PUT", "/catalog", f.text(priced(807)))
	f.plant("PUT", "/seed", seeded)
	f.accepted("PUT", "/accounts/"+dave, `{"maxSlots":{"`+ios+`":1},"status":"SUSPENDED"}`)
	f.accepted("PUT", "/accounts/"+dave, `{"status":"ACTIVE"}`)
	f.freeze(dave, "2024-02-29T00:00:00Z") // back behind the settings
	f.buy(dave, ios, 1)
	f.advance(dave, `{"periods":14}`)
	f.wall, g.wall = wall.AddDate(0, 1, 0), wall.AddDate(0, 1, 0)
	exported := f.accepted("GET", "/seed", "")
	g.plant("PUT", "/seed", exported)
	entries := regexp.MustCompile(`"entries":\d+`) // clocks that were moved often have more
	accounts := func(f *farm) string { return entries.ReplaceAllString(f.accepted("GET", "/accounts", ""), "") }
	f.same("accounts", accounts(f), accounts(g))
	f.same("exported again", exported, g.accepted("GET", "/seed", ""))
	for _, id := range []account.ID{"000000000000", alice, bob, carol, dave} {
		f.same("transactions of "+string(id), f.ledger(id), g.ledger(id))
	}
	g.size()
}

// TestLargeSeed plants two thousand accounts.
func TestLargeSeed(t *testing.T) {
	t.Parallel()
	f := open(t)
	var body strings.Builder
	body.WriteString("accounts:\n")
	for i := range 2000 {
		fmt.Fprintf(&body, "- account: %012d\n  now: 2026-04-16T00:00:00Z\n", i)
		fmt.Fprintf(&body, "  purchases: [{at: 2026-04-15T00:00:00Z, offeringId: %s, quantity: 1}]\n", ios)
	}
	begin := time.Now()
	f.same("answer", planted{2000, 2000}, f.plant("PUT", "/seed", body.String()))
	if took := time.Since(begin); took > time.Minute {
		t.Errorf("it took %v", took)
	}
	f.same("size", size{2000, 2000 * 3}, f.size())
}

// TestSeedsAmongPurchases plants and resets while others buy: a seed is there
// as a whole or not at all.
func TestSeedsAmongPurchases(t *testing.T) {
	t.Parallel()
	f := open(t)
	ctx := context.Background()
	bad := func(err error) bool {
		return err != nil && !slices.Contains([]fault.Kind{fault.LimitExceeded}, fault.KindOf(err))
	}
	f.plant("PUT", "/seed", `{"accounts":[{"account":"111111111111"},{"account":"222222222222"}]}`)
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() {
			c := journal.Caller{Account: []account.ID{alice, bob}[i%2]}
			_, _, err := f.parts.Orders.Purchase(ctx, c, account.Order{OfferingID: ios, Quantity: 1})
			if i%10 == 0 {
				_, err = f.parts.Seeds.Reset(ctx, c)
			}
			if bad(err) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	f.size()
}
