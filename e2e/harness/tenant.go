package harness

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
	IosSlot           = "A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01"
	AndroidSlot       = "8980F81C-00D7-469D-8EC6-510F4D3B2A02"
	AndroidRemoteSlot = "D68B3C05-1BA6-4360-BC69-510F4D3B2A03"
	IosRemoteSlot     = "552B4DAD-A6C9-45C4-94FB-510F4D3B2A04"
)

// Tenant is an account on a server, reached with plain HTTP.
type Tenant struct {
	Server  *Server
	Account string
	Key     AccessKey // to sign with; zero for a sandbox
}

// At returns the same account on another server.
func (a Tenant) At(s *Server) Tenant {
	a.Server = s
	return a
}

var lastAccount atomic.Int64

// NewTenant returns an account that no other test uses.
func NewTenant(s *Server) Tenant {
	return Tenant{Server: s, Account: fmt.Sprintf("%012d", 100_000_000_000+lastAccount.Add(1))}
}

// Set changes the account's settings through the operator API.
func (a Tenant) Set(t *testing.T, settings map[string]any) {
	t.Helper()
	a.Server.Operator(t, "PUT /accounts/"+a.Account, settings, nil)
}

// Allow sets how many slots of an offering the account may hold.
func (a Tenant) Allow(t *testing.T, offeringID string, slots int) {
	t.Helper()
	a.Set(t, map[string]any{"maxSlots": map[string]int{offeringID: slots}})
}

// JournalLength counts the entries of the account's journal.
func (a Tenant) JournalLength(t *testing.T) int {
	t.Helper()
	var journal struct{ Entries []json.RawMessage }
	a.Server.Operator(t, "GET /accounts/"+a.Account+"/journal?after=0&limit=1000", nil, &journal)
	return len(journal.Entries)
}

// Answer is an answer of the AWS API.
type Answer struct {
	Status int
	Body   string
}

// Exception returns the name of the exception in the answer, or "" if it is not an exception.
func (a Answer) Exception() string {
	var body struct {
		Type string `json:"__type"`
	}
	json.Unmarshal([]byte(a.Body), &body) // an answer that is not JSON has no exception
	return body.Type
}

// Transaction is an offering transaction in its wire format.
type Transaction struct {
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

// Post sends one operation, with more header fields as name, value, name, value…
func (a Tenant) Post(ctx context.Context, operation string, in any, header ...string) (Answer, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return Answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.Server.Endpoint, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	req.Header = a.Header(operation)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	if a.Key.ID != "" {
		if err := a.Key.Signer("devicefarm").Sign(req, body, time.Now()); err != nil {
			return Answer{}, err
		}
	}
	resp, err := Web.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return Answer{Status: resp.StatusCode, Body: string(text)}, err
}

// Header makes the header of a call. A sandbox reads the account from the signature's credential scope and
// does not check the signature.
func (a Tenant) Header(operation string) http.Header {
	h := http.Header{}
	h.Set("Content-Type", "application/x-amz-json-1.1")
	h.Set("X-Amz-Target", "DeviceFarm_20150623."+operation)
	h.Set("X-Amz-Date", "20160831T125900Z")
	h.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+a.Account+"/20160831/us-west-2/devicefarm/aws4_request, "+
		"SignedHeaders=content-type;host;x-amz-date;x-amz-target, "+
		"Signature=0000000000000000000000000000000000000000000000000000000000000000")
	return h
}

// Call sends one operation that must succeed and decodes its answer into out.
func (a Tenant) Call(t *testing.T, operation string, in, out any) {
	t.Helper()
	got, err := a.Post(t.Context(), operation, in)
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

// Purchase is the input of PurchaseOffering.
type Purchase struct {
	OfferingID string `json:"offeringId"`
	Quantity   int    `json:"quantity"`
}

// Buy buys slots and returns the transaction.
func (a Tenant) Buy(t *testing.T, p Purchase) Transaction {
	t.Helper()
	var out struct{ OfferingTransaction Transaction }
	a.Call(t, "PurchaseOffering", p, &out)
	return out.OfferingTransaction
}

// Transactions lists all transactions of the account, newest first.
func (a Tenant) Transactions(t *testing.T) []Transaction {
	t.Helper()
	var all []Transaction
	in := map[string]any{}
	for {
		var page struct {
			OfferingTransactions []Transaction
			NextToken            string
		}
		a.Call(t, "ListOfferingTransactions", in, &page)
		all = append(all, page.OfferingTransactions...)
		if page.NextToken == "" {
			return all
		}
		in["nextToken"] = page.NextToken
	}
}

// Held returns how many slots of each offering the account holds now.
func (a Tenant) Held(t *testing.T) map[string]int {
	t.Helper()
	var status struct {
		Current map[string]struct{ Quantity int }
	}
	a.Call(t, "GetOfferingStatus", map[string]any{}, &status)
	slots := map[string]int{}
	for id, entry := range status.Current {
		slots[id] = entry.Quantity
	}
	return slots
}

// Unavailable is the only answer that clients get while a server cannot store anything.
var Unavailable = Answer{
	Status: http.StatusServiceUnavailable,
	Body:   `{"__type":"ServiceUnavailable","message":"The journal cannot be used now; try again."}`,
}
