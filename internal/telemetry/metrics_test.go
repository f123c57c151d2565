package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"go.uber.org/goleak"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/gateway"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/telemetry"
	"github.com/slotfarm/slotfarm/internal/web"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var silent = slog.New(slog.DiscardHandler)

// census is what the lab of the tests has.
var census = fleet.Census{
	Live:      map[account.SessionKind]int{account.RemoteAccess: 3, account.TestGrid: 2},
	Waiting:   map[account.SessionKind]int{account.Job: 5},
	Instances: map[lease.Phase]int{lease.Ready: 4, lease.Held: 5, lease.Quarantined: 1},
	Unbooked:  1,
}

// metrics returns metrics with everything that there can be among them.
func metrics() *telemetry.Metrics {
	m := telemetry.NewMetrics(telemetry.Build{Version: "1.2.3", Commit: "abc"})
	m.Requests(telemetry.DeviceFarm, []string{"ListOfferings", "PurchaseOffering"})
	m.Checkpoint("data", nil)
	m.Read(telemetry.Readings{
		Size: func() (int64, int64, error) { return 4096, 32, nil },
		Lag:  func(context.Context) (time.Duration, error) { return 90 * time.Second, nil },
		Jump: func() time.Duration { return time.Hour },
		Lab:  func(context.Context) (fleet.Census, error) { return census, nil },
	})
	return m
}

// page reads the metrics as Prometheus does.
func page(m *telemetry.Metrics) string {
	w := httptest.NewRecorder()
	m.Handler(silent).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

// families returns the names and types of the metrics of a page.
func families(page string) map[string]string {
	types := map[string]string{}
	for _, match := range regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)$`).FindAllStringSubmatch(page, -1) {
		types[match[1]] = match[2]
	}
	return types
}

// own returns the lines of a page that tell of slotfarm itself, without buckets.
func own(page string) string {
	var lines []string
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "slotfarm_") && !strings.Contains(line, "_bucket{") {
			lines = append(lines, regexp.MustCompile(`go_version="[^"]*"`).ReplaceAllString(line, `go_version="…"`))
		}
	}
	return strings.Join(lines, "")
}

func TestNames(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	text := page(metrics())
	for _, match := range regexp.MustCompile(`(?m)^# TYPE slotfarm_.*$|^# HELP slotfarm_.*$`).FindAllString(text, -1) {
		got.WriteString(match + "\n")
	}
	checkGolden(t, "metrics", got.String())
	for _, name := range []string{"go_goroutines", "go_memstats_heap_inuse_bytes", "process_cpu_seconds_total", "process_resident_memory_bytes"} {
		if _, ok := families(text)[name]; !ok {
			t.Errorf("%s is not there", name)
		}
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	problems, err := promlint.New(strings.NewReader(page(metrics()))).Lint()
	if err != nil || len(problems) != 0 {
		t.Errorf("problems = %v, %v", problems, err)
	}
}

// TestCounts has a little of everything happen.
func TestCounts(t *testing.T) {
	t.Parallel()
	m := metrics()
	request := m.Requests(telemetry.DeviceFarm, []string{"ListOfferings", "PurchaseOffering"})
	for _, r := range []web.Result{
		{Operation: "ListOfferings", Status: 200, Took: time.Second / 2},
		{Operation: "ListOfferings", Status: 200, Took: time.Second / 4},
		{Operation: "PurchaseOffering", Status: 400, Error: "LimitExceededException", Took: time.Second},
		{Operation: "PurchaseOffering", Status: 503},
		{Operation: "PurchaseOffering"},
		{Operation: "MadeUp", Status: 200},
		{Status: 400, Error: "UnknownOperationException"},
	} {
		request(context.Background(), r)
	}
	m.Batch(journal.Batch{Updates: 3, Entries: 4, Took: time.Millisecond * 2})
	m.Batch(journal.Batch{Updates: 1, Took: time.Millisecond})
	m.Batch(journal.Batch{Updates: 9, Took: time.Second, Err: errors.New("disk full")})
	m.Stranger("192.0.2.1")
	m.Stranger("192.0.2.1")
	m.Sweep(7, nil)
	m.Sweep(1, errors.New("disk full"))
	for _, o := range []fleet.Observation{
		{Event: "admitted", Kind: account.RemoteAccess, Waited: 2 * time.Second},
		{Event: "admitted", Kind: account.RemoteAccess, Waited: 3 * time.Second},
		{Event: "ended", Kind: account.RemoteAccess},
		{Event: "refused", Kind: account.TestGrid, Account: "111111111111"},
		{Event: "made up", Kind: "made up"},
	} {
		m.Session(o)
	}
	for _, status := range []int{200, 204, 404, 500, 0} {
		m.Command(gateway.Command{Session: "s1", Path: "/session/url", Method: "MADEUP", Status: status, Took: time.Second})
	}
	checkGolden(t, "counts", own(page(m)))
}

// TestManyStrangers come from more addresses than have a count of their own.
func TestManyStrangers(t *testing.T) {
	t.Parallel()
	m := metrics()
	for i := range 1000 {
		m.Stranger(fmt.Sprintf("192.0.2.%d", i))
	}
	text := page(m)
	if n := strings.Count(text, `slotfarm_failed_authentications_total{source="`); n != 65 {
		t.Errorf("%d counts, want 64 of addresses and one of all others", n)
	}
	if !strings.Contains(text, `slotfarm_failed_authentications_total{source="other"} 936`) {
		t.Error("the others are not counted together")
	}
}

// TestReadingsThatFail checks that a failed reading is logged and does not
// affect the others.
func TestReadingsThatFail(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics(telemetry.Build{})
	m.Read(telemetry.Readings{
		Size: func() (int64, int64, error) { return 0, 0, errors.New("no such disk") },
		Lag: func(ctx context.Context) (time.Duration, error) {
			if _, limited := ctx.Deadline(); !limited {
				t.Error("it may take for ever")
			}
			return 0, errors.New("no such journal")
		},
		Jump: func() time.Duration { return 0 },
		Lab: func(ctx context.Context) (fleet.Census, error) {
			if _, limited := ctx.Deadline(); !limited {
				t.Error("it may take for ever")
			}
			return fleet.Census{}, errors.New("no such lab")
		},
	})
	var log bytes.Buffer
	w := httptest.NewRecorder()
	m.Handler(slog.New(slog.NewTextHandler(&log, nil))).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if got := own(w.Body.String()); w.Code != http.StatusOK || !strings.Contains(got, "slotfarm_build_info") ||
		strings.Contains(got, "slotfarm_journal_size_bytes") || strings.Contains(got, "slotfarm_sweep_lag_seconds") || strings.Contains(got, "slotfarm_instances") {
		t.Errorf("status %d, metrics:\n%s", w.Code, got)
	}
	for _, want := range []string{"no such disk", "no such journal", "no such lab", "level=WARN"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log = %s, want %q in it", &log, want)
		}
	}
}

// checkGolden compares a text with a file under testdata.
func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	file := "testdata/" + name + ".golden"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// BenchmarkRequest is what a request pays for its numbers.
func BenchmarkRequest(b *testing.B) {
	request := metrics().Requests(telemetry.DeviceFarm, []string{"ListOfferings", "PurchaseOffering"})
	for name, r := range map[string]web.Result{
		"success": {Operation: "PurchaseOffering", Status: 200, Took: 3 * time.Millisecond},
		"refusal": {Operation: "PurchaseOffering", Status: 400, Error: "LimitExceededException", Took: 3 * time.Millisecond},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				request(context.Background(), r)
			}
		})
	}
}

// BenchmarkAround is what a request pays for traces that are not exported.
func BenchmarkAround(b *testing.B) {
	h := new(telemetry.Traces).Around(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	for _, name := range []string{"without", "with"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(nil, r)
			}
		})
		r.Header.Set("Traceparent", parent)
	}
}

// BenchmarkTraceIDs is what a log line pays to be asked for its trace.
func BenchmarkTraceIDs(b *testing.B) {
	log := slog.New(telemetry.TraceIDs(slog.NewTextHandler(io.Discard, nil)))
	b.ReportAllocs()
	for b.Loop() {
		log.LogAttrs(context.Background(), slog.LevelInfo, "request")
	}
}
