package devicefarm_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/apimodel"
	"github.com/slotfarm/slotfarm/internal/apimodel/modeltest"
	"github.com/slotfarm/slotfarm/internal/backend"
	"github.com/slotfarm/slotfarm/internal/commandlog"
	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/devicefarm"
	"github.com/slotfarm/slotfarm/internal/farmtest"
	"github.com/slotfarm/slotfarm/internal/files"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/gateway"
	"github.com/slotfarm/slotfarm/internal/grid"
	"github.com/slotfarm/slotfarm/internal/simulator"
	"github.com/slotfarm/slotfarm/internal/web"
)

// Accounts of the tests.
const (
	alice = "000000000001"
	bob   = "000000000002"
)

// site is the API with a gateway and files beside it, before simulated browsers.
type site struct {
	t     *testing.T
	farm  *farmtest.Farm
	url   string
	grid  *grid.Grid
	flush func()       // has what was recorded be written
	past  atomic.Int64 // nanoseconds that the clock went on
	ids   atomic.Int64
}

func sign(message []byte) []byte {
	code := hmac.New(sha256.New, []byte("secret"))
	code.Write(message)
	return code.Sum(nil)
}

// openSite returns a site with two browsers.
func openSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, farm: farmtest.Open(t)}
	sim, err := simulator.Start(simulator.Config{Browsers: []simulator.Browser{{Name: "chrome", Version: "126.0", Platform: "linux", Capacity: 2}}})
	s.farm.Must(err)
	units := fleet.UnitsOf(device.Fleet{Browsers: []device.Browser{
		{Name: "chrome", Version: "126.0", Platform: "linux", WebDriver: sim.BrowserURL("chrome"), Capacity: 2, Isolated: true},
	}})
	of := func() *fleet.Units { return units }
	now := func() time.Time { return s.farm.Wall.Add(time.Duration(s.past.Load())) }
	id := func() string { return fmt.Sprintf("id-%06d", s.ids.Add(1)) }
	docs, asker := s.farm.Config.Store, backend.New()
	lab := fleet.New(fleet.Config{Store: docs, Accounts: s.farm.Accounts, Backend: asker, Units: of, Now: now, NewID: id, Node: "node"})
	logs := commandlog.NewLogs(commandlog.Config{Store: docs, Now: now})
	recorder := commandlog.NewRecorder(commandlog.Config{Store: docs, Now: now})
	s.flush = func() {
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		recorder.Run(ended)
	}
	s.grid = grid.New(grid.Config{Store: docs, Fleet: lab, Units: of, Logs: logs, Now: now, NewID: id, Nonce: id})
	gate := gateway.New(gateway.Config{
		Fleet: lab, Units: of, Sign: sign, Grid: gateway.Projects(s.grid), Now: now, Node: "node",
		Observe: func(c gateway.Command) { recorder.Record(commandlog.Command(c)) },
	})
	shelf := files.New(files.Config{
		Sign: sign, Now: now,
		Sources: map[string]files.Source{"log": {Type: "text/plain; charset=utf-8", Write: func(ctx context.Context, id string, w io.Writer) error {
			return logs.WriteText(ctx, id, w)
		}}},
	})
	api, err := devicefarm.Handler(devicefarm.Config{
		Web: web.Config{
			Authenticate: func(r *web.Request) (web.Identity, error) {
				return web.Identity{Account: r.Header.Get("X-Account")}, nil
			},
			Authorize: web.Everyone, NewID: id, Log: slog.New(slog.DiscardHandler),
		},
		Accounts: s.farm.Accounts, Orders: s.farm.Orders, Grid: s.grid, Now: now,
		GridPath: func(u grid.URL) string { return gate.GridPath(gateway.URL(u)) },
		LogPath:  func(session, as string) string { return shelf.Path(files.Ref{Kind: "log", ID: session, As: as}) },
	})
	s.farm.Must(err)
	mux := http.NewServeMux()
	mux.Handle("/", api)
	mux.Handle(gateway.Prefix, gate)
	mux.Handle(files.Prefix, shelf)
	server := httptest.NewServer(mux)
	s.url = server.URL
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { lab.Run(ctx) })
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		gate.Close()
		server.Close()
		cancel()
		running.Wait()
		asker.Close()
		if err := sim.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// call calls an operation and returns the status and the answer, which has to be
// within the API model if it is a success.
func (s *site) call(account, operation, body string) (int, []byte) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/", strings.NewReader(body))
	s.farm.Must(err)
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "DeviceFarm_20150623."+operation)
	req.Header.Set("X-Account", account)
	status, answer := s.send(req)
	if o, _ := apimodel.Load().Operation(operation); status == http.StatusOK {
		if err := apimodel.Check(o.Output, answer); err != nil {
			s.t.Errorf("%s: %v in %.500s", operation, err, answer)
		}
	}
	return status, answer
}

func (s *site) send(req *http.Request) (int, []byte) {
	s.t.Helper()
	res, err := http.DefaultClient.Do(req)
	s.farm.Must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	s.farm.Must(err)
	return res.StatusCode, body
}

// reads is call, for answers that have to be a success.
func (s *site) reads(account, operation, body string, into any) {
	s.t.Helper()
	status, answer := s.call(account, operation, body)
	if err := json.Unmarshal(answer, into); err != nil || status != http.StatusOK {
		s.t.Fatalf("%s %s: %d %s, %v", operation, body, status, answer, err)
	}
}

// refused calls an operation that has to be refused with an exception and a message
// that holds a text.
func (s *site) refused(account, operation, body, exception, message string) {
	s.t.Helper()
	status, answer := s.call(account, operation, body)
	var e struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	err := json.Unmarshal(answer, &e)
	if err != nil || status == http.StatusOK || !strings.HasSuffix(e.Type, exception) || !strings.Contains(e.Message, message) {
		s.t.Errorf("%s %s: %d %s, want %s with %q", operation, body, status, answer, exception, message)
	}
}

type gridProject struct {
	ARN, Name, Description string
	VPCConfig              map[string]any
	Created                float64
}

type gridSession struct {
	ARN, Status, SeleniumProperties string
	Created, Ended                  float64
	BillingMinutes                  *float64
}

// project makes a project of alice's.
func (s *site) project(name string) string {
	s.t.Helper()
	var made struct{ TestGridProject gridProject }
	s.reads(alice, "CreateTestGridProject", fmt.Sprintf(`{"name":%q}`, name), &made)
	return made.TestGridProject.ARN
}

// about returns an input that names a project or a session, with more members.
func about(member, arn, more string) string {
	return fmt.Sprintf(`{%q:%q%s}`, member, arn, more)
}

func TestTestGridProjects(t *testing.T) {
	s := openSite(t)
	var made, got, changed struct{ TestGridProject gridProject }
	s.reads(alice, "CreateTestGridProject", `{"name":"web","description":"of the shop","vpcConfig":{"securityGroupIds":["sg-1"],"subnetIds":["subnet-1"],"vpcId":"vpc-1"}}`, &made)
	s.reads(alice, "GetTestGridProject", about("projectArn", made.TestGridProject.ARN, ""), &got)
	if diff := cmp.Diff(made, got); diff != "" {
		t.Errorf("project (-made +got):\n%s", diff)
	}
	want := gridProject{
		ARN: made.TestGridProject.ARN, Name: "web", Description: "of the shop", Created: float64(s.farm.Wall.UnixMilli()) / 1000,
		VPCConfig: map[string]any{"securityGroupIds": []any{"sg-1"}, "subnetIds": []any{"subnet-1"}, "vpcId": "vpc-1"},
	}
	if diff := cmp.Diff(want, got.TestGridProject); diff != "" || !strings.HasPrefix(want.ARN, "arn:aws:devicefarm:us-west-2:"+alice+":testgrid-project:") {
		t.Errorf("project %s (-want +got):\n%s", want.ARN, diff)
	}
	s.reads(alice, "UpdateTestGridProject", about("projectArn", want.ARN, `,"name":"shop"`), &changed)
	if want.Name = "shop"; !cmp.Equal(want, changed.TestGridProject) {
		t.Errorf("changed (-want +got):\n%s", cmp.Diff(want, changed.TestGridProject))
	}
	for _, operation := range []string{"GetTestGridProject", "UpdateTestGridProject", "DeleteTestGridProject", "ListTestGridSessions"} {
		s.refused(bob, operation, about("projectArn", want.ARN, ""), "NotFoundException", want.ARN)
		s.refused(alice, operation, about("projectArn", strings.Replace(want.ARN, "testgrid-project", "project", 1), ""), "ArgumentException", "projectArn")
	}
	var none struct{}
	s.reads(alice, "DeleteTestGridProject", about("projectArn", want.ARN, ""), &none)
	s.refused(alice, "GetTestGridProject", about("projectArn", want.ARN, ""), "NotFoundException", want.ARN)
}

func TestTestGridProjectPages(t *testing.T) {
	s := openSite(t)
	var want, got []string
	for n := range 5 {
		s.past.Add(int64(time.Millisecond))
		want = append(want, s.project(fmt.Sprint("p", n)))
	}
	body := `{"maxResult":2}`
	for {
		var page struct {
			TestGridProjects []gridProject
			NextToken        string
		}
		s.reads(alice, "ListTestGridProjects", body, &page)
		for _, p := range page.TestGridProjects {
			got = append(got, p.ARN)
		}
		if page.NextToken == "" {
			break
		}
		s.refused(bob, "ListTestGridProjects", fmt.Sprintf(`{"nextToken":%q}`, page.NextToken), "ArgumentException", "nextToken")
		body = fmt.Sprintf(`{"maxResult":2,"nextToken":%q}`, page.NextToken)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("projects (-want +got):\n%s", diff)
	}
}

// drive takes a session from its URL to its end, and returns its id and its URL.
func (s *site) drive(project string) (id, url string) {
	s.t.Helper()
	var made struct {
		URL     string
		Expires float64
	}
	s.reads(alice, "CreateTestGridUrl", about("projectArn", project, `,"expiresInSeconds":300`), &made)
	if want := float64(s.now().Add(5*time.Minute).UnixMilli()) / 1000; made.Expires != want || !strings.HasPrefix(made.URL, s.url+"/wd/") {
		s.t.Errorf("URL = %+v, want one here that expires at %v", made, want)
	}
	var created struct{ Value struct{ SessionID string } }
	s.webdriver(http.MethodPost, made.URL+"/session", `{"capabilities":{"alwaysMatch":{"browserName":"chrome","browserVersion":"latest"}}}`, &created)
	return created.Value.SessionID, made.URL
}

func (s *site) now() time.Time { return s.farm.Wall.Add(time.Duration(s.past.Load())) }

// webdriver sends a command that has to succeed.
func (s *site) webdriver(method, url, body string, into any) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, url, strings.NewReader(body))
	s.farm.Must(err)
	status, answer := s.send(req)
	if err := json.Unmarshal(answer, into); err != nil || status != http.StatusOK {
		s.t.Fatalf("%s %s: %d %s, %v", method, url, status, answer, err)
	}
}

// TestTestGridSession takes a session from its URL to its log, as a client of AWS
// and one of WebDriver do it together.
func TestTestGridSession(t *testing.T) {
	s := openSite(t)
	project := s.project("web")
	id, url := s.drive(project)
	session := strings.Replace(project, "testgrid-project", "testgrid-session", 1) + "/" + id
	var got struct{ TestGridSession gridSession }
	s.reads(alice, "GetTestGridSession", about("sessionArn", session, ""), &got)
	want := gridSession{
		ARN: session, Status: "ACTIVE", Created: float64(s.now().UnixMilli()) / 1000,
		SeleniumProperties: `{"browser":"chrome","browserVersion":"126.0","platform":"linux"}`,
	}
	if diff := cmp.Diff(want, got.TestGridSession); diff != "" {
		t.Errorf("session (-want +got):\n%s", diff)
	}
	s.refused(alice, "DeleteTestGridProject", about("projectArn", project, ""), "CannotDeleteException", session)
	var answer struct{ Value any }
	s.webdriver(http.MethodPost, url+"/session/"+id+"/url", `{"url":"http://hush:hush@simulated.test/form"}`, &answer)
	s.past.Add(int64(75 * time.Second))
	s.webdriver(http.MethodDelete, url+"/session/"+id, "", &answer)
	s.flush()
	s.reads(alice, "GetTestGridSession", about("projectArn", project, fmt.Sprintf(`,"sessionId":%q`, id)), &got)
	minutes := 1.25
	want.Status, want.Ended, want.BillingMinutes = "CLOSED", float64(s.now().UnixMilli())/1000, &minutes
	if diff := cmp.Diff(want, got.TestGridSession); diff != "" {
		t.Errorf("session after its end (-want +got):\n%s", diff)
	}
	s.checkActions(session)
	s.checkLog(session)
	var none struct{}
	s.reads(alice, "DeleteTestGridProject", about("projectArn", project, ""), &none)
	for _, operation := range []string{"GetTestGridSession", "ListTestGridSessionActions", "ListTestGridSessionArtifacts"} {
		s.refused(alice, operation, about("sessionArn", session, ""), "NotFoundException", session)
	}
}

// checkActions reads the actions of a session in pages of one.
func (s *site) checkActions(session string) {
	s.t.Helper()
	type action struct {
		Action, StatusCode, RequestMethod string
		Started                           float64
		Duration                          int64
	}
	var got []action
	body := about("sessionArn", session, `,"maxResult":1`)
	for more := true; more; {
		var page struct {
			Actions   []action
			NextToken string
		}
		s.reads(alice, "ListTestGridSessionActions", body, &page)
		for _, a := range page.Actions {
			if a.Duration < 0 || a.Duration > 60_000 {
				s.t.Errorf("action %+v took that long", a)
			}
			a.Duration = 0
			got = append(got, a)
		}
		body = about("sessionArn", session, fmt.Sprintf(`,"maxResult":1,"nextToken":%q`, page.NextToken))
		more = page.NextToken != ""
	}
	began, ended := float64(s.farm.Wall.UnixMilli())/1000, float64(s.now().UnixMilli())/1000
	want := []action{
		{"/session", "200", "POST", began, 0}, {"/session/url", "200", "POST", began, 0}, {"/session", "200", "DELETE", ended, 0},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("actions (-want +got):\n%s", diff)
	}
}

// checkLog finds the log of a session among its artifacts, and reads it.
func (s *site) checkLog(session string) {
	s.t.Helper()
	var page struct {
		Artifacts []struct{ Filename, Type, URL string }
		NextToken string
	}
	s.reads(alice, "ListTestGridSessionArtifacts", about("sessionArn", session, `,"type":"VIDEO"`), &page)
	if len(page.Artifacts) != 0 {
		s.t.Errorf("there are %d videos, want none", len(page.Artifacts))
	}
	s.reads(alice, "ListTestGridSessionArtifacts", about("sessionArn", session, `,"type":"LOG"`), &page)
	if len(page.Artifacts) != 1 || page.Artifacts[0].Filename != "selenium.log" || page.Artifacts[0].Type != "SELENIUM_LOG" || page.NextToken != "" {
		s.t.Fatalf("artifacts = %+v, want one log", page)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, page.Artifacts[0].URL, nil)
	s.farm.Must(err)
	status, body := s.send(req)
	if status != http.StatusOK || bytes.Count(body, []byte("\n")) != 3 || !bytes.Contains(body, []byte("POST /session/url 200")) || bytes.Contains(body, []byte("hush")) {
		s.t.Errorf("log: %d %s", status, body)
	}
	s.refused(bob, "ListTestGridSessionArtifacts", about("sessionArn", session, ""), "NotFoundException", session)
}

// TestTestGridSessionNames asks for sessions by names that do not fit together.
func TestTestGridSessionNames(t *testing.T) {
	s := openSite(t)
	project, other := s.project("web"), s.project("other")
	id, url := s.drive(project)
	session := strings.Replace(project, "testgrid-project", "testgrid-session", 1) + "/" + id
	tests := []struct{ name, body, exception, message string }{
		{"nothing", `{}`, "ArgumentException", "give sessionArn"},
		{"a project alone", about("projectArn", project, ""), "ArgumentException", "sessionId"},
		{"an id alone", `{"sessionId":"x"}`, "ArgumentException", "projectArn"},
		{"an id that is not there", about("projectArn", project, `,"sessionId":"never"`), "NotFoundException", "never"},
		{"an id that cannot be", about("projectArn", project, `,"sessionId":"a/b c"`), "NotFoundException", "a/b c"},
		{"an id of another project", about("projectArn", other, fmt.Sprintf(`,"sessionId":%q`, id)), "NotFoundException", id},
		{"another project", about("sessionArn", session, fmt.Sprintf(`,"projectArn":%q`, other)), "ArgumentException", other},
		{"another id", about("sessionArn", session, `,"sessionId":"x"`), "ArgumentException", "sessionId"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { s.refused(alice, "GetTestGridSession", tt.body, tt.exception, tt.message) })
	}
	var got struct{ TestGridSession gridSession }
	s.reads(alice, "GetTestGridSession", about("sessionArn", session, fmt.Sprintf(`,"projectArn":%q,"sessionId":%q`, project, id)), &got)
	s.webdriver(http.MethodDelete, url+"/session/"+id, "", &struct{}{})
}

// TestTestGridSessionLists lists sessions by status and time, and page by page.
func TestTestGridSessionLists(t *testing.T) {
	s := openSite(t)
	project := s.project("web")
	start := s.now()
	var ids []string
	for range 3 {
		s.past.Add(int64(time.Hour))
		id, url := s.drive(project)
		ids = append(ids, id)
		if len(ids) < 3 {
			s.past.Add(int64(time.Minute))
			s.webdriver(http.MethodDelete, url+"/session/"+id, "", &struct{}{})
		}
	}
	slices.Reverse(ids)
	at := func(hours float64) string {
		return strconv.FormatFloat(float64(start.UnixMilli())/1000+hours*3600, 'f', 3, 64)
	}
	tests := []struct {
		name, more string
		want       []string
	}{
		{"all", ``, ids},
		{"pages of one", `,"maxResult":1`, ids},
		{"active", `,"status":"ACTIVE"`, ids[:1]},
		{"closed", `,"status":"CLOSED","maxResult":1`, ids[1:]},
		{"errored", `,"status":"ERRORED"`, nil},
		{"created after", `,"creationTimeAfter":` + at(1.5), ids[:2]},
		{"created before", `,"creationTimeBefore":` + at(1.5), ids[2:]},
		{"ended after", `,"endTimeAfter":` + at(1.5), ids[1:2]},
		{"ended before", `,"endTimeBefore":` + at(1.5), ids[2:]},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for token := ""; ; {
				var page struct {
					TestGridSessions []gridSession
					NextToken        string
				}
				s.reads(alice, "ListTestGridSessions", about("projectArn", project, tt.more+token), &page)
				for _, one := range page.TestGridSessions {
					got = append(got, one.ARN[strings.LastIndexByte(one.ARN, '/')+1:])
				}
				if page.NextToken == "" {
					break
				}
				token = fmt.Sprintf(`,"nextToken":%q`, page.NextToken)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("sessions (-want +got):\n%s", diff)
			}
		})
	}
	s.refused(alice, "ListTestGridSessions", about("projectArn", project, `,"creationTimeAfter":-1`), "ArgumentException", "creationTimeAfter -1")
	s.refused(alice, "ListTestGridSessions", about("projectArn", project, `,"endTimeBefore":1e300`), "ArgumentException", "endTimeBefore 1e300")
}

// TestTestGridModel sends every operation of test grid the boundary and bad values
// that the API model gives rise to. What names nothing is not found, and a page
// token that was not given out is refused.
func TestTestGridModel(t *testing.T) {
	s := openSite(t)
	for _, name := range devicefarm.Operations() {
		if !strings.Contains(name, "TestGrid") {
			continue
		}
		o, _ := apimodel.Load().Operation(name)
		samples := modeltest.Samples{"projectArn": strconv.Quote(s.project("web"))}
		for i, c := range modeltest.Cases(o, samples) {
			t.Run(name+"/"+c.Name, func(t *testing.T) {
				status, body := s.call(alice, name, c.Body)
				want := string(c.Want)
				switch {
				case c.Want == modeltest.Accepted && strings.HasSuffix(strings.ToLower(c.Member), "arn") && c.Value != "":
					want = "ArgumentException" // it is no ARN of Device Farm
				case c.Want == modeltest.Accepted && c.Member == "nextToken" && c.Value != "":
					want = "ArgumentException"
				}
				fails := strings.Contains(string(body), `"`+want+`"`)
				if want != "accepted" && (!fails || status != http.StatusBadRequest) {
					t.Errorf("answer to %.200s = %d %.300s, want %s", c.Body, status, body, want)
				}
				if want == "accepted" && (status >= http.StatusInternalServerError || strings.Contains(string(body), "SerializationException")) {
					t.Errorf("answer to %.200s = %d %.300s, want none about its form", c.Body, status, body)
				}
				if named := !strings.Contains(name, "Session") || name == "ListTestGridSessions"; i == 0 && named && status != http.StatusOK {
					t.Errorf("answer to %.200s = %d %.300s, want success", c.Body, status, body)
				}
			})
		}
	}
}
