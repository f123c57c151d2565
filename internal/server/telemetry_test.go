package server_test

import (
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/telemetry"
)

// TestMetrics makes calls of all sorts and reads what was counted.
func TestMetrics(t *testing.T) {
	t.Parallel()
	f := start(t, server.Config{Data: t.TempDir(), Frozen: &noon, Build: telemetry.Build{Version: "1.2.3", Commit: "abc"}})
	f.accepted(alice, "ListOfferings", "{}")
	f.accepted(alice, "PurchaseOffering", order(ios, 1))
	f.accepted(alice, "PurchaseOffering", order(ios, 2))
	f.call(alice, "PurchaseOffering", order(ios, 1000))
	f.call(alice, "MadeUpBySomebody", "{}")
	f.put(bob, "{}")
	f.get("/_slotfarm/v1/accounts/" + bob)
	f.get("/_slotfarm/v1/made/up")
	f.get("/made/up")
	f.get("/livez") // which is not counted
	a := f.get("/metrics")
	page := string(a.Body)
	if a.Status != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Errorf("answer = %d %q", a.Status, a.Header.Get("Content-Type"))
	}
	for _, want := range []string{
		`slotfarm_requests_total{api="devicefarm",error="",operation="ListOfferings",status="200"} 1`,
		`slotfarm_requests_total{api="devicefarm",error="",operation="PurchaseOffering",status="200"} 2`,
		`slotfarm_requests_total{api="devicefarm",error="",operation="RenewOffering",status="200"} 0`,
		`slotfarm_requests_total{api="devicefarm",error="LimitExceededException",operation="PurchaseOffering",status="400"} 1`,
		`slotfarm_requests_total{api="devicefarm",error="UnknownOperationException",operation="other",status="400"} 1`,
		`slotfarm_requests_total{api="operator",error="",operation="PUT /accounts/{account}",status="200"} 1`,
		`slotfarm_requests_total{api="operator",error="",operation="GET /accounts/{account}",status="200"} 1`,
		`slotfarm_requests_total{api="operator",error="NotFound",operation="other",status="404"} 1`,
		`slotfarm_requests_total{api="none",error="UnknownOperationException",operation="other",status="404"} 1`,
		`slotfarm_request_duration_seconds_count{api="devicefarm",operation="PurchaseOffering"} 3`,
		`slotfarm_journal_entries_total 5`, // two openings, two purchases, a setting
		`slotfarm_journal_failed_batches_total 0`,
		`slotfarm_sweep_lag_seconds 0`,
		`slotfarm_build_info{commit="abc",go_version="`,
	} {
		if !strings.Contains(page, "\n"+want) {
			t.Errorf("%s is not there", want)
		}
	}
	if !regexp.MustCompile(`(?m)^slotfarm_journal_size_bytes\{file="database"\} [1-9]`).MatchString(page) {
		t.Error("the journal has no size")
	}
	for _, name := range []string{"updates_sum", "duration_seconds_count"} { // of the three changes, and of heartbeats
		if !regexp.MustCompile(`(?m)^slotfarm_journal_batch_` + name + ` ([3-9]|\d\d)`).MatchString(page) {
			t.Errorf("batches are not counted in %s", name)
		}
	}
	if strings.Contains(page, "MadeUp") || strings.Contains(page, "made/up") || strings.Contains(page, alice) {
		t.Errorf("callers make up labels:\n%s", page)
	}
}

// TestSweepIsCounted replaces the catalogue, before which accounts are rolled.
func TestSweepIsCounted(t *testing.T) {
	t.Parallel()
	f := start(t, server.Config{})
	f.operate(http.MethodPut, "/catalog", string(f.get("/_slotfarm/v1/catalog").Body), &struct{}{})
	if page := string(f.get("/metrics").Body); !strings.Contains(page, `slotfarm_sweeps_total{result="ok"}`) {
		t.Errorf("no sweep in\n%s", page)
	}
}

// TestLogHasNoSecrets sends secrets in every place where a client puts some.
func TestLogHasNoSecrets(t *testing.T) {
	t.Parallel()
	var log lines
	f := start(t, server.Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	for _, operation := range []string{"PurchaseOffering", "MadeUp"} {
		r := f.request(alice, operation, `{"offeringId":"`+ios+`","quantity":1,"clientToken":"hush-body"}`)
		r.Header.Set("Authorization", r.Header.Get("Authorization")+"hush")
		r.Header.Set("X-Amz-Security-Token", "hush-token")
		r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		f.do(r)
	}
	r, err := http.NewRequest(http.MethodPut, f.Endpoint()+"/_slotfarm/v1/accounts/"+alice+"?token=hush-query", strings.NewReader(`{"hush":1}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer hush")
	f.do(r)
	if err := f.Close(t.Context()); err != nil { // the last lines are there then
		t.Error(err)
	}
	text := log.String()
	if n := strings.Count(text, "msg=request"); n != 3 {
		t.Errorf("%d lines about requests, want 3:\n%s", n, text)
	}
	if n := strings.Count(text, "traceId=0af7651916cd43dd8448eb211c80319c"); n != 2 {
		t.Errorf("%d lines with the caller's trace, want 2:\n%s", n, text)
	}
	for _, secret := range []string{"Signature=", "hush-", "Bearer"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q stands in the log:\n%s", secret, text)
		}
	}
}
