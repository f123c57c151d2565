package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/checkpoint"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/store"
)

// TestAClockThatJumps sets the wall clock a year ahead under a server that has slots
// to renew. Nothing is charged, /readyz says no, and both change with the operator's
// word.
func TestAClockThatJumps(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.at(time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC))
	var elapsed atomic.Int64
	running, err := server.Start(context.Background(), server.Config{
		Data: s.dir, Master: &s.master, MaxSlots: 10, Now: func() time.Time { return *s.wall.Load() },
		Elapsed: func() time.Duration { return time.Duration(elapsed.Load()) }, ClockJump: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.running = running
	t.Cleanup(s.stop)
	key := s.key(team, "")
	s.call(signer{key.id, key.secret}, "PurchaseOffering", order(ios, 1)).want(t, "buy", 200, "PURCHASE")
	ready := func() int {
		t.Helper()
		answer, err := http.Get(s.running.Endpoint() + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		return answer.StatusCode
	}
	transactions := func() int {
		t.Helper()
		return strings.Count(s.call(signer{key.id, key.secret}, "ListOfferingTransactions", `{}`).body, "transactionId")
	}
	if got := ready(); got != 200 {
		t.Errorf("readyz = %d before the jump, want 200", got)
	}
	s.at(time.Date(2027, 11, 27, 12, 0, 0, 0, time.UTC))
	elapsed.Store(int64(time.Minute))
	if got := transactions(); got != 1 {
		t.Errorf("%d transactions after the jump, want the purchase alone", got)
	}
	if got := ready(); got != 503 {
		t.Errorf("readyz = %d after the jump, want 503", got)
	}
	s.operate(s.operator, "POST", "/wallclock/trust", "").want(t, "trust", 200, `"kept":"2026-11-27T12:01:00Z","wall":"2027-11-27T12:00:00Z"`)
	if got := transactions(); got != 13 {
		t.Errorf("%d transactions once the clock is trusted, want the purchase and twelve renewals", got)
	}
	if got := ready(); got != 200 {
		t.Errorf("readyz = %d once the clock is trusted, want 200", got)
	}
}

// TestCheckpointOfAServer compares storage with a checkpoint that the server signed:
// it has everything later, and an older copy lacks the newest entry.
func TestCheckpointOfAServer(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.start()
	key := s.key(team, "")
	s.call(signer{key.id, key.secret}, "PurchaseOffering", order(ios, 1)).want(t, "buy", 200, "PURCHASE")
	s.operate(signer{key.id, key.secret}, "GET", "/checkpoint", "").want(t, "as a team", 403, "AccessDenied")
	answer := s.operate(s.operator, "GET", "/checkpoint", "")
	answer.want(t, "checkpoint", 200, `"accounts":2`)
	c, err := checkpoint.Parse([]byte(answer.body), server.Signer(&s.master))
	if err != nil {
		t.Fatal(err)
	}
	s.call(signer{key.id, key.secret}, "PurchaseOffering", order(ios, 1)).want(t, "buy again", 200, "PURCHASE")
	s.stop()
	lacks := func() bool {
		t.Helper()
		found := false
		s.stored(func(kept store.Store) error {
			wrong, err := c.Lacks(context.Background(), kept)
			found = wrong != nil
			return err
		})
		return found
	}
	if lacks() {
		t.Error("the storage lacks something that was there")
	}
	last := c.Heads[len(c.Heads)-1]
	c.Heads[len(c.Heads)-1].Seq += 5
	if !lacks() {
		t.Error("an entry that was never made is not missed")
	}
	c.Heads[len(c.Heads)-1] = last
	if body, err := json.Marshal(c); err != nil || strings.TrimSpace(answer.body) != string(body) {
		t.Errorf("the checkpoint reads back as %s, %v", body, err)
	}
}
