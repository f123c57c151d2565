package injection_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/injection"
	"github.com/slotfarm/slotfarm/internal/web"
)

// Values that the tests share.
const (
	alice = "111111111111"
	bob   = "222222222222"
)

// open returns faults by rules, with a seed that is the same every time.
func open(t *testing.T, rules ...injection.Rule) *injection.Faults {
	t.Helper()
	f := injection.New(injection.API{
		HasOperation: func(name string) bool { return name == "Buy" || name == "Renew" },
		Exceptions:   []awsjson.Exception{{Name: "Throttled", Status: 400}, {Name: "Broken", Status: 500}},
	})
	if err := f.Set(new(int64(7)), rules); err != nil {
		t.Fatal(err)
	}
	return f
}

// result is what became of a call.
type result struct {
	Out   string
	Runs  int // of the operation
	Err   string
	Fault string // in the log line; "" for none
}

var errRefused = errors.New("refused by the operation")

// call has an account call an operation. It answers "done", and refuses bob.
func call(ctx context.Context, f *injection.Faults, operation, account string) (got result, err error) {
	c := &web.Request{Operation: operation, Identity: web.Identity{Account: account}}
	reply, err := f.Around(ctx, c, func() (web.Reply, error) {
		got.Runs++
		if account == bob {
			return web.Reply{}, errRefused
		}
		return web.Reply{Body: []byte("done")}, nil
	})
	got.Out = string(reply.Body)
	if err != nil {
		got.Err = err.Error()
	}
	for _, a := range c.Attrs {
		if a.Key == "fault" && a.Value.Kind() == slog.KindInt64 {
			got.Fault = a.Value.String()
		}
	}
	return got, err
}

func TestEffects(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		rule injection.Rule
		want result
		err  *awsjson.Verbatim
	}{
		{"error", injection.Rule{Error: new("Broken"), Message: new("no")}, result{Err: "no", Fault: "0"},
			&awsjson.Verbatim{Exception: awsjson.Exception{Name: "Broken", Status: 500}, Message: "no"}},
		{"error with its own message", injection.Rule{Error: new("Throttled")},
			result{Err: "This error comes from a fault that was set on purpose.", Fault: "0"},
			&awsjson.Verbatim{Exception: awsjson.Exception{Name: "Throttled", Status: 400}, Message: "This error comes from a fault that was set on purpose."}},
		{"error with another status", injection.Rule{Error: new("Throttled"), Message: new(""), Status: new(429)}, result{Fault: "0"},
			&awsjson.Verbatim{Exception: awsjson.Exception{Name: "Throttled", Status: 429}}},
		{"status", injection.Rule{Status: new(503)}, result{Err: "status 503 Service Unavailable", Fault: "0"},
			&awsjson.Verbatim{Exception: awsjson.Exception{Status: 503}, Message: "This error comes from a fault that was set on purpose."}},
		{"drop before the commit", injection.Rule{DropBeforeCommit: true}, result{Err: "connection closed without an answer", Fault: "0"}, nil},
		{"drop after the commit", injection.Rule{DropAfterCommit: true}, result{Runs: 1, Err: "connection closed without an answer", Fault: "0"}, nil},
		{"delay", injection.Rule{Delay: new("1ns")}, result{Out: "done", Runs: 1, Fault: "0"}, nil},
		{"delay and drop after the commit", injection.Rule{Delay: new("1ns"), DropAfterCommit: true},
			result{Runs: 1, Err: "connection closed without an answer", Fault: "0"}, nil},
		{"another operation", injection.Rule{Operation: new("Renew"), Status: new(500)}, result{Out: "done", Runs: 1}, nil},
		{"another account", injection.Rule{Account: new(bob), Status: new(500)}, result{Out: "done", Runs: 1}, nil},
		{"this operation and account", injection.Rule{Operation: new("Buy"), Account: new(alice), DropBeforeCommit: true},
			result{Err: "connection closed without an answer", Fault: "0"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := call(t.Context(), open(t, tt.rule), "Buy", alice)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("call (-want +got):\n%s", diff)
			}
			var exact *awsjson.Verbatim
			errors.As(err, &exact)
			if diff := cmp.Diff(tt.err, exact); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if exact == nil && err != nil && !errors.Is(err, web.ErrDropped) {
				t.Errorf("error = %v, want ErrDropped", err)
			}
		})
	}
}

// TestDropHidesRefusals drops the answer of an operation that refuses.
func TestDropHidesRefusals(t *testing.T) {
	t.Parallel()
	got, err := call(t.Context(), open(t, injection.Rule{DropAfterCommit: true}), "Buy", bob)
	if !errors.Is(err, web.ErrDropped) || got.Runs != 1 {
		t.Errorf("call = %+v, want one run and no answer", got)
	}
}

// TestOrder has the first rule that fires decide, until it is spent.
func TestOrder(t *testing.T) {
	t.Parallel()
	f := open(t,
		injection.Rule{Account: new(bob), Message: new("first"), Error: new("Broken")},
		injection.Rule{Message: new("second"), Error: new("Broken"), Times: new(2)},
		injection.Rule{Message: new("third"), Error: new("Broken"), Operation: new("Buy")},
	)
	var got []string
	for _, c := range [][2]string{{"Buy", alice}, {"Buy", bob}, {"Renew", alice}, {"Buy", alice}, {"Renew", alice}, {"Buy", bob}} {
		r, _ := call(t.Context(), f, c[0], c[1])
		got = append(got, r.Err)
	}
	if diff := cmp.Diff([]string{"second", "first", "second", "third", "", "first"}, got); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	var counts [][2]int
	for _, r := range f.Report().Rules {
		counts = append(counts, [2]int{r.Seen, r.Fired})
	}
	if diff := cmp.Diff([][2]int{{2, 2}, {3, 2}, {4, 1}}, counts); diff != "" {
		t.Errorf("seen and fired (-want +got):\n%s", diff)
	}
}

// TestTimesAtOnce has 64 callers at the same moment spend a rule.
func TestTimesAtOnce(t *testing.T) {
	t.Parallel()
	const times = 23
	f := open(t, injection.Rule{Times: new(times), DropBeforeCommit: true}, injection.Rule{Operation: new("Renew"), Status: new(500)})
	var failed atomic.Int64
	var all sync.WaitGroup
	begin := make(chan struct{})
	for range 64 {
		all.Go(func() {
			<-begin
			if _, err := call(t.Context(), f, "Buy", alice); err != nil {
				failed.Add(1)
			}
		})
	}
	close(begin)
	all.Wait()
	if got := failed.Load(); got != times {
		t.Errorf("%d calls failed, want %d", got, times)
	}
	if got := f.Report().Rules[0]; got.Seen != times || got.Fired != times {
		t.Errorf("seen %d and fired %d, want %d", got.Seen, got.Fired, times)
	}
}

// pattern returns which of 200 calls fail.
func pattern(t *testing.T, f *injection.Faults) string {
	out := make([]byte, 200)
	for i := range out {
		r, _ := call(t.Context(), f, "Buy", alice)
		out[i] = '.'
		if r.Fault != "" {
			out[i] = r.Fault[0]
		}
	}
	return string(out)
}

func TestSeeds(t *testing.T) {
	t.Parallel()
	rules := []injection.Rule{{Probability: new(0.25), Status: new(500)}, {Probability: new(0.5), DropBeforeCommit: true}, {Operation: new("Renew"), Status: new(500)}}
	f := open(t, rules...)
	first := pattern(t, f)
	counts := map[rune]int{}
	for _, c := range first {
		counts[c]++
	}
	if counts['0'] < 30 || counts['0'] > 70 || counts['1'] < 50 || counts['1'] > 100 {
		t.Errorf("calls by what broke them = %v, want about 50 and 75 of 200", counts)
	}
	if second := pattern(t, f); second == first {
		t.Error("the sequence repeats")
	}
	if err := f.Set(new(int64(7)), rules); err != nil {
		t.Fatal(err)
	}
	if again := pattern(t, f); again != first {
		t.Errorf("the same seed gives\n%s, and\n%s before", again, first)
	}
	if err := f.Set(nil, rules); err != nil {
		t.Fatal(err)
	}
	picked := f.Report().Seed
	own := pattern(t, f)
	if own == first {
		t.Error("a picked seed gives the sequence of seed 7")
	}
	if err := f.Set(&picked, rules); err != nil {
		t.Fatal(err)
	}
	if again := pattern(t, f); again != own {
		t.Errorf("the seed that was shown gives\n%s, and\n%s before", again, own)
	}
}

// TestCertainRulesDrawNothing puts a rule that always fires before one that is
// left to chance: its calls take no number from the sequence.
func TestCertainRulesDrawNothing(t *testing.T) {
	t.Parallel()
	chance := injection.Rule{Probability: new(0.5), Status: new(500), Operation: new("Buy")}
	want := pattern(t, open(t, injection.Rule{Operation: new("Renew"), Status: new(500)}, chance))
	f := open(t, injection.Rule{Operation: new("Buy"), DropBeforeCommit: true, Times: new(5), Probability: new(1.0)}, chance)
	if got := pattern(t, f); got[:5] != "00000" || got[5:] != want[:195] {
		t.Errorf("calls = %s,\nwant 00000 and then %s", got, want)
	}
}

// TestReplace begins the counts anew, also with the rules as they were.
func TestReplace(t *testing.T) {
	t.Parallel()
	rule := injection.Rule{Status: new(500), Times: new(1)}
	f := open(t, rule)
	for range 2 {
		if _, err := call(t.Context(), f, "Buy", alice); err == nil {
			t.Error("the rule did not fire")
		}
		if _, err := call(t.Context(), f, "Buy", alice); err != nil {
			t.Errorf("the rule fired when it was spent: %v", err)
		}
		if err := f.Set(nil, []injection.Rule{rule}); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Set(new(int64(0)), nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(injection.Report{Rules: []injection.Count{}}, f.Report()); diff != "" {
		t.Errorf("report without rules (-want +got):\n%s", diff)
	}
	if _, err := call(t.Context(), f, "Buy", alice); err != nil {
		t.Errorf("without rules: %v", err)
	}
}

// TestDelays runs on a clock that moves when everything waits.
func TestDelays(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		end  func(f *injection.Faults, cancel func())
		took time.Duration
		want result
	}{
		{"whole", func(*injection.Faults, func()) {}, 5 * time.Minute, result{Out: "done", Runs: 1, Fault: "0"}},
		{"the server closes", func(f *injection.Faults, _ func()) { f.Close(); f.Close() }, time.Second, result{Out: "done", Runs: 1, Fault: "0"}},
		{"the client goes away", func(_ *injection.Faults, cancel func()) { cancel() }, time.Second,
			result{Err: "the client went away during the delay: connection closed without an answer", Fault: "0"}},
		{"the rules go", func(f *injection.Faults, _ func()) { _ = f.Set(nil, nil) }, 5 * time.Minute, result{Out: "done", Runs: 1, Fault: "0"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := open(t, injection.Rule{Delay: new("5m")})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				begin := time.Now()
				timer := time.AfterFunc(time.Second, func() { tt.end(f, cancel) })
				defer timer.Stop()
				got, _ := call(ctx, f, "Buy", alice)
				if took := time.Since(begin); took != tt.took {
					t.Errorf("the call took %v, want %v", took, tt.took)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("call (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestDelayAfterClose is of a call that comes when the server is closing.
func TestDelayAfterClose(t *testing.T) {
	t.Parallel()
	f := open(t, injection.Rule{Delay: new("5m")})
	f.Close()
	if got, err := call(t.Context(), f, "Buy", alice); err != nil || got.Runs != 1 {
		t.Errorf("call = %+v, want one run", got)
	}
}

// TestInvalidRulesChangeNothing sets rules of which the last is invalid.
func TestInvalidRulesChangeNothing(t *testing.T) {
	t.Parallel()
	f := open(t, injection.Rule{Status: new(500)})
	_, _ = call(t.Context(), f, "Buy", alice)
	before := f.Report()
	err := f.Set(nil, []injection.Rule{{Status: new(500)}, {Operation: new("Sell"), Status: new(500)}})
	if want := `rules[1].operation "Sell" is unknown; it must be an operation of Device Farm, such as "PurchaseOffering"`; fmt.Sprint(err) != want {
		t.Errorf("error = %v, want %s", err, want)
	}
	if diff := cmp.Diff(before, f.Report()); diff != "" {
		t.Errorf("report (-before +after):\n%s", diff)
	}
}
