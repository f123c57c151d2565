package offering_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/offering"
)

func TestChanges(t *testing.T) {
	from := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	const id, promotion = "~ offering A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01: ", "~ promotion 2FREEMONTHS: "
	for _, tt := range []struct {
		name   string
		change func(*offering.Catalog)
		want   []offering.Change
	}{
		{"nothing", func(*offering.Catalog) {}, nil},
		{"an empty list stands for all", func(c *offering.Catalog) { c.Promotions[0].OfferingIDs = []string{} }, nil},
		{"price", func(c *offering.Catalog) { c.Offerings[0].Prices[0].Monthly = 31000 },
			[]offering.Change{{Text: id + "price 250.00 → 310.00", Price: true}}},
		{"price from a day on", func(c *offering.Catalog) {
			c.Offerings[0].Prices = append(c.Offerings[0].Prices, offering.Price{From: from, Monthly: 31005})
		}, []offering.Change{{Text: id + "price 250.00 → 250.00, 310.05 from 2027-01-01T00:00:00Z", Price: true}}},
		{"the rest of an offering", func(c *offering.Catalog) {
			c.Offerings[0].Description, c.Offerings[0].Platform, c.Offerings[0].RemoteAccess = "A\nslot", offering.Android, true
		}, []offering.Change{
			{Text: id + `description "iOS Unmetered Device Slot" → "A\nslot"`}, {Text: id + "platform IOS → ANDROID"}, {Text: id + "remote access false → true"},
		}},
		{"one less, one more", func(c *offering.Catalog) {
			c.Offerings[3].ID = "another"
		}, []offering.Change{
			{Text: `- offering 552B4DAD-A6C9-45C4-94FB-510F4D3B2A04: "iOS Remote Access Unmetered Device Slot", IOS, for remote access, 250.00 a month`},
			{Text: `+ offering another: "iOS Remote Access Unmetered Device Slot", IOS, for remote access, 250.00 a month`},
		}},
		{"order", func(c *offering.Catalog) {
			c.Offerings = slices.Delete(c.Offerings, 1, 3)
			slices.Reverse(c.Offerings)
		}, []offering.Change{
			{Text: `- offering 8980F81C-00D7-469D-8EC6-510F4D3B2A02: "Android Unmetered Device Slot", ANDROID, for tests, 250.00 a month`},
			{Text: `- offering D68B3C05-1BA6-4360-BC69-510F4D3B2A03: "Android Remote Access Unmetered Device Slot", ANDROID, for remote access, 250.00 a month`},
			{Text: "~ the order of offerings: 552B4DAD-A6C9-45C4-94FB-510F4D3B2A04, A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01"},
		}},
		{"promotion", func(c *offering.Catalog) {
			p := &c.Promotions[0]
			p.Description, p.PercentOff, p.OfferingIDs, p.NewCustomersOnly = "", []int{5}, []string{"a", "b"}, false
			p.From, p.Until = from, from.AddDate(1, 0, 0)
		}, []offering.Change{
			{Text: promotion + `description "New device slot customers get 3 months for the price of 1." → ""`},
			{Text: promotion + "percent off by month 0, 100, 100 → 5"},
			{Text: promotion + "offerings all → a, b"},
			{Text: promotion + "for new customers only true → false"},
			{Text: promotion + "from any time → 2027-01-01T00:00:00Z"},
			{Text: promotion + "until any time → 2028-01-01T00:00:00Z"},
		}},
		{"minutes", func(c *offering.Catalog) { c.Metering = offering.Metering{DeviceMinute: 20_000, TestGridMinute: 1} },
			[]offering.Change{
				{Text: "~ metering: device minute 0.17 → 0.2"}, {Text: "~ metering: test grid minute 0.005 → 0.00001"}, {Text: "~ metering: trial minutes 1000 → 0"},
			}},
		{"no promotion", func(c *offering.Catalog) { c.Promotions = nil },
			[]offering.Change{{Text: `- promotion 2FREEMONTHS: "New device slot customers get 3 months for the price of 1.", 0, 100, 100 percent off by month`}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			other := offering.Default()
			tt.change(&other)
			if diff := cmp.Diff(tt.want, offering.Changes(offering.Default(), other)); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}
