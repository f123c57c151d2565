package cli

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// First and last year that a clock may show.
const (
	firstYear = 1970
	lastYear  = 9999
)

// instant is the time that a flag gives, in UTC and with whole milliseconds,
// like clocks. The zero instant means that the flag is not given.
type instant time.Time

// UnmarshalText accepts RFC 3339 with any offset and any number of decimals.
func (i *instant) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return fmt.Errorf("%q is not an RFC 3339 time, such as 2026-01-31T00:00:00Z", text)
	}
	at = at.UTC().Truncate(time.Millisecond)
	if at.Year() < firstYear || at.Year() > lastYear {
		return fmt.Errorf("%q is out of range; it must be from %d to %d", text, firstYear, lastYear)
	}
	*i = instant(at)
	return nil
}

// time returns the instant, or nil if there is none.
func (i instant) time() *time.Time {
	at := time.Time(i)
	if at.IsZero() {
		return nil
	}
	return &at
}

// level is how much is logged.
type level slog.Level

// Choices returns all values.
func (level) Choices() []string { return []string{"debug", "info", "warn", "error"} }

// UnmarshalText accepts the name of a level, in upper or lower case.
func (l *level) UnmarshalText(text []byte) error {
	switch strings.ToLower(string(text)) {
	case "debug", "info", "warn", "error":
		return (*slog.Level)(l).UnmarshalText(text)
	}
	return fmt.Errorf("%q is not a log level; it must be debug, info, warn or error", text)
}

// format is the format of log lines.
type format string

// UnmarshalText accepts the name of a format.
func (f *format) UnmarshalText(text []byte) error {
	switch *f = format(text); *f {
	case "text", "json":
		return nil
	}
	return fmt.Errorf("%q is not a log format; it must be text or json", text)
}

// handler returns a handler that writes lines of at least a level.
func (f format) handler(w io.Writer, from level) slog.Handler {
	options := &slog.HandlerOptions{Level: slog.Level(from)}
	if f == "json" {
		return slog.NewJSONHandler(w, options)
	}
	return slog.NewTextHandler(w, options)
}
