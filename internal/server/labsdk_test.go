package server_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/devicefarm"
	"github.com/aws/aws-sdk-go-v2/service/devicefarm/types"

	"github.com/slotfarm/slotfarm/internal/server"
)

// sdk returns AWS's own client of a server, for an account.
func (f *farm) sdk(account string) *devicefarm.Client {
	return devicefarm.New(devicefarm.Options{
		BaseEndpoint: aws.String(f.Endpoint()), Region: "us-west-2", HTTPClient: f.client,
		Credentials: credentials.NewStaticCredentialsProvider(account, "secret", ""),
	})
}

// TestTerraformsProject does with the SDK what Terraform does to a project: create,
// read, change, remove the change, delete twice.
func TestTerraformsProject(t *testing.T) {
	t.Parallel()
	f := start(t, server.Config{})
	ctx, client := t.Context(), f.sdk(alice)
	made, err := client.CreateProject(ctx, &devicefarm.CreateProjectInput{Name: aws.String("mobile")})
	if err != nil {
		t.Fatal(err)
	}
	of := made.Project.Arn
	if made.Project.Created == nil || made.Project.DefaultJobTimeoutMinutes != nil || made.Project.VpcConfig != nil {
		t.Errorf("project = %+v, want the time and nothing that was not sent", made.Project)
	}
	if _, err := client.UpdateProject(ctx, &devicefarm.UpdateProjectInput{Arn: of, DefaultJobTimeoutMinutes: aws.Int32(20)}); err != nil {
		t.Fatal(err)
	}
	got, err := client.GetProject(ctx, &devicefarm.GetProjectInput{Arn: of})
	if err != nil || aws.ToInt32(got.Project.DefaultJobTimeoutMinutes) != 20 || aws.ToString(got.Project.Name) != "mobile" {
		t.Errorf("project = %+v, %v, want 20 minutes", got, err)
	}
	if _, err := client.UpdateProject(ctx, &devicefarm.UpdateProjectInput{Arn: of, DefaultJobTimeoutMinutes: aws.Int32(0)}); err != nil {
		t.Fatal(err)
	}
	got, err = client.GetProject(ctx, &devicefarm.GetProjectInput{Arn: of})
	if err != nil || got.Project.DefaultJobTimeoutMinutes != nil {
		t.Errorf("project = %+v, %v, want no time-out", got, err)
	}
	if _, err := client.DeleteProject(ctx, &devicefarm.DeleteProjectInput{Arn: of}); err != nil {
		t.Error(err)
	}
	_, err = client.DeleteProject(ctx, &devicefarm.DeleteProjectInput{Arn: of})
	if gone := (*types.NotFoundException)(nil); !errors.As(err, &gone) {
		t.Errorf("second delete: %v, want NotFoundException", err)
	}
}

// TestPagesOfTheSDK has the paginators of the SDK read all devices and projects.
func TestPagesOfTheSDK(t *testing.T) {
	t.Parallel()
	f := start(t, server.Config{Fleet: labFleet(t)})
	ctx, client := t.Context(), f.sdk(bob)
	var names []string
	for n := range 3 {
		if _, err := client.CreateProject(ctx, &devicefarm.CreateProjectInput{Name: aws.String(fmt.Sprint("p", n))}); err != nil {
			t.Fatal(err)
		}
	}
	for pages := devicefarm.NewListProjectsPaginator(client, &devicefarm.ListProjectsInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Projects {
			names = append(names, *p.Name)
		}
	}
	for pages := devicefarm.NewListDevicesPaginator(client, &devicefarm.ListDevicesInput{Filters: []types.DeviceFilter{{
		Attribute: types.DeviceFilterAttributeManufacturer, Operator: types.RuleOperatorIn, Values: []string{"Apple", "Google"},
	}}}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range page.Devices {
			names = append(names, *d.Name)
		}
	}
	slices.Sort(names)
	if want := []string{"Pixel 8", "iPad", "p0", "p1", "p2"}; !slices.Equal(names, want) {
		t.Errorf("pages = %v, want %v", names, want)
	}
}

// TestPoliciesNameResources has keys whose policies allow projects by their ARNs.
func TestPoliciesNameResources(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.start()
	s.operate(s.operator, "PUT", "/fleet", lab).want(t, "fleet", 200, `"version":1`)
	full := s.key(team, "")
	first := firstARN.FindStringSubmatch(s.call(full, "CreateProject", `{"name":"a"}`).body)
	second := firstARN.FindStringSubmatch(s.call(full, "CreateProject", `{"name":"b"}`).body)
	foreign := firstARN.FindStringSubmatch(s.call(s.key(other, ""), "CreateProject", `{"name":"c"}`).body)
	if first == nil || second == nil || foreign == nil {
		t.Fatal("no projects were made")
	}
	policy := func(action, resource string) string {
		return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":%q,"Resource":%q}}`, action, resource)
	}
	one := s.key(team, policy("devicefarm:*Project", first[1]))
	all := s.key(team, policy("devicefarm:GetProject", "arn:aws:devicefarm:us-west-2:*:project:*"))
	phones := s.key(team, policy("devicefarm:GetDevice", labFleet(t).Devices[0].ARN().String()))
	arnOnly := func(arn string) string { return fmt.Sprintf(`{"arn":%q}`, arn) }
	elsewhere := "arn:aws:devicefarm:eu-west-1" + first[1][len("arn:aws:devicefarm:us-west-2"):]
	for _, c := range []struct {
		name            string
		who             signer
		operation, body string
		status          int
		text            string
	}{
		{"its project", one, "GetProject", arnOnly(first[1]), 200, first[1]},
		{"its project, with another region", one, "GetProject", arnOnly(elsewhere), 200, first[1]},
		{"another project", one, "DeleteProject", arnOnly(second[1]), 400, "AccessDeniedException"},
		{"no ARN", one, "GetProject", `{"arn":"x"}`, 400, "AccessDeniedException"},
		{"a project that does not exist yet", one, "CreateProject", `{"name":"c"}`, 400, "AccessDeniedException"},
		{"every project", all, "GetProject", arnOnly(second[1]), 200, second[1]},
		{"a project of another account", all, "GetProject", arnOnly(foreign[1]), 400, "NotFoundException"},
		{"its device", phones, "GetDevice", arnOnly(labFleet(t).Devices[0].ARN().String()), 200, "Pixel 8"},
		{"another device", phones, "GetDevice", arnOnly(labFleet(t).Devices[1].ARN().String()), 400, "AccessDeniedException"},
		{"its project, deleted", one, "DeleteProject", arnOnly(first[1]), 200, "{}"},
	} {
		s.call(c.who, c.operation, c.body).want(t, c.name, c.status, c.text)
	}
	s.operate(s.operator, "GET", "/accounts/000000000000/journal", "").want(t, "the fleet is an act", 200, `fleet put in force`)
	s.operate(s.operator, "GET", "/verify", "").want(t, "what accounts make is no act", 200, `"ok":true`)
	useless := fmt.Sprintf(`{"name":"x","policy":%s}`, policy("devicefarm:GetProject", "arn:aws:devicefarm:us-west-2:*:upload:*"))
	s.operate(s.operator, "POST", "/accounts/"+team+"/keys", useless).want(t, "a policy that can never apply", 400, "they act on arn:aws:devicefarm:us-west-2:????????????:project:*")
}
