package manifest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/offering"
)

const ios = "A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01"

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// wantRefused compares an error with the kind and the text that it has to have,
// and holds it against what no caller shall see.
func wantRefused(t *testing.T, err error, kind fault.Kind, text string) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind || !strings.Contains(fault.MessageOf(err), text) {
		t.Errorf("error = %v, want kind %d with %q", err, kind, text)
		return
	}
	for _, leak := range []string{"json:", "jsontext", "yaml:", "Go ", "strconv", "document."} {
		if strings.Contains(fault.MessageOf(err), leak) {
			t.Errorf("message %q shows internals (%q)", fault.MessageOf(err), leak)
		}
	}
}

// offer is a catalogue with members of one offering.
func offer(members string) string {
	return `{"offerings":[{"id":"` + ios + `","platform":"IOS",` + members + `}]}`
}

// TestAmounts are dollars; every cent counts.
func TestAmounts(t *testing.T) {
	for text, want := range map[string]account.Cents{
		"8.07": 807, "0": 0, "0.0": 0, "0.01": 1, "0.1": 10, "250": 25000, "250.0": 25000, "250.000000": 25000,
		"16.13": 1613, "1.10": 110, "1.1000": 110, "0.29": 29, "1.15": 115, "4.35": 435, "1000000": 100_000_000, "999999.99": 99_999_999,
	} {
		for _, body := range []string{offer(`"monthly":` + text), "offerings:\n- id: " + ios + "\n  platform: IOS\n  monthly: " + text + "\n"} {
			c, err := manifest.ParseCatalog([]byte(body))
			if err != nil {
				t.Errorf("%s: %v", text, err)
				continue
			}
			if got := c.Offerings[0].Prices[0].Monthly; got != want {
				t.Errorf("%s: %d cents, want %d", text, got, want)
			}
		}
	}
}

func TestBadCatalogs(t *testing.T) {
	const price = `member "offerings[0].monthly" is `
	promote := func(members string) string {
		return `{"promotions":[{"id":"SALE",` + members + `}]}`
	}
	for _, tt := range []struct {
		name, body string
		kind       fault.Kind
		want       string
	}{
		{"three decimals", offer(`"monthly":8.075`), fault.Malformed, price + `"8.075"; it must be a number of dollars with at most two decimals`},
		{"negative", offer(`"monthly":-1`), fault.Malformed, price + `"-1"`},
		{"exponent", offer(`"monthly":1e2`), fault.Malformed, price + `"1e2"`},
		{"text", offer(`"monthly":"8.07"`), fault.Malformed, price + `"8.07"`},
		{"truth", offer(`"monthly":true`), fault.Malformed, price + "a JSON boolean; it must be a string or a number"},
		{"null", offer(`"monthly":null`), fault.Malformed, price + "null; leave it out or give it a value"},
		{"list", offer(`"monthly":[1]`), fault.Malformed, price + "a JSON array"},
		{"too large", offer(`"monthly":1000000.01`), fault.Argument, `offering "` + ios + `" has a price of 1000000.01; it must be from 0.0 to 1000000.0`},
		{"far too large", offer(`"monthly":99999999999999999999`), fault.Malformed, price + `"99999999999999999999"`},
		{"no price", offer(`"description":"x"`), fault.Argument, `offering "` + ios + `" needs either monthly or prices`},
		{"two prices", offer(`"monthly":1,"prices":[{"monthly":1}]`), fault.Argument, "needs either monthly or prices"},
		{"no first price", offer(`"prices":[{"from":"2026-01-01T00:00:00Z","monthly":1}]`), fault.Argument, "needs a first price without a start"},
		{"price in a list", offer(`"prices":[{"monthly":1},{"from":"2026-01-01T00:00:00Z","monthly":1.234}]`), fault.Malformed, `member "offerings[0].prices[1].monthly" is "1.234"`},
		{"prices out of order", offer(`"prices":[{"monthly":1},{"from":"2026-02-01T00:00:00Z","monthly":1},{"from":"2026-01-01T00:00:00Z","monthly":1}]`),
			fault.Argument, "has prices out of order at 2026-01-01T00:00:00Z"},
		{"time", offer(`"prices":[{"monthly":1},{"from":"soon","monthly":1}]`), fault.Malformed, `member "offerings[0].prices[1].from" is "soon"; it must be an RFC 3339 time`},
		{"time before 1970", promote(`"from":"1969-12-31T23:59:59Z","percentOff":[1]`), fault.Malformed, `member "promotions[0].from" is "1969-12-31T23:59:59Z"; it must be a time from 1970 to 9999`},
		{"time past 9999 by UTC", promote(`"until":"9999-12-31T23:59:59-01:00","percentOff":[1]`), fault.Malformed, `member "promotions[0].until" is "9999-12-31T23:59:59-01:00"`},
		{"first instant of all", promote(`"until":"0001-01-01T00:00:00Z","percentOff":[1]`), fault.Malformed, "it must be a time from 1970 to 9999"},
		{"platform", `{"offerings":[{"id":"` + ios + `","platform":"WINDOWS","monthly":1}]}`, fault.Argument, `has platform "WINDOWS"; it must be ANDROID or IOS`},
		{"short id", `{"offerings":[{"id":"x","platform":"IOS","monthly":1}]}`, fault.Argument, `offering id "x" has 1 characters`},
		{"id twice", offer(`"monthly":1},{"id":"` + ios + `","platform":"IOS","monthly":2`), fault.Argument, `offering "` + ios + `" appears twice in the catalogue`},
		{"promotion of nothing", promote(`"offeringIds":["` + ios + `"],"percentOff":[100]`), fault.Argument, `promotion "SALE" applies to offering "` + ios + `", which is not in the catalogue`},
		{"promotion without percent", promote(`"description":"x"`), fault.Argument, `promotion "SALE" has no percent off`},
		{"percent", promote(`"percentOff":[100,101]`), fault.Argument, `promotion "SALE" takes 101 percent off`},
		{"percent half", promote(`"percentOff":[0.5]`), fault.Malformed, `member "promotions[0].percentOff[0]" is 0.5; it must be a whole number`},
		{"promotion backwards", promote(`"from":"2026-01-02T00:00:00Z","until":"2026-01-01T00:00:00Z","percentOff":[1]`), fault.Argument, "ends before it starts"},
		{"six decimals of a minute", `{"metering":{"deviceMinute":0.000001}}`, fault.Malformed, `member "metering.deviceMinute" is "0.000001"; it must be a number of dollars with at most five decimals`},
		{"price of a minute", `{"metering":{"testGridMinute":100.00001}}`, fault.Argument, `the price of a test grid minute is 100.00001; it must be from 0.0 to 100.0`},
		{"trial", `{"metering":{"trialMinutes":-1}}`, fault.Argument, `the trial has -1 minutes; it must have from 0 to 1000000000`},
		{"unknown member", offer(`"price":1`), fault.Malformed, `member "offerings[0].price" is unknown; it must be one of id, description, platform, remoteAccess, monthly, prices`},
		{"unknown at the top", `{"offers":[]}`, fault.Malformed, `member "offers" is unknown; it must be one of offerings, promotions, metering`},
		{"empty", "", fault.Malformed, "the document is empty"},
		{"blank", " \n\n", fault.Malformed, "the document is empty"},
		{"comment", "# nothing for sale\n", fault.Malformed, "the document is empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := manifest.ParseCatalog([]byte(tt.body))
			wantRefused(t, err, tt.kind, tt.want)
			if tt.body != "" && tt.body[0] == '{' {
				_, err := manifest.ParseSeed([]byte(`{"catalog":` + tt.body + "}"))
				wantRefused(t, err, tt.kind, "")
			}
		})
	}
}

// TestCatalogsSurvive writes catalogues and reads them back.
func TestCatalogsSurvive(t *testing.T) {
	whole := offering.Default()
	whole.Offerings[1].Prices = append(whole.Offerings[1].Prices, offering.Price{From: instant(t, "2026-02-01T00:00:00.5Z"), Monthly: 807})
	whole.Promotions = append(whole.Promotions, offering.Promotion{
		ID: "SALE", OfferingIDs: []string{ios}, From: instant(t, "1970-01-01T00:00:00Z"), Until: instant(t, "9999-12-31T23:59:59.999Z"), PercentOff: []int{0, 100},
	})
	whole.Metering = offering.Metering{DeviceMinute: 1, TestGridMinute: 10_000_000, TrialMinutes: 5}
	for name, want := range map[string]offering.Catalog{"default": offering.Default(), "whole": whole, "nothing": {}} {
		body, err := manifest.FormatCatalog(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := manifest.ParseCatalog(body)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v, %s", name, err, diff)
		}
	}
}

// TestSeedOfAllMembers reads one as YAML and as JSON.
func TestSeedOfAllMembers(t *testing.T) {
	const asYAML = `
# people write comments
accounts:
- account: 000000000000
  status: SUSPENDED
  maxSlots: {` + ios + `: 7}
  now: 2026-03-01T00:00:00+01:00
  purchases:
  - {offeringId: ` + ios + `, quantity: 1}
  - &one {at: 2026-01-02T00:00:00Z, offeringId: ` + ios + `, quantity: 1, offeringPromotionId: SALE}
  renewals:
  - {at: 2026-01-02T00:00:00Z, offeringId: ` + ios + `, quantity: 0}
  history:
  - {at: 2026-01-02T00:00:00Z, set: {status: ACTIVE, maxSlots: {` + ios + `: 8}}}
  - {at: 2026-01-01T00:00:00Z, purchase: {offeringId: ` + ios + `, quantity: 2}}
- account: 012345678901
  test: false
  purchases: [*one]
- account: "222222222222"
- account: 333333333333
`
	const asJSON = `{"accounts":[{"account":"000000000000","status":"SUSPENDED","maxSlots":{"` + ios + `":7},"now":"2026-02-28T23:00:00Z",
"purchases":[{"offeringId":"` + ios + `","quantity":1},{"at":"2026-01-02T00:00:00Z","offeringId":"` + ios + `","quantity":1,"offeringPromotionId":"SALE"}],
"renewals":[{"at":"2026-01-02T00:00:00Z","offeringId":"` + ios + `","quantity":0}],
"history":[{"at":"2026-01-02T00:00:00Z","set":{"status":"ACTIVE","maxSlots":{"` + ios + `":8}}},{"at":"2026-01-01T00:00:00Z","purchase":{"offeringId":"` + ios + `","quantity":2}}]},
{"account":"012345678901","test":false,"purchases":[{"at":"2026-01-02T00:00:00Z","offeringId":"` + ios + `","quantity":1,"offeringPromotionId":"SALE"}]},
{"account":"222222222222"},{"account":333333333333}]}`
	first, second, now := instant(t, "2026-01-01T00:00:00Z"), instant(t, "2026-01-02T00:00:00Z"), instant(t, "2026-02-28T23:00:00Z")
	active, suspended := account.Active, account.Suspended
	promoted := &account.Order{OfferingID: ios, Quantity: 1, PromotionID: "SALE"}
	want := manifest.Seed{Accounts: []manifest.SeedAccount{
		{ID: "000000000000", Script: account.Script{
			Path: "accounts[0]", Test: true, Status: &suspended, Now: &now, Limits: []account.Limit{{OfferingID: ios, Max: 7}},
			Steps: []account.Step{
				{Path: "accounts[0].history[1]", At: &first, Purchase: &account.Order{OfferingID: ios, Quantity: 2}},
				{Path: "accounts[0].purchases[1]", At: &second, Purchase: promoted},
				{Path: "accounts[0].renewals[0]", At: &second, Renew: &account.Order{OfferingID: ios}},
				{Path: "accounts[0].history[0]", At: &second, Set: &account.Settings{Status: &active, Limits: []account.Limit{{OfferingID: ios, Max: 8}}}},
				{Path: "accounts[0].purchases[0]", Purchase: &account.Order{OfferingID: ios, Quantity: 1}},
			},
		}},
		{ID: "012345678901", Script: account.Script{Path: "accounts[1]", Steps: []account.Step{{Path: "accounts[1].purchases[0]", At: &second, Purchase: promoted}}}},
		{ID: "222222222222", Script: account.Script{Path: "accounts[2]", Test: true}},
		{ID: "333333333333", Script: account.Script{Path: "accounts[3]", Test: true}},
	}}
	for name, body := range map[string]string{"YAML": asYAML, "JSON": asJSON, "JSON after blanks": "\n\t " + asJSON, "YAML with a mark": "\ufeff" + asYAML} {
		got, err := manifest.ParseSeed([]byte(body))
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// TestMetering has AWS's prices for what a catalogue leaves out.
func TestMetering(t *testing.T) {
	for body, want := range map[string]offering.Metering{
		`{}`:              offering.DefaultMetering(),
		`{"metering":{}}`: offering.DefaultMetering(),
		`{"metering":{"deviceMinute":0.2,"trialMinutes":0}}`:                {DeviceMinute: 20_000, TestGridMinute: 500},
		"metering:\n  testGridMinute: 0.00001\n  deviceMinute: 1\n":         {DeviceMinute: 100_000, TestGridMinute: 1, TrialMinutes: 1000},
		`{"metering":{"deviceMinute":0.170000000,"testGridMinute":0.0050}}`: offering.DefaultMetering(),
	} {
		c, err := manifest.ParseCatalog([]byte(body))
		if diff := cmp.Diff(want, c.Metering); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", body, err, diff)
		}
	}
}
