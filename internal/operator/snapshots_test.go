package operator_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// snapshot is one as the API shows it.
type snapshot struct {
	Snapshot string `json:"snapshot"`
	Entries  int64  `json:"entries"`
	Hash     string `json:"hash"`
	Now      string `json:"now"`
	Taken    string `json:"taken"`
}

func (f *farm) take(id string) snapshot {
	f.t.Helper()
	var s snapshot
	f.decoded("POST", "/accounts/"+id+"/snapshots", "", &s)
	return s
}

func (f *farm) snapshots(id string) []snapshot {
	f.t.Helper()
	var answer struct {
		Snapshots []snapshot `json:"snapshots"`
	}
	f.decoded("GET", "/accounts/"+id+"/snapshots", "", &answer)
	return answer.Snapshots
}

// restore brings an account back, or into another one.
func (f *farm) restore(id, snapshot, body string) accountShape {
	f.t.Helper()
	var a accountShape
	f.decoded("POST", "/accounts/"+id+"/snapshots/"+snapshot+"/restore", body, &a)
	return a
}

// records are the bytes of an account's journal.
func (f *farm) records(id account.ID) []journal.Record {
	f.t.Helper()
	records, err := f.store.Forward(context.Background(), id, 0, math.MaxInt32)
	if err != nil {
		f.t.Fatal(err)
	}
	return records
}

func (f *farm) same(what string, want, got any) {
	f.t.Helper()
	if reflect.DeepEqual(want, got) {
		return // which is faster for the bytes of many entries
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		f.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// attempt buys a slot by a call that can be repeated, and returns the
// transaction's id.
func (f *farm) attempt(id account.ID, call string) string {
	f.t.Helper()
	c := journal.Caller{Account: id, By: journal.By{Key: "AKID"}, Retry: &journal.Retry{ID: call, Request: "digest"}}
	t, _, err := f.parts.Orders.Purchase(context.Background(), c, account.Order{OfferingID: ios, Quantity: 1})
	if err != nil {
		f.t.Fatal(err)
	}
	return t.ID
}

// TestRestore takes an account back that went on, with its clock.
func TestRestore(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.buy(bob, ios, 1)
	f.hold(alice)
	early := f.take(alice)
	f.advance(alice, `{"periods":1}`)
	kept := f.attempt(alice, "kept")
	middle, twin := f.take(alice), f.take(alice)
	before, others := f.records(alice), f.records(bob)
	var shown accountShape
	f.decoded("GET", "/accounts/"+alice, "", &shown)
	if want := (snapshot{middle.Snapshot, int64(len(before)), before[len(before)-1].Hash.String(), "2026-02-28T12:00:00Z", "2026-01-31T12:00:00Z"}); middle != want {
		t.Errorf("snapshot = %+v, want %+v", middle, want)
	}
	for range 2 {
		f.advance(alice, `{"periods":3}`)
		lost := f.attempt(alice, "lost")
		f.take(alice)
		f.accepted("PUT", "/accounts/"+alice, `{"status":"SUSPENDED","maxSlots":{"`+ios+`":0}}`)
		f.take(alice)
		f.same("restored account", shown, f.restore(alice, middle.Snapshot, ""))
		f.same("entries", before, f.records(alice))
		f.same("snapshots", []snapshot{early, middle, twin}, f.snapshots(alice))
		if again := f.attempt(alice, "kept"); again != kept {
			t.Errorf("a repeated call made %s, want %s", again, kept)
		}
		if again := f.attempt(alice, "lost"); again == lost {
			t.Errorf("a call that was taken back made %s once more", again)
		}
		f.restore(alice, middle.Snapshot, "{}")
	}
	f.same("restored as it is", shown, f.restore(alice, middle.Snapshot, " "))
	f.restore(alice, early.Snapshot, "")
	f.same("entries of the earliest", before[:early.Entries], f.records(alice))
	f.same("snapshots", []snapshot{early}, f.snapshots(alice))
	f.same("the other account", others, f.records(bob))
	f.size()
}

// TestRestoreARunningClock rolls the account up to the wall clock again.
func TestRestoreARunningClock(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.buy(alice, ios, 1)
	s := f.take(alice)
	before := f.records(alice)
	f.wall = wall.AddDate(0, 2, 0)
	if got := f.restore(alice, s.Snapshot, ""); got.Now != "2026-03-31T12:00:00Z" || got.Transactions != 3 {
		t.Errorf("account = %+v, want it two boundaries on", got)
	}
	f.same("entries before them", before, f.records(alice)[:len(before)])
	f.size()
}

func TestSnapshotOfANewAccount(t *testing.T) {
	t.Parallel()
	f := open(t)
	s := f.take(alice)
	if s.Entries != 1 || s.Now != "2026-01-31T12:00:00Z" {
		t.Errorf("snapshot = %+v, want one of an account that was opened", s)
	}
	f.buy(alice, ios, 1)
	if got := f.restore(alice, s.Snapshot, ""); got.Transactions != 0 {
		t.Errorf("account = %+v, want one without transactions", got)
	}
	f.same("size", size{1, 1}, f.size())
}

func TestDeleteSnapshot(t *testing.T) {
	t.Parallel()
	f := open(t)
	first, second := f.take(alice), f.take(alice)
	path := "/accounts/" + alice + "/snapshots/" + first.Snapshot
	before := f.records(alice)
	if a := f.call("DELETE", path, ""); a.Status != http.StatusNoContent || a.Body != "" || a.Header.Get("X-Amzn-Requestid") == "" {
		t.Errorf("answer = %d %q, headers %v", a.Status, a.Body, a.Header)
	}
	missing := refusal{404, notFound, `account "` + alice + `" has no snapshot "` + first.Snapshot + `"`}
	f.refused("DELETE", path, "", missing)
	f.refused("POST", path+"/restore", "", missing)
	f.same("snapshots", []snapshot{second}, f.snapshots(alice))
	f.same("entries", before, f.records(alice))
}

// TestBadSnapshots are refused and change nothing.
func TestBadSnapshots(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.hold(alice)
	s := f.take(alice)
	f.buy(alice, ios, 1)
	f.buy(bob, ios, 1)
	turned := f.take(carol)
	f.accepted("PUT", "/accounts/"+carol, `{"test":false}`)
	f.accepted("PUT", "/accounts/"+dave, `{"test":false}`)
	restore := "/accounts/" + alice + "/snapshots/" + s.Snapshot + "/restore"
	ordinary := refusal{403, "NotEligible", "is not a test account"}
	state := func() []any {
		var all []any
		for _, id := range []account.ID{alice, bob, carol, dave} {
			all = append(all, f.records(id), f.snapshots(string(id)))
		}
		return all
	}
	before := state()
	for _, tt := range []struct {
		method, path, body string
		want               refusal
	}{
		{"POST", "/accounts/" + dave + "/snapshots", "", ordinary},
		{"POST", "/accounts/" + carol + "/snapshots/" + turned.Snapshot + "/restore", "", ordinary},
		{"POST", restore, `{"into":"` + dave + `"}`, ordinary},
		{"POST", restore, `{"into":"` + alice + `"}`, refusal{400, argument, `into "` + alice + `" is the snapshot's own account`}},
		{"POST", restore, `{"into":"x"}`, refusal{400, argument, `into: account "x" is not an account id`}},
		{"POST", restore, `{"into":""}`, refusal{400, argument, `into: account "" is not an account id`}},
		{"POST", restore, `{"into":null}`, refusal{400, malformed, `member "into" is null`}},
		{"POST", restore, `{"into":111111111111}`, refusal{400, malformed, `member "into" is a JSON number; it must be a string`}},
		{"POST", restore, `{"in":"x"}`, refusal{400, malformed, `member "in" is unknown; it must be one of into`}},
		{"POST", "/accounts/" + alice + "/snapshots/none/restore", `{"into":"` + bob + `"}`, refusal{404, notFound, `account "` + alice + `" has no snapshot "none"`}},
		{"POST", "/accounts/" + alice + "/snapshots/none/restore", "", refusal{404, notFound, `has no snapshot "none"`}},
		{"POST", "/accounts/" + bob + "/snapshots/" + s.Snapshot + "/restore", "", refusal{404, notFound, `account "` + bob + `" has no snapshot`}},
		{"POST", "/accounts/" + alice + "/snapshots/%2e%2e%2f/restore", "", refusal{404, notFound, `has no snapshot "../"`}},
		{"DELETE", "/accounts/" + bob + "/snapshots/" + s.Snapshot, "", refusal{404, notFound, `account "` + bob + `" has no snapshot`}},
		{"GET", "/accounts/555555555555/snapshots", "", refusal{404, notFound, `account "555555555555" was never opened`}},
		{"POST", "/accounts/555555555555/snapshots/none/restore", "", refusal{404, notFound, "has no snapshot"}},
		{"POST", "/accounts/" + alice + "/snapshots", `{"name":"x"}`, refusal{400, malformed, `member "name" is unknown; it must be one of none`}},
	} {
		t.Run(tt.method+tt.path+tt.body, func(t *testing.T) {
			f.t = t
			f.refused(tt.method, tt.path, tt.body, tt.want)
			f.same("everything", before, state())
		})
	}
}

// TestFork makes other accounts of a snapshot, in place of what they had; then
// all go on by themselves.
func TestFork(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.hold(alice)
	s := f.take(alice)
	f.buy(alice, ios, 5)
	f.buy(bob, android, 9)
	f.take(bob)
	before := f.records(alice)
	for _, into := range []string{bob, carol} {
		got := f.restore(alice, s.Snapshot, `{"into":"`+into+`"}`)
		want := accountShape{
			Account: into, Status: "ACTIVE", Test: true, Now: "2026-01-31T12:00:00Z", Frozen: true, MaxSlots: got.MaxSlots, Limits: got.Limits,
			Current: map[string]int{ios: 2, android: 2}, NextPeriod: map[string]int{ios: 1, android: 2}, Transactions: 3, Entries: s.Entries,
		}
		f.same("fork", want, got)
		f.same("snapshots of the fork", []snapshot{}, f.snapshots(into))
		if n := int64(len(f.records(account.ID(into)))); n != s.Entries {
			t.Errorf("the fork has %d entries, want %d", n, s.Entries)
		}
	}
	f.same("the original", before, f.records(alice))
	f.same("its snapshots", []snapshot{s}, f.snapshots(alice))
	f.restore(alice, s.Snapshot, "")
	ids := map[string]bool{}
	for _, id := range []string{alice, bob, carol} {
		got := f.advance(id, `{"periods":3}`)
		f.same("transactions of "+id, due, lines(got.Transactions))
		for _, made := range got.Transactions {
			if ids[made.TransactionID] {
				t.Errorf("transaction %s belongs to two accounts", made.TransactionID)
			}
			ids[made.TransactionID] = true
		}
	}
	f.buy(bob, ios, 1)
	f.size()
}

// TestRestoresAmongPurchases lets many callers buy, read and restore at once.
func TestRestoresAmongPurchases(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.freeze(alice, "2026-01-31T12:00:00Z")
	s := f.take(alice)
	ctx, c := context.Background(), journal.Caller{Account: alice, By: journal.By{Key: "AKID"}}
	var group sync.WaitGroup
	for i := range 200 {
		group.Go(func() {
			var err error
			switch i % 5 {
			case 0:
				_, err = f.parts.Snapshots.Restore(ctx, c, s.Snapshot)
			case 1:
				_, err = f.parts.Snapshots.Fork(ctx, c, s.Snapshot, account.ID(fmt.Sprintf("%012d", i)))
			case 2:
				_, err = f.parts.Accounts.View(ctx, c)
			default:
				_, _, err = f.parts.Orders.Purchase(ctx, c, account.Order{OfferingID: ios, Quantity: 1})
			}
			if err != nil && fault.KindOf(err) != fault.LimitExceeded {
				t.Error(err)
			}
		})
	}
	group.Wait()
	head, err := f.store.Head(ctx, alice)
	if n := len(f.records(alice)); err != nil || head.Seq != int64(n) || head.State.Transactions != n-int(s.Entries) {
		t.Errorf("%d entries, head %d with %d transactions, %v", n, head.Seq, head.State.Transactions, err)
	}
	if got := f.size(); got.Accounts != 41 {
		t.Errorf("%d accounts, want 41", got.Accounts)
	}
}

// TestFarAdvance crosses two and a half centuries in one call.
func TestFarAdvance(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.freeze(alice, "2026-01-31T12:00:00Z")
	f.buy(alice, ios, 1)
	got := f.advance(alice, `{"to":"2276-01-31T12:00:00Z"}`)
	if len(got.Transactions) != 3000 || got.Now != "2276-01-31T12:00:00Z" {
		t.Fatalf("%d transactions, at %s, want 3000", len(got.Transactions), got.Now)
	}
	first := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	for i, made := range got.Transactions {
		if want := first.AddDate(0, i, 0).Format(time.RFC3339); made.CreatedOn != want || made.Type != "SYSTEM" {
			t.Fatalf("transaction %d = %+v, want one of %s", i, made, want)
		}
	}
	f.same("size", size{1, 3 + 3000 + 3}, f.size()) // three moves of at most a century
}
