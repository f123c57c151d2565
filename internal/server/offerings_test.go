package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/server"
)

// transactionShape is a transaction as a client reads it.
type transactionShape struct {
	OfferingStatus struct {
		Type        string
		Offering    map[string]string
		Quantity    int
		EffectiveOn float64
	}
	TransactionID       string
	OfferingPromotionID string
	CreatedOn           float64
	Cost                struct {
		Amount       float64
		CurrencyCode string
	}
}

func (f *farm) transaction(a answer) transactionShape {
	f.t.Helper()
	var body struct{ OfferingTransaction transactionShape }
	f.decode(a, &body)
	return body.OfferingTransaction
}

// pages reads all transactions of an account, page by page, and runs between
// after each page.
func (f *farm) pages(account string, between func()) []transactionShape {
	f.t.Helper()
	var all []transactionShape
	for request := "{}"; ; {
		var page struct {
			OfferingTransactions []transactionShape
			NextToken            string
		}
		f.decode(f.accepted(account, "ListOfferingTransactions", request), &page)
		all = append(all, page.OfferingTransactions...)
		if page.NextToken == "" {
			return all
		}
		request = fmt.Sprintf(`{"nextToken":%q}`, page.NextToken)
		between()
	}
}

// TestAnswersByteByByte compares every operation's answer with its exact bytes,
// on the day of AWS's own PurchaseOffering example.
func TestAnswersByteByByte(t *testing.T) {
	ids := 0
	f := start(t, server.Config{Frozen: &noon, NewID: func() string { ids++; return fmt.Sprintf("id-%d", ids) }})
	const remote = "D68B3C05-1BA6-4360-BC69-510F4D3B2A03"
	shape := `{"id":"` + remote + `","description":"Android Remote Access Unmetered Device Slot","type":"RECURRING","platform":"ANDROID"}`
	steps := []struct{ operation, body, want string }{
		{"ListOfferingPromotions", `{}`, `{"offeringPromotions":[{"id":"2FREEMONTHS","description":"New device slot customers get 3 months for the price of 1."}]}`},
		{"GetOfferingStatus", `{}`, `{"current":{},"nextPeriod":{}}`},
		{"ListOfferingTransactions", `{}`, `{"offeringTransactions":[]}`},
		{"PurchaseOffering", order(remote, 1), `{"offeringTransaction":{"offeringStatus":{"type":"PURCHASE","offering":` + shape +
			`,"quantity":1,"effectiveOn":1472648340.0},"transactionId":"TX1","createdOn":1472648340.0,"cost":{"amount":8.07,"currencyCode":"USD"}}}`},
		{"RenewOffering", order(remote, 0), `{"offeringTransaction":{"offeringStatus":{"type":"RENEW","offering":` + shape +
			`,"quantity":0,"effectiveOn":1472688000.0},"transactionId":"TX2","createdOn":1472648340.0,"cost":{"amount":0.0,"currencyCode":"USD"}}}`},
		{"RenewOffering", order(remote, 3), `{"offeringTransaction":{"offeringStatus":{"type":"RENEW","offering":` + shape +
			`,"quantity":3,"effectiveOn":1472688000.0},"transactionId":"TX3","createdOn":1472648340.0,"cost":{"amount":750.0,"currencyCode":"USD"}}}`},
		{"RenewOffering", order(remote, 0), `{"offeringTransaction":{"offeringStatus":{"type":"RENEW","offering":` + shape +
			`,"quantity":0,"effectiveOn":1472688000.0},"transactionId":"TX4","createdOn":1472648340.0,"cost":{"amount":0.0,"currencyCode":"USD"}}}`},
		{"GetOfferingStatus", `{}`, `{"current":{"` + remote + `":{"offering":` + shape + `,"quantity":1}},"nextPeriod":{"` +
			remote + `":{"offering":` + shape + `,"quantity":0,"effectiveOn":1472688000.0}}}`},
		{"ListOfferingPromotions", `{"unknownMember":[{}]}`, `{"offeringPromotions":[]}`},
		{"GetAccountSettings", `{}`, `{"accountSettings":{"awsAccountNumber":"111111111111","unmeteredDevices":{"ANDROID":0,"IOS":0},` +
			`"unmeteredRemoteAccessDevices":{"ANDROID":1,"IOS":0},"maxJobTimeoutMinutes":150,"trialMinutes":{"total":1000.0,"remaining":1000.0},` +
			`"maxSlots":{"552B4DAD-A6C9-45C4-94FB-510F4D3B2A04":100,"8980F81C-00D7-469D-8EC6-510F4D3B2A02":100,` +
			`"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01":100,"D68B3C05-1BA6-4360-BC69-510F4D3B2A03":100},"defaultJobTimeoutMinutes":150,"skipAppResign":false}}`},
	}
	transactions := 0
	for _, step := range steps {
		a := f.accepted(alice, step.operation, step.body)
		got := string(a.Body)
		if id := f.transaction(a).TransactionID; id != "" {
			transactions++
			got = strings.Replace(got, id, fmt.Sprintf("TX%d", transactions), 1)
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("%s %s: %s", step.operation, step.body, diff)
		}
	}
}

func TestListOfferings(t *testing.T) {
	f := start(t, server.Config{})
	var got struct{ Offerings []map[string]any }
	f.decode(f.accepted(alice, "ListOfferings", `{"nextToken":null}`), &got)
	charge := []any{map[string]any{"cost": map[string]any{"amount": 250.0, "currencyCode": "USD"}, "frequency": "MONTHLY"}}
	var want []map[string]any
	for _, o := range offering.Default().Offerings {
		want = append(want, map[string]any{
			"id": o.ID, "description": o.Description, "platform": string(o.Platform), "type": "RECURRING", "recurringCharges": charge,
		})
	}
	if diff := cmp.Diff(want, got.Offerings); diff != "" {
		t.Error(diff)
	}
}

// TestLongCatalogue pages through more offerings than a page holds.
func TestLongCatalogue(t *testing.T) {
	var catalog offering.Catalog
	for i := range 250 {
		id := fmt.Sprintf("%032d", i)
		catalog.Offerings = append(catalog.Offerings, offering.Offering{ID: id, Platform: offering.IOS, Prices: []offering.Price{{Monthly: 1}}})
		catalog.Promotions = append(catalog.Promotions, offering.Promotion{ID: id, PercentOff: []int{1}})
	}
	f := start(t, server.Config{Catalog: &catalog})
	for operation, list := range map[string]string{"ListOfferings": "offerings", "ListOfferingPromotions": "offeringPromotions"} {
		seen := 0
		for request := "{}"; request != ""; {
			var page map[string]any
			f.decode(f.accepted(alice, operation, request), &page)
			for _, item := range page[list].([]any) {
				if id := item.(map[string]any)["id"]; id != fmt.Sprintf("%032d", seen) {
					t.Fatalf("%s: item %d is %v", operation, seen, id)
				}
				seen++
			}
			request = ""
			if token, ok := page["nextToken"]; ok {
				request = fmt.Sprintf(`{"nextToken":%q}`, token)
			}
		}
		if seen != 250 {
			t.Errorf("%s shows %d items, want 250", operation, seen)
		}
	}
}

// TestPagesDoNotShift reads 250 transactions while new ones arrive.
func TestPagesDoNotShift(t *testing.T) {
	f := start(t, server.Config{})
	var want []string
	for i := range 250 {
		want = append([]string{f.transaction(f.accepted(alice, "RenewOffering", order(ios, i%3))).TransactionID}, want...)
	}
	var got []string
	for _, transaction := range f.pages(alice, func() { f.accepted(alice, "RenewOffering", order(ios, 1)) }) {
		got = append(got, transaction.TransactionID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestPagesSplitABoundary has a page end between the SYSTEM transactions of one
// boundary, which stand in one entry.
func TestPagesSplitABoundary(t *testing.T) {
	f := start(t, server.Config{Frozen: &noon})
	for _, o := range offering.Default().Offerings {
		f.accepted(alice, "PurchaseOffering", order(o.ID, 1))
	}
	f.accepted(alice, "RenewOffering", order(ios, 2))
	var advanced struct {
		Transactions []struct{ TransactionID string }
	}
	f.operate(http.MethodPost, "/accounts/"+alice+"/clock/advance", `{"periods":60}`, &advanced)
	if n := len(advanced.Transactions); n != 60*4-1 {
		t.Fatalf("60 boundaries of 4 offerings, one of them renewed, make %d transactions, want 239", n)
	}
	all := f.pages(alice, func() {})
	if len(all) != 5+60*4-1 {
		t.Errorf("%d transactions are listed, want 244", len(all))
	}
	for i, transaction := range all[:239] {
		if want := advanced.Transactions[238-i].TransactionID; transaction.TransactionID != want {
			t.Fatalf("transaction %d is %s, want %s", i, transaction.TransactionID, want)
		}
	}
}

// TestRetries sends calls again in every way that SDKs and people do.
func TestRetries(t *testing.T) {
	f := start(t, server.Config{})
	for i, header := range []string{"amz-sdk-invocation-id", "aws-sdk-invocation-id", "Idempotency-Key"} {
		t.Run(header, func(t *testing.T) {
			account := fmt.Sprintf("%012d", i)
			send := func(operation, body string) answer {
				r := f.request(account, operation, body)
				r.Header.Set(header, "one call")
				return f.do(r)
			}
			first := send("PurchaseOffering", order(ios, 2))
			again := send("PurchaseOffering", order(ios, 2))
			if first.Status != http.StatusOK || string(first.Body) != string(again.Body) {
				t.Errorf("first %s, again %s", first.Body, again.Body)
			}
			if other := send("PurchaseOffering", order(ios, 3)); other.Type() != argument {
				t.Errorf("another body: %s, want an ArgumentException", other.Body)
			}
			if other := send("RenewOffering", order(ios, 2)); other.Type() != argument {
				t.Errorf("another operation: %s, want an ArgumentException", other.Body)
			}
			f.put(account, `{"status":"SUSPENDED"}`)
			if late := send("PurchaseOffering", order(ios, 2)); string(late.Body) != string(first.Body) {
				t.Errorf("repeated when suspended: %s, want the first answer", late.Body)
			}
			if n := len(f.pages(account, func() {})); n != 1 {
				t.Errorf("%d transactions, want 1", n)
			}
		})
	}
	without := f.request(bob, "PurchaseOffering", order(ios, 1))
	f.do(without)
	f.do(f.request(bob, "PurchaseOffering", order(ios, 1)))
	if n := len(f.pages(bob, func() {})); n != 2 {
		t.Errorf("two calls without an id made %d transactions, want 2", n)
	}
}

func TestSimultaneousRetries(t *testing.T) {
	f := start(t, server.Config{})
	var group sync.WaitGroup
	bodies := make([]string, 32)
	for i := range bodies {
		group.Go(func() {
			r := f.request(alice, "PurchaseOffering", order(ios, 1))
			r.Header.Set("amz-sdk-invocation-id", "one call")
			bodies[i] = string(f.do(r).Body)
		})
	}
	group.Wait()
	for _, body := range bodies {
		if body != bodies[0] {
			t.Errorf("answers differ: %s and %s", body, bodies[0])
		}
	}
	if n := len(f.pages(alice, func() {})); n != 1 {
		t.Errorf("%d transactions, want 1", n)
	}
}

// TestHotAccount lets 64 callers buy one slot each if 50 are allowed.
func TestHotAccount(t *testing.T) {
	f := start(t, server.Config{MaxSlots: 50})
	var group sync.WaitGroup
	var lock sync.Mutex
	count := map[string]int{}
	for range 64 {
		group.Go(func() {
			kind := f.call(alice, "PurchaseOffering", order(ios, 1)).Type()
			lock.Lock()
			defer lock.Unlock()
			count[kind]++
		})
	}
	group.Wait()
	if diff := cmp.Diff(map[string]int{"": 50, limitExceeded: 14}, count); diff != "" {
		t.Error(diff)
	}
	if n := f.entries(); n != 51 {
		t.Errorf("the journal holds %d entries, want an opening and 50 purchases", n)
	}
}

// TestReadsRollTheAccount shows that an account is rolled through the boundaries
// it has passed before it is read, on the wall clock too.
func TestReadsRollTheAccount(t *testing.T) {
	now := noon
	f := start(t, server.Config{Now: func() time.Time { return now }})
	f.accepted(alice, "PurchaseOffering", order(ios, 1))
	now = noon.AddDate(0, 2, 0)
	if refused := f.call(alice, "PurchaseOffering", order(ios, 100)); refused.Type() != limitExceeded || f.entries() != 2 {
		t.Errorf("behind two boundaries: %s and %d entries, want a refusal that appends nothing", refused.Body, f.entries())
	}
	all := f.pages(alice, func() {})
	var got []string
	for _, transaction := range all {
		got = append(got, fmt.Sprintf("%s %.2f %.0f", transaction.OfferingStatus.Type, transaction.Cost.Amount, transaction.CreatedOn))
	}
	want := []string{"SYSTEM 250.00 1475280000", "SYSTEM 250.00 1472688000", "PURCHASE 8.07 1472648340"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
