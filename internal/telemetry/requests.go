package telemetry

import (
	"context"
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/slotfarm/slotfarm/internal/web"
)

// otherOperation stands for every operation that an API does not have: callers
// must not be able to invent labels.
const otherOperation = "other"

// operation counts the requests to one operation.
type operation struct {
	ok       prometheus.Counter // status 200
	all      *prometheus.CounterVec
	duration prometheus.Observer
}

// Requests returns an observer that counts the requests to an API with these
// operations. Their counts are shown from the start, at 0; any other name
// counts as "other".
func (m *Metrics) Requests(api API, operations []string) web.Observe {
	known := make(map[string]operation, len(operations))
	for _, name := range operations {
		known[name] = m.operation(api, name)
	}
	other := m.operation(api, otherOperation)
	return func(_ context.Context, r web.Result) {
		o, ok := known[r.Operation]
		if !ok {
			o = other
		}
		o.count(r)
	}
}

func (m *Metrics) operation(api API, name string) operation {
	labels := prometheus.Labels{"api": string(api), "operation": name}
	all := m.requests.MustCurryWith(labels)
	return operation{ok: all.WithLabelValues("200", ""), all: all, duration: m.durations.With(labels)}
}

// count counts one request. A success needs no look-up of labels.
func (o operation) count(r web.Result) {
	if r.Status == http.StatusOK && r.Error == "" {
		o.ok.Inc()
	} else {
		o.all.WithLabelValues(strconv.Itoa(r.Status), r.Error).Inc()
	}
	o.duration.Observe(r.Took.Seconds())
}
