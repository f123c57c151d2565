package journal_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
)

var start = time.Date(2026, 1, 31, 12, 0, 0, 5e6, time.UTC)

// extend opens an account and buys two slots under a promotion.
func extend(t testing.TB) []journal.Appended {
	t.Helper()
	terms := account.Terms{Catalog: offering.Default(), MaxSlots: 10}
	appended, err := journal.Extend(journal.Head{}, journal.Change{
		Account: "111111111111", Recorded: start,
		By:    journal.By{Key: "AKID", Source: "127.0.0.1", Request: "request"},
		Retry: &journal.Retry{ID: "call", Request: "digest"},
		Decide: func(s account.State) ([]account.Event, error) {
			opened := account.Open(account.Opening{Seed: "seed"}, start)
			order := account.Order{OfferingID: terms.Catalog.Offerings[0].ID, Quantity: 2, PromotionID: "2FREEMONTHS"}
			purchased, err := account.Apply(s, opened).Purchase(order, terms, start)
			return []account.Event{opened, purchased}, err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return appended
}

// TestFormat pins the bytes of entries. A change of them is a new Version, and
// old journals have to stay readable.
func TestFormat(t *testing.T) {
	want := []string{
		`{"v":1,"account":"111111111111","seq":1,"recorded":"2026-01-31T12:00:00.005Z",` +
			`"by":{"key":"AKID","source":"127.0.0.1","request":"request"},` +
			`"event":{"kind":"opened","at":"2026-01-31T12:00:00.005Z","opening":{"seed":"seed"}},` +
			`"state":{"seed":"seed","at":"2026-01-31T12:00:00.005Z","status":"ACTIVE"}}`,
		`{"v":1,"account":"111111111111","seq":2,"recorded":"2026-01-31T12:00:00.005Z",` +
			`"by":{"key":"AKID","source":"127.0.0.1","request":"request"},"retry":{"id":"call","request":"digest"},` +
			`"event":{"kind":"purchased","at":"2026-01-31T12:00:00.005Z",` +
			`"transactions":[{"id":"8dd6c135-7c97-80b7-a016-fe2dd9e24c73","type":"PURCHASE",` +
			`"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":2,"promotionId":"2FREEMONTHS",` +
			`"createdOn":"2026-01-31T12:00:00.005Z","effectiveOn":"2026-01-31T12:00:00.005Z","cents":1613}],` +
			`"lot":{"promotionId":"2FREEMONTHS","quantity":2,"since":"2026-01-01T00:00:00Z","percentOff":[0,100,100]}},` +
			`"state":{"seed":"seed","at":"2026-01-31T12:00:00.005Z","status":"ACTIVE",` +
			`"holdings":[{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","current":2,` +
			`"lots":[{"promotionId":"2FREEMONTHS","quantity":2,"since":"2026-01-01T00:00:00Z","percentOff":[0,100,100]}]}],` +
			`"promotions":["2FREEMONTHS"],"customer":true,"transactions":1}}`,
	}
	var got []string
	appended := extend(t)
	for _, a := range appended {
		got = append(got, string(a.Record.Body))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	const chained = "65980c11d11e6083748c80e466652ebdbe2ec79175107efebbfffb8c953d525f"
	if hash := appended[1].Record.Hash.String(); hash != chained {
		t.Errorf("hash = %s, want %s", hash, chained)
	}
}

func TestRecordsThatCannotBeRead(t *testing.T) {
	good := extend(t)[1].Record
	replaced := func(old, replacement string) journal.Record {
		r := good
		r.Body = bytes.Replace(r.Body, []byte(old), []byte(replacement), 1)
		return r
	}
	tests := []struct {
		name   string
		record journal.Record
		want   string
	}{
		{"newer format", replaced(`"v":1`, `"v":3`), "has format 3; this program reads up to 2"},
		{"of another place", replaced(`"seq":2`, `"seq":3`), "says that it is entry 3"},
		{"of another account", replaced(`"111111111111"`, `"222222222222"`), "of account 222222222222"},
		{"cut short", journal.Record{Account: good.Account, Seq: 2, Body: good.Body[:100]}, "cannot be read"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.record.Entry()
			if err == nil || fault.KindOf(err) != fault.Internal || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want an internal one with %q", err, tt.want)
			}
		})
	}
}

func TestRepeat(t *testing.T) {
	record := extend(t)[1].Record
	outcome, err := record.Repeat(journal.Retry{ID: "call", Request: "digest"}, journal.Head{})
	if err != nil || !outcome.Repeated || outcome.Entries[0].Seq != 2 {
		t.Errorf("Repeat = %+v, %v, want the recorded entry", outcome, err)
	}
	_, err = record.Repeat(journal.Retry{ID: "call", Request: "other"}, journal.Head{})
	if fault.KindOf(err) != fault.Argument || !strings.Contains(fault.MessageOf(err), `"call"`) {
		t.Errorf("error = %v, want an Argument error that names the id", err)
	}
}
