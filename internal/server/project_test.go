package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/server"
)

// TestProjects goes through the life of a project. Members that were never set are
// not there: tools that compare what they sent with what they read would see a
// difference.
func TestProjects(t *testing.T) {
	t.Parallel()
	f := start(t, server.Config{Frozen: &noon})
	first := f.arnIn(alice, "CreateProject", `{"name":"mobile"}`)
	arnOnly := fmt.Sprintf(`{"arn":%q}`, first)
	show := func() string {
		t.Helper()
		var answer struct{ Project map[string]any }
		f.decode(f.accepted(alice, "GetProject", arnOnly), &answer)
		if created, ok := answer.Project["created"].(float64); !ok || created < 1.7e9 {
			t.Errorf("created = %v, want the time of the wall clock", answer.Project["created"])
		}
		delete(answer.Project, "created")
		return strings.ReplaceAll(fmt.Sprint(answer.Project), first, "ARN")
	}
	update := func(members string) {
		t.Helper()
		f.accepted(alice, "UpdateProject", fmt.Sprintf(`{"arn":%q,%s}`, first, members))
	}
	for _, tt := range []struct{ members, want string }{
		{"", "map[arn:ARN name:mobile]"},
		{`"defaultJobTimeoutMinutes":20`, "map[arn:ARN defaultJobTimeoutMinutes:20 name:mobile]"},
		{`"name":"renamed"`, "map[arn:ARN defaultJobTimeoutMinutes:20 name:renamed]"},
		{`"defaultJobTimeoutMinutes":0`, "map[arn:ARN name:renamed]"},
		{`"environmentVariables":[{"name":"A","value":"1"},{"name":"B","value":"2"}]`, "map[arn:ARN environmentVariables:[map[name:A value:1] map[name:B value:2]] name:renamed]"},
		{`"environmentVariables":[{"name":"B","value":"3"}]`, "map[arn:ARN environmentVariables:[map[name:B value:3]] name:renamed]"},
		{`"vpcConfig":{"vpcId":"vpc-1","subnetIds":["subnet-12345678"],"securityGroupIds":["sg-12345678"]}`,
			"map[arn:ARN environmentVariables:[map[name:B value:3]] name:renamed vpcConfig:map[securityGroupIds:[sg-12345678] subnetIds:[subnet-12345678] vpcId:vpc-1]]"},
	} {
		if tt.members != "" {
			update(tt.members)
		}
		if got := show(); got != tt.want {
			t.Errorf("after %s: %s, want %s", tt.members, got, tt.want)
		}
	}
	f.refused(alice, "UpdateProject", fmt.Sprintf(`{"arn":%q,"environmentVariables":[{"name":"DEVICEFARM_X","value":"1"}]}`, first), argument, "names that begin with DEVICEFARM_ are reserved")
	f.refused(alice, "UpdateProject", fmt.Sprintf(`{"arn":%q,"defaultJobTimeoutMinutes":151}`, first), argument, "must be from 1 to 150")
	for _, operation := range []string{"GetProject", "UpdateProject", "DeleteProject", "ListProjects"} {
		f.refused(bob, operation, arnOnly, notFound, "There is no project "+first)
	}
	f.accepted(alice, "DeleteProject", arnOnly)
	f.refused(alice, "GetProject", arnOnly, notFound, first)
	f.refused(alice, "DeleteProject", arnOnly, notFound, first)
}

// TestListProjects reads more projects than a page holds, while some come and go.
func TestListProjects(t *testing.T) {
	t.Parallel()
	f := start(t, server.Config{})
	var want []string
	for n := range 501 {
		want = append(want, f.arnIn(alice, "CreateProject", fmt.Sprintf(`{"name":"p%d"}`, n)))
	}
	slices.Sort(want) // those of one millisecond are in no other order
	f.accepted(bob, "CreateProject", `{"name":"of bob"}`)
	if diff := cmp.Diff(want, f.arnsOf(alice, "ListProjects", "")); diff != "" {
		t.Errorf("projects (-want +got):\n%s", diff)
	}
	page := f.accepted(alice, "ListProjects", `{}`)
	token := page.text("nextToken")
	f.refused(bob, "ListProjects", fmt.Sprintf(`{"nextToken":%q}`, token), argument, "is not one that ListProjects gave to this account")
	f.refused(alice, "ListInstanceProfiles", fmt.Sprintf(`{"nextToken":%q}`, token), argument, "is not one that ListInstanceProfiles gave")
	f.accepted(alice, "DeleteProject", fmt.Sprintf(`{"arn":%q}`, want[499])) // the last of the first page
	rest := f.accepted(alice, "ListProjects", fmt.Sprintf(`{"nextToken":%q}`, token))
	if got := firstARN.FindSubmatch(rest.Body); len(got) < 2 || string(got[1]) != want[500] {
		t.Errorf("second page = %s, want it to begin with %s", rest.Body, want[500])
	}
	if one := f.arnsOf(alice, "ListProjects", fmt.Sprintf(`"arn":%q`, want[3])); !slices.Equal(one, want[3:4]) {
		t.Errorf("the list of one project = %v, want %s", one, want[3])
	}
}
