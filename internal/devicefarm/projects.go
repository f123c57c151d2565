package devicefarm

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/project"
	"github.com/slotfarm/slotfarm/internal/web"
)

func (a api) projectRows() []awsjson.Operation {
	return []awsjson.Operation{
		row("CreateProject", onAll, a.createProject),
		rowOn("GetProject", arn.Project, a.getProject),
		row("ListProjects", onAll, a.listProjects),
		rowOn("UpdateProject", arn.Project, a.updateProject),
		rowOn("DeleteProject", arn.Project, a.deleteProject),
	}
}

type projectShape struct {
	ARN                      string                `json:"arn"`
	Name                     string                `json:"name"`
	DefaultJobTimeoutMinutes int                   `json:"defaultJobTimeoutMinutes,omitzero"`
	Created                  awsjson.Timestamp     `json:"created"`
	VPCConfig                *vpcConfigShape       `json:"vpcConfig,omitempty"`
	EnvironmentVariables     []environmentVariable `json:"environmentVariables,omitempty"`
	ExecutionRoleARN         string                `json:"executionRoleArn,omitempty"`
}

type vpcConfigShape struct {
	SecurityGroupIDs []string `json:"securityGroupIds"`
	SubnetIDs        []string `json:"subnetIds"`
	VPCID            string   `json:"vpcId"`
}

type environmentVariable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// vpcConfigInput and environmentVariableInput are the shapes as they come in, where
// an absent member is no zero value.
type vpcConfigInput struct {
	SecurityGroupIDs []string `json:"securityGroupIds"`
	SubnetIDs        []string `json:"subnetIds"`
	VPCID            *string  `json:"vpcId"`
}

type environmentVariableInput struct {
	Name  *string `json:"name"`
	Value *string `json:"value"`
}

type createProjectInput struct {
	Name                     *string                    `json:"name"`
	DefaultJobTimeoutMinutes *awsjson.Number            `json:"defaultJobTimeoutMinutes"`
	VPCConfig                *vpcConfigInput            `json:"vpcConfig"`
	EnvironmentVariables     []environmentVariableInput `json:"environmentVariables"`
	ExecutionRoleARN         *string                    `json:"executionRoleArn"`
}

type updateProjectInput struct {
	ARN                      *string                    `json:"arn"`
	Name                     *string                    `json:"name"`
	DefaultJobTimeoutMinutes *awsjson.Number            `json:"defaultJobTimeoutMinutes"`
	VPCConfig                *vpcConfigInput            `json:"vpcConfig"`
	EnvironmentVariables     []environmentVariableInput `json:"environmentVariables"`
	ExecutionRoleARN         *string                    `json:"executionRoleArn"`
}

func (in updateProjectInput) resource() *string { return in.ARN }

// change returns what an input that is within the API model changes about terms.
func (in createProjectInput) change() (func(project.Terms) project.Terms, error) {
	var timeout *int
	if in.DefaultJobTimeoutMinutes != nil {
		minutes, err := in.DefaultJobTimeoutMinutes.Integer("defaultJobTimeoutMinutes")
		if err != nil {
			return nil, err
		}
		timeout = &minutes
	}
	return func(terms project.Terms) project.Terms {
		set(&terms.Name, in.Name)
		set(&terms.JobTimeout, timeout)
		set(&terms.Role, in.ExecutionRoleARN)
		if v := in.VPCConfig; v != nil {
			terms.VPC = &project.VPC{ID: text(v.VPCID), SecurityGroups: v.SecurityGroupIDs, Subnets: v.SubnetIDs}
		}
		if in.EnvironmentVariables != nil {
			terms.Variables = nil
		}
		for _, v := range in.EnvironmentVariables {
			terms.Variables = append(terms.Variables, project.Variable{Name: text(v.Name), Value: text(v.Value)})
		}
		return terms
	}, nil
}

type projectOutput struct {
	Project projectShape `json:"project"`
}

// createProject makes a project.
func (a api) createProject(ctx context.Context, call *web.Request, in createProjectInput) (projectOutput, error) {
	if err := bounded(call); err != nil {
		return projectOutput{}, err
	}
	change, err := in.change()
	if err != nil {
		return projectOutput{}, err
	}
	made, err := a.projects.Create(ctx, who(call), change(project.Terms{}))
	return projectOutput{shapeOfProject(made)}, err
}

// getProject shows a project.
func (a api) getProject(ctx context.Context, call *web.Request, in arnInput) (projectOutput, error) {
	if err := bounded(call); err != nil {
		return projectOutput{}, err
	}
	found, err := a.projectOf(ctx, call, "arn", *in.ARN)
	return projectOutput{shapeOfProject(found)}, err
}

// projectOf returns the project that a member of the input names.
func (a api) projectOf(ctx context.Context, call *web.Request, member, text string) (project.Project, error) {
	of, err := parsed(member, text, arn.Project)
	if err != nil {
		return project.Project{}, err
	}
	found, _, err := a.projects.Get(ctx, who(call), of)
	return found, err
}

type listProjectsInput struct {
	ARN       *string `json:"arn"`
	NextToken *string `json:"nextToken"`
}

type listProjectsOutput struct {
	Projects  []projectShape `json:"projects"`
	NextToken string         `json:"nextToken,omitempty"`
}

// listProjects shows the account's projects, oldest first, or the one that the input
// names.
func (a api) listProjects(ctx context.Context, call *web.Request, in listProjectsInput) (listProjectsOutput, error) {
	out := listProjectsOutput{Projects: []projectShape{}}
	if err := bounded(call); err != nil {
		return out, err
	}
	after, err := idPlace(call, in.NextToken)
	if err != nil {
		return out, err
	}
	if in.ARN != nil {
		found, err := a.projectOf(ctx, call, "arn", *in.ARN)
		out.Projects = append(out.Projects, shapeOfProject(found))
		return out, err
	}
	page, more, err := a.projects.List(ctx, who(call), after, resourcePage)
	for _, p := range page {
		out.Projects = append(out.Projects, shapeOfProject(p))
	}
	if more {
		out.NextToken = idToken(call, page[len(page)-1].ID)
	}
	return out, err
}

// updateProject changes those members of a project that the input has. A time-out
// of 0 minutes takes the project's own away.
func (a api) updateProject(ctx context.Context, call *web.Request, in updateProjectInput) (projectOutput, error) {
	of, err := arnInput{in.ARN}.target(call, arn.Project)
	if err != nil {
		return projectOutput{}, err
	}
	change, err := createProjectInput{
		in.Name, in.DefaultJobTimeoutMinutes, in.VPCConfig, in.EnvironmentVariables, in.ExecutionRoleARN,
	}.change()
	if err != nil {
		return projectOutput{}, err
	}
	changed, err := a.projects.Update(ctx, who(call), of, change)
	return projectOutput{shapeOfProject(changed)}, err
}

// deleteProject removes a project with all that stands under it.
func (a api) deleteProject(ctx context.Context, call *web.Request, in arnInput) (nothing, error) {
	of, err := in.target(call, arn.Project)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, a.projects.Delete(ctx, who(call), of)
}

// shapeOfProject returns a project in its wire form. What was never set is left out.
func shapeOfProject(p project.Project) projectShape {
	shape := projectShape{
		ARN: p.ARN().String(), Name: p.Name, DefaultJobTimeoutMinutes: p.JobTimeout,
		Created: awsjson.Timestamp{Time: p.Created}, ExecutionRoleARN: p.Role,
	}
	if p.VPC != nil {
		shape.VPCConfig = &vpcConfigShape{SecurityGroupIDs: p.VPC.SecurityGroups, SubnetIDs: p.VPC.Subnets, VPCID: p.VPC.ID}
	}
	for _, v := range p.Variables {
		shape.EnvironmentVariables = append(shape.EnvironmentVariables, environmentVariable(v))
	}
	return shape
}
