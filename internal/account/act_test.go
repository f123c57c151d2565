package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
)

// TestAct changes nothing of an account but its time, which does not go back.
func TestAct(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	state := account.State{
		Seed: "seed", At: at, Status: account.Active, Customer: true, Transactions: 3,
		Holdings: []account.Holding{{OfferingID: "offering", Current: 2}},
	}
	for _, now := range []time.Time{at.Add(time.Minute), at.Add(-time.Minute)} {
		event, err := state.Act(account.Act{What: "key made", Name: "ci"}, now)
		if err != nil {
			t.Fatal(err)
		}
		want := state
		if now.After(at) {
			want.At = now
		}
		if diff := cmp.Diff(want, account.Apply(state, event)); diff != "" {
			t.Errorf("state after an act at %s (-want +got):\n%s", now, diff)
		}
	}
}

func TestActsThatSayNothing(t *testing.T) {
	t.Parallel()
	for want, act := range map[string]account.Act{
		"what is missing":    {Name: "ci"},
		"what has 65 bytes":  {What: strings.Repeat("x", 65)},
		"name has 257 bytes": {What: "key made", Name: strings.Repeat("x", 257)},
		`name "a\nb" has`:    {What: "key made", Name: "a\nb"},
	} {
		if _, err := (account.State{}).Act(act, time.Time{}); fault.KindOf(err) != fault.Argument || !strings.Contains(err.Error(), want) {
			t.Errorf("act %+v: %v, want an Argument with %q", act, err, want)
		}
	}
}

// TestActsLeaveScripts plays no act again: an export of an account has none.
func TestActsLeaveScripts(t *testing.T) {
	t.Parallel()
	opened := account.Open(account.Opening{Seed: "seed"}, time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC))
	acted := account.Event{Kind: account.KindActed, At: opened.At, Act: &account.Act{What: "key made"}}
	if diff := cmp.Diff(account.ScriptOf([]account.Event{opened}), account.ScriptOf([]account.Event{opened, acted})); diff != "" {
		t.Errorf("script (-without +with an act):\n%s", diff)
	}
}
