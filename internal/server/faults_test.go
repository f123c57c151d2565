package server_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/server"
)

// breakBy sets the rules by which the server breaks answers.
func (f *farm) breakBy(rules string) {
	f.t.Helper()
	f.operate(http.MethodPut, "/faults", `{"seed":7,"rules":[`+rules+`]}`, &struct{}{})
}

// fired returns how often each rule took effect.
func (f *farm) fired() []int {
	f.t.Helper()
	var report struct{ Rules []struct{ Fired int } }
	f.operate(http.MethodGet, "/faults", "", &report)
	var fired []int
	for _, r := range report.Rules {
		fired = append(fired, r.Fired)
	}
	return fired
}

// lines collects what is logged; it is safe for concurrent use.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write adds a line.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// TestFaults breaks calls in every way and reads the log.
func TestFaults(t *testing.T) {
	t.Parallel()
	var log lines
	s, err := server.Start(context.Background(), server.Config{Frozen: &noon, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	f := &farm{t, client, s}
	f.breakBy(`{"operation":"StopRun","status":500},
		{"operation":"PurchaseOffering","error":"ServiceUnavailable","times":1},
		{"operation":"PurchaseOffering","status":502,"times":1},
		{"account":"` + bob + `","operation":"PurchaseOffering","dropBeforeCommit":true,"times":1},
		{"account":"` + bob + `","operation":"PurchaseOffering","dropAfterCommit":true,"times":1},
		{"operation":"PurchaseOffering","error":"LimitExceededException","message":"no more","status":409,"times":1},
		{"operation":"PurchaseOffering","delay":"1ms"}`)
	for _, want := range []string{"503 ServiceUnavailable", "502 ", "409 LimitExceededException", "200 "} {
		got := f.call(alice, "PurchaseOffering", order(ios, 1))
		if text := fmt.Sprint(got.Status, " ", got.Type()); text != want {
			t.Errorf("answer = %s, want %s", text, want)
		}
	}
	for _, what := range []string{"before", "after"} {
		if response, err := client.Do(f.request(bob, "PurchaseOffering", order(ios, 1))); err == nil {
			response.Body.Close()
			t.Errorf("dropped %s the commit: %s", what, response.Status)
		}
	}
	if got := f.call(alice, "StopRun", "{}"); got.Type() != unknownOp {
		t.Errorf("an operation that is not here: %d %s, want %s", got.Status, got.Body, unknownOp)
	}
	if got := fmt.Sprint(f.fired()); got != "[0 1 1 1 1 1 1]" {
		t.Errorf("fired = %s", got)
	}
	if n := f.entries(); n != 4 { // an opening, a purchase, and the same again
		t.Errorf("the journals hold %d entries, want 4", n)
	}
	if err := s.Close(context.Background()); err != nil {
		t.Error(err)
	}
	for strings.Count(log.String(), "status=0") < 2 { // closing waits for no connection that was given up
		runtime.Gosched()
	}
	for _, want := range []string{
		"fault=1 error=ServiceUnavailable", "fault=2 reason=\"status 502 Bad Gateway\" status=502", "fault=3 reason=\"connection closed without an answer\" status=0",
		"fault=4 reason=\"connection closed without an answer\" status=0", "fault=5 error=LimitExceededException reason=\"no more\" status=409", "fault=6 delay=1ms status=200",
	} {
		if n := strings.Count(log.String(), want); n != 1 {
			t.Errorf("%d lines of the log say %q, want 1:\n%s", n, want, log.String())
		}
	}
	if strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("a fault that was asked for is logged as an error:\n%s", log.String())
	}
}

// TestCloseEndsDelays closes a server while a call is delayed: it is answered.
func TestCloseEndsDelays(t *testing.T) {
	t.Parallel()
	s, err := server.Start(context.Background(), server.Config{})
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	f := &farm{t, client, s}
	f.breakBy(`{"operation":"PurchaseOffering","delay":"5m"}`)
	answers := make(chan answer, 1)
	go func() { answers <- f.call(alice, "PurchaseOffering", order(ios, 1)) }()
	for f.fired()[0] == 0 {
		runtime.Gosched()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Error(err)
	}
	if got := <-answers; got.Status != http.StatusOK {
		t.Errorf("answer = %d %s, want 200", got.Status, got.Body)
	}
}
