package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// entryText returns an entry as text for people. Columns are aligned as long as
// numbers have the usual size.
func entryText(e operatorapi.Entry) string {
	text := fmt.Sprintf("%-24s  %s  %-5s  %-10s  %s",
		showTime(e.Event.At), e.Account, fmt.Sprintf("#%d", e.Seq), e.Event.Kind, strings.Join(details(e.Event), ", "))
	return strings.TrimRight(text, " ")
}

// The columns of audit.
const auditFormat = "%-30s  %-24s  %-6s  %-20s  %-15s  %-36s  %-10s  %s"

// auditHeader names the columns of audit.
func auditHeader() string {
	return fmt.Sprintf(auditFormat, "RECORDED", "AT", "ENTRY", "BY", "FROM", "REQUEST", "WHAT", "")
}

// audit returns an entry as text, with who caused it, and its times by the wall
// clock and the account's clock.
func audit(e operatorapi.Entry) string {
	return fmt.Sprintf(auditFormat, showTime(e.Recorded), showTime(e.Event.At), fmt.Sprintf("#%d", e.Seq),
		e.By.Key, e.By.Source, e.By.Request, e.Event.Kind, strings.Join(details(e.Event), ", "))
}

// details returns the details of an event as text.
func details(e operatorapi.Event) []string {
	switch e.Kind {
	case "opened":
		return opened(e.Opening)
	case "configured":
		return configured(e.Settings)
	case "clock":
		return []string{clockAt(e.Frozen)}
	case "booked":
		return booked(e.Booking)
	case "acted":
		return acted(e.Act)
	case "rolled":
		var charges []string
		for _, c := range e.Charges {
			charges = append(charges, slots(c.Quantity, c.OfferingID, c.Cents)+"  "+c.TransactionID)
		}
		return charges
	}
	var transactions []string
	for _, t := range e.Transactions {
		transactions = append(transactions, transaction(t))
	}
	return transactions
}

func opened(o *operatorapi.Opening) []string {
	switch {
	case o == nil:
		return nil
	case !o.Test:
		return []string{"ordinary account"}
	case o.Frozen != nil:
		return []string{"test account", "clock " + clockAt(o.Frozen)}
	}
	return []string{"test account"}
}

func configured(c *operatorapi.Configured) []string {
	if c == nil {
		return nil
	}
	var set []string
	if c.Status != nil {
		set = append(set, "status "+*c.Status)
	}
	if c.Test != nil {
		set = append(set, fmt.Sprintf("test %t", *c.Test))
	}
	for _, l := range c.Limits {
		set = append(set, fmt.Sprintf("at most %d × %s", l.Max, l.OfferingID))
	}
	set = append(set, quotas(c.Quotas)...)
	if c.Note != nil {
		set = append(set, fmt.Sprintf("note %q", *c.Note))
	}
	if len(set) == 0 {
		return []string{"nothing"}
	}
	return set
}

func quotas(q *operatorapi.Quotas) []string {
	if q == nil {
		return nil
	}
	var set []string
	for _, quota := range []struct {
		what  string
		value *int
	}{{"metered sessions", q.Metered}, {"test grid sessions", q.TestGrid}, {"waiting", q.Waiting}} {
		if quota.value != nil {
			set = append(set, fmt.Sprintf("at most %d %s", *quota.value, quota.what))
		}
	}
	return set
}

// booked says what a session was, how long it took and what it cost.
func booked(b *operatorapi.Booking) []string {
	if b == nil {
		return nil
	}
	s := b.Session
	text := fmt.Sprintf("%s on %s  %s minutes  %s %s  %s", s.Kind, s.Device, account.Millis(b.Ms).Minutes(), fixed(b.Cents), money.Currency, s.ID)
	switch {
	case s.Faulty:
		text += "  the lab failed"
	case s.Method == string(account.Unmetered):
		text += "  unmetered"
	case b.TrialMs > 0:
		text += "  " + account.Millis(b.TrialMs).Minutes() + " of them by the trial"
	}
	return []string{text}
}

// acted returns what the operator did, to what, and which documents that changed.
func acted(a *operatorapi.Act) []string {
	if a == nil {
		return nil
	}
	said := []string{a.What}
	if a.Name != "" {
		said = append(said, fmt.Sprintf("%q", a.Name))
	}
	for i, d := range a.Documents {
		if i == shownDocuments {
			return append(said, fmt.Sprintf("and %d more", len(a.Documents)-i))
		}
		said = append(said, d.Key)
	}
	return said
}

// shownDocuments is how many documents of an act a line shows.
const shownDocuments = 3

func clockAt(frozen *time.Time) string {
	if frozen == nil {
		return "released"
	}
	return "frozen at " + showTime(*frozen)
}

// transaction describes a transaction. A renewal also shows from when it
// applies, and a transaction with a promotion shows which.
func transaction(t operatorapi.EntryTransaction) string {
	text := slots(t.Quantity, t.OfferingID, t.Cents) + "  " + t.ID
	if !t.EffectiveOn.Equal(t.CreatedOn) {
		text += "  from " + showTime(t.EffectiveOn)
	}
	if t.PromotionID != "" {
		text += "  promotion " + t.PromotionID
	}
	return text
}

func slots(quantity int, offeringID string, cents int64) string {
	return fmt.Sprintf("%d × %s  %d.%02d %s", quantity, offeringID, cents/100, cents%100, money.Currency)
}

func showTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
