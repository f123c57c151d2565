package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// The four offerings of the default catalogue.
const (
	iosSlot           = "A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01"
	androidSlot       = "8980F81C-00D7-469D-8EC6-510F4D3B2A02"
	androidRemoteSlot = "D68B3C05-1BA6-4360-BC69-510F4D3B2A03"
	iosRemoteSlot     = "552B4DAD-A6C9-45C4-94FB-510F4D3B2A04"
)

// tenant is an account on a server, reached with plain HTTP.
type tenant struct {
	server  *server
	account string
	key     accessKey // to sign with; none on a sandbox
}

// at returns the account as another server has it.
func (a tenant) at(s *server) tenant {
	a.server = s
	return a
}

var lastAccount atomic.Int64

// newTenant returns an account that no other test uses.
func newTenant(s *server) tenant {
	return tenant{server: s, account: fmt.Sprintf("%012d", 100_000_000_000+lastAccount.Add(1))}
}

// set changes the account's settings through the operator API.
func (a tenant) set(t *testing.T, settings map[string]any) {
	t.Helper()
	a.server.operator(t, http.MethodPut, "/accounts/"+a.account, settings, nil)
}

// allow sets how many slots of an offering the account may hold.
func (a tenant) allow(t *testing.T, offeringID string, slots int) {
	t.Helper()
	a.set(t, map[string]any{"maxSlots": map[string]int{offeringID: slots}})
}

// journalLength counts the entries of the account's journal.
func (a tenant) journalLength(t *testing.T) int {
	t.Helper()
	var journal struct{ Entries []json.RawMessage }
	a.server.operator(t, http.MethodGet, "/accounts/"+a.account+"/journal?after=0&limit=1000", nil, &journal)
	return len(journal.Entries)
}

// answer is an answer of the AWS API.
type answer struct {
	Status int
	Body   string
}

// exception returns the name of the exception in the answer, or "" when it is none.
func (a answer) exception() string {
	var body struct {
		Type string `json:"__type"`
	}
	json.Unmarshal([]byte(a.Body), &body) // an answer that is no JSON has no exception
	return body.Type
}

// transaction is an offering transaction as it stands on the wire.
type transaction struct {
	TransactionID string `json:"transactionId"`
	Cost          struct {
		Amount json.Number `json:"amount"`
	} `json:"cost"`
	OfferingStatus struct {
		Type     string `json:"type"`
		Quantity int    `json:"quantity"`
		Offering struct {
			ID string `json:"id"`
		} `json:"offering"`
	} `json:"offeringStatus"`
}

// post sends one operation, with more header fields as name, value, name, value…
func (a tenant) post(ctx context.Context, operation string, in any, header ...string) (answer, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.server.endpoint, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header = a.header(operation)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	if a.key.ID != "" {
		if err := a.key.signer("devicefarm").Sign(req, body, time.Now()); err != nil {
			return answer{}, err
		}
	}
	resp, err := web.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{Status: resp.StatusCode, Body: string(text)}, err
}

// header makes the header of a call. A sandbox reads the account from the signature's credential scope and
// does not check the signature.
func (a tenant) header(operation string) http.Header {
	h := http.Header{}
	h.Set("Content-Type", "application/x-amz-json-1.1")
	h.Set("X-Amz-Target", "DeviceFarm_20150623."+operation)
	h.Set("X-Amz-Date", "20160831T125900Z")
	h.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+a.account+"/20160831/us-west-2/devicefarm/aws4_request, "+
		"SignedHeaders=content-type;host;x-amz-date;x-amz-target, "+
		"Signature=0000000000000000000000000000000000000000000000000000000000000000")
	return h
}

// call sends one operation that must succeed and decodes its answer into out.
func (a tenant) call(t *testing.T, operation string, in, out any) {
	t.Helper()
	got, err := a.post(t.Context(), operation, in)
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != http.StatusOK {
		t.Fatalf("%s(%v) = %+v, want status 200", operation, in, got)
	}
	if err := json.Unmarshal([]byte(got.Body), out); err != nil {
		t.Fatalf("%s(%v) = %s: %v", operation, in, got.Body, err)
	}
}

// purchase is the input of PurchaseOffering.
type purchase struct {
	OfferingID string `json:"offeringId"`
	Quantity   int    `json:"quantity"`
}

// buy buys slots and returns the transaction.
func (a tenant) buy(t *testing.T, p purchase) transaction {
	t.Helper()
	var out struct{ OfferingTransaction transaction }
	a.call(t, "PurchaseOffering", p, &out)
	return out.OfferingTransaction
}

// transactions lists all transactions of the account, newest first.
func (a tenant) transactions(t *testing.T) []transaction {
	t.Helper()
	var all []transaction
	in := map[string]any{}
	for {
		var page struct {
			OfferingTransactions []transaction
			NextToken            string
		}
		a.call(t, "ListOfferingTransactions", in, &page)
		all = append(all, page.OfferingTransactions...)
		if page.NextToken == "" {
			return all
		}
		in["nextToken"] = page.NextToken
	}
}

// held returns how many slots of each offering the account holds now.
func (a tenant) held(t *testing.T) map[string]int {
	t.Helper()
	var status struct {
		Current map[string]struct{ Quantity int }
	}
	a.call(t, "GetOfferingStatus", map[string]any{}, &status)
	slots := map[string]int{}
	for id, entry := range status.Current {
		slots[id] = entry.Quantity
	}
	return slots
}
