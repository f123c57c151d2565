package simulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Rule is a line of a script: how a device or a browser fails. A rule that names
// neither holds for all. For each start and each answer, the first rule that
// applies is taken.
type Rule struct {
	UDID    string `json:"udid,omitempty"`
	Browser string `json:"browser,omitempty"`

	// FailStart refuses new sessions with this message.
	FailStart Message `json:"failStart,omitempty"`
	// DieAfter is how many commands a new session answers. The one after them
	// has its connection cut, and the session is gone.
	DieAfter *int `json:"dieAfter,omitempty"`
	// Garbage answers with something that is no JSON, and does nothing else.
	Garbage bool `json:"garbage,omitempty"`
	// Hang never answers, and does nothing else.
	Hang bool `json:"hang,omitempty"`
	// Redirect answers with a redirect to another path, and does nothing else.
	Redirect bool `json:"redirect,omitempty"`
	// Outcome is what a job comes to. The simulator runs no jobs: it keeps this
	// for whoever does.
	Outcome *Outcome `json:"outcome,omitempty"`

	// Delay is how long an answer is held back once what was asked for is done.
	// It may stand alone, or with one of the others.
	Delay Duration `json:"delay,omitempty"`
	// Times is how often the rule applies: to starts with FailStart and
	// DieAfter, else to answers. 0 means always.
	Times int `json:"times,omitempty"`
}

// Outcome is the result of a job, with its tests.
type Outcome struct {
	Result string `json:"result"`
	Tests  []Test `json:"tests,omitempty"`
}

// Test is the result of one test of a job.
type Test struct {
	Name    string `json:"name"`
	Result  string `json:"result"`
	Message string `json:"message,omitempty"`
}

// Message is a text. In JSON, true stands for a text of the simulator's own, and
// false for none.
type Message string

// UnmarshalJSON reads a text, true or false.
func (m *Message) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "true":
		*m = "the script of the simulator has this start fail"
		return nil
	case "false", "null":
		*m = ""
		return nil
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("failStart must be true or a message, and not %s", data)
	}
	*m = Message(text)
	return nil
}

// Duration is a duration that is written "2s" in JSON.
type Duration time.Duration

// MarshalText writes the duration as Go does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads a duration as Go writes it.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("delay must be a duration such as 2s or 150ms, and not %q", text)
	}
	*d = Duration(parsed)
	return nil
}

// results are those that a job or a test can end with.
var results = []string{"PASSED", "FAILED", "WARNED", "SKIPPED", "ERRORED", "STOPPED"}

// maxDelay is the longest delay of a rule.
const maxDelay = Duration(24 * time.Hour)

// check returns what is wrong with a rule.
func (r Rule) check() error {
	effects := 0
	for _, is := range []bool{r.FailStart != "", r.DieAfter != nil, r.Garbage, r.Hang, r.Redirect, r.Outcome != nil} {
		if is {
			effects++
		}
	}
	switch {
	case effects > 1:
		return fmt.Errorf("a rule has at most one of failStart, dieAfter, garbage, hang, redirect and outcome, and this one has %d", effects)
	case effects == 0 && r.Delay == 0:
		return fmt.Errorf("a rule needs failStart, dieAfter, garbage, hang, redirect, outcome or delay")
	case r.DieAfter != nil && *r.DieAfter < 0:
		return fmt.Errorf("dieAfter must be at least 0, and is %d", *r.DieAfter)
	case r.Delay < 0 || r.Delay > maxDelay:
		return fmt.Errorf("delay must be between 0s and %v, and is %v", time.Duration(maxDelay), time.Duration(r.Delay))
	case r.Times < 0:
		return fmt.Errorf("times must be at least 0, and is %d", r.Times)
	case r.UDID != "" && r.Browser != "":
		return fmt.Errorf("a rule names a device or a browser, and not both udid %q and browser %q", r.UDID, r.Browser)
	case r.Outcome != nil:
		return r.Outcome.check()
	}
	return nil
}

func (o *Outcome) check() error {
	if !slices.Contains(results, o.Result) {
		return fmt.Errorf("the result of outcome must be one of %s, and is %q", strings.Join(results, ", "), o.Result)
	}
	for _, test := range o.Tests {
		switch {
		case test.Name == "":
			return fmt.Errorf("a test of outcome needs a name")
		case !slices.Contains(results, test.Result):
			return fmt.Errorf("the result of test %q must be one of %s, and is %q", test.Name, strings.Join(results, ", "), test.Result)
		}
	}
	return nil
}

// isOfStarts reports whether the rule applies to starts, and not to answers.
func (r Rule) isOfStarts() bool { return r.FailStart != "" || r.DieAfter != nil }

// script holds the rules and how often they have applied.
type script struct {
	mu    sync.RWMutex
	rules []Rule
	used  []int
}

// replace puts rules in place of those before.
func (s *script) replace(rules []Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules, s.used = slices.Clone(rules), make([]int, len(rules))
}

// list returns the rules.
func (s *script) list() []Rule {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.rules)
}

// forStart returns the rule that applies to a start at an end point, if any.
func (s *script) forStart(e *endpoint) Rule { return s.take(e, Rule.isOfStarts) }

// forAnswer returns the rule that applies to an answer of an end point, if any.
func (s *script) forAnswer(e *endpoint) Rule {
	return s.take(e, func(r Rule) bool { return !r.isOfStarts() && r.Outcome == nil })
}

// take uses the first rule for an end point that is of a kind. Nearly always
// there is no rule at all, and nobody waits for anyone.
func (s *script) take(e *endpoint, of func(Rule) bool) Rule {
	s.mu.RLock()
	none := len(s.rules) == 0
	s.mu.RUnlock()
	if none {
		return Rule{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, r := range s.rules {
		if of(r) && e.isNamedBy(r) && (r.Times == 0 || s.used[i] < r.Times) {
			s.used[i]++
			return r
		}
	}
	return Rule{}
}
