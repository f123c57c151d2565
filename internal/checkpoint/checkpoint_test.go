package checkpoint_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/checkpoint"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

const (
	team   account.ID = "111111111111"
	other  account.ID = "222222222222"
	tester account.ID = "333333333333"
)

var now = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func signer(t *testing.T, digit string) checkpoint.Signer {
	t.Helper()
	master, err := iam.ParseMasterKey(strings.Repeat(digit, 64))
	if err != nil {
		t.Fatal(err)
	}
	return func(message []byte) []byte { return master.Sign("checkpoint", message) }
}

// open returns storage in which accounts have so many entries.
func open(t *testing.T, entries map[account.ID]int) *sqlite.Journal {
	t.Helper()
	j, err := sqlite.OpenMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	for id, n := range entries {
		write(t, j, id, n)
	}
	return j
}

// write appends so many entries to an account.
func write(t *testing.T, j *sqlite.Journal, id account.ID, entries int) {
	t.Helper()
	for range entries {
		_, err := j.Update(context.Background(), journal.Change{Account: id, Recorded: now, Decide: func(s account.State) ([]account.Event, error) {
			if !s.Opened() {
				return []account.Event{account.Open(account.Opening{Seed: string(id), Test: id == tester}, now)}, nil
			}
			note := "note"
			return []account.Event{{Kind: account.KindConfigured, At: now, Settings: &account.Settings{Note: &note}}}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func take(t *testing.T, j *sqlite.Journal) checkpoint.Checkpoint {
	t.Helper()
	c, err := checkpoint.Take(context.Background(), j, signer(t, "1"), now)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCheckpoint(t *testing.T) {
	c := take(t, open(t, map[account.ID]int{team: 3, other: 2, tester: 4}))
	if c.Accounts != 2 || c.Entries != 5 || len(c.Heads) != 2 || c.Heads[0].Account != team || c.Heads[0].Seq != 3 {
		t.Errorf("checkpoint = %+v, want the two ordinary accounts with their five entries", c)
	}
	body, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	again, err := checkpoint.Parse(body, signer(t, "1"))
	if diff := cmp.Diff(c, again); err != nil || diff != "" {
		t.Errorf("read again: %v %s", err, diff)
	}
}

func TestCheckpointsThatAreRefused(t *testing.T) {
	body, err := json.Marshal(take(t, open(t, map[account.ID]int{team: 3, other: 2})))
	if err != nil {
		t.Fatal(err)
	}
	replaced := func(old, new string) string {
		if !strings.Contains(string(body), old) {
			t.Fatalf("%s lacks %q", body, old)
		}
		return strings.Replace(string(body), old, new, 1)
	}
	head := `"` + string(team) + `:3:`
	tests := []struct {
		name, body, digit string
		want              fault.Kind
	}{
		{"another master key", string(body), "2", fault.InvalidSignature},
		{"another entry", replaced(head, `"`+string(team)+`:2:`), "1", fault.InvalidSignature},
		{"another account", replaced(head, `"444444444444:3:`), "1", fault.InvalidSignature},
		{"another count", replaced(`"entries":5`, `"entries":4`), "1", fault.InvalidSignature},
		{"another time", replaced(`"taken":"2026`, `"taken":"2027`), "1", fault.InvalidSignature},
		{"no signature", replaced(`"signature":"`, `"signature":"","was":"`), "1", fault.InvalidSignature},
		{"a newer format", replaced(`"version":1`, `"version":2`), "1", fault.Malformed},
		{"a head that is none", replaced(head, `"`+string(team)+`:`), "1", fault.Malformed},
		{"something else", "[]", "1", fault.Malformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := checkpoint.Parse([]byte(tt.body), signer(t, tt.digit)); err == nil || fault.KindOf(err) != tt.want {
				t.Errorf("error = %v, want kind %d", err, tt.want)
			}
		})
	}
}

func TestLacks(t *testing.T) {
	ctx := context.Background()
	j := open(t, map[account.ID]int{team: 3, other: 2})
	c := take(t, j)
	write(t, j, team, 2)
	write(t, j, "444444444444", 1)
	if wrong, err := c.Lacks(ctx, j); err != nil || wrong != nil {
		t.Errorf("storage that went on: %+v, %v, want nothing missing", wrong, err)
	}
	tests := []struct {
		name    string
		entries map[account.ID]int
		want    account.ID
		reason  string
	}{
		{"an account that is gone", map[account.ID]int{team: 3}, other, "missing"},
		{"a newest entry that is gone", map[account.ID]int{team: 2, other: 2}, team, "missing"},
		{"nothing at all", nil, team, "missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wrong, err := c.Lacks(ctx, open(t, tt.entries))
			if err != nil || wrong == nil || wrong.Account != tt.want || !strings.Contains(wrong.Reason, tt.reason) {
				t.Errorf("Lacks = %+v, %v, want account %s, %s", wrong, err, tt.want, tt.reason)
			}
		})
	}
	changed := open(t, map[account.ID]int{other: 3, team: 3})
	c.Heads[0].Hash[0]++
	if wrong, err := c.Lacks(ctx, changed); err != nil || wrong == nil || wrong.Account != team || !strings.Contains(wrong.Reason, "a different one") {
		t.Errorf("another entry: %+v, %v", wrong, err)
	}
}

// TestOperatorsAccountIsAlwaysIn takes a checkpoint of the operator's account, which keeps the operator's acts and
// never goes back, even where it was opened as a test account.
func TestOperatorsAccountIsAlwaysIn(t *testing.T) {
	t.Parallel()
	j := open(t, nil)
	_, err := j.Update(context.Background(), journal.Change{Account: account.Operator, Decide: func(account.State) ([]account.Event, error) {
		return []account.Event{account.Open(account.Opening{Seed: "operator", Test: true}, now)}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.Take(context.Background(), j, signer(t, "a"), now)
	if err != nil || c.Accounts != 1 || c.Heads[0].Account != account.Operator {
		t.Errorf("checkpoint = %+v, %v, want the operator's account in it", c, err)
	}
}
