package telemetry

import (
	"context"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/gateway"
	"github.com/slotfarm/slotfarm/internal/lease"
)

// otherLabel stands for what is none of those that are known.
const otherLabel = "other"

// kinds returns the kinds of sessions, as labels.
func kinds() []account.SessionKind {
	return []account.SessionKind{account.RemoteAccess, account.TestGrid, account.Job}
}

// sessionEvents returns what may happen to sessions, as labels.
func sessionEvents() []string { return []string{"admitted", "refused", "expired", "reaped", "ended"} }

// The statuses of commands, as labels: 2 is every one from 200 to 299.
func statusClasses() []string { return []string{"1xx", "2xx", "3xx", "4xx", "5xx"} }

// addLab adds what there is to count of the lab.
func (m *Metrics) addLab() {
	m.sessions = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "slotfarm_session_events_total",
		Help: "What this process did with sessions, by kind: admitted, refused a place in the queue, expired in it, reaped while live, ended in all.",
	}, []string{"event", "kind"})
	m.waits = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "slotfarm_session_wait_seconds", Buckets: waits(),
		Help: "Time from the request for a session to its admission, by kind.",
	}, []string{"kind"})
	m.commands = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "slotfarm_gateway_command_duration_seconds", Buckets: seconds(),
		Help: "Time from the head of a WebDriver command to the end of its answer, by class of the HTTP status.",
	}, []string{"status"})
	for _, kind := range kinds() { // shown from the start
		m.waits.WithLabelValues(string(kind))
		for _, event := range sessionEvents() {
			m.sessions.WithLabelValues(event, string(kind))
		}
	}
	m.commands.WithLabelValues("2xx")
	m.registry.MustRegister(m.sessions, m.waits, m.commands)
}

// waits returns the bounds of waits: a session with a slot and a device begins at
// once, and one without may wait for a day.
func waits() []float64 {
	return []float64{.01, .05, .25, 1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600}
}

// Session counts something that happened to a session. It fits where a fleet can be
// observed.
func (m *Metrics) Session(o fleet.Observation) {
	kind := otherLabel
	if slices.Contains(kinds(), o.Kind) {
		kind = string(o.Kind)
	}
	event := o.Event
	if !slices.Contains(sessionEvents(), event) {
		event = otherLabel
	}
	m.sessions.WithLabelValues(event, kind).Inc()
	if event == "admitted" {
		m.waits.WithLabelValues(kind).Observe(o.Waited.Seconds())
	}
}

// Command counts and times a command. It fits where a gateway can be observed.
func (m *Metrics) Command(c gateway.Command) {
	class := otherLabel
	if i := c.Status/100 - 1; i >= 0 && i < len(statusClasses()) {
		class = statusClasses()[i]
	}
	m.commands.WithLabelValues(class).Observe(c.Took.Seconds())
}

// census shows what is counted when somebody reads the metrics.
type census struct {
	read func(context.Context) (fleet.Census, error)

	live, waiting, instances, unbooked *prometheus.Desc
}

func newCensus(read func(context.Context) (fleet.Census, error)) census {
	return census{
		read:      read,
		live:      prometheus.NewDesc("slotfarm_live_sessions", "Sessions that hold a device or a browser, on all nodes, by kind.", []string{"kind"}, nil),
		waiting:   prometheus.NewDesc("slotfarm_waiting_sessions", "Sessions in the queues of all accounts, by kind.", []string{"kind"}, nil),
		instances: prometheus.NewDesc("slotfarm_instances", "Devices and seats of browsers, by state.", []string{"state"}, nil),
		unbooked:  prometheus.NewDesc("slotfarm_unbooked_sessions", "Sessions, on all nodes, that ended more than two minutes ago and are not in the books.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (c census) Describe(descriptions chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{c.live, c.waiting, c.instances, c.unbooked} {
		descriptions <- desc
	}
}

// Collect implements prometheus.Collector.
func (c census) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readTime)
	defer cancel()
	counted, err := c.read(ctx)
	if err != nil {
		metrics <- prometheus.NewInvalidMetric(c.live, err)
		return
	}
	gauge := func(desc *prometheus.Desc, n int, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(n), labels...)
	}
	for _, kind := range kinds() {
		gauge(c.live, counted.Live[kind], string(kind))
		gauge(c.waiting, counted.Waiting[kind], string(kind))
	}
	for _, phase := range lease.Phases() {
		gauge(c.instances, counted.Instances[phase], string(phase))
	}
	gauge(c.unbooked, counted.Unbooked)
}
