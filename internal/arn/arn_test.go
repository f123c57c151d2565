package arn_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/fault"
)

const (
	us      = "arn:aws:devicefarm:us-west-2:"
	account = "111122223333"
	project = "5e01a8c7-c861-4c0a-b1d5-12345EXAMPLE"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		text           string
		want           arn.ARN
		parent         string
		project, ownID string
	}{
		{us + account + ":project:" + project, arn.New(account, arn.Project, project), "", project, project},
		{us + account + ":upload:" + project + "/u1", arn.New(account, arn.Upload, project, "u1"), us + account + ":project:" + project, project, "u1"},
		{us + ":upload:curated-spec", arn.New("", arn.Upload, "curated-spec"), "", "", "curated-spec"},
		{us + account + ":job:" + project + "/r1/00000", arn.New(account, arn.Job, project, "r1", "00000"), us + account + ":run:" + project + "/r1", project, "00000"},
		{us + account + ":artifact:" + project + "/r1/0/1/2/3", arn.New(account, arn.Artifact, project, "r1", "0", "1", "2", "3"), us + account + ":test:" + project + "/r1/0/1/2", project, "3"},
		{us + account + ":session:" + project + "/s1/00000", arn.New(account, arn.Session, project, "s1", "00000"), us + account + ":project:" + project, project, "s1"},
		{us + ":device:70D5B22608A149568923E4A225EC5E04", arn.New("", arn.Device, "70D5B22608A149568923E4A225EC5E04"), "", "", "70D5B22608A149568923E4A225EC5E04"},
		{us + account + ":testgrid-session:" + project + "/s1", arn.New(account, arn.TestGridSession, project, "s1"), us + account + ":testgrid-project:" + project, project, "s1"},
		{"arn:aws:devicefarm:eu-west-1:" + account + ":instanceprofile:p1", arn.ARN{Region: "eu-west-1", Account: account, Kind: arn.InstanceProfile, Path: "p1"}, "", "", "p1"},
	} {
		got, err := arn.Parse(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || got.String() != tt.text {
			t.Errorf("%s is written as %s: %s", tt.text, got, diff)
		}
		parent, ok := got.Parent()
		if ok != (tt.parent != "") || ok && parent.String() != tt.parent {
			t.Errorf("parent of %s = %v, %v, want %q", tt.text, parent, ok, tt.parent)
		}
		if got.Project() != tt.project || got.ID() != tt.ownID {
			t.Errorf("%s: project %q and id %q, want %q and %q", tt.text, got.Project(), got.ID(), tt.project, tt.ownID)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	const short = "arn:aws:devicefarm:us-west-2::device:"
	for _, tt := range []struct {
		name, text string
		kinds      []arn.Kind
		want       string
	}{
		{"nothing", "", nil, `"" is not an ARN of Device Farm; one is arn:aws:devicefarm:<region>:<account>:<kind>:<id>.`},
		{"another service", "arn:aws:s3:::bucket-of-a-long-enough-name", []arn.Kind{arn.Device}, "is not an ARN of Device Farm; one is " + short + "<id>."},
		{"too few fields", us + account + ":project", nil, "is not an ARN of Device Farm"},
		{"too many fields", us + account + ":project:a:b", nil, "is not an ARN of Device Farm"},
		{"unknown kind", us + account + ":phone:a", nil, `is an ARN of kind "phone", which does not exist; it must be arn`},
		{"another kind", us + account + ":upload:a/b", []arn.Kind{arn.Project, arn.Run}, `is an ARN of kind "upload"; it must be ` + us + "<account>:project:<id> or " + us + "<account>:run:<project>/<id>."},
		{"no region", "arn:aws:devicefarm::" + account + ":project:" + project, nil, `has region ""; a region has letters, digits and hyphens`},
		{"account of eleven digits", us + account[1:] + ":project:" + project, nil, `has account "11122223333"; an account has twelve digits.`},
		{"project of nobody", us + ":project:" + project, nil, `has account ""; an account has twelve digits.`},
		{"device of an account", us + account + ":device:" + project, nil, `has account "111122223333"; the ARN of a device names none.`},
		{"one part", us + account + ":upload:" + project, nil, "has 1 part after upload:; " + us + "<account>:upload:<project>/<id> has 2 parts."},
		{"three parts", us + account + ":upload:a/b/c", nil, "has 3 parts after upload:"},
		{"curated with parents", us + ":upload:a/b", nil, "has 2 parts after upload:"},
		{"empty part", us + account + ":upload:/b", nil, `has the path "/b"; each part of it has 1 to 64 letters`},
		{"long part", us + account + ":project:" + strings.Repeat("a", 65), nil, "each part of it has 1 to 64 letters"},
		{"wild card", us + account + ":project:*", nil, "each part of it has 1 to 64 letters"},
		{"too long", "arn:aws:devicefarm:us-west-2:" + account + ":artifact:" + strings.Repeat("a", 1000), nil, "has 1 part after artifact:"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := arn.Parse(tt.text, tt.kinds...)
			if err == nil || fault.KindOf(err) != fault.Argument || !strings.Contains(fault.MessageOf(err), tt.want) {
				t.Errorf("Parse = %v, %v, want an Argument with %q", got, err, tt.want)
			}
		})
	}
}

// FuzzParse looks for a text that is an ARN and whose ARN is written otherwise, or
// whose parent is none.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		us + account + ":project:" + project, us + ":device:70D5B22608A149568923E4A225EC5E04",
		us + account + ":artifact:a/b/c/d/e/f", us + account + ":session:a/b/00000", us + account + ":testgrid-session:a/b",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := arn.Parse(text)
		if err != nil {
			if fault.KindOf(err) != fault.Argument {
				t.Fatalf("error without a kind: %v", err)
			}
			return
		}
		if a.String() != text {
			t.Fatalf("%q is written as %q", text, a)
		}
		if len(a.Parts()) > 1 && a.ID() == "" {
			t.Fatalf("%q has no id", text)
		}
		if parent, ok := a.Parent(); ok && len(parent.String()) >= 32 {
			if again, err := arn.Parse(parent.String()); err != nil || again != parent {
				t.Fatalf("the parent of %q is %q: %v", text, parent, err)
			}
		}
	})
}

// TestKinds holds the table of kinds against itself: a resource has one part more
// than its parent at least.
func TestKinds(t *testing.T) {
	for _, kind := range []arn.Kind{
		arn.DevicePool, arn.Upload, arn.NetworkProfile, arn.Run, arn.Job, arn.Suite, arn.Test, arn.Artifact, arn.Sample, arn.Session, arn.TestGridSession,
	} {
		if parent := kind.Parent(); parent == "" || kind.Parts() <= parent.Parts() {
			t.Errorf("a %s has %d parts, and its parent, a %q, %d", kind, kind.Parts(), parent, parent.Parts())
		}
	}
}

func TestOrderedID(t *testing.T) {
	start := time.Date(2026, 1, 31, 12, 0, 0, 123_000_000, time.UTC)
	last := ""
	for n := range 100 {
		at := start.Add(time.Duration(n) * time.Millisecond)
		id := arn.OrderedID(at, strconv.Itoa(n))
		if id <= last {
			t.Fatalf("id %s of %v is not after %s", id, at, last)
		}
		if again, other := arn.OrderedID(at, strconv.Itoa(n)), arn.OrderedID(at, "other"); id != again || id == other {
			t.Fatalf("ids %s and %s of one text, %s of another", id, again, other)
		}
		if _, err := arn.Parse(arn.New(account, arn.Project, id).String()); err != nil {
			t.Fatal(err)
		}
		last = id
	}
	if got, want := arn.OrderedID(start, "")[:15], "019c13ec-9e7b-7"; got != want {
		t.Errorf("an id of %v begins with %s, want %s", start, got, want)
	}
}
