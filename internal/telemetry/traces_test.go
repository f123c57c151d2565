package telemetry_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
	"github.com/slotfarm/slotfarm/internal/telemetry"
	"github.com/slotfarm/slotfarm/internal/web"
)

// The caller's side of a trace.
const (
	traceID = "0af7651916cd43dd8448eb211c80319c"
	spanID  = "b7ad6b7169203331"
	parent  = "00-" + traceID + "-" + spanID + "-01"
)

// receiver is a collector of spans.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	got    []*spans.ResourceSpans
	header http.Header
}

// receive runs a collector that answers with a status, and has the variables
// name it.
func receive(t *testing.T, status int) *receiver {
	t.Helper()
	c := &receiver{status: status}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	return c
}

// ServeHTTP implements http.Handler.
func (c *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var request collector.ExportTraceServiceRequest
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = proto.Unmarshal(body, &request)
	}
	if err != nil || r.URL.Path != "/v1/traces" {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	c.got, c.header = append(c.got, request.ResourceSpans...), r.Header
	w.WriteHeader(c.status)
}

// span is one that was received, with its attributes as text.
type span struct {
	Name, Kind, Trace, Parent, Status string
	Attributes                        []string
}

// received returns the spans, those that began last first, and their resource.
func (c *receiver) received() (all []span, resource []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := map[string]string{spanID: "the caller"}
	var raw []*spans.Span
	for _, r := range c.got {
		resource = texts(r.Resource.Attributes)
		for _, scope := range r.ScopeSpans {
			raw = append(raw, scope.Spans...)
		}
	}
	for _, s := range raw {
		names[hex.EncodeToString(s.SpanId)] = s.Name
	}
	for _, s := range raw {
		all = append(all, span{
			Name: s.Name, Kind: strings.TrimPrefix(s.Kind.String(), "SPAN_KIND_"), Trace: hex.EncodeToString(s.TraceId), Parent: names[hex.EncodeToString(s.ParentSpanId)],
			Status: strings.TrimPrefix(s.Status.GetCode().String(), "STATUS_CODE_"), Attributes: texts(s.Attributes),
		})
	}
	return all, resource
}

// texts returns attributes as name=value, in order.
func texts(attributes []*common.KeyValue) []string {
	all := map[string]string{}
	for _, a := range attributes {
		var value any
		switch v := a.Value.Value.(type) {
		case *common.AnyValue_StringValue:
			value = v.StringValue
		case *common.AnyValue_IntValue:
			value = v.IntValue
		case *common.AnyValue_BoolValue:
			value = v.BoolValue
		}
		all[a.Key] = fmt.Sprint(a.Key, "=", value)
	}
	return slices.Sorted(maps.Values(all))
}

// call sends a request through the tracing around a handler that updates an
// account and observes a result.
func call(t *testing.T, traces *telemetry.Traces, header http.Header, result web.Result) {
	t.Helper()
	store, err := sqlite.OpenMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	traced := traces.Store(store)
	observed := 0
	observe := traces.Requests(telemetry.DeviceFarm, func(context.Context, web.Result) { observed++ })
	h := traces.Around(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		change := journal.Change{Account: "111111111111", Decide: func(account.State) ([]account.Event, error) {
			if result.Status == http.StatusServiceUnavailable {
				return nil, fault.New(fault.Unavailable, "secret")
			}
			return []account.Event{account.Open(account.Opening{Seed: "s"}, time.Unix(0, 0))}, nil
		}}
		_, _ = traced.Update(r.Context(), change)
		observe(r.Context(), result)
	}))
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("secret"))
	r.Header = header
	h.ServeHTTP(httptest.NewRecorder(), r)
	if observed != 1 {
		t.Errorf("observed %d times, want once", observed)
	}
}

func TestSpans(t *testing.T) {
	c := receive(t, http.StatusOK)
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
	traces := telemetry.Export(context.Background(), telemetry.Build{Version: "1.2.3"}, silent)
	header := http.Header{"Traceparent": {parent}, "Authorization": {"secret"}}
	call(t, traces, header, web.Result{Operation: "PurchaseOffering", Account: "111111111111", RequestID: "id-1", Status: 200})
	call(t, traces, header, web.Result{Operation: "PurchaseOffering", Account: "111111111111", RequestID: "id-2", Status: 503, Error: "ServiceUnavailable"})
	call(t, traces, header, web.Result{RequestID: "id-3", Status: 400, Error: "UnknownOperationException"})
	traces.Close(context.Background())

	update := span{Name: "journal update", Kind: "INTERNAL", Trace: traceID, Parent: "PurchaseOffering", Status: "UNSET",
		Attributes: []string{"slotfarm.account=111111111111", "slotfarm.entries=1", "slotfarm.repeated=false"}}
	failed, last := update, update
	failed.Status, last.Parent = "ERROR", "request"
	failed.Attributes = []string{"slotfarm.account=111111111111", "slotfarm.entries=0", "slotfarm.repeated=false"}
	from := []string{"client.address=192.0.2.1", "http.request.method=POST"}
	server := func(name, status string, attributes ...string) span {
		attributes = append(append(attributes, from...), "rpc.system.name=aws-api", "url.path=/")
		return span{name, "SERVER", traceID, "the caller", status, slices.Sorted(slices.Values(attributes))}
	}
	want := []span{
		update, server("PurchaseOffering", "UNSET", "aws.request_id=id-1", "http.response.status_code=200",
			"rpc.method=PurchaseOffering", "slotfarm.account=111111111111"),
		failed, server("PurchaseOffering", "ERROR", "aws.request_id=id-2", "error.type=ServiceUnavailable",
			"http.response.status_code=503", "rpc.method=PurchaseOffering", "slotfarm.account=111111111111"),
		last, server("request", "UNSET", "aws.request_id=id-3", "error.type=UnknownOperationException",
			"http.response.status_code=400", "rpc.method=_OTHER"),
	}
	got, resource := c.received()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
	for _, want := range []string{"service.name=slotfarm", "service.version=1.2.3", "deployment.environment.name=test"} {
		if !slices.Contains(resource, want) {
			t.Errorf("resource = %q, want %s in it", resource, want)
		}
	}
}

// TestNoSpans exports nothing: the trace of the caller is only for the log.
func TestNoSpans(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	traces := telemetry.Export(context.Background(), telemetry.Build{}, silent)
	defer traces.Close(context.Background())
	var log bytes.Buffer
	logger := slog.New(telemetry.TraceIDs(slog.NewTextHandler(&log, nil))).With("by", "test").WithGroup("of")
	h := traces.Around(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { logger.InfoContext(r.Context(), "line") }))
	for _, header := range []http.Header{{}, {"Traceparent": {"nonsense"}}, {"Traceparent": {parent}}} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header = header
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	lines := strings.Split(log.String(), "\n")
	if len(lines) != 4 || strings.Contains(lines[0]+lines[1], "traceId") || !strings.HasSuffix(lines[2], "by=test of.traceId="+traceID) {
		t.Errorf("log = %s, want the trace id in the last line alone", &log)
	}
	j, err := sqlite.OpenMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if traces.Store(j) != store.Store(j) {
		t.Error("updates take a way round")
	}
}

// TestVariables sets invalid values: the log names the variables without
// repeating the values.
func TestVariables(t *testing.T) {
	for name, value := range map[string]string{
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "secret:4318",
		"OTEL_EXPORTER_OTLP_PROTOCOL":        "grpc",
		"OTEL_EXPORTER_OTLP_HEADERS":         "secret",
		"OTEL_EXPORTER_OTLP_TRACES_HEADERS":  "a=b,bad name=secret",
		"OTEL_RESOURCE_ATTRIBUTES":           "nonsense",
	} {
		t.Run(name, func(t *testing.T) {
			c := receive(t, http.StatusOK)
			t.Setenv(name, value)
			var log bytes.Buffer
			traces := telemetry.Export(context.Background(), telemetry.Build{}, slog.New(slog.NewTextHandler(&log, nil)))
			call(t, traces, http.Header{}, web.Result{Status: 200})
			traces.Close(context.Background())
			if got, _ := c.received(); len(got) != 0 {
				t.Errorf("%d spans came", len(got))
			}
			if got := log.String(); !strings.Contains(got, `level=WARN msg="spans are not exported"`) || strings.Count(got, "\n") != 1 || strings.Contains(got, "secret") {
				t.Errorf("log = %s, want one line that says so", got)
			}
			if strings.HasPrefix(name, "OTEL_EXPORTER") && !strings.Contains(log.String(), name) {
				t.Errorf("log = %s, want %s named", &log, name)
			}
		})
	}
}

// TestHeaders sends what the variables say, to a collector that wants to know
// who calls.
func TestHeaders(t *testing.T) {
	c := receive(t, http.StatusOK)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b, other=c")
	traces := telemetry.Export(context.Background(), telemetry.Build{}, silent)
	call(t, traces, http.Header{}, web.Result{Status: 200})
	traces.Close(context.Background())
	if c.header.Get("Api-Key") != "a b" || c.header.Get("Other") != "c" {
		t.Errorf("headers = %v", c.header)
	}
}

// TestFailedExport has a collector refuse everything: that is logged, and is no
// failure of the requests or of the end.
func TestFailedExport(t *testing.T) {
	receive(t, http.StatusBadRequest)
	var log bytes.Buffer
	traces := telemetry.Export(context.Background(), telemetry.Build{}, slog.New(slog.NewTextHandler(&log, nil)))
	call(t, traces, http.Header{}, web.Result{Status: 200})
	traces.Close(context.Background())
	if got := log.String(); !strings.Contains(got, `level=WARN msg="spans were not exported" spans=2`) || strings.Count(got, "\n") != 1 {
		t.Errorf("log = %s, want one line that says so", got)
	}
}

// TestCollectorHangs ends while a collector does not answer: the end waits no
// longer than it may, and says what was lost.
func TestCollectorHangs(t *testing.T) {
	release := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(hanging.Close)
	t.Cleanup(func() { close(release) }) // comes first
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", hanging.URL)
	var log bytes.Buffer
	traces := telemetry.Export(context.Background(), telemetry.Build{}, slog.New(slog.NewTextHandler(&log, nil)))
	call(t, traces, http.Header{}, web.Result{Status: 200})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	traces.Close(ctx)
	if got := log.String(); !strings.Contains(got, `level=WARN msg="the last spans were not exported"`) {
		t.Errorf("log = %s, want a line that says so", got)
	}
}
