package offering

import (
	"time"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// periodFormat is the text format of a period: its year and month.
const periodFormat = "2006-01"

// Period is a billing period: one UTC calendar month, from its first instant up
// to but excluding the first instant of the next. The zero Period is invalid;
// PeriodOf and ParsePeriod make one.
type Period struct{ start time.Time }

// PeriodOf returns the period that holds t.
func PeriodOf(t time.Time) Period {
	year, month, _ := t.UTC().Date()
	return Period{time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)}
}

// ParsePeriod returns the period that a text such as "2026-11" names, or an
// Argument error.
func ParsePeriod(text string) (Period, error) {
	start, err := time.Parse(periodFormat, text)
	if err != nil {
		return Period{}, fault.New(fault.Argument, "period %s is not a month, such as \"2026-11\"", fault.Quote(text))
	}
	return Period{start}, nil
}

// String returns the period as ParsePeriod reads it.
func (p Period) String() string { return p.start.Format(periodFormat) }

// Start returns the period's first instant, in UTC.
func (p Period) Start() time.Time { return p.start }

// Next returns the period that follows.
func (p Period) Next() Period { return Period{p.start.AddDate(0, 1, 0)} }

// Days returns the number of days in the period, 28 to 31.
func (p Period) Days() int { return p.Next().start.AddDate(0, 0, -1).Day() }

// DaysLeft returns how many days of t's period remain at t, including t's own
// day: 1 on the last day, Days on the first.
func DaysLeft(t time.Time) int { return PeriodOf(t).Days() - t.UTC().Day() + 1 }

// Since returns how many periods p lies after earlier; 0 for the same period.
func (p Period) Since(earlier Period) int {
	years := p.start.Year() - earlier.start.Year()
	return 12*years + int(p.start.Month()) - int(earlier.start.Month())
}
