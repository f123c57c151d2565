package devicefarm

import (
	"context"
	"time"

	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/grid"
	"github.com/slotfarm/slotfarm/internal/web"
)

func (a api) testGridRows() []awsjson.Operation {
	return []awsjson.Operation{
		row("CreateTestGridProject", onAll, a.createTestGridProject),
		rowOn("GetTestGridProject", arn.TestGridProject, a.getTestGridProject),
		row("ListTestGridProjects", onAll, a.listTestGridProjects),
		rowOn("UpdateTestGridProject", arn.TestGridProject, a.updateTestGridProject),
		rowOn("DeleteTestGridProject", arn.TestGridProject, a.deleteTestGridProject),
		rowOn("CreateTestGridUrl", arn.TestGridProject, a.createTestGridURL),
		rowOn("GetTestGridSession", arn.TestGridSession, a.getTestGridSession),
		rowOn("ListTestGridSessions", arn.TestGridProject, a.listTestGridSessions),
		rowOn("ListTestGridSessionActions", arn.TestGridSession, a.listTestGridSessionActions),
		rowOn("ListTestGridSessionArtifacts", arn.TestGridSession, a.listTestGridSessionArtifacts),
	}
}

type testGridProjectShape struct {
	ARN         string            `json:"arn"`
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	VPCConfig   *vpcConfigShape   `json:"vpcConfig,omitempty"`
	Created     awsjson.Timestamp `json:"created"`
}

// shapeOfTestGridProject returns a project in its wire form. What was never set is
// left out.
func shapeOfTestGridProject(p grid.Project) testGridProjectShape {
	shape := testGridProjectShape{
		ARN: p.ARN().String(), Name: p.Name, Description: p.Description, Created: awsjson.Timestamp{Time: p.Created},
	}
	if p.VPC != nil {
		shape.VPCConfig = &vpcConfigShape{SecurityGroupIDs: p.VPC.SecurityGroups, SubnetIDs: p.VPC.Subnets, VPCID: p.VPC.ID}
	}
	return shape
}

type testGridProjectOutput struct {
	TestGridProject testGridProjectShape `json:"testGridProject"`
}

type createTestGridProjectInput struct {
	Name        *string         `json:"name"`
	Description *string         `json:"description"`
	VPCConfig   *vpcConfigInput `json:"vpcConfig"`
}

// on returns terms with what the input changes about them.
func (in createTestGridProjectInput) on(terms grid.Terms) grid.Terms {
	set(&terms.Name, in.Name)
	set(&terms.Description, in.Description)
	if v := in.VPCConfig; v != nil {
		terms.VPC = &grid.VPC{ID: text(v.VPCID), SecurityGroups: v.SecurityGroupIDs, Subnets: v.SubnetIDs}
	}
	return terms
}

// createTestGridProject makes a test grid project.
func (a api) createTestGridProject(ctx context.Context, call *web.Request, in createTestGridProjectInput) (testGridProjectOutput, error) {
	if err := bounded(call); err != nil {
		return testGridProjectOutput{}, err
	}
	made, err := a.grid.Create(ctx, who(call), in.on(grid.Terms{}))
	return testGridProjectOutput{shapeOfTestGridProject(made)}, err
}

// projectInput is the input of operations on one test grid project.
type projectInput struct {
	ProjectARN *string `json:"projectArn"`
}

func (in projectInput) resource() *string { return in.ProjectARN }

// target returns the project that the input names, once the whole input is within
// the bounds of the API model.
func (in projectInput) target(call *web.Request) (arn.ARN, error) {
	if err := bounded(call); err != nil {
		return arn.ARN{}, err
	}
	return parsed("projectArn", *in.ProjectARN, arn.TestGridProject)
}

// getTestGridProject shows a test grid project.
func (a api) getTestGridProject(ctx context.Context, call *web.Request, in projectInput) (testGridProjectOutput, error) {
	of, err := in.target(call)
	if err != nil {
		return testGridProjectOutput{}, err
	}
	found, err := a.grid.Get(ctx, who(call), of)
	return testGridProjectOutput{shapeOfTestGridProject(found)}, err
}

type listTestGridProjectsInput struct {
	MaxResult *awsjson.Number `json:"maxResult"`
	NextToken *string         `json:"nextToken"`
}

type listTestGridProjectsOutput struct {
	TestGridProjects []testGridProjectShape `json:"testGridProjects"`
	NextToken        string                 `json:"nextToken,omitempty"`
}

// listTestGridProjects shows the account's test grid projects, oldest first.
func (a api) listTestGridProjects(ctx context.Context, call *web.Request, in listTestGridProjectsInput) (listTestGridProjectsOutput, error) {
	out := listTestGridProjectsOutput{TestGridProjects: []testGridProjectShape{}}
	if err := bounded(call); err != nil {
		return out, err
	}
	size, err := gridPage(in.MaxResult)
	if err != nil {
		return out, err
	}
	after, err := idPlace(call, in.NextToken)
	if err != nil {
		return out, err
	}
	page, more, err := a.grid.List(ctx, who(call), after, size)
	for _, p := range page {
		out.TestGridProjects = append(out.TestGridProjects, shapeOfTestGridProject(p))
	}
	if more {
		out.NextToken = idToken(call, page[len(page)-1].ID)
	}
	return out, err
}

// gridPage returns how many items a page has, of which the caller wants some number
// at most that is within the bounds of the API model.
func gridPage(maxResult *awsjson.Number) (int, error) {
	if maxResult == nil {
		return resourcePage, nil
	}
	n, err := maxResult.Integer("maxResult")
	return min(n, resourcePage), err
}

type updateTestGridProjectInput struct {
	ProjectARN  *string         `json:"projectArn"`
	Name        *string         `json:"name"`
	Description *string         `json:"description"`
	VPCConfig   *vpcConfigInput `json:"vpcConfig"`
}

func (in updateTestGridProjectInput) resource() *string { return in.ProjectARN }

// updateTestGridProject changes those members of a test grid project that the input
// has.
func (a api) updateTestGridProject(ctx context.Context, call *web.Request, in updateTestGridProjectInput) (testGridProjectOutput, error) {
	of, err := projectInput{in.ProjectARN}.target(call)
	if err != nil {
		return testGridProjectOutput{}, err
	}
	change := createTestGridProjectInput{in.Name, in.Description, in.VPCConfig}
	changed, err := a.grid.Update(ctx, who(call), of, change.on)
	return testGridProjectOutput{shapeOfTestGridProject(changed)}, err
}

// deleteTestGridProject removes a test grid project with all that stands under it,
// unless a session in it is active or waits.
func (a api) deleteTestGridProject(ctx context.Context, call *web.Request, in projectInput) (nothing, error) {
	of, err := in.target(call)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, a.grid.Delete(ctx, who(call), of)
}

type createTestGridURLInput struct {
	ProjectARN       *string         `json:"projectArn"`
	ExpiresInSeconds *awsjson.Number `json:"expiresInSeconds"`
}

func (in createTestGridURLInput) resource() *string { return in.ProjectARN }

type createTestGridURLOutput struct {
	URL     string            `json:"url"`
	Expires awsjson.Timestamp `json:"expires"`
}

// createTestGridURL makes a URL at which sessions of a project can be begun for some
// time.
func (a api) createTestGridURL(ctx context.Context, call *web.Request, in createTestGridURLInput) (createTestGridURLOutput, error) {
	of, err := projectInput{in.ProjectARN}.target(call)
	if err != nil {
		return createTestGridURLOutput{}, err
	}
	seconds, err := in.ExpiresInSeconds.Integer("expiresInSeconds")
	if err != nil {
		return createTestGridURLOutput{}, err
	}
	if a.gridPath == nil {
		return createTestGridURLOutput{}, fault.New(fault.Unavailable, "This server has no gateway to browsers.")
	}
	u, err := a.grid.CreateURL(ctx, who(call), of, time.Duration(seconds)*time.Second)
	if err != nil {
		return createTestGridURLOutput{}, err
	}
	return createTestGridURLOutput{a.reach(call.Request, a.gridPath(u)), awsjson.Timestamp{Time: u.Expires}}, nil
}
