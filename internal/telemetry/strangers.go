package telemetry

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// maxSources is how many addresses have a count of their own. Callers choose
// their addresses, and must not be able to create labels without bound.
const maxSources = 64

// otherSource stands for all addresses that came later.
const otherSource = "other"

// strangers counts failed authentications by the address that they came from.
type strangers struct {
	counts *prometheus.CounterVec

	mu    sync.Mutex
	known map[string]bool
}

func newStrangers() *strangers {
	s := &strangers{known: map[string]bool{}, counts: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "slotfarm_failed_authentications_total",
		Help: "Requests that no usable key has signed, by address: the first 64 by name, all others as other.",
	}, []string{"source"})}
	s.counts.WithLabelValues(otherSource) // shown from the start
	return s
}

// label returns the label under which a source is counted.
func (s *strangers) label(source string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.known[source] {
		if len(s.known) == maxSources {
			return otherSource
		}
		s.known[source] = true
	}
	return source
}

// Stranger counts a request that no usable key has signed.
func (m *Metrics) Stranger(source string) {
	m.strangers.counts.WithLabelValues(m.strangers.label(source)).Inc()
}
