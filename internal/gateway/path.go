package gateway

import (
	"net/http"
	"strings"
)

// Prefix begins the paths of the gateway.
const Prefix = "/wd/"

// target is what a path of the gateway names.
type target struct {
	token   string
	session string   // as the client knows it; "" for /session and /status
	rest    []string // segments after the session
	status  bool
	socket  string // the name of a WebSocket of the session
}

// parse reads a path: /wd/{token}, then perhaps /wd/hub, then /status, /session,
// /session/{id}/… or /socket/{name}/{id}. Doubled slashes count as one, since
// clients join URLs so. Dot segments, encoded slashes and anything else is refused.
func parse(r *http.Request) (target, *failure) {
	escaped := r.URL.EscapedPath()
	if lower := strings.ToLower(escaped); strings.Contains(lower, "%2f") || strings.Contains(lower, "%5c") || strings.Contains(lower, "%00") || strings.Contains(escaped, `\`) {
		return target{}, invalidArgument("The path has an encoded slash or backslash.")
	}
	var segments []string
	for _, s := range strings.Split(strings.TrimPrefix(escaped, Prefix), "/") {
		if s == "." || s == ".." || strings.EqualFold(s, "%2e") || strings.EqualFold(s, "%2e%2e") || strings.EqualFold(s, ".%2e") || strings.EqualFold(s, "%2e.") {
			return target{}, invalidArgument("The path has a dot segment.")
		}
		if s != "" {
			segments = append(segments, s)
		}
	}
	if len(segments) == 0 {
		return target{}, unknownCommand("The path has no token.")
	}
	t := target{token: segments[0]}
	segments = segments[1:]
	if len(segments) >= 2 && segments[0] == "wd" && segments[1] == "hub" {
		segments = segments[2:]
	}
	switch {
	case len(segments) == 1 && segments[0] == "status":
		t.status = true
	case len(segments) == 1 && segments[0] == "session":
	case len(segments) >= 2 && segments[0] == "session":
		t.session, t.rest = segments[1], segments[2:]
	case len(segments) == 3 && segments[0] == "socket":
		t.socket, t.session = segments[1], segments[2]
	default:
		return t, unknownCommand("There are /session and /status here, and nothing else.")
	}
	return t, nil
}
