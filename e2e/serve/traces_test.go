package serve

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/slotfarm/slotfarm/e2e/harness"

	"github.com/google/go-cmp/cmp"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// spans collects what a server exports, as "name of the parent > name".
type spans struct {
	mu    sync.Mutex
	found []string
}

// ServeHTTP implements http.Handler.
func (s *spans) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var request collector.ExportTraceServiceRequest
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = proto.Unmarshal(body, &request)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	names := map[string]string{"\xb7\xad\x6b\x71\x69\x20\x33\x31": "caller"}
	for pass := range 2 { // parents may come after their children
		for _, resource := range request.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				for _, span := range scope.Spans {
					names[string(span.SpanId)] = span.Name
					if pass == 1 {
						s.found = append(s.found, names[string(span.ParentSpanId)]+" > "+span.Name)
					}
				}
			}
		}
	}
}

// TestTraces has the binary export its spans, those of the last call included, and log in JSON.
func TestTraces(t *testing.T) {
	t.Parallel()
	var found spans
	receiver := httptest.NewServer(&found)
	t.Cleanup(receiver.Close)
	s := harness.StartServer(t, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + receiver.URL, "SLOTFARM_LOG_FORMAT=json"}, "sandbox", "--listen", "127.0.0.1:0")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.Endpoint+"/_slotfarm/v1/accounts/111111111111", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	resp, err := harness.Web.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if log := s.Stderr.String(); !strings.Contains(log, `"traceId":"0af7651916cd43dd8448eb211c80319c"}`) {
		t.Errorf("the log does not name the trace:\n%s", log)
	}
	found.mu.Lock()
	defer found.mu.Unlock()
	slices.Sort(found.found)
	want := []string{"PUT /accounts/{account} > journal update", "caller > PUT /accounts/{account}"}
	if diff := cmp.Diff(want, found.found); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
}
