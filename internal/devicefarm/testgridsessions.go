package devicefarm

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/grid"
	"github.com/slotfarm/slotfarm/internal/web"
)

type testGridSessionShape struct {
	ARN                string             `json:"arn"`
	Status             string             `json:"status"`
	Created            awsjson.Timestamp  `json:"created"`
	Ended              *awsjson.Timestamp `json:"ended,omitempty"`
	BillingMinutes     *awsjson.Decimal   `json:"billingMinutes,omitempty"`
	SeleniumProperties string             `json:"seleniumProperties"`
}

// shapeOfTestGridSession returns a session in its wire form. One that has not ended
// has neither an end nor minutes.
func shapeOfTestGridSession(s grid.Session) (testGridSessionShape, error) {
	properties, err := json.Marshal(struct {
		Browser        string `json:"browser"`
		BrowserVersion string `json:"browserVersion"`
		Platform       string `json:"platform"`
	}{s.Browser.Name, s.Browser.Version, s.Browser.Platform})
	shape := testGridSessionShape{
		ARN: s.ARN.String(), Status: string(s.Status), Created: awsjson.Timestamp{Time: s.Created}, SeleniumProperties: string(properties),
	}
	if !s.Ended.IsZero() {
		minutes := awsjson.Decimal(s.Billed().Minutes())
		shape.Ended, shape.BillingMinutes = stamp(s.Ended), &minutes
	}
	return shape, err
}

type testGridSessionOutput struct {
	TestGridSession testGridSessionShape `json:"testGridSession"`
}

type getTestGridSessionInput struct {
	SessionARN *string `json:"sessionArn"`
	ProjectARN *string `json:"projectArn"`
	SessionID  *string `json:"sessionId"`
}

// resource is the session, also if it is named by its project and its id.
func (in getTestGridSessionInput) resource() *string {
	if in.SessionARN != nil {
		return in.SessionARN
	}
	if of, err := in.named(); err == nil {
		name := of.String()
		return &name
	}
	return nil
}

// named returns the session that is named by its project and its id.
func (in getTestGridSessionInput) named() (arn.ARN, error) {
	if in.ProjectARN == nil {
		return arn.ARN{}, in.nameless()
	}
	project, err := parsed("projectArn", *in.ProjectARN, arn.TestGridProject)
	if err != nil {
		return arn.ARN{}, err
	}
	if in.SessionID == nil {
		return arn.ARN{}, in.nameless()
	}
	of := arn.New(project.Account, arn.TestGridSession, project.ID(), *in.SessionID)
	if _, err := arn.Parse(of.String()); err != nil {
		return arn.ARN{}, fault.New(fault.NotFound, "Project %s has no session with sessionId %s.", project, fault.Quote(*in.SessionID))
	}
	return of, nil
}

// nameless says that the input names no session.
func (getTestGridSessionInput) nameless() error {
	return fault.New(fault.Argument, "The session is not named; give sessionArn, or both projectArn and sessionId.")
}

// getTestGridSession shows a session, by its ARN or by its project and its id.
func (a api) getTestGridSession(ctx context.Context, call *web.Request, in getTestGridSessionInput) (testGridSessionOutput, error) {
	of, err := in.target(call)
	if err != nil {
		return testGridSessionOutput{}, err
	}
	found, err := a.grid.Session(ctx, who(call), of)
	if err != nil {
		return testGridSessionOutput{}, err
	}
	shape, err := shapeOfTestGridSession(found)
	return testGridSessionOutput{shape}, err
}

// target returns the session that the input names. Where it does so twice, both must
// be the same.
func (in getTestGridSessionInput) target(call *web.Request) (arn.ARN, error) {
	if err := bounded(call); err != nil {
		return arn.ARN{}, err
	}
	if in.SessionARN == nil {
		return in.named()
	}
	of, err := parsed("sessionArn", *in.SessionARN, arn.TestGridSession)
	if err != nil {
		return of, err
	}
	if in.ProjectARN != nil {
		project, err := parsed("projectArn", *in.ProjectARN, arn.TestGridProject)
		if err != nil {
			return of, err
		}
		if parent, _ := of.Parent(); parent != project {
			return of, fault.New(fault.Argument, "sessionArn %s is no session of projectArn %s.", of, project)
		}
	}
	if in.SessionID != nil && *in.SessionID != of.ID() {
		return of, fault.New(fault.Argument, "sessionId %s is not that of sessionArn %s.", fault.Quote(*in.SessionID), of)
	}
	return of, nil
}

type listTestGridSessionsInput struct {
	ProjectARN         *string         `json:"projectArn"`
	Status             *string         `json:"status"`
	CreationTimeAfter  *awsjson.Number `json:"creationTimeAfter"`
	CreationTimeBefore *awsjson.Number `json:"creationTimeBefore"`
	EndTimeAfter       *awsjson.Number `json:"endTimeAfter"`
	EndTimeBefore      *awsjson.Number `json:"endTimeBefore"`
	MaxResult          *awsjson.Number `json:"maxResult"`
	NextToken          *string         `json:"nextToken"`
}

func (in listTestGridSessionsInput) resource() *string { return in.ProjectARN }

// filter returns which sessions the input asks for.
func (in listTestGridSessionsInput) filter() (grid.Filter, error) {
	f := grid.Filter{Status: grid.Status(text(in.Status))}
	for _, one := range []struct {
		member string
		number *awsjson.Number
		at     *time.Time
	}{
		{"creationTimeAfter", in.CreationTimeAfter, &f.CreatedAfter}, {"creationTimeBefore", in.CreationTimeBefore, &f.CreatedBefore},
		{"endTimeAfter", in.EndTimeAfter, &f.EndedAfter}, {"endTimeBefore", in.EndTimeBefore, &f.EndedBefore},
	} {
		if one.number == nil {
			continue
		}
		var err error
		if *one.at, err = one.number.Time(one.member); err != nil {
			return f, err
		}
	}
	return f, nil
}

type listTestGridSessionsOutput struct {
	TestGridSessions []testGridSessionShape `json:"testGridSessions"`
	NextToken        string                 `json:"nextToken,omitempty"`
}

// listTestGridSessions shows the sessions of a test grid project, newest first.
func (a api) listTestGridSessions(ctx context.Context, call *web.Request, in listTestGridSessionsInput) (listTestGridSessionsOutput, error) {
	out := listTestGridSessionsOutput{TestGridSessions: []testGridSessionShape{}}
	of, err := projectInput{in.ProjectARN}.target(call)
	if err != nil {
		return out, err
	}
	if of.Account != string(who(call)) {
		return out, fault.New(fault.NotFound, "There is no test grid project %s.", of)
	}
	filter, err := in.filter()
	if err != nil {
		return out, err
	}
	size, err := gridPage(in.MaxResult)
	if err != nil {
		return out, err
	}
	from, err := idPlace(call, in.NextToken)
	if err != nil {
		return out, err
	}
	page, next, err := a.grid.Sessions(ctx, of, filter, grid.Page{From: fleet.Page(from), Limit: size})
	if err != nil {
		return out, err
	}
	for _, s := range page {
		shape, err := shapeOfTestGridSession(s)
		if err != nil {
			return out, err
		}
		out.TestGridSessions = append(out.TestGridSessions, shape)
	}
	if next != "" {
		out.NextToken = idToken(call, string(next))
	}
	return out, nil
}

// sessionInput is the input of operations on one test grid session.
type sessionInput struct {
	SessionARN *string         `json:"sessionArn"`
	MaxResult  *awsjson.Number `json:"maxResult"`
	NextToken  *string         `json:"nextToken"`
}

func (in sessionInput) resource() *string { return in.SessionARN }

// find returns the session that the input names, how many items of a list of it were
// sent, and how many a page has.
func (a api) find(ctx context.Context, call *web.Request, in sessionInput) (s grid.Session, sent, size int, err error) {
	if err = bounded(call); err != nil {
		return s, 0, 0, err
	}
	of, err := parsed("sessionArn", *in.SessionARN, arn.TestGridSession)
	if err != nil {
		return s, 0, 0, err
	}
	if size, err = gridPage(in.MaxResult); err != nil {
		return s, 0, 0, err
	}
	from, err := place(call, in.NextToken)
	if err != nil {
		return s, 0, 0, err
	}
	s, err = a.grid.Session(ctx, who(call), of)
	return s, int(from.Seq), size, err
}

type testGridSessionActionShape struct {
	Action        string            `json:"action"`
	Started       awsjson.Timestamp `json:"started"`
	Duration      int64             `json:"duration"`
	StatusCode    string            `json:"statusCode"`
	RequestMethod string            `json:"requestMethod"`
}

type listTestGridSessionActionsOutput struct {
	Actions   []testGridSessionActionShape `json:"actions"`
	NextToken string                       `json:"nextToken,omitempty"`
}

// listTestGridSessionActions shows the commands of a session, oldest first.
func (a api) listTestGridSessionActions(ctx context.Context, call *web.Request, in sessionInput) (listTestGridSessionActionsOutput, error) {
	out := listTestGridSessionActionsOutput{Actions: []testGridSessionActionShape{}}
	s, sent, size, err := a.find(ctx, call, in)
	if err != nil {
		return out, err
	}
	page, more, err := a.grid.Actions(ctx, s, sent, size)
	for _, c := range page {
		out.Actions = append(out.Actions, testGridSessionActionShape{
			Action: c.Path, Started: awsjson.Timestamp{Time: c.At}, Duration: c.Took.Milliseconds(),
			StatusCode: strconv.Itoa(c.Status), RequestMethod: c.Method,
		})
	}
	if more {
		out.NextToken = token(call, billing.Cursor{Seq: int64(sent + len(page))})
	}
	return out, err
}

type listTestGridSessionArtifactsInput struct {
	SessionARN *string         `json:"sessionArn"`
	Type       *string         `json:"type"`
	MaxResult  *awsjson.Number `json:"maxResult"`
	NextToken  *string         `json:"nextToken"`
}

func (in listTestGridSessionArtifactsInput) resource() *string { return in.SessionARN }

type testGridSessionArtifactShape struct {
	Filename string `json:"filename"`
	Type     string `json:"type"`
	URL      string `json:"url"`
}

type listTestGridSessionArtifactsOutput struct {
	Artifacts []testGridSessionArtifactShape `json:"artifacts"`
	NextToken string                         `json:"nextToken,omitempty"`
}

// seleniumLog is the name of the log of commands.
const seleniumLog = "selenium.log"

// listTestGridSessionArtifacts shows the files of a session: its log of commands.
// There are no videos.
func (a api) listTestGridSessionArtifacts(ctx context.Context, call *web.Request, in listTestGridSessionArtifactsInput) (listTestGridSessionArtifactsOutput, error) {
	out := listTestGridSessionArtifactsOutput{Artifacts: []testGridSessionArtifactShape{}}
	s, sent, _, err := a.find(ctx, call, sessionInput{in.SessionARN, in.MaxResult, in.NextToken})
	if err != nil || text(in.Type) == "VIDEO" || sent > 0 || a.logPath == nil {
		return out, err
	}
	out.Artifacts = append(out.Artifacts, testGridSessionArtifactShape{seleniumLog, "SELENIUM_LOG", a.reach(call.Request, a.logPath(s.ID, seleniumLog))})
	return out, nil
}
