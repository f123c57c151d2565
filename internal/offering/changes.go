package offering

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Change is one difference between two catalogues.
type Change struct {
	Text  string // a line that begins with + (added), - (removed) or ~ (changed)
	Price bool   // whether the cost of held slots may change
}

// Changes returns in what another catalogue differs from an old one: offerings
// first, then promotions and what minutes cost. Catalogues that are the same give none.
func Changes(old, other Catalog) []Change {
	offerings := comparison[Offering]{"offering", func(o Offering) string { return o.ID }, describeOffering, offeringChanges}
	promotions := comparison[Promotion]{"promotion", func(p Promotion) string { return p.ID }, describePromotion, promotionChanges}
	changes := append(offerings.changes(old.Offerings, other.Offerings), promotions.changes(old.Promotions, other.Promotions)...)
	for _, f := range meteringChanges(old.Metering, other.Metering) {
		if f.old != f.other {
			changes = append(changes, Change{Text: fmt.Sprintf("~ metering: %s %s → %s", f.name, f.old, f.other)})
		}
	}
	return changes
}

func meteringChanges(old, other Metering) []field {
	return []field{
		{"device minute", old.DeviceMinute.Decimal(), other.DeviceMinute.Decimal(), false},
		{"test grid minute", old.TestGridMinute.Decimal(), other.TestGridMinute.Decimal(), false},
		{"trial minutes", strconv.Itoa(old.TrialMinutes), strconv.Itoa(other.TrialMinutes), false},
	}
}

// comparison says how to compare lists of one kind of item.
type comparison[T any] struct {
	noun     string
	id       func(T) string
	describe func(T) string             // an item that is added or removed
	changed  func(old, other T) []field // an item that stays
}

// field is a field whose value differs.
type field struct {
	name, old, other string
	price            bool
}

func (c comparison[T]) changes(old, other []T) []Change {
	var changes []Change
	var before, after []string // ids of the items that stay
	for _, o := range old {
		i := c.index(other, c.id(o))
		if i < 0 {
			changes = append(changes, Change{Text: fmt.Sprintf("- %s %s: %s", c.noun, c.id(o), c.describe(o))})
			continue
		}
		before = append(before, c.id(o))
		for _, f := range c.changed(o, other[i]) {
			if f.old != f.other {
				changes = append(changes, Change{fmt.Sprintf("~ %s %s: %s %s → %s", c.noun, c.id(o), f.name, f.old, f.other), f.price})
			}
		}
	}
	for _, o := range other {
		if c.index(old, c.id(o)) < 0 {
			changes = append(changes, Change{Text: fmt.Sprintf("+ %s %s: %s", c.noun, c.id(o), c.describe(o))})
			continue
		}
		after = append(after, c.id(o))
	}
	if !slices.Equal(before, after) {
		changes = append(changes, Change{Text: fmt.Sprintf("~ the order of %ss: %s", c.noun, strings.Join(after, ", "))})
	}
	return changes
}

func (c comparison[T]) index(list []T, id string) int {
	return slices.IndexFunc(list, func(o T) bool { return c.id(o) == id })
}

func describeOffering(o Offering) string {
	use := "tests"
	if o.RemoteAccess {
		use = "remote access"
	}
	return fmt.Sprintf("%q, %s, for %s, %s a month", o.Description, o.Platform, use, priceText(o.Prices))
}

func offeringChanges(old, other Offering) []field {
	return []field{
		{"description", fmt.Sprintf("%q", old.Description), fmt.Sprintf("%q", other.Description), false},
		{"platform", string(old.Platform), string(other.Platform), false},
		{"remote access", fmt.Sprint(old.RemoteAccess), fmt.Sprint(other.RemoteAccess), false},
		{"price", priceText(old.Prices), priceText(other.Prices), true},
	}
}

func priceText(prices []Price) string {
	var all []string
	for _, p := range prices {
		text := p.Monthly.Fixed()
		if !p.From.IsZero() {
			text += " from " + timeText(p.From)
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func describePromotion(p Promotion) string {
	return fmt.Sprintf("%q, %s percent off by month", p.Description, percentText(p))
}

func promotionChanges(old, other Promotion) []field {
	return []field{
		{"description", fmt.Sprintf("%q", old.Description), fmt.Sprintf("%q", other.Description), false},
		{"percent off by month", percentText(old), percentText(other), false},
		{"offerings", offeringsText(old), offeringsText(other), false},
		{"for new customers only", fmt.Sprint(old.NewCustomersOnly), fmt.Sprint(other.NewCustomersOnly), false},
		{"from", timeText(old.From), timeText(other.From), false},
		{"until", timeText(old.Until), timeText(other.Until), false},
	}
}

func percentText(p Promotion) string {
	var all []string
	for _, percent := range p.PercentOff {
		all = append(all, strconv.Itoa(percent))
	}
	return strings.Join(all, ", ")
}

func offeringsText(p Promotion) string {
	if len(p.OfferingIDs) == 0 {
		return "all"
	}
	return strings.Join(p.OfferingIDs, ", ")
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return "any time"
	}
	return t.UTC().Format(time.RFC3339Nano)
}
