package operator

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
	"github.com/slotfarm/slotfarm/internal/strictjson"
)

// FuzzAdvance reads any body as an advance of a clock that shows any time: what
// is not refused names one time, the same when it is written anew, and time goes
// back by "to" alone, which the domain refuses.
func FuzzAdvance(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte, seconds int64) {
		now := time.Unix(seconds%(8000*365*24*3600), 0).UTC()
		var read operatorapi.Advance
		if strictjson.Decode(body, &read) != nil {
			return
		}
		move, err := target(read)
		if err != nil {
			if fault.KindOf(err) != fault.Argument {
				t.Errorf("%s: %v, want an Argument error", body, err)
			}
			return
		}
		to := move(now)
		if read.To == nil && to.Before(now) {
			t.Errorf("%s: from %v back to %v", body, now, to)
		}
		if n := read.Periods; n != nil {
			wantPeriods(t, now, to, *n)
		}
		if again := rewritten(t, read)(now); !again.Equal(to) {
			t.Errorf("%s leads to %v, and written anew to %v", body, to, again)
		}
	})
}

// wantPeriods holds a clock that was moved by periods to what that means.
func wantPeriods(t *testing.T, now, to time.Time, periods int) {
	t.Helper()
	if got := offering.PeriodOf(to).Since(offering.PeriodOf(now)); got != periods {
		t.Errorf("from %v by %d periods to %v, which is %d", now, periods, to, got)
	}
	if to.Day() > now.Day() || now.Format(time.TimeOnly) != to.Format(time.TimeOnly) {
		t.Errorf("from %v by %d periods to %v", now, periods, to)
	}
}

// rewritten returns the target of a body that was parsed, written and parsed.
func rewritten(t *testing.T, b operatorapi.Advance) func(time.Time) time.Time {
	t.Helper()
	body := b
	if b.To != nil {
		at, err := parseTime("to", *b.To)
		if err != nil {
			t.Fatal(err)
		}
		body = operatorapi.AdvanceTo(at)
	}
	if b.By != nil {
		by, err := time.ParseDuration(*b.By)
		if err != nil {
			t.Fatal(err)
		}
		body = operatorapi.AdvanceBy(by)
	}
	if b.Periods != nil {
		body = operatorapi.AdvancePeriods(*b.Periods)
	}
	written, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	var again operatorapi.Advance
	if err := strictjson.Decode(written, &again); err != nil {
		t.Fatalf("%s: %v", written, err)
	}
	move, err := target(again)
	if err != nil {
		t.Fatalf("%s: %v", written, err)
	}
	return move
}
