package operator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// statementShape is what the tests read of a statement.
type statementShape struct {
	Account      string      `json:"account"`
	Period       string      `json:"period"`
	Now          string      `json:"now"`
	CurrencyCode string      `json:"currencyCode"`
	Lines        []lineShape `json:"lines"`
	TotalCents   int64       `json:"totalCents"`
}

type lineShape struct {
	Date          string `json:"date"`
	Kind          string `json:"kind"`
	OfferingID    string `json:"offeringId"`
	Description   string `json:"description"`
	Quantity      int    `json:"quantity"`
	TransactionID string `json:"transactionId"`
	Promotions    []any  `json:"promotions"`
	Cents         int64  `json:"cents"`
	Why           string `json:"why"`
}

// TestStatementRolls asks an account that has passed boundaries unseen.
func TestStatementRolls(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.buy(alice, android, 2)
	f.renew(alice, android, 1)
	f.wall = wall.AddDate(0, 1, 0) // 3 March, as February has no 31st
	before := statementShape{Account: alice, Period: "2026-03", Now: "2026-03-03T12:00:00Z", CurrencyCode: "USD", TotalCents: 25000,
		Lines: []lineShape{{
			Date: "2026-03-01T00:00:00Z", Kind: "renewal", OfferingID: android, Description: "Android Unmetered Device Slot",
			Quantity: 1, Promotions: []any{}, Cents: 25000, Why: "1 slot × 250.00 for the whole month",
		}}}
	var got statementShape
	f.decoded("GET", "/accounts/"+alice+"/statement", "", &got)
	got.Lines[0].TransactionID = ""
	if diff := cmp.Diff(before, got); diff != "" {
		t.Errorf("the current period (-want +got):\n%s", diff)
	}
	if got := f.journal(alice, ""); len(got) != 5 {
		t.Errorf("the journal has %d entries, want 5", len(got))
	}
	for period, want := range map[string]string{
		"2025-12": "", "2026-01": "2 slots × 250.00 × 1 of 31 days", "2026-02": "1 slot × 250.00 for the whole month", "2026-03": "1 slot × 250.00 for the whole month",
	} {
		var s statementShape
		f.decoded("GET", "/accounts/"+alice+"/statement?period="+period, "", &s)
		var why []string
		for _, l := range s.Lines {
			why = append(why, l.Why)
		}
		if got := strings.Join(why, "; "); got != want || s.Period != period {
			t.Errorf("%s: %q of %s, want %q", period, got, s.Period, want)
		}
	}
}

func TestStatementRefusals(t *testing.T) {
	t.Parallel()
	f := open(t)
	path := "/accounts/" + alice + "/statement"
	f.refused("GET", path, "", refusal{404, notFound, `account "` + alice + `" was never opened`})
	f.freeze(alice, "2026-01-31T00:00:00Z") // the wall clock is not the account's
	f.wall = wall.AddDate(1, 0, 0)
	f.refused("GET", path+"?period=2026-02", "", refusal{400, argument, `period "2026-02" has not begun; the account's current one is "2026-01"`})
	for _, period := range []string{"x", "2026", "2026-1", "2026-13", "2026-01-01", "%20"} {
		f.refused("GET", path+"?period="+period, "", refusal{400, argument, `" is not a month, such as "2026-11"`})
	}
	if got, want := f.accepted("GET", path+"?period=", ""), `"period":"2026-01"`; !strings.Contains(got, want) {
		t.Errorf("no period: %s, want %s", got, want)
	}
}

// TestStatementOfALongHistory reads more entries than fit in one read of the
// journal.
func TestStatementOfALongHistory(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.freeze(alice, "2026-01-31T12:00:00Z")
	f.buy(alice, ios, 3)
	f.accepted(http.MethodPost, "/accounts/"+alice+"/clock/advance", `{"periods":1100}`)
	for _, after := range []int{1, 999, 1000, 1100} {
		at := time.Date(2026, time.Month(1+after), 1, 0, 0, 0, 0, time.UTC)
		want := fmt.Sprintf(`"lines":[{"date":"%s","kind":"renewal"`, at.Format(time.RFC3339))
		got := f.accepted("GET", "/accounts/"+alice+"/statement?period="+at.Format("2006-01"), "")
		if !strings.Contains(got, want) || !strings.HasSuffix(got, `"totalCents":75000}`+"\n") {
			t.Errorf("after %d months: %s, want %s", after, got, want)
		}
	}
}
