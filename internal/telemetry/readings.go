package telemetry

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/slotfarm/slotfarm/internal/fleet"
)

// Readings are values that are read when somebody reads the metrics.
type Readings struct {
	Size func() (database, log int64, err error)          // of the journal, in bytes
	Lag  func(ctx context.Context) (time.Duration, error) // of the account that has been due longest
	Jump func() time.Duration                             // how far the wall clock is ahead of the kept time
	Lab  func(ctx context.Context) (fleet.Census, error)  // of all nodes
}

// readTime is how long a reading may take. Prometheus waits for ten seconds.
const readTime = 2 * time.Second

// Read adds the readings to the metrics.
func (m *Metrics) Read(r Readings) {
	m.registry.MustRegister(newCensus(r.Lab), readings{
		Readings: r,
		size: prometheus.NewDesc("slotfarm_journal_size_bytes",
			"Size of the journal's files: the database and its write-ahead log. 0 in memory.", []string{"file"}, nil),
		lag: prometheus.NewDesc("slotfarm_sweep_lag_seconds",
			"For how long the account that is most overdue has been due to be rolled; 0 if none is due.", nil, nil),
		jump: prometheus.NewDesc("slotfarm_clock_jump_seconds",
			"How far the wall clock, after a jump, is ahead of the time that accounts use; 0 while it is trusted.", nil, nil),
	})
}

type readings struct {
	Readings
	size, lag, jump *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (r readings) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- r.size
	descriptions <- r.lag
	descriptions <- r.jump
}

// Collect implements prometheus.Collector.
func (r readings) Collect(metrics chan<- prometheus.Metric) {
	gauge := func(desc *prometheus.Desc, err error, value float64, labels ...string) {
		if err != nil {
			metrics <- prometheus.NewInvalidMetric(desc, err)
			return
		}
		metrics <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	database, log, err := r.Size()
	gauge(r.size, err, float64(database), "database")
	gauge(r.size, err, float64(log), "wal")

	ctx, cancel := context.WithTimeout(context.Background(), readTime)
	defer cancel()
	lag, err := r.Lag(ctx)
	gauge(r.lag, err, lag.Seconds())
	gauge(r.jump, nil, r.Jump().Seconds())
}
