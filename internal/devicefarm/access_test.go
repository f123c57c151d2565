package devicefarm

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/web"
)

// question is what a call asks for.
type question struct {
	Action, Resource string
	Quantity         *int
	OfferingID       *string
}

// asked returns what a call asks for, which is then refused to it.
func asked(t *testing.T, operation, input string) (got question) {
	t.Helper()
	h, err := Handler(Config{Web: web.Config{
		Authenticate: web.Anyone,
		Authorize: func(_ *web.Request, ask web.Ask) error {
			got = question{ask.Action, ask.Resource, ask.Context.Quantity, ask.Context.OfferingID}
			return fault.New(fault.AccessDenied, "no")
		},
		NewID: func() string { return "id" }, Log: slog.New(slog.DiscardHandler),
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(input))
	r.Header.Set("Content-Type", awsjson.ContentType)
	r.Header.Set("X-Amz-Target", target+"."+operation)
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); !strings.Contains(w.Body.String(), "AccessDeniedException") {
		t.Errorf("%s: answer = %s, want a denial", operation, w.Body)
	}
	return got
}

// TestEveryRowAsks calls every operation with no input at all: there is none whose
// callers need not be allowed an action on a resource, and none that runs before.
func TestEveryRowAsks(t *testing.T) {
	t.Parallel()
	actions := Actions()
	for i, name := range Operations() {
		want := question{Action: "devicefarm:" + name, Resource: "*"}
		if diff := cmp.Diff(want, asked(t, name, `{}`)); diff != "" || actions[i].Name != want.Action {
			t.Errorf("%s, whose action is %s, asks for (-want +got):\n%s", name, actions[i].Name, diff)
		}
	}
}

// TestRowsOfResources has operations name what they act on: the ARN in their input,
// in the region that slotfarm writes, or no single resource if it is none.
func TestRowsOfResources(t *testing.T) {
	t.Parallel()
	const of = "arn:aws:devicefarm:us-west-2:111122223333:project:a"
	patterns := map[string]string{}
	for _, a := range Actions() {
		patterns[a.Name] = a.Resource
	}
	for _, o := range (api{}).operations() {
		if !o.Input.Implements(reflect.TypeFor[named]()) {
			continue
		}
		for value, want := range map[string]string{
			of: of,
			"arn:aws:devicefarm:eu-west-1:111122223333:project:a": of,
			"arn:aws:devicefarm:us-west-2:111122223333:project:*": "*",
			"x": "*",
		} {
			input := `{"` + naming(o) + `":"` + value + `"}`
			if got := asked(t, o.Name, input).Resource; got != want {
				t.Errorf("%s %s acts on %s, want %s", o.Name, input, got, want)
			}
		}
		if pattern := patterns["devicefarm:"+o.Name]; !strings.HasPrefix(pattern, "arn:aws:devicefarm:us-west-2:") {
			t.Errorf("policies are held to %q for %s, want a pattern of ARNs", pattern, o.Name)
		}
	}
}

// TestSessionsByTheirIDs names a test grid session by its project and its id: it is
// the session that policies see.
func TestSessionsByTheirIDs(t *testing.T) {
	t.Parallel()
	const project = "arn:aws:devicefarm:us-west-2:111122223333:testgrid-project:a"
	for input, want := range map[string]string{
		`{"projectArn":"` + project + `","sessionId":"b"}`:   "arn:aws:devicefarm:us-west-2:111122223333:testgrid-session:a/b",
		`{"projectArn":"` + project + `","sessionId":"*"}`:   "*",
		`{"projectArn":"` + project + `","sessionId":"a/b"}`: "*",
		`{"projectArn":"` + project + `"}`:                   "*",
	} {
		if got := asked(t, "GetTestGridSession", input).Resource; got != want {
			t.Errorf("%s acts on %s, want %s", input, got, want)
		}
	}
}

// naming returns the member of an operation's input that names what it acts on: the
// first one that is an ARN.
func naming(o awsjson.Operation) string {
	for i := range o.Input.NumField() {
		name, _, _ := strings.Cut(o.Input.Field(i).Tag.Get("json"), ",")
		if strings.HasSuffix(strings.ToLower(name), "arn") {
			return name
		}
	}
	return ""
}

func TestOrdersAskWithTheirValues(t *testing.T) {
	t.Parallel()
	tests := map[string]question{
		`{"offeringId":"A","quantity":3}`:                           {OfferingID: new("A"), Quantity: new(3)},
		`{"offeringId":"A","quantity":0}`:                           {OfferingID: new("A"), Quantity: new(0)},
		`{"offeringId":"A"}`:                                        {},
		`{"quantity":3}`:                                            {},
		`{"offeringId":"A","quantity":1.5}`:                         {},
		`{"offeringId":"A","quantity":1,"offeringPromotionId":"P"}`: {OfferingID: new("A"), Quantity: new(1)},
	}
	for _, operation := range []string{"PurchaseOffering", "RenewOffering"} {
		for input, want := range tests {
			want.Action, want.Resource = "devicefarm:"+operation, "*"
			if diff := cmp.Diff(want, asked(t, operation, input)); diff != "" {
				t.Errorf("%s %s asks for (-want +got):\n%s", operation, input, diff)
			}
		}
	}
}

// TestNoAuthoriser makes no API on which nobody says who may do what.
func TestNoAuthoriser(t *testing.T) {
	t.Parallel()
	h, err := Handler(Config{Web: web.Config{
		Authenticate: web.Anyone, NewID: func() string { return "id" }, Log: slog.New(slog.DiscardHandler),
	}})
	if err == nil || h != nil {
		t.Error("an API without an authoriser was made")
	}
}
