package account_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// metering is what minutes cost in these tests, without a trial.
var metering = offering.Metering{DeviceMinute: 17_000, TestGridMinute: 500}

// session returns a metered session on a device that took a time.
func session(took time.Duration) account.Session {
	began := instant("2026-11-27T08:00:00Z")
	return account.Session{
		ID: "s", Kind: account.RemoteAccess, Project: "p", Device: "Pixel 8", UDID: "8A1X", Platform: offering.Android,
		Began: began, Ended: began.Add(took), Method: account.Metered, Rate: metering.DeviceMinute, Result: "PASSED",
	}
}

// grid returns a metered session on a browser.
func grid(took time.Duration) account.Session {
	s := session(took)
	s.Kind, s.Device, s.UDID, s.Platform, s.Rate = account.TestGrid, "chrome", "", "", metering.TestGridMinute
	return s
}

func changed(s account.Session, change func(*account.Session)) account.Session {
	change(&s)
	return s
}

// opened returns an account that was opened a moment before the first session.
func opened() account.State {
	return account.Apply(account.State{}, account.Open(account.Opening{Seed: "seed", Test: true}, instant("2026-11-01T00:00:00Z")))
}

// booked books sessions one after another and returns the state and the charges.
func booked(t fataler, s account.State, m offering.Metering, now time.Time, sessions ...account.Session) (account.State, []account.Cents) {
	t.Helper()
	var costs []account.Cents
	for _, one := range sessions {
		e, err := s.Book(one, account.Terms{Catalog: offering.Catalog{Metering: m}}, now)
		if err != nil {
			t.Fatal(err)
		}
		s, costs = account.Apply(s, e), append(costs, e.Booking.Cost)
	}
	return s, costs
}

type fataler interface {
	Helper()
	Fatal(...any)
}

func TestCharges(t *testing.T) {
	t.Parallel()
	trial := offering.Metering{DeviceMinute: 17_000, TestGridMinute: 500, TrialMinutes: 2}
	unmetered := func(s *account.Session) { s.Method = account.Unmetered }
	faulty := func(s *account.Session) { s.Faulty = true }
	for _, tt := range []struct {
		name     string
		m        offering.Metering
		sessions []account.Session
		want     []account.Cents
		trial    account.Millis
	}{
		{"a minute", metering, []account.Session{session(time.Minute)}, []account.Cents{17}, 0},
		{"half a cent is a cent", metering, []account.Session{grid(time.Minute)}, []account.Cents{1}, 0},
		{"small ones neither vanish nor double", metering, []account.Session{grid(time.Minute), grid(time.Minute), grid(time.Minute), grid(time.Minute)}, []account.Cents{1, 0, 1, 0}, 0},
		{"devices and browsers round apart", metering, []account.Session{grid(30 * time.Second), session(time.Second), grid(30 * time.Second)}, []account.Cents{0, 0, 1}, 0},
		{"jobs and remote access round together", metering, []account.Session{session(time.Second), changed(session(time.Second), func(s *account.Session) { s.Kind = account.Job })}, []account.Cents{0, 1}, 0},
		{"a slot pays", metering, []account.Session{changed(session(time.Hour), unmetered)}, []account.Cents{0}, 0},
		{"the lab's fault", metering, []account.Session{changed(session(time.Hour), faulty)}, []account.Cents{0}, 0},
		{"backwards is no time", metering, []account.Session{session(-time.Hour)}, []account.Cents{0}, 0},
		{"the trial comes first", trial, []account.Session{session(90 * time.Second), session(90 * time.Second), session(time.Minute)}, []account.Cents{0, 17, 17}, 120_000},
		{"browsers have no trial", trial, []account.Session{grid(2 * time.Minute)}, []account.Cents{1}, 0},
		{"what costs nothing leaves the trial", trial, []account.Session{changed(session(time.Hour), unmetered), changed(session(time.Hour), faulty)}, []account.Cents{0, 0}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, got := booked(t, opened(), tt.m, instant("2026-11-27T09:00:00Z"), tt.sessions...)
			if diff := cmp.Diff(tt.want, got); diff != "" || s.Trial != tt.trial || s.Booked != len(tt.sessions) {
				t.Errorf("charges (-want +got):\n%s\ntrial %d, want %d; %d booked", diff, s.Trial, tt.trial, s.Booked)
			}
		})
	}
}

// TestBookedEvent shows the whole event, as it stands in journals for ever.
func TestBookedEvent(t *testing.T) {
	t.Parallel()
	one := session(90*time.Second + 400*time.Microsecond)
	one.Began = one.Began.In(time.FixedZone("CET", 3600))
	e, err := opened().Book(one, account.Terms{Catalog: offering.Catalog{Metering: offering.Metering{TrialMinutes: 1}}}, instant("2026-11-27T09:00:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(e)
	const want = `{"kind":"booked","at":"2026-11-27T09:00:00Z","booking":{"session":{"id":"s","kind":"remote-access","project":"p","device":"Pixel 8",` +
		`"udid":"8A1X","platform":"ANDROID","began":"2026-11-27T08:00:00Z","ended":"2026-11-27T08:01:30Z","method":"METERED","rate":17000,"result":"PASSED"},` +
		`"ms":90000,"trialMs":60000,"cents":9}}`
	if diff := cmp.Diff(want, string(got)); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestStandingDoesNotMatter books on accounts that may not buy.
func TestStandingDoesNotMatter(t *testing.T) {
	t.Parallel()
	for _, status := range []account.Status{account.Active, account.Suspended, account.Ineligible} {
		s := opened()
		s.Status = status
		if _, costs := booked(t, s, metering, instant("2026-11-27T09:00:00Z"), session(time.Minute)); costs[0] != 17 {
			t.Errorf("%s: %v, want 17", status, costs)
		}
	}
}

func TestSessionsThatCannotBe(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*account.Session){
		"the session has no id.": func(s *account.Session) { s.ID = "" },
		`session "s" has kind "phone"; it must be remote-access, test-grid or job.`:                                                    func(s *account.Session) { s.Kind = "phone" },
		`session "s" has billing method ""; it must be METERED or UNMETERED.`:                                                          func(s *account.Session) { s.Method = "" },
		`session "s" has platform "linux"; it must be ANDROID, IOS or empty.`:                                                          func(s *account.Session) { s.Platform = "linux" },
		`session "s" has a price of -1 thousandths of a cent a minute; it must be from 0 to 10000000.`:                                 func(s *account.Session) { s.Rate = -1 },
		`session "s" has times 0001-01-01T00:00:00Z and 2026-11-27T08:01:00Z; they must be from 1970 to 9999.`:                         func(s *account.Session) { s.Began = time.Time{} },
		`session "s" has 9600h0m0s from its begin to its end; a session has at most 8784h0m0s.`:                                        func(s *account.Session) { s.Ended = s.Began.Add(400 * 24 * time.Hour) },
		`device of the session "a\nb" has the character U+000A, which cannot be seen; it may have visible characters and spaces only.`: func(s *account.Session) { s.Device = "a\nb" },
		`the id of the session has 257 bytes; it may have 256.`:                                                                        func(s *account.Session) { s.ID = strings.Repeat("x", 257) },
	} {
		_, err := opened().Book(changed(session(time.Minute), change), account.Terms{}, instant("2026-11-27T09:00:00Z"))
		if got := fault.MessageOf(err); fault.KindOf(err) != fault.Argument || got != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestBooksAreBounded fills the books of a period up.
func TestBooksAreBounded(t *testing.T) {
	t.Parallel()
	dear := changed(session(360*24*time.Hour), func(s *account.Session) { s.Rate = money.MaxRate })
	state, now := opened(), instant("2026-11-27T09:00:00Z")
	for range 29 {
		state, _ = booked(t, state, metering, now, dear)
	}
	_, err := state.Book(dear, account.Terms{}, now)
	if fault.KindOf(err) != fault.LimitExceeded {
		t.Errorf("%v, want LimitExceeded", err)
	}
	if _, err := state.Book(dear, account.Terms{}, instant("2026-12-01T00:00:00Z")); err != nil {
		t.Errorf("the next period: %v", err)
	}
}

// TestTallies adds up by kind, platform and rate, for the period alone.
func TestTallies(t *testing.T) {
	t.Parallel()
	job := func(s *account.Session) { s.Kind, s.Platform = account.Job, offering.IOS }
	first, second := instant("2026-11-27T09:00:00Z"), instant("2026-11-27T10:00:00Z")
	state, _ := booked(t, opened(), metering, first, session(time.Minute), changed(session(time.Minute), job))
	state, _ = booked(t, state, metering, second, session(30*time.Second), changed(session(time.Minute), func(s *account.Session) { s.Method = account.Unmetered }))
	tally := account.Tally{Kind: account.RemoteAccess, Platform: offering.Android, Method: account.Metered, Rate: 17_000, Since: first,
		Sessions: 2, Length: 90_000, Sum: 17_000 * 90_000}
	want := []account.Tally{
		tally,
		{Kind: account.Job, Platform: offering.IOS, Method: account.Metered, Rate: 17_000, Since: first, Sessions: 1, Length: 60_000, Sum: 17_000 * 60_000, Cost: 17},
		{Kind: account.RemoteAccess, Platform: offering.Android, Method: account.Unmetered, Since: second, Sessions: 1, Length: 60_000},
	}
	want[0].Cost = 43 - 17 // both kinds cost 42.5 cents, and the job was charged 17
	if diff := cmp.Diff(want, state.Tallies); diff != "" {
		t.Errorf("tallies (-want +got):\n%s", diff)
	}
	next, _ := booked(t, state, metering, instant("2026-12-01T00:00:00Z"), session(time.Second))
	if len(next.Tallies) != 1 || next.Tallies[0].Sessions != 1 || next.Booked != 5 || len(state.Tallies) != 3 {
		t.Errorf("the next period has %+v", next)
	}
}

// TestAStateStaysSmall has more rates in a period than a state has tallies.
func TestAStateStaysSmall(t *testing.T) {
	t.Parallel()
	state, total := opened(), account.Cents(0)
	for i := range 200 {
		one := changed(session(time.Minute), func(s *account.Session) { s.Rate = money.Rate(1000 * (i + 1)) })
		var costs []account.Cents
		state, costs = booked(t, state, metering, instant("2026-11-27T09:00:00Z"), one)
		total += costs[0]
	}
	sum, sessions := account.Cents(0), 0
	for _, tally := range state.Tallies {
		sum, sessions = sum+tally.Cost, sessions+tally.Sessions
	}
	if len(state.Tallies) > 30 || sum != total || total != 20_100 || sessions != 200 {
		t.Errorf("%d tallies with %d cents of %d for %d sessions", len(state.Tallies), sum, total, sessions)
	}
}

// TestTimeThatIsBookedStands keeps a test account's clock from going back behind
// its sessions, and an ordinary account from becoming a test account.
func TestTimeThatIsBookedStands(t *testing.T) {
	t.Parallel()
	now := instant("2026-11-27T09:00:00Z")
	state, _ := booked(t, opened(), metering, now, session(time.Minute))
	_, err := state.Freeze(instant("2026-10-01T00:00:00Z"), account.Terms{}, now)
	if fault.KindOf(err) != fault.Conflict || !strings.Contains(fault.MessageOf(err), "the account has sessions") {
		t.Errorf("freeze: %v", err)
	}
	ordinary := false
	_, err = state.Configure(account.Settings{Test: &ordinary}, account.Terms{}, now)
	if fault.KindOf(err) != fault.Conflict || !strings.Contains(fault.MessageOf(err), "0 transactions and 1 sessions") {
		t.Errorf("configure: %v", err)
	}
}

// drawSession draws a session that may be.
func drawSession(t *rapid.T) account.Session {
	s := session(time.Duration(rapid.IntRange(-1000, 40*60_000).Draw(t, "milliseconds")) * time.Millisecond)
	s.ID = rapid.StringMatching(`[a-z]{1,8}`).Draw(t, "id")
	s.Kind = rapid.SampledFrom([]account.SessionKind{account.RemoteAccess, account.TestGrid, account.Job}).Draw(t, "kind")
	s.Platform = rapid.SampledFrom([]offering.Platform{offering.Android, offering.IOS, ""}).Draw(t, "platform")
	s.Method = rapid.SampledFrom([]account.BillingMethod{account.Metered, account.Metered, account.Unmetered}).Draw(t, "method")
	s.Rate = rapid.SampledFrom([]money.Rate{17_000, 500, 1, 0, 12_345}).Draw(t, "rate")
	s.Faulty = rapid.IntRange(0, 9).Draw(t, "faulty") == 0
	return s
}

// TestChargesAddUp books sessions in two orders, over the same periods: whatever
// the order, what a period charges is its exact sum, rounded once for devices and
// once for browsers.
func TestChargesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sessions := rapid.SliceOfN(rapid.Custom(drawSession), 1, 40).Draw(t, "sessions")
		shuffled := rapid.Permutation(sessions).Draw(t, "order")
		for _, order := range [][]account.Session{sessions, shuffled} {
			var got, want [2]account.Cents
			_, costs := booked(t, opened(), metering, instant("2026-11-27T09:00:00Z"), order...)
			for i, s := range order {
				got[meterOf(s)] += costs[i]
			}
			for m := range want {
				want[m] = roundedSum(order, m, 0)
			}
			if got != want {
				t.Fatalf("charges are %v, want %v", got, want)
			}
		}
	})
}

// meterOf returns 1 for sessions on browsers and 0 for those on devices.
func meterOf(s account.Session) int {
	if s.Kind == account.TestGrid {
		return 1
	}
	return 0
}

// roundedSum computes what sessions cost with exact fractions, less an amount that
// a trial pays at the first rate.
func roundedSum(sessions []account.Session, meter int, free int64) account.Cents {
	sum := new(big.Rat)
	for _, s := range sessions {
		ms := max(0, s.Ended.Sub(s.Began).Milliseconds())
		if meterOf(s) != meter || s.Faulty || s.Method == account.Unmetered {
			continue
		}
		used := min(free, ms)
		free -= used
		sum.Add(sum, new(big.Rat).Mul(big.NewRat(int64(s.Rate), 1000), big.NewRat(ms-used, 60_000)))
	}
	half := sum.Add(sum, big.NewRat(1, 2))
	return account.Cents(new(big.Int).Div(half.Num(), half.Denom()).Int64())
}

// TestTheTrialIsUsedOnce books over several months: the trial pays the first
// minutes on devices, and never more than it has.
func TestTheTrialIsUsedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sessions := rapid.SliceOfN(rapid.Custom(drawSession), 1, 40).Draw(t, "sessions")
		m := metering
		m.TrialMinutes = rapid.IntRange(0, 200).Draw(t, "trial")
		state, now, lengths, cost := opened(), instant("2026-11-27T09:00:00Z"), account.Millis(0), account.Cents(0)
		apart := rapid.Bool().Draw(t, "months apart")
		for _, s := range sessions {
			if apart {
				now = now.AddDate(0, 1, 0)
			}
			var costs []account.Cents
			state, costs = booked(t, state, m, now, s)
			cost += costs[0]
			if meterOf(s) == 0 && !s.Faulty && s.Method == account.Metered {
				lengths += account.Millis(max(0, s.Ended.Sub(s.Began).Milliseconds()))
			}
			if want := min(lengths, account.Millis(m.TrialMinutes)*60_000); state.Trial != want {
				t.Fatalf("the trial has paid %d ms, want %d", state.Trial, want)
			}
		}
		if want := roundedSum(sessions, 0, int64(m.TrialMinutes)*60_000) + roundedSum(sessions, 1, 0); !apart && cost != want {
			t.Fatalf("charges are %d, want %d", cost, want)
		}
	})
}

// TestWhatCostsNothing draws sessions that nobody pays for.
func TestWhatCostsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var free []account.Session
		for _, s := range rapid.SliceOfN(rapid.Custom(drawSession), 1, 20).Draw(t, "sessions") {
			if s.Method == account.Metered {
				s.Faulty = true
			}
			free = append(free, s)
		}
		state, costs := booked(t, opened(), offering.DefaultMetering(), instant("2026-11-27T09:00:00Z"), free...)
		if slices.Max(costs) != 0 || state.Trial != 0 {
			t.Fatalf("charges %v and %d ms of trial", costs, state.Trial)
		}
	})
}

// TestSessionsReplay writes bookings, reads them and folds them again.
func TestSessionsReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := []account.Event{account.Open(account.Opening{Seed: "seed"}, instant("2026-11-01T00:00:00Z"))}
		state, now := fold(events), instant("2026-11-01T00:00:00Z")
		for _, s := range rapid.SliceOfN(rapid.Custom(drawSession), 1, 30).Draw(t, "sessions") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20*24).Draw(t, "hours")) * time.Hour)
			e, err := state.Book(s, account.Terms{Catalog: offering.Default()}, now)
			if err != nil {
				t.Fatal(err)
			}
			events, state = append(events, e), account.Apply(state, e)
		}
		body, err := json.Marshal(events)
		if err != nil {
			t.Fatal(err)
		}
		var read []account.Event
		if err := json.Unmarshal(body, &read); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(state, fold(read)); diff != "" {
			t.Fatalf("a replay gives another state (-want +got):\n%s", diff)
		}
	})
}

func TestMinutes(t *testing.T) {
	t.Parallel()
	for ms, want := range map[account.Millis]string{0: "0.00", 299: "0.00", 300: "0.01", 60_000: "1.00", 90_000: "1.50", 741_000: "12.35", 60_000_000: "1000.00"} {
		if got := ms.Minutes(); got != want {
			t.Errorf("%d ms are %s minutes, want %s", ms, got, want)
		}
	}
	for ms, want := range map[account.Millis]string{0: "0.0", 90_000: "1.5", 741_000: "12.35", 60_000_000: "1000.0"} {
		if got := ms.Decimal(); got != want {
			t.Errorf("%d ms are %s minutes, want %s", ms, got, want)
		}
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	for kind, want := range map[account.SessionKind]string{account.RemoteAccess: "0.17", account.Job: "0.17", account.TestGrid: "0.005"} {
		if got := terms.Rate(kind).Decimal(); got != want {
			t.Errorf("a minute of %s costs %s, want %s", kind, got, want)
		}
	}
}

func TestQuotas(t *testing.T) {
	t.Parallel()
	quotas := func(metered, grid, waiting int) account.Settings {
		return account.Settings{Quotas: &account.Quotas{Metered: &metered, TestGrid: &grid, Waiting: &waiting}}
	}
	state, now := opened(), instant("2026-11-27T09:00:00Z")
	limits := func() string {
		return fmt.Sprint(state.MeteredLimit(), state.TestGridLimit(), state.WaitingLimit())
	}
	if got := limits(); got != "5 50 250" {
		t.Errorf("by default: %s", got)
	}
	for _, tt := range []struct {
		set  account.Settings
		want string
	}{{quotas(1, 0, 100_000), "1 0 100000"}, {account.Settings{Quotas: &account.Quotas{TestGrid: new(int)}}, "1 0 100000"}, {account.Settings{}, "1 0 100000"}} {
		e, err := state.Configure(tt.set, account.Terms{}, now)
		if state = account.Apply(state, e); err != nil || limits() != tt.want {
			t.Errorf("%s, %v, want %s", limits(), err, tt.want)
		}
	}
	for _, bad := range []account.Settings{quotas(-1, 0, 0), quotas(0, 100_001, 0), quotas(0, 0, -5)} {
		if _, err := state.Configure(bad, account.Terms{}, now); fault.KindOf(err) != fault.Argument {
			t.Errorf("%v, want Argument", err)
		}
	}
}
