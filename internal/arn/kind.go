package arn

import (
	"strconv"
	"strings"
)

// Kind is a kind of resource, as ARNs spell it.
type Kind string

// The kinds.
const (
	Project           Kind = "project"
	DevicePool        Kind = "devicepool"
	Upload            Kind = "upload"
	NetworkProfile    Kind = "networkprofile"
	Run               Kind = "run"
	Job               Kind = "job"
	Suite             Kind = "suite"
	Test              Kind = "test"
	Artifact          Kind = "artifact"
	Sample            Kind = "sample"
	Session           Kind = "session" // of remote access
	Device            Kind = "device"
	DeviceInstance    Kind = "deviceinstance"
	InstanceProfile   Kind = "instanceprofile"
	VPCEConfiguration Kind = "vpceconfiguration"
	TestGridProject   Kind = "testgrid-project"
	TestGridSession   Kind = "testgrid-session"
)

// owner says whether ARNs of a kind name an account.
type owner int

const (
	byAccount owner = iota
	byNobody
	byEither // one without an account is curated, or shared
)

// shape is how ARNs of a kind look.
type shape struct {
	parent Kind // "" where they lie in nothing
	parts  int  // of the path of one that belongs to an account
	owner  owner
}

// shapes holds every kind. What belongs to nobody lies in nothing and has one
// part.
var shapes = map[Kind]shape{
	Project:           {"", 1, byAccount},
	DevicePool:        {Project, 2, byEither},
	Upload:            {Project, 2, byEither},
	NetworkProfile:    {Project, 2, byEither},
	Run:               {Project, 2, byAccount},
	Job:               {Run, 3, byAccount},
	Suite:             {Job, 4, byAccount},
	Test:              {Suite, 5, byAccount},
	Artifact:          {Test, 6, byAccount},
	Sample:            {Job, 4, byAccount},
	Session:           {Project, 3, byAccount},
	Device:            {"", 1, byNobody},
	DeviceInstance:    {"", 1, byEither},
	InstanceProfile:   {"", 1, byAccount},
	VPCEConfiguration: {"", 1, byAccount},
	TestGridProject:   {"", 1, byAccount},
	TestGridSession:   {TestGridProject, 2, byAccount},
}

// Parent returns the kind in which resources of this kind lie, "" where they lie
// in nothing.
func (k Kind) Parent() Kind { return shapes[k].parent }

// Parts returns how many parts the path of a resource of this kind has that
// belongs to an account, 0 for a kind that does not exist.
func (k Kind) Parts() int { return shapes[k].parts }

// Pattern returns the pattern of all ARNs of this kind in the default region, as
// policies write it.
func (k Kind) Pattern() string {
	account := "????????????"
	switch shapes[k].owner {
	case byNobody:
		account = ""
	case byEither:
		account = "*"
	}
	return prefix + DefaultRegion + ":" + account + ":" + string(k) + ":*"
}

func (s shape) partsFor(account string) int {
	if account == "" {
		return 1
	}
	return s.parts
}

// allows reports whether an ARN may name an account, "" being none.
func (o owner) allows(account string) bool {
	if account == "" {
		return o != byAccount
	}
	return o != byNobody && len(account) == 12 && strings.Trim(account, "0123456789") == ""
}

// rule says what allows asks for.
func (o owner) rule(kind Kind) string {
	switch o {
	case byNobody:
		return "the ARN of a " + string(kind) + " names none"
	case byEither:
		return "an account has twelve digits, or is left empty"
	}
	return "an account has twelve digits"
}

// form returns how an ARN of one of the kinds looks.
func form(kinds []Kind) string {
	if len(kinds) == 0 {
		return prefix + "<region>:<account>:<kind>:<id>"
	}
	var forms []string
	for _, kind := range kinds {
		forms = append(forms, kind.form())
	}
	return strings.Join(forms, " or ")
}

func (k Kind) form() string {
	account := "<account>"
	if shapes[k].owner == byNobody {
		account = ""
	}
	ids := "<id>"
	for parent := k.Parent(); parent != ""; parent = parent.Parent() {
		ids = "<" + string(parent) + ">/" + ids
	}
	if k == Session {
		ids += "/<number>"
	}
	return prefix + DefaultRegion + ":" + account + ":" + string(k) + ":" + ids
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
