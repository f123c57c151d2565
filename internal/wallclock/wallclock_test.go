package wallclock_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/slotfarm/slotfarm/internal/wallclock"
)

// machine has two clocks that a test moves.
type machine struct {
	wall    time.Time
	elapsed time.Duration
}

func (m *machine) sources() wallclock.Sources {
	return wallclock.Sources{Wall: func() time.Time { return m.wall }, Elapsed: func() time.Duration { return m.elapsed }}
}

// pass lets time pass on both clocks, awake or asleep.
func (m *machine) pass(d time.Duration) { m.wall, m.elapsed = m.wall.Add(d), m.elapsed+d }

func newMachine() *machine {
	return &machine{wall: time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC), elapsed: time.Hour}
}

func TestAJumpIsNotTaken(t *testing.T) {
	m := newMachine()
	c := wallclock.New(m.sources(), time.Hour)
	before := m.wall
	m.wall = m.wall.AddDate(1, 0, 0)
	m.pass(time.Minute)
	if got, want := c.Now(), before.Add(time.Minute); !got.Equal(want) {
		t.Errorf("after the jump: %v, want %v", got, want)
	}
	jump, jumped := c.Jumped()
	if !jumped || !jump.Wall.Equal(m.wall) || !jump.Kept.Equal(before.Add(time.Minute)) {
		t.Errorf("Jumped = %+v, %v", jump, jumped)
	}
	c.Trust()
	if _, jumped := c.Jumped(); jumped || !c.Now().Equal(m.wall) {
		t.Errorf("trusted: %v, %v, want %v", c.Now(), jumped, m.wall)
	}
}

func TestWhatIsNoJump(t *testing.T) {
	tests := []struct {
		name  string
		bound time.Duration
		move  func(*machine)
	}{
		{"a year asleep", time.Hour, func(m *machine) { m.pass(365 * 24 * time.Hour) }},
		{"an hour to the millisecond", time.Hour, func(m *machine) { m.wall = m.wall.Add(time.Hour) }},
		{"back", time.Hour, func(m *machine) { m.wall = m.wall.AddDate(-1, 0, 0) }},
		{"no bound", 0, func(m *machine) { m.wall = m.wall.AddDate(9, 0, 0) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMachine()
			c := wallclock.New(m.sources(), tt.bound)
			tt.move(m)
			if _, jumped := c.Jumped(); jumped || !c.Now().Equal(m.wall) {
				t.Errorf("%v, jumped %v, want %v", c.Now(), jumped, m.wall)
			}
		})
	}
}

func TestAClockThatIsSetRightAgain(t *testing.T) {
	m := newMachine()
	c := wallclock.New(m.sources(), time.Hour)
	right := m.wall
	m.wall = m.wall.AddDate(1, 0, 0)
	if _, jumped := c.Jumped(); !jumped {
		t.Fatal("the jump was not seen")
	}
	m.wall = right
	m.pass(time.Second)
	if _, jumped := c.Jumped(); jumped || !c.Now().Equal(m.wall) {
		t.Errorf("%v, jumped %v, want %v", c.Now(), jumped, m.wall)
	}
}

// TestTimeRunsAsTheOtherClock has the wall clock set as often as it likes: each
// reading is at most the bound further than what has passed.
func TestTimeRunsAsTheOtherClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine()
		c := wallclock.New(m.sources(), time.Hour)
		last := c.Now()
		for range 20 {
			slept := time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, "pass"))
			m.pass(slept)
			m.wall = m.wall.Add(time.Duration(rapid.Int64Range(-int64(time.Hour), int64(9000*time.Hour)).Draw(t, "set")))
			now := c.Now()
			if ahead := now.Sub(last) - slept; ahead > time.Hour {
				t.Fatalf("time went %v ahead of the other clock", ahead)
			}
			last = now
		}
	})
}

func TestSystem(t *testing.T) {
	s := wallclock.System()
	a, b := s.Elapsed(), s.Elapsed()
	if b < a || time.Since(s.Wall()) > time.Minute {
		t.Errorf("elapsed %v, then %v; wall %v", a, b, s.Wall())
	}
}

// TestReadingsShowTheWallClock holds what the clock returns to the wall clock alone:
// a monotonic reading beside it would hide every jump, since Sub prefers it.
func TestReadingsShowTheWallClock(t *testing.T) {
	c := wallclock.New(wallclock.System(), time.Hour)
	jump, _ := c.Jumped()
	for _, at := range []time.Time{c.Now(), jump.Wall, jump.Kept} {
		if at != at.Round(0) {
			t.Errorf("%v carries a monotonic reading", at)
		}
	}
}

// TestASystemCallASecond counts the readings of the other clock.
func TestASystemCallASecond(t *testing.T) {
	m := newMachine()
	reads := 0
	c := wallclock.New(wallclock.Sources{Wall: func() time.Time { return m.wall }, Elapsed: func() time.Duration { reads++; return m.elapsed }}, time.Hour)
	for range 3000 {
		m.pass(time.Millisecond)
		c.Now()
	}
	if reads < 3 || reads > 4 {
		t.Errorf("the other clock was read %d times in three seconds, want once a second", reads)
	}
}
