package operator_test

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/web"
)

// TestEmptyLab asks a lab without devices: it answers like any other.
func TestEmptyLab(t *testing.T) {
	t.Parallel()
	f := open(t)
	for path, want := range map[string]string{
		"/devices":                             `{"devices":[]}`,
		"/devices?state=ready&limit=1":         `{"devices":[]}`,
		"/sessions":                            `{"sessions":[]}`,
		"/sessions?state=live":                 `{"sessions":[]}`,
		"/sessions?state=ended&limit=1000":     `{"sessions":[]}`,
		"/sessions?account=" + alice:           `{"sessions":[]}`,
		"/sessions?after=sessions/1/none":      `{"sessions":[]}`,
		"/queue":                               `{"waiting":[]}`,
		"/queue?account=" + alice:              `{"waiting":[]}`,
		"/queue?after=" + alice + "&limit=200": `{"waiting":[]}`,
		"/lab/audit":                           `{"ok":true,"wrong":[]}`,
	} {
		if got := f.accepted("GET", path, ""); got != want+"\n" {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// TestBadLabInput sends what the calls on the lab refuse.
func TestBadLabInput(t *testing.T) {
	t.Parallel()
	f := open(t)
	const reason = `{"reason":"smoke"}`
	long := `{"reason":"` + strings.Repeat("x", 501) + `"}`
	for _, tt := range []struct {
		request, body string
		want          refusal
	}{
		{"GET /devices?state=broken", "", refusal{400, argument, `state "broken" is unknown; it must be one of preparing, ready, held, cleaning, suspect, quarantined, draining, offline`}},
		{"GET /devices?limit=0", "", refusal{400, argument, "limit 0 is out of range; it must be from 1 to 1000"}},
		{"GET /devices?limit=x", "", refusal{400, argument, `limit "x" is not a whole number`}},
		{"GET /devices/none", "", refusal{404, notFound, `There is no device or browser instance "none".`}},
		{"GET /devices/a%2F%2Fb", "", refusal{404, notFound, `There is no device or browser instance "a//b".`}},
		{"POST /devices/none/drain", reason, refusal{404, notFound, `There is no device or browser instance "none".`}},
		{"POST /devices/none/resume", `{}`, refusal{400, argument, `reason "" says nothing; it must be a line of text`}},
		{"POST /devices/none/resume", ``, refusal{400, malformed, "the body is not valid JSON"}},
		{"POST /devices/none/quarantine", `{"reason":"a\nb"}`, refusal{400, argument, "U+000A"}},
		{"POST /devices/none/quarantine", long, refusal{400, argument, "reason has 501 bytes"}},
		{"POST /devices/none/quarantine", `{"reason":"a","why":"b"}`, refusal{400, malformed, `member "why" is unknown`}},
		{"GET /sessions?state=waiting", "", refusal{400, argument, `state "waiting" is unknown; it must be live or ended`}},
		{"GET /sessions?account=bob", "", refusal{400, argument, `account "bob" is not an account id`}},
		{"GET /sessions?limit=1001", "", refusal{400, argument, "limit 1001 is out of range; it must be from 1 to 1000"}},
		{"GET /sessions?after=%0A", "", refusal{400, argument, "control character"}},
		{"GET /sessions/none", "", refusal{404, notFound, `There is no session "none".`}},
		{"GET /sessions/none?account=bob", "", refusal{400, argument, `account "bob" is not an account id`}},
		{"POST /sessions/none/end", reason, refusal{404, notFound, `There is no session "none".`}},
		{"POST /sessions/none/end", `{"reason":" "}`, refusal{400, argument, `reason " " says nothing`}},
		{"GET /queue?limit=0", "", refusal{400, argument, "limit 0 is out of range"}},
		{"GET /queue?account=bob", "", refusal{400, argument, `account "bob" is not an account id`}},
		{"GET /queue?after=bob", "", refusal{400, argument, `account "bob" is not an account id`}},
	} {
		method, path, _ := strings.Cut(tt.request, " ")
		f.refused(method, path, tt.body, tt.want)
	}
}

// TestLabOfAnAccount has the calls on sessions be about the account that their query
// names, and no other call.
func TestLabOfAnAccount(t *testing.T) {
	t.Parallel()
	f := open(t)
	var asked []string
	c := f.config(func() string { return "id" }, io.Discard)
	c.Web.Authorize = func(_ *web.Request, ask web.Ask) error {
		asked = append(asked, ask.Action+" "+ask.Resource)
		return nil
	}
	f.handler = f.handle(c)
	for _, path := range []string{"/sessions", "/sessions/x", "/queue", "/devices"} {
		f.call("GET", path+"?account="+alice, "")
	}
	f.call("POST", "/sessions/x/end?account="+alice+"&account="+bob, `{"reason":"r"}`)
	f.call("GET", "/sessions", "")
	own := " arn:aws:slotfarm:::account/" + alice
	want := []string{
		"slotfarm:ListSessions" + own, "slotfarm:GetSession" + own, "slotfarm:ListQueue" + own, "slotfarm:ListDevices *",
		"slotfarm:EndSession" + own, "slotfarm:ListSessions *",
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}
