package oracle

import (
	"encoding/json"
	"strings"
	"testing"
)

// selling returns a catalogue of the ordinary offerings with promotions.
func selling(t *testing.T, promotions ...promotion) step {
	t.Helper()
	c := ordinaryCatalog()
	c.Promotions = promotions
	body, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return step{Do: setCatalog, Body: string(body)}
}

// TestReplay plays steps that matter by themselves, those among them that once
// showed a disagreement.
func TestReplay(t *testing.T) {
	t.Parallel()
	f := open(t, t.TempDir())
	alice, dearer, dated := accounts[0], selling(t), selling(t)
	dearer.Body = strings.ReplaceAll(dearer.Body, "250.00", "301.07")
	dated.Body = strings.ReplaceAll(dated.Body, `"monthly":250.00`, `"prices":[{"monthly":250},{"from":"2027-12-15T00:00:00Z","monthly":301.07}]`)
	for name, steps := range map[string][]step{
		"a promotion that is over does not take the place of one that runs": {
			selling(t, promotion{ID: "SHORT", Description: "s", PercentOff: []int{50}},
				promotion{ID: "LONG", Description: "l", PercentOff: []int{0, 100, 100, 100}}),
			{"PurchaseOffering", alice, "", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":2,"offeringPromotionId":"SHORT"}`},
			{"PurchaseOffering", alice, "", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":3,"offeringPromotionId":"LONG"}`},
			{"RenewOffering", alice, "", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":3}`},
			{setWall, "", "", "2027-12-31T23:59:59.999999Z"},
			{setWall, "", "", "2028-02-29T23:59:59.999999Z"},
			{setWall, "", "", "2028-04-01T00:00:00Z"},
		},
		"of several things that are wrong the first in the order of checks is said": {
			{setAccount, alice, "", `{"status":"SUSPENDED","maxSlots":{"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01":2}}`},
			{"PurchaseOffering", alice, "", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":3,"offeringPromotionId":"NOPROMOTION"}`},
			{"PurchaseOffering", alice, "", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":3}`},
			{"PurchaseOffering", alice, "", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":2}`},
			{"RenewOffering", alice, "", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":3}`},
			{"RenewOffering", alice, "", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":2}`},
			{setAccount, alice, "", `{"status":"INELIGIBLE"}`},
			{"RenewOffering", alice, "", `{"offeringId":"00000000-0000-0000-0000-000000000000","quantity":-1}`},
			{"RenewOffering", alice, "", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01"}`},
			{"RenewOffering", alice, "", `{"offeringId":`},
		},
		"slots that are given up do not come back with their promotion": {
			{"PurchaseOffering", alice, "", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":4,"offeringPromotionId":"2FREEMONTHS"}`},
			{"RenewOffering", alice, "", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":1}`},
			{setWall, "", "", "2027-12-01T00:00:00Z"},
			{"PurchaseOffering", alice, "", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":3}`},
			{setWall, "", "", "2028-01-01T00:00:00Z"},
		},
		"who only ever renewed is a customer from the boundary on": {
			{"RenewOffering", alice, "", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":1}`},
			{setWall, "", "", "2027-11-30T23:59:59.999999Z"},
			{setWall, "", "", "2027-12-01T00:00:00Z"},
		},
		"a call of an account that is no longer eligible still gets its first answer": {
			{"PurchaseOffering", alice, "a", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":2}`},
			{setAccount, alice, "", `{"status":"INELIGIBLE"}`},
			{"PurchaseOffering", alice, "a", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":2}`},
			{"PurchaseOffering", alice, "a", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":3}`},
			{"PurchaseOffering", alice, "a", `{"quantity":3}`},
			{"PurchaseOffering", alice, "b", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":2}`},
		},
		"a change of prices counts for slots that are held from the boundary on": {
			{"PurchaseOffering", alice, "", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":1}`},
			{"PurchaseOffering", alice, "", `{"offeringId":"8980F81C-00D7-469D-8EC6-510F4D3B2A02","quantity":1}`},
			{"RenewOffering", alice, "", `{"offeringId":"8980F81C-00D7-469D-8EC6-510F4D3B2A02","quantity":2}`},
			dearer,
			{advanceClock, alice, "", `{"periods":2}`},
		},
		"a change of prices does not count for boundaries that nobody has looked at": {
			{"PurchaseOffering", alice, "", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":1}`},
			{setWall, "", unseen, "2028-01-15T00:00:00Z"},
			dearer,
			{setWall, "", unseen, "2028-03-01T00:00:00Z"},
		},
		"a price that begins within a month counts at once for purchases, and for what is held from the boundary on": {
			dated,
			{"PurchaseOffering", alice, "", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":1}`},
			{setWall, "", "", "2027-12-10T00:00:00Z"},
			{setWall, "", "", "2027-12-15T00:00:00Z"},
			{"PurchaseOffering", alice, "", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":1}`},
			{setWall, "", "", "2028-02-01T00:00:00Z"},
		},
		"a snapshot becomes another account after months that nobody looked at": {
			{"PurchaseOffering", alice, "", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":1}`},
			{takeSnapshot, alice, "", ""},
			{setWall, "", unseen, "2028-03-01T00:00:00Z"},
			{restore, alice, "", "0 222222222222"},
		},
		"nine years at once": {
			{"PurchaseOffering", alice, "", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":1}`},
			{setWall, "", "", "2036-12-01T00:00:00Z"},
		},
	} {
		t.Run(name, func(t *testing.T) { agree(t, f, steps) })
	}
}
