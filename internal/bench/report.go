package bench

import (
	"slices"
	"time"
)

// Report says what was measured, and on which machine.
type Report struct {
	Machine     Machine      `json:"machine"`
	Settings    Settings     `json:"settings"`
	Prepared    Prepared     `json:"prepared"`
	Fdatasync   Latency      `json:"fdatasyncMicros,omitzero"` // appending 4 KiB, on this machine
	Rows        []Row        `json:"rows"`                     // medians of the rounds
	Comparisons []Comparison `json:"comparisons,omitempty"`    // medians of the rounds
	Rounds      []Round      `json:"rounds"`
	Interrupted bool         `json:"interrupted"`
}

// Machine is the machine on which the generator runs.
type Machine struct {
	Cores int    `json:"cores"`
	Go    string `json:"go"`
	OS    string `json:"os"`
	Arch  string `json:"arch"`
}

// Settings holds the requested configuration.
type Settings struct {
	Endpoint        string   `json:"endpoint"`
	Workloads       []string `json:"workloads,omitempty"`
	Scenario        string   `json:"scenario,omitempty"`
	Connections     int      `json:"connections"`
	Accounts        int      `json:"accounts"`
	DurationSeconds float64  `json:"durationSeconds"`
	WarmupSeconds   float64  `json:"warmupSeconds"`
	Rate            float64  `json:"rate"` // per second; 0 means a closed loop
	Rounds          int      `json:"rounds"`
	History         int      `json:"history,omitzero"`
}

func settingsOf(c Config) Settings {
	s := Settings{
		Endpoint: c.Endpoint, Scenario: c.Scenario, Connections: c.Connections, Accounts: c.Accounts,
		DurationSeconds: c.Duration.Seconds(), WarmupSeconds: c.Warmup.Seconds(), Rate: c.Rate, Rounds: c.Rounds,
	}
	switch c.Scenario {
	case "":
		s.Workloads = c.Workloads
	case "history":
		s.History = c.History
	}
	return s
}

// Prepared says what had to be done before the first measurement.
type Prepared struct {
	Requests int64   `json:"requests"`
	Seconds  float64 `json:"seconds"`
}

// Round is one measurement of all phases.
type Round struct {
	Fdatasync   Latency      `json:"fdatasyncMicros,omitzero"`
	Rows        []Row        `json:"rows"`
	Comparisons []Comparison `json:"comparisons,omitempty"`
}

// Row is one measurement, or a summary of several: the median of each figure,
// the greatest maximum, and sums of requests and failures.
type Row struct {
	Name                string    `json:"name"`
	Connections         int       `json:"connections"`
	Accounts            int       `json:"accounts"`
	Requests            int64     `json:"requests"` // including failed ones
	Unsent              int64     `json:"unsent"`   // due in an open loop but never sent
	Seconds             float64   `json:"seconds"`
	PerSecond           float64   `json:"requestsPerSecond"`              // successful ones
	Ratio               float64   `json:"ratioToFloor,omitzero"`          // of PerSecond to the floor of the same round
	TransactionsEachSec float64   `json:"transactionsPerSecond,omitzero"` // if a request makes several
	Latency             Latency   `json:"latencyMicros"`                  // of successful requests
	Server              Used      `json:"server,omitzero"`                // empty if it is not on this machine
	Generator           Used      `json:"generator,omitzero"`             //
	Failed              int64     `json:"failed"`
	Failures            []Failure `json:"failures,omitempty"`
}

// Latency says how long requests took, in microseconds.
type Latency struct {
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99.9"`
	Max  float64 `json:"max"`
}

// Used says what a process used during a measurement.
type Used struct {
	CPUSeconds       float64 `json:"cpuSeconds"`
	CPUMicrosEach    float64 `json:"cpuMicrosPerRequest"`
	ResidentSetBytes float64 `json:"residentSetBytes"` // at the end
}

// Comparison is how one figure of a round relates to another.
type Comparison struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

func latencyOf(h *histogram) Latency {
	at := func(q float64) float64 { return microseconds(h.quantile(q)) }
	return Latency{P50: at(0.5), P90: at(0.9), P99: at(0.99), P999: at(0.999), Max: microseconds(h.max)}
}

// rowOf returns the row for what a schedule measured.
func rowOf(p phase, s *schedule, got *tally) Row {
	row := Row{
		Name: p.name, Accounts: p.accounts, Requests: got.requests, Latency: latencyOf(&got.latency),
		Failed: got.failures.count(), Failures: got.failures, Unsent: s.unsent(s.now(), got.requests),
	}
	if row.Seconds = got.last.Sub(s.start).Seconds(); got.requests > 0 && row.Seconds > 0 {
		row.PerSecond = float64(got.latency.total) / row.Seconds
		row.TransactionsEachSec = row.PerSecond * float64(p.due)
	}
	return row
}

// compare fills in the ratios of a round to its floor, and the comparisons of a
// scenario.
func (r *Round) compare(scenario string) {
	rows := map[string]Row{}
	for i := range r.Rows {
		row := &r.Rows[i]
		if floor := r.Rows[0].PerSecond; floor > 0 && row.TransactionsEachSec == 0 {
			row.Ratio = row.PerSecond / floor
		}
		rows[row.Name] = *row
	}
	add := func(name string, above, below float64) {
		if above > 0 && below > 0 {
			r.Comparisons = append(r.Comparisons, Comparison{name, above / below})
		}
	}
	switch scenario {
	case "hot":
		add("purchases on one account / spread, requests/s", rows[hot].PerSecond, rows[purchases].PerSecond)
	case "accounts":
		add("purchases on all accounts / on 1000, requests/s", rows[purchases].PerSecond, rows[few].PerSecond)
	case "history":
		add("deepest page / first page, time per request", rows[firstPage].PerSecond, rows[deepestPage].PerSecond)
		add("deepest page / first page, p50", rows[deepestPage].Latency.P50, rows[firstPage].Latency.P50)
		add("deepest page / first page, server CPU", rows[deepestPage].Server.CPUMicrosEach, rows[firstPage].Server.CPUMicrosEach)
		add("purchases behind the history / on an account without, requests/s", rows[behind].PerSecond, rows[hot].PerSecond)
	}
	add("purchase / fdatasync of 4 KiB, p50", rows[purchases].Latency.P50, r.Fdatasync.P50)
}

// sum fills in the medians of the rounds. An interrupted round counts with what
// it has measured.
func (r *Report) sum() {
	r.Rows = []Row{}
	if r.Rounds == nil {
		r.Rounds = []Round{}
	}
	var syncs []Latency
	rows, comparisons := grouped[Row]{}, grouped[Comparison]{}
	for _, round := range r.Rounds {
		if round.Fdatasync != (Latency{}) {
			syncs = append(syncs, round.Fdatasync)
		}
		for _, row := range round.Rows {
			rows.add(row.Name, row)
		}
		for _, c := range round.Comparisons {
			comparisons.add(c.Name, c)
		}
	}
	for _, name := range rows.names {
		r.Rows = append(r.Rows, medianRow(rows.items[name]))
	}
	for _, name := range comparisons.names {
		value := median(comparisons.items[name], func(c *Comparison) *float64 { return &c.Value })
		r.Comparisons = append(r.Comparisons, Comparison{name, value})
	}
	if len(syncs) > 0 {
		r.Fdatasync = medianLatency(syncs)
	}
}

// Failed returns how many requests failed, in all rounds.
func (r *Report) Failed() int64 {
	var n int64
	for _, row := range r.Rows {
		n += row.Failed
	}
	return n
}

// grouped holds items by name, in the order in which the names first appeared.
type grouped[T any] struct {
	names []string
	items map[string][]T
}

func (g *grouped[T]) add(name string, item T) {
	if g.items == nil {
		g.items = map[string][]T{}
	}
	if g.items[name] == nil {
		g.names = append(g.names, name)
	}
	g.items[name] = append(g.items[name], item)
}

// median returns the median of one figure of several items.
func median[T any](items []T, figure func(*T) *float64) float64 {
	var values []float64
	for i := range items {
		values = append(values, *figure(&items[i]))
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

func medianLatency(all []Latency) Latency {
	var out Latency
	for _, figure := range []func(*Latency) *float64{
		func(l *Latency) *float64 { return &l.P50 }, func(l *Latency) *float64 { return &l.P90 },
		func(l *Latency) *float64 { return &l.P99 }, func(l *Latency) *float64 { return &l.P999 },
	} {
		*figure(&out) = median(all, figure)
	}
	for _, l := range all {
		out.Max = max(out.Max, l.Max)
	}
	return out
}

func medianUsed(all []Used) Used {
	var out Used
	for _, figure := range []func(*Used) *float64{
		func(u *Used) *float64 { return &u.CPUSeconds }, func(u *Used) *float64 { return &u.CPUMicrosEach },
		func(u *Used) *float64 { return &u.ResidentSetBytes },
	} {
		*figure(&out) = median(all, figure)
	}
	return out
}

// medianRow summarises several measurements of the same phase.
func medianRow(rows []Row) Row {
	out := Row{Name: rows[0].Name, Connections: rows[0].Connections, Accounts: rows[0].Accounts}
	var latencies []Latency
	var servers, generators []Used
	for _, row := range rows {
		out.Requests, out.Unsent, out.Failed = out.Requests+row.Requests, out.Unsent+row.Unsent, out.Failed+row.Failed
		out.Failures = failures(out.Failures).with(row.Failures)
		latencies = append(latencies, row.Latency)
		servers, generators = append(servers, row.Server), append(generators, row.Generator)
	}
	for _, figure := range []func(*Row) *float64{
		func(r *Row) *float64 { return &r.Seconds }, func(r *Row) *float64 { return &r.PerSecond },
		func(r *Row) *float64 { return &r.Ratio }, func(r *Row) *float64 { return &r.TransactionsEachSec },
	} {
		*figure(&out) = median(rows, figure)
	}
	out.Latency, out.Server, out.Generator = medianLatency(latencies), medianUsed(servers), medianUsed(generators)
	return out
}
