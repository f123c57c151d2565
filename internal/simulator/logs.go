package simulator

import (
	"fmt"
	"slices"
)

// logLine is a line of a session's log.
type logLine struct {
	Timestamp int64  `json:"timestamp"` // milliseconds since 1970
	Level     string `json:"level"`
	Message   string `json:"message"`
}

// maxLog is how many lines a session keeps.
const maxLog = 100

// note writes a line into the log of the session.
func (s *session) note(format string, args ...any) {
	if len(s.log) == maxLog {
		s.log = slices.Delete(s.log, 0, 1)
	}
	s.log = append(s.log, logLine{s.now().UnixMilli(), "INFO", fmt.Sprintf(format, args...)})
}

// logNames returns the names of the log. There is one: it has what the session
// was told to do.
func (e *endpoint) logNames() []string {
	switch {
	case e.browser != nil:
		return []string{"browser", "driver"}
	case e.isAndroid():
		return []string{"logcat", "server"}
	default:
		return []string{"syslog", "server"}
	}
}

func logTypes(c *call) (any, error) { return c.endpoint.logNames(), nil }

// getLog returns the lines since it was read last.
func getLog(c *call) (any, error) {
	var body struct {
		Type string `json:"type"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if !slices.Contains(c.endpoint.logNames(), body.Type) {
		return nil, fail(invalidArgument, "type must be one of %v, and is %q", c.endpoint.logNames(), shortened(body.Type))
	}
	lines := append([]logLine{}, c.session.log...)
	c.session.log = nil
	return lines, nil
}
