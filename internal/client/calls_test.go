package client_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// Values of the table of calls.
const (
	root        = "/_slotfarm/v1"
	accountJSON = `{"account":"111111111111","status":"ACTIVE","test":true,"now":"2026-01-31T00:00:00Z","frozen":true,` +
		`"maxSlots":{"o":3},"current":{"o":2},"nextPeriod":{"o":1},"transactions":2,"entries":7,"later":{}}`
	clockJSON = `{"now":"2026-01-31T00:00:00Z","transactions":[{"transactionId":"t","type":"SYSTEM","offeringId":"o","quantity":1,` +
		`"createdOn":"2026-01-31T00:00:00Z","effectiveOn":"2026-01-31T00:00:00Z","cost":{"amount":250.0,"currencyCode":"USD"}}]}`
	entryJSON = `{"v":1,"account":"111111111111","seq":2,"recorded":"2026-01-31T00:00:00Z","by":{"key":"k","source":"s","request":"r"},` +
		`"event":{"kind":"rolled","at":"2026-01-31T00:00:00Z","opening":{"test":true,"frozen":"2026-01-31T00:00:00Z"},` +
		`"settings":{"status":"ACTIVE","limits":[{"offeringId":"o","max":3}]},"frozen":"2026-01-31T00:00:00Z",` +
		`"transactions":[{"id":"t","type":"RENEW","offeringId":"o","quantity":1,"promotionId":"p","createdOn":"2026-01-31T00:00:00Z",` +
		`"effectiveOn":"2026-01-31T00:00:00Z","cents":25000}],"charges":[{"offeringId":"o","quantity":1,"cents":25000,"transactionId":"t"}]},` +
		`"state":{"seed":"x"},"hash":"h"}`
	statementJSON = `{"account":"111111111111","period":"2026-01","now":"2026-01-31T00:00:00Z","currencyCode":"USD","totalCents":807,"lines":[` +
		`{"date":"2026-01-31T00:00:00Z","kind":"purchase","offeringId":"o","description":"d","quantity":1,"transactionId":"t",` +
		`"promotions":[{"promotionId":"p","quantity":1,"percentOff":5}],"cents":807,"why":"w"}]}`
	snapshotJSON = `{"snapshot":"s1","entries":7,"hash":"h","now":"2026-01-31T00:00:00Z","taken":"2026-01-31T00:00:00Z"}`
	faultsJSON   = `{"seed":1,"rules":[{"operation":"PurchaseOffering","account":"111111111111","error":"E","message":"m","status":500,` +
		`"delay":"250ms","dropBeforeCommit":true,"dropAfterCommit":true,"times":2,"probability":0.5,"seen":4,"fired":2}]}`
)

var (
	at      = time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	account = operatorapi.Account{
		Account: alice, Status: "ACTIVE", Test: true, Now: at, Frozen: true, Transactions: 2, Entries: 7,
		MaxSlots: map[string]int{"o": 3}, Current: map[string]int{"o": 2}, NextPeriod: map[string]int{"o": 1},
	}
	clock = operatorapi.Clock{Now: at, Transactions: []operatorapi.Transaction{{
		ID: "t", Type: "SYSTEM", OfferingID: "o", Quantity: 1, CreatedOn: at, EffectiveOn: at,
		Cost: operatorapi.Cost{Amount: "250.0", CurrencyCode: "USD"},
	}}}
	active = "ACTIVE"
	entry  = operatorapi.Entry{
		Account: alice, Seq: 2, Recorded: at, By: operatorapi.By{Key: "k", Source: "s", Request: "r"}, Hash: "h",
		Raw: json.RawMessage(entryJSON),
		Event: operatorapi.Event{
			Kind: "rolled", At: at, Opening: &operatorapi.Opening{Test: true, Frozen: &at}, Frozen: &at,
			Settings: &operatorapi.Configured{Status: &active, Limits: []operatorapi.Limit{{OfferingID: "o", Max: 3}}},
			Transactions: []operatorapi.EntryTransaction{{
				ID: "t", Type: "RENEW", OfferingID: "o", Quantity: 1, PromotionID: "p", CreatedOn: at, EffectiveOn: at, Cents: 25000,
			}},
			Charges: []operatorapi.Charge{{OfferingID: "o", Quantity: 1, Cents: 25000, TransactionID: "t"}},
		},
	}
	snapshot  = operatorapi.Snapshot{ID: "s1", Entries: 7, Hash: "h", Now: at, Taken: at}
	statement = operatorapi.Statement{
		Account: alice, Period: "2026-01", Now: at, CurrencyCode: "USD", TotalCents: 807,
		Lines: []operatorapi.StatementLine{{
			Date: at, Kind: "purchase", OfferingID: "o", Description: "d", Quantity: 1, TransactionID: "t", Cents: 807, Why: "w",
			Promotions: []operatorapi.Reduction{{PromotionID: "p", Quantity: 1, PercentOff: 5}},
		}},
	}
	rule = operatorapi.Fault{
		Operation: new("PurchaseOffering"), Account: new(alice), Error: new("E"), Message: new("m"), Status: new(500), Delay: new("250ms"),
		DropBeforeCommit: true, DropAfterCommit: true, Times: new(2), Probability: new(0.5),
	}
	faults = operatorapi.Faults{Seed: 1, Rules: []operatorapi.FaultDone{{Fault: rule, Seen: 4, Fired: 2}}}
)

const jsonType = "application/json"

// call is one call of the API: what is sent, what is answered, and what the
// caller gets.
type call struct {
	name   string
	do     func(context.Context, *client.Client) (any, error)
	sent   seen
	answer string
	want   any
}

// returning makes a call out of a method and its arguments.
func returning[T any](f func(context.Context, *client.Client) (T, error)) func(context.Context, *client.Client) (any, error) {
	return func(ctx context.Context, c *client.Client) (any, error) { return f(ctx, c) }
}

func accountCalls() []call {
	return []call{
		{"accounts", returning(func(ctx context.Context, c *client.Client) (operatorapi.Accounts, error) { return c.Accounts(ctx, "") }),
			seen{"GET " + root + "/accounts", "", ""}, `{"accounts":[` + accountJSON + `],"next":"111111111111"}`,
			operatorapi.Accounts{Accounts: []operatorapi.Account{account}, Next: alice}},
		{"accounts after one", returning(func(ctx context.Context, c *client.Client) (operatorapi.Accounts, error) {
			return c.Accounts(ctx, "1&2")
		}),
			seen{"GET " + root + "/accounts?after=1%262", "", ""}, `{"accounts":[]}`, operatorapi.Accounts{Accounts: []operatorapi.Account{}}},
		{"account", returning(func(ctx context.Context, c *client.Client) (operatorapi.Account, error) {
			return c.Account(ctx, "a/b?")
		}),
			seen{"GET " + root + "/accounts/a%2Fb%3F", "", ""}, accountJSON, account},
		{"put nothing", returning(func(ctx context.Context, c *client.Client) (operatorapi.Account, error) {
			return c.PutAccount(ctx, alice, operatorapi.Settings{})
		}), seen{"PUT " + root + "/accounts/" + alice, jsonType, `{}`}, accountJSON, account},
		{"put account", returning(func(ctx context.Context, c *client.Client) (operatorapi.Account, error) {
			return c.PutAccount(ctx, alice, operatorapi.Settings{Status: &active, MaxSlots: map[string]int{"o": 0}, Test: new(bool)})
		}), seen{"PUT " + root + "/accounts/" + alice, jsonType, `{"status":"ACTIVE","maxSlots":{"o":0},"test":false}`}, accountJSON, account},
		{"cancel a renewal", returning(func(ctx context.Context, c *client.Client) (operatorapi.Account, error) {
			return c.CancelRenewal(ctx, alice, "o/p", true)
		}), seen{"POST " + root + "/accounts/" + alice + "/renewals/o%2Fp/cancel", jsonType, `{"held":true}`}, accountJSON, account},
		{"credit", returning(func(ctx context.Context, c *client.Client) (operatorapi.Account, error) {
			return c.AddCredit(ctx, alice, operatorapi.Credit{Amount: "10.50", CurrencyCode: "USD", Reason: "r"})
		}), seen{"POST " + root + "/accounts/" + alice + "/credits", jsonType, `{"amount":10.50,"currencyCode":"USD","reason":"r"}`}, accountJSON, account},
		{"freeze", returning(func(ctx context.Context, c *client.Client) (operatorapi.Clock, error) {
			return c.Freeze(ctx, alice, at)
		}),
			seen{"PUT " + root + "/accounts/" + alice + "/clock", jsonType, `{"now":"2026-01-31T00:00:00Z"}`}, clockJSON, clock},
		{"advance to", advancing(operatorapi.AdvanceTo(at)), advanced(`{"to":"2026-01-31T00:00:00Z"}`), clockJSON, clock},
		{"advance by", advancing(operatorapi.AdvanceBy(36 * time.Hour)), advanced(`{"by":"36h0m0s"}`), clockJSON, clock},
		{"advance periods", advancing(operatorapi.AdvancePeriods(2)), advanced(`{"periods":2}`), clockJSON, clock},
		{"advance nothing", advancing(operatorapi.AdvanceBy(0)), advanced(`{"by":"0s"}`), clockJSON, clock},
		{"release", returning(func(ctx context.Context, c *client.Client) (operatorapi.Clock, error) { return c.Release(ctx, alice) }),
			seen{"DELETE " + root + "/accounts/" + alice + "/clock", "", ""}, clockJSON, clock},
		{"journal", returning(func(ctx context.Context, c *client.Client) ([]operatorapi.Entry, error) {
			return c.Journal(ctx, alice, 1, 10)
		}),
			seen{"GET " + root + "/accounts/" + alice + "/journal?after=1&limit=10", "", ""}, `{"entries":[` + entryJSON + `]}`, []operatorapi.Entry{entry}},
		{"checkpoint", returning(func(ctx context.Context, c *client.Client) (json.RawMessage, error) { return c.Checkpoint(ctx) }),
			seen{"GET " + root + "/checkpoint", "", ""}, `{"version":1}`, json.RawMessage(`{"version":1}`)},
		{"trust the clock", returning(func(ctx context.Context, c *client.Client) (operatorapi.WallClock, error) { return c.TrustClock(ctx) }),
			seen{"POST " + root + "/wallclock/trust", "", ""}, `{"kept":"2026-01-31T00:00:00Z","wall":"2026-01-31T00:00:00Z"}`, operatorapi.WallClock{Kept: at, Wall: at}},
		{"verify", returning(func(ctx context.Context, c *client.Client) (operatorapi.Verification, error) { return c.Verify(ctx) }),
			seen{"GET " + root + "/verify", "", ""}, `{"accounts":1,"entries":2,"ok":false,"account":"111111111111","seq":2,"reason":"r"}`,
			operatorapi.Verification{Accounts: 1, Entries: 2, Account: alice, Seq: 2, Reason: "r"}},
	}
}

func advancing(a operatorapi.Advance) func(context.Context, *client.Client) (any, error) {
	return returning(func(ctx context.Context, c *client.Client) (operatorapi.Clock, error) {
		return c.Advance(ctx, alice, a)
	})
}

func advanced(body string) seen {
	return seen{"POST " + root + "/accounts/" + alice + "/clock/advance", jsonType, body}
}

func moneyCalls() []call {
	const quoteJSON = `{"offeringId":"o","quantity":2,"effectiveOn":"2026-01-31T00:00:00Z","cost":{"amount":16.13,"currencyCode":"USD"}}`
	quote := operatorapi.Quote{OfferingID: "o", Quantity: 2, EffectiveOn: at, Cost: operatorapi.Cost{Amount: "16.13", CurrencyCode: "USD"}}
	quoting := func(o operatorapi.Order) func(context.Context, *client.Client) (any, error) {
		return returning(func(ctx context.Context, c *client.Client) (operatorapi.Quote, error) { return c.Quote(ctx, alice, o) })
	}
	stating := func(period string) func(context.Context, *client.Client) (any, error) {
		return returning(func(ctx context.Context, c *client.Client) (operatorapi.Statement, error) {
			return c.Statement(ctx, alice, period)
		})
	}
	path := root + "/accounts/" + alice
	return []call{
		{"statement", stating("2026-01"), seen{"GET " + path + "/statement?period=2026-01", "", ""}, statementJSON, statement},
		{"current statement", stating(""), seen{"GET " + path + "/statement", "", ""}, statementJSON, statement},
		{"quote", quoting(operatorapi.Order{OfferingID: "o", Quantity: 2}),
			seen{"POST " + path + "/quote", jsonType, `{"offeringId":"o","quantity":2}`}, quoteJSON, quote},
		{"quote with a promotion", quoting(operatorapi.Order{OfferingID: "o", Quantity: 2, PromotionID: "p"}),
			seen{"POST " + path + "/quote", jsonType, `{"offeringId":"o","quantity":2,"offeringPromotionId":"p"}`}, quoteJSON, quote},
	}
}

func allCalls() []call {
	return slices.Concat(accountCalls(), testingCalls(), moneyCalls(), keyCalls(), fleetCalls(), labCalls())
}

func fleetCalls() []call {
	raw := json.RawMessage(`{"browsers": []}`)
	changes := operatorapi.FleetChanges{Version: 4, Changes: []operatorapi.FleetChange{{
		Change: "changed", Kind: "browser", ID: "i", Name: "n", Field: "capacity", Old: "4", New: "5", Text: "t",
	}}}
	const changesJSON = `{"version":4,"changes":[{"change":"changed","kind":"browser","id":"i","name":"n","field":"capacity","old":"4","new":"5","text":"t"}]}`
	return []call{
		{"fleet", returning(func(ctx context.Context, c *client.Client) (json.RawMessage, error) { return c.Fleet(ctx) }),
			seen{"GET " + root + "/fleet", "", ""}, string(raw), raw},
		{"fleet of a version", returning(func(ctx context.Context, c *client.Client) (json.RawMessage, error) { return c.FleetOf(ctx, 2) }),
			seen{"GET " + root + "/fleet?version=2", "", ""}, string(raw), raw},
		{"put fleet", returning(func(ctx context.Context, c *client.Client) (operatorapi.FleetChanges, error) {
			return c.PutFleet(ctx, raw, 3)
		}), seen{"PUT " + root + "/fleet?replaces=3", jsonType, string(raw)}, changesJSON, changes},
		{"versions of the fleet", returning(func(ctx context.Context, c *client.Client) ([]operatorapi.Version, error) {
			return c.FleetVersions(ctx)
		}), seen{"GET " + root + "/fleet/versions", "", ""}, `{"versions":[{"version":1,"at":"2026-01-31T00:00:00Z","key":"k"}]}`,
			[]operatorapi.Version{{Version: 1, At: at, Key: "k"}}},
	}
}

func testingCalls() []call {
	raw := json.RawMessage(`{"a": [1]}`)
	snapshots := root + "/accounts/" + alice + "/snapshots"
	return []call{
		{"snapshot", returning(func(ctx context.Context, c *client.Client) (operatorapi.Snapshot, error) {
			return c.Snapshot(ctx, alice)
		}),
			seen{"POST " + snapshots, "", ""}, snapshotJSON, snapshot},
		{"snapshots", returning(func(ctx context.Context, c *client.Client) ([]operatorapi.Snapshot, error) {
			return c.Snapshots(ctx, alice)
		}),
			seen{"GET " + snapshots, "", ""}, `{"snapshots":[` + snapshotJSON + `]}`, []operatorapi.Snapshot{snapshot}},
		{"restore", returning(func(ctx context.Context, c *client.Client) (operatorapi.Account, error) {
			return c.Restore(ctx, alice, "s1", "")
		}),
			seen{"POST " + snapshots + "/s1/restore", jsonType, `{}`}, accountJSON, account},
		{"restore into", returning(func(ctx context.Context, c *client.Client) (operatorapi.Account, error) {
			return c.Restore(ctx, alice, "s/1", "222222222222")
		}), seen{"POST " + snapshots + "/s%2F1/restore", jsonType, `{"into":"222222222222"}`}, accountJSON, account},
		{"delete snapshot", func(ctx context.Context, c *client.Client) (any, error) {
			return nil, c.DeleteSnapshot(ctx, alice, "s1")
		},
			seen{"DELETE " + snapshots + "/s1", "", ""}, "", nil},
		{"faults", returning(func(ctx context.Context, c *client.Client) (operatorapi.Faults, error) { return c.Faults(ctx) }),
			seen{"GET " + root + "/faults", "", ""}, faultsJSON, faults},
		{"put faults", returning(func(ctx context.Context, c *client.Client) (operatorapi.Faults, error) {
			return c.PutFaults(ctx, operatorapi.FaultRules{Seed: new(int64(1)), Rules: []operatorapi.Fault{rule}})
		}),
			seen{"PUT " + root + "/faults", jsonType, `{"seed":1,"rules":[{"operation":"PurchaseOffering","account":"111111111111","error":"E",` +
				`"message":"m","status":500,"delay":"250ms","dropBeforeCommit":true,"dropAfterCommit":true,"times":2,"probability":0.5}]}`}, faultsJSON, faults},
		{"put no faults", returning(func(ctx context.Context, c *client.Client) (operatorapi.Faults, error) {
			return c.PutFaults(ctx, operatorapi.FaultRules{})
		}), seen{"PUT " + root + "/faults", jsonType, `{"rules":[]}`}, `{"seed":0,"rules":[]}`, operatorapi.Faults{Rules: []operatorapi.FaultDone{}}},
		{"add faults", returning(func(ctx context.Context, c *client.Client) (operatorapi.Faults, error) {
			return c.AddFaults(ctx, []operatorapi.Fault{{DropAfterCommit: true}})
		}), seen{"POST " + root + "/faults", jsonType, `{"rules":[{"dropAfterCommit":true}]}`}, faultsJSON, faults},
		{"remove faults", returning(func(ctx context.Context, c *client.Client) (operatorapi.Faults, error) {
			return c.RemoveFaults(ctx, alice)
		}), seen{"DELETE " + root + "/faults?account=" + alice, "", ""}, faultsJSON, faults},
		{"seed", returning(func(ctx context.Context, c *client.Client) (json.RawMessage, error) { return c.Seed(ctx) }),
			seen{"GET " + root + "/seed", "", ""}, string(raw), raw},
		{"put JSON seed", returning(func(ctx context.Context, c *client.Client) (operatorapi.Planted, error) { return c.PutSeed(ctx, raw) }),
			seen{"PUT " + root + "/seed", jsonType, string(raw)}, `{"accounts":2,"transactions":3}`, operatorapi.Planted{Accounts: 2, Transactions: 3}},
		{"put YAML seed", returning(func(ctx context.Context, c *client.Client) (operatorapi.Planted, error) {
			return c.PutSeed(ctx, []byte("a: 1\n"))
		}),
			seen{"PUT " + root + "/seed", "application/yaml", "a: 1\n"}, `{"accounts":2,"transactions":3}`, operatorapi.Planted{Accounts: 2, Transactions: 3}},
		{"reset", returning(func(ctx context.Context, c *client.Client) (operatorapi.Planted, error) { return c.Reset(ctx) }),
			seen{"POST " + root + "/reset", "", ""}, `{"accounts":2,"transactions":3}`, operatorapi.Planted{Accounts: 2, Transactions: 3}},
		{"catalog", returning(func(ctx context.Context, c *client.Client) (json.RawMessage, error) { return c.Catalog(ctx) }),
			seen{"GET " + root + "/catalog", "", ""}, string(raw), raw},
		{"put catalog", returning(func(ctx context.Context, c *client.Client) (json.RawMessage, error) { return c.PutCatalog(ctx, raw, 3) }),
			seen{"PUT " + root + "/catalog?replaces=3", jsonType, string(raw)}, string(raw), raw},
		{"catalog of a version", returning(func(ctx context.Context, c *client.Client) (json.RawMessage, error) { return c.CatalogOf(ctx, 2) }),
			seen{"GET " + root + "/catalog?version=2", "", ""}, string(raw), raw},
		{"versions of the catalog", returning(func(ctx context.Context, c *client.Client) ([]operatorapi.Version, error) { return c.Versions(ctx) }),
			seen{"GET " + root + "/catalog/versions", "", ""}, `{"versions":[{"version":1,"at":"2026-01-31T00:00:00Z","key":"k"}]}`,
			[]operatorapi.Version{{Version: 1, At: at, Key: "k"}}},
	}
}

func keyCalls() []call {
	const keyJSON = `{"accessKeyId":"k","name":"n","created":"2026-01-31T00:00:00Z","disabled":true,"policy":{"a": [1]}}`
	key := operatorapi.Key{ID: "k", Name: "n", Created: at, Disabled: true, Policy: json.RawMessage(`{"a": [1]}`)}
	made := operatorapi.NewKey{ID: "k", Secret: "s", Name: "n"}
	creating := func(policy json.RawMessage) func(context.Context, *client.Client) (any, error) {
		return returning(func(ctx context.Context, c *client.Client) (operatorapi.NewKey, error) {
			return c.CreateKey(ctx, alice, "n", policy)
		})
	}
	const madeJSON = `{"accessKeyId":"k","secretAccessKey":"s","name":"n"}`
	keys := root + "/accounts/" + alice + "/keys"
	return []call{
		{"keys", returning(func(ctx context.Context, c *client.Client) ([]operatorapi.Key, error) { return c.Keys(ctx, alice) }),
			seen{"GET " + keys, "", ""}, `{"keys":[` + keyJSON + `]}`, []operatorapi.Key{key}},
		{"create key", creating(nil), seen{"POST " + keys, jsonType, `{"name":"n"}`}, madeJSON, made},
		{"create key with a policy", creating(json.RawMessage(`{"a": [1]}`)),
			seen{"POST " + keys, jsonType, `{"name":"n","policy":{"a":[1]}}`}, madeJSON, made},
		{"disable key", returning(func(ctx context.Context, c *client.Client) (operatorapi.Key, error) {
			return c.DisableKey(ctx, alice, "k/1", true)
		}), seen{"PUT " + keys + "/k%2F1", jsonType, `{"disabled":true}`}, keyJSON, key},
		{"accept a document", func(ctx context.Context, c *client.Client) (any, error) {
			return nil, c.AcceptDocument(ctx, operatorapi.Acceptance{Document: "access/1/k", Reason: "lost"})
		}, seen{"POST " + root + "/documents/accept", "application/json", `{"document":"access/1/k","reason":"lost"}`}, "", nil},
		{"delete key", func(ctx context.Context, c *client.Client) (any, error) { return nil, c.DeleteKey(ctx, alice, "k") },
			seen{"DELETE " + keys + "/k", "", ""}, "", nil},
	}
}

func TestCalls(t *testing.T) {
	t.Parallel()
	for _, tt := range allCalls() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			status := http.StatusOK
			if tt.answer == "" {
				status = http.StatusNoContent
			}
			c, sent := served(t, status, tt.answer)
			got, err := tt.do(context.Background(), c)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.sent, *sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("got (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCallsFail has each call answered with a refusal.
func TestCallsFail(t *testing.T) {
	t.Parallel()
	for _, tt := range allCalls() {
		c, _ := served(t, http.StatusConflict, `{"error":{"code":"Conflict","message":"no"}}`)
		if _, err := tt.do(context.Background(), c); err == nil || err.Error() != "Conflict: no" {
			t.Errorf("%s: %v, want the refusal", tt.name, err)
		}
	}
}

// TestTapped checks that a client passes on the answers of calls, and no
// others.
func TestTapped(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status int
		body   string
		want   []string
	}{
		{http.StatusOK, accountJSON, []string{accountJSON}},
		{http.StatusConflict, `{"error":{"code":"Conflict","message":"no"}}`, nil},
		{http.StatusOK, "<html>", nil},
	} {
		c, _ := served(t, tt.status, tt.body)
		var got []string
		_, _ = c.Tapped(func(body []byte) { got = append(got, string(body)) }).Account(context.Background(), alice)
		_, _ = c.Account(context.Background(), alice) // this one is not tapped
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%d %s (-want +got):\n%s", tt.status, tt.body, diff)
		}
	}
}
