package server_test

import (
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/internal/apimodel"
	"github.com/slotfarm/slotfarm/internal/apimodel/modeltest"
	"github.com/slotfarm/slotfarm/internal/devicefarm"
	"github.com/slotfarm/slotfarm/internal/server"
)

// samples holds values of inputs that name existing things, by operation and
// member. An operation listed here has to succeed with them. Any other is
// tested with generated values, which may name nothing.
var samples = map[string]modeltest.Samples{
	"ListOfferings":            {},
	"ListOfferingPromotions":   {},
	"PurchaseOffering":         {"offeringId": strconv.Quote(ios), "quantity": "1"},
	"RenewOffering":            {"offeringId": strconv.Quote(ios), "quantity": "1"},
	"GetOfferingStatus":        {},
	"ListOfferingTransactions": {},
	"GetAccountSettings":       {},
	"ListDevices":              {"arn": aProject, "attribute": `"MODEL"`, "operator": `"IN"`},
	"GetDevice":                {"arn": aDevice},
	"ListDeviceInstances":      {},
	"GetDeviceInstance":        {"arn": anInstance},
	"UpdateDeviceInstance":     {"arn": anInstance, "profileArn": aProfile},
	"CreateInstanceProfile":    {},
	"GetInstanceProfile":       {"arn": aProfile},
	"ListInstanceProfiles":     {},
	"UpdateInstanceProfile":    {"arn": aProfile},
	"DeleteInstanceProfile":    {"arn": aProfile},
	"CreateProject":            {},
	"GetProject":               {"arn": aProject},
	"ListProjects":             {"arn": aProject},
	"UpdateProject":            {"arn": aProject},
	"DeleteProject":            {"arn": aProject},
	"CreateTestGridProject":    {},
	"GetTestGridProject":       {"projectArn": aGrid},
	"ListTestGridProjects":     {},
	"UpdateTestGridProject":    {"projectArn": aGrid},
	"DeleteTestGridProject":    {"projectArn": aGrid},
	"CreateTestGridUrl":        {"projectArn": aGrid},
	"ListTestGridSessions":     {"projectArn": aGrid},

	"CreateRemoteAccessSession":    {"projectArn": aProject, "deviceArn": aDevice},
	"GetRemoteAccessSession":       {"arn": noRemote},
	"ListRemoteAccessSessions":     {"arn": aProject},
	"StopRemoteAccessSession":      {"arn": noRemote},
	"DeleteRemoteAccessSession":    {"arn": noRemote},
	"InstallToRemoteAccessSession": {"remoteAccessSessionArn": noRemote, "appArn": noUpload},

	"GetTestGridSession":           {"sessionArn": noSession},
	"ListTestGridSessionActions":   {"sessionArn": noSession},
	"ListTestGridSessionArtifacts": {"sessionArn": noSession},
}

// Samples that are the ARNs of things that exist, once named has made them.
const (
	aProject   = "a project"
	aProfile   = "an instance profile"
	aDevice    = "a device"
	anInstance = "an instance"
	aGrid      = "a test grid project"
)

// Samples that name nothing, with which an operation fails for that alone: a test
// grid session needs a browser to begin.
const (
	noSession = `"arn:aws:devicefarm:us-west-2:111111111111:testgrid-session:never/never"`
	noRemote  = `"arn:aws:devicefarm:us-west-2:111111111111:session:never/never/00000"`
	noUpload  = `"arn:aws:devicefarm:us-west-2:111111111111:upload:never/never"`
)

// finds reports whether the samples of an operation name what exists.
func finds(operation string) bool {
	listed, ok := samples[operation]
	for _, value := range listed {
		ok = ok && value != noSession && value != noRemote
	}
	return ok
}

// named returns the samples of an operation with the ARNs of what it then makes for
// an account.
func (f *farm) named(account, operation string) modeltest.Samples {
	f.t.Helper()
	listed, ok := samples[operation]
	if !ok {
		return nil
	}
	all := modeltest.Samples{}
	for member, value := range listed {
		if by, ok := makers[value]; ok {
			value = strconv.Quote(f.arnIn(account, by.operation, by.body))
		}
		all[member] = value
	}
	return all
}

// makers are the calls whose answers hold the ARNs of what exists.
var makers = map[string]struct{ operation, body string }{
	aProject:   {"CreateProject", `{"name":"mobile"}`},
	aProfile:   {"CreateInstanceProfile", `{"name":"clean"}`},
	aDevice:    {"ListDevices", `{}`},
	anInstance: {"ListDeviceInstances", `{}`},
	aGrid:      {"CreateTestGridProject", `{"name":"web"}`},
}

// firstARN finds the first ARN in an answer.
var firstARN = regexp.MustCompile(`"arn":"([^"]*)"`)

// arnIn returns the first ARN in the answer to a call that has to be a success.
func (f *farm) arnIn(account, operation, body string) string {
	f.t.Helper()
	found := firstARN.FindSubmatch(f.accepted(account, operation, body).Body)
	if found == nil {
		f.t.Fatalf("%s %s: no ARN", operation, body)
	}
	return string(found[1])
}

// stricter lists values that the model allows and slotfarm refuses as arguments,
// by operation and case, with a part of the message that says why. An entry of no
// case, or of one that is not refused, fails the test.
var stricter = map[string]string{
	"PurchaseOffering/quantity: smallest": "it must be at least 1",
	"RenewOffering/quantity: smallest":    "it must be at least 0",

	"ListDevices/filters.attribute: an item that is last of the enum": "it must be one of EQUALS",
	"ListDeviceInstances/maxResults: smallest":                        atLeastOne,
	"ListInstanceProfiles/maxResults: smallest":                       atLeastOne,
	"UpdateDeviceInstance/labels: an item that is 60000 characters":   "it may have 256",
	"CreateProject/defaultJobTimeoutMinutes: smallest":                jobTimeout,
	"CreateProject/defaultJobTimeoutMinutes: largest":                 jobTimeout,
	"UpdateProject/defaultJobTimeoutMinutes: smallest":                jobTimeout,
	"CreateProject/environmentVariables: 32 items":                    `hold the name "a" twice`,
	"UpdateProject/environmentVariables: 32 items":                    `hold the name "a" twice`,
	"UpdateProject/defaultJobTimeoutMinutes: largest":                 jobTimeout,

	"GetTestGridSession/valid":                     noName,
	"GetTestGridSession/with an unknown member":    noName,
	"GetTestGridSession/projectArn: null":          noName,
	"GetTestGridSession/sessionArn: null":          noName,
	"GetTestGridSession/sessionId: null":           noName,
	"GetTestGridSession/sessionId: 1 characters":   noName,
	"GetTestGridSession/sessionId: 128 characters": noName,
}

// Reasons that several operations have.
const (
	atLeastOne = "it must be at least 1"
	noName     = "The session is not named"
	jobTimeout = "it must be from 1 to 150, or 0"
)

// whyStricter returns stricter's entry for a case. Page tokens need none: one that
// was not given out is refused, whatever its length. Nor do ARNs, which have a form.
func whyStricter(operation string, c modeltest.Case) string {
	if c.Member == "nextToken" && c.Want == modeltest.Accepted && c.Value != "" {
		return "is not one that " + operation + " gave to this account"
	}
	member := strings.ToLower(strings.TrimSuffix(c.Member, "s"))
	if (strings.HasSuffix(member, "arn") || strings.HasSuffix(member, "auxiliaryapp")) && c.Member != "executionRoleArn" && c.Want == modeltest.Accepted && c.Value != "" && c.Value != "[]" {
		return "is not an ARN of Device Farm"
	}
	return stricter[operation+"/"+c.Name]
}

// maxMessage is how many bytes the message of a refusal may have.
const maxMessage = 1500

// TestModelCases sends every operation in the table the boundary and bad values
// that the API model gives rise to.
func TestModelCases(t *testing.T) {
	f := start(t, server.Config{Frozen: &noon, Fleet: labFleet(t)})
	unused := maps.Clone(stricter)
	for i, name := range devicefarm.Operations() {
		o, ok := apimodel.Load().Operation(name)
		if !ok {
			t.Fatalf("the model has no operation %s", name)
		}
		account := strconv.Itoa(777777777000 + i)
		f.accepted(account, "GetAccountSettings", "{}") // opens it
		for i, c := range modeltest.Cases(o, f.named(account, name)) {
			delete(unused, name+"/"+c.Name)
			t.Run(name+"/"+c.Name, func(t *testing.T) {
				before := f.entries()
				got := f.call(account, name, c.Body)
				checkMessage(t, c, got, whyStricter(name, c))
				if after := f.entries(); got.Status != http.StatusOK && after != before {
					t.Errorf("the journals hold %d entries, %d before", after, before)
				}
				if i == 0 && finds(name) && got.Status != http.StatusOK {
					t.Errorf("answer to %s = %d %s, want success", c.Body, got.Status, got.Body)
				}
			})
		}
	}
	for name := range unused {
		t.Errorf("%s: is no case and must leave the list of what is stricter", name)
	}
}

// checkMessage compares an answer with what the model wants, or with a refusal
// for the reason why, if there is one.
func checkMessage(t *testing.T, c modeltest.Case, got answer, why string) {
	t.Helper()
	kind, message := got.Type(), got.Message()
	refused := why != "" || c.Want != modeltest.Accepted
	want := string(c.Want)
	if why != "" {
		want = argument
	}
	switch {
	case len(message) > maxMessage:
		t.Errorf("the message has %d bytes, want %d at most: %.200s", len(message), maxMessage, message)
	case !refused && (kind == argument || kind == serialization || got.Status >= http.StatusInternalServerError):
		t.Errorf("answer to %.200s = %d %.300s, want none about the input", c.Body, got.Status, got.Body)
	case refused && (kind != want || got.Status != http.StatusBadRequest || !strings.Contains(message, why)):
		t.Errorf("answer to %.200s = %d %.300s, want %s with %q", c.Body, got.Status, got.Body, want, why)
	case refused && c.Member != "" && !names(message, c):
		t.Errorf("message %q names neither %s nor %.100s", message, c.Member, c.Value)
	}
}

// names reports whether a message names the member that a case is about, or its value.
func names(message string, c modeltest.Case) bool {
	member := c.Member[strings.LastIndexByte(c.Member, '.')+1:]
	return strings.Contains(message, member) || c.Value != "" && strings.Contains(message, c.Value)
}

// TestAnswersAreOfTheModel checks answers of every operation in the table
// against the API model: required members, enums, and the bounds of every
// value.
func TestAnswersAreOfTheModel(t *testing.T) {
	f := start(t, server.Config{Frozen: &noon, Fleet: labFleet(t)})
	f.accepted(alice, "PurchaseOffering", promoted(promotion))
	f.accepted(alice, "PurchaseOffering", order(android, 2))
	f.operate(http.MethodPost, "/accounts/"+alice+"/clock/advance", `{"periods":1}`, &struct{}{})
	for range 101 {
		f.accepted(alice, "RenewOffering", order(android, 1))
	}
	for _, name := range devicefarm.Operations() {
		if samples[name] != nil && !finds(name) {
			continue // the tests of package devicefarm have browsers
		}
		t.Run(name, func(t *testing.T) {
			o, _ := apimodel.Load().Operation(name)
			body := modeltest.Cases(o, f.named(alice, name))[0].Body
			got := f.accepted(alice, name, body)
			if err := apimodel.Check(o.Output, got.Body); err != nil {
				t.Errorf("%v in %.1000s", err, got.Body)
			}
		})
	}
}
