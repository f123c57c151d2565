package telemetry

import (
	"log/slog"
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/slotfarm/slotfarm/internal/journal"
)

// Metrics counts and times what one server does. NewMetrics makes one.
type Metrics struct {
	registry *prometheus.Registry

	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec

	batchUpdates prometheus.Histogram
	batchSeconds prometheus.Histogram
	batchFailed  prometheus.Counter
	entries      prometheus.Counter

	sweeps *prometheus.CounterVec
	swept  prometheus.Counter

	checkpoints *prometheus.CounterVec

	strangers *strangers

	sessions *prometheus.CounterVec
	waits    *prometheus.HistogramVec
	commands *prometheus.HistogramVec
}

// NewMetrics returns metrics whose counts are all 0.
func NewMetrics(b Build) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(), strangers: newStrangers(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slotfarm_requests_total",
			Help: "Requests answered, by API, operation, HTTP status (0: connection dropped) and name of the error (none: empty).",
		}, []string{"api", "operation", "status", "error"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "slotfarm_request_duration_seconds", Buckets: seconds(),
			Help: "Time from the head of a request to its answer, errors included.",
		}, []string{"api", "operation"}),
		sweeps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slotfarm_sweeps_total", Help: "Sweeps for accounts that have passed a boundary, by result.",
		}, []string{"result"}),
		swept: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "slotfarm_swept_accounts_total", Help: "Accounts that sweeps have rolled.",
		}),
	}
	m.checkpoints = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "slotfarm_checkpoints_total", Help: "Checkpoints to be written, by place and result.",
	}, []string{"place", "result"})
	m.addJournal()
	m.addLab()
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "slotfarm_build_info", Help: "1, with the build in the labels.",
		ConstLabels: prometheus.Labels{"version": b.Version, "commit": b.Commit, "go_version": runtime.Version()},
	})
	build.Set(1)
	for _, result := range []string{sweepOK, sweepFailed} {
		m.sweeps.WithLabelValues(result) // shown from the start
	}
	m.registry.MustRegister(build, m.requests, m.durations, m.sweeps, m.swept, m.checkpoints, m.strangers.counts,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// addJournal adds the metrics of the journal.
func (m *Metrics) addJournal() {
	m.batchUpdates = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "slotfarm_journal_batch_updates", Buckets: prometheus.ExponentialBuckets(1, 2, 10),
		Help: "Updates that shared a commit.",
	})
	m.batchSeconds = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "slotfarm_journal_batch_duration_seconds", Buckets: seconds(),
		Help: "Time from the beginning of a batch to its end on disk.",
	})
	m.batchFailed = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "slotfarm_journal_failed_batches_total", Help: "Batches that storage failed to write.",
	})
	m.entries = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "slotfarm_journal_entries_total", Help: "Entries appended since the start.",
	})
	m.registry.MustRegister(m.batchUpdates, m.batchSeconds, m.batchFailed, m.entries)
}

// seconds returns the bounds of histograms of time: a commit takes about a
// millisecond on a good disk, and ten seconds would be far too long.
func seconds() []float64 {
	return []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
}

// Handler returns the metrics as a page for Prometheus to read. Metrics that
// cannot be read are left out and logged.
func (m *Metrics) Handler(log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn), ErrorHandling: promhttp.ContinueOnError,
	})
}

// Batch counts a commit of the journal. An engine's Observe accepts it.
func (m *Metrics) Batch(b journal.Batch) {
	if b.Err != nil {
		m.batchFailed.Inc()
		return
	}
	m.batchUpdates.Observe(float64(b.Updates))
	m.batchSeconds.Observe(b.Took.Seconds())
	m.entries.Add(float64(b.Entries))
}

// Results of a sweep, and of writing a checkpoint.
const (
	sweepOK     = "ok"
	sweepFailed = "failed"
)

// Checkpoint counts a checkpoint that was written into a place, or was to be.
func (m *Metrics) Checkpoint(place string, err error) {
	result := sweepOK
	if err != nil {
		result = sweepFailed
	}
	m.checkpoints.WithLabelValues(place, result).Inc()
}

// Sweep counts a sweep and the accounts that it rolled.
func (m *Metrics) Sweep(accounts int, err error) {
	result := sweepOK
	if err != nil {
		result = sweepFailed
	}
	m.sweeps.WithLabelValues(result).Inc()
	m.swept.Add(float64(accounts))
}
