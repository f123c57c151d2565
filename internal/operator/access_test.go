package operator_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/operator"
	"github.com/slotfarm/slotfarm/internal/web"
)

// TestEveryRouteAsks calls every route, and denies what it asks for: an action of
// its own, on the account that the request names, if it names one. Nothing runs before.
func TestEveryRouteAsks(t *testing.T) {
	t.Parallel()
	f := open(t)
	var asked []web.Ask
	c := f.config(func() string { return "id" }, io.Discard)
	c.Signed = true
	c.Web.Authorize = func(_ *web.Request, ask web.Ask) error {
		asked = append(asked, ask)
		return fault.New(fault.AccessDenied, "no")
	}
	f.handler = f.handle(c)
	var actions []string
	for _, route := range operator.Routes() {
		method, path, _ := strings.Cut(route, " ")
		want := "*"
		if path == "/usage" { // it names the account in its query
			path += "?account={account}"
		}
		if strings.Contains(path, "{account}") {
			want = "arn:aws:slotfarm:::account/" + alice
		}
		asked = nil
		f.refused(method, strings.NewReplacer("{account}", alice).Replace(path), "", refusal{403, "AccessDenied", "no"})
		if len(asked) != 1 || asked[0].Resource != want {
			t.Errorf("%s asks for %+v, want one action on %s", route, asked, want)
			continue
		}
		if !applies(t, asked[0]) {
			t.Errorf("a policy on what %s asks for, %+v, can never apply", route, asked[0])
		}
		actions = append(actions, asked[0].Action)
	}
	slices.Sort(actions)
	var all []string
	for _, a := range operator.Actions() {
		all = append(all, a.Name)
	}
	if diff := cmp.Diff(all, slices.Compact(actions)); diff != "" {
		t.Errorf("actions (-all +asked for):\n%s", diff)
	}
}

func TestNoAuthoriser(t *testing.T) {
	t.Parallel()
	c := open(t).config(func() string { return "id" }, io.Discard)
	c.Web.Authorize = nil
	if h, err := operator.Handler(c); err == nil || h != nil {
		t.Error("an API without an authoriser was made")
	}
}

// TestPanic has a call panic, since it has no accounts to list: the answer is that of
// any internal error.
func TestPanic(t *testing.T) {
	t.Parallel()
	f := open(t)
	c := f.config(func() string { return "id" }, &f.log)
	c.Accounts = nil
	h := f.handle(c)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, operator.Prefix+"/accounts", nil))
	const want = `{"error":{"code":"Internal","message":"The request failed because of an internal error."}}` + "\n"
	if w.Code != http.StatusInternalServerError || w.Body.String() != want {
		t.Errorf("answer = %d %s, want 500 %s", w.Code, w.Body, want)
	}
	if got := f.log.String(); !strings.Contains(got, "level=ERROR") || !strings.Contains(got, "nil pointer") || strings.Count(got, "\n") != 1 {
		t.Errorf("log = %s, want one line that says what happened", got)
	}
}

// applies reports whether a policy may have a statement on what was asked for.
func applies(t *testing.T, ask web.Ask) bool {
	t.Helper()
	policy := `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"` + ask.Action + `","Resource":"` + ask.Resource + `"}}`
	parsed, err := iam.Parse([]byte(policy), []string{ask.Action})
	if err != nil {
		t.Fatal(err)
	}
	return parsed.CheckApplies(operator.Actions()) == nil
}
