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
	"github.com/slotfarm/slotfarm/internal/operator"
	"github.com/slotfarm/slotfarm/internal/web"
)

// TestEveryRouteAsks calls every route, and denies what it asks for: an action of
// its own, on the account in the path where there is one. Nothing runs before.
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
		if strings.Contains(path, "{account}") {
			want = "arn:aws:slotfarm:::account/" + alice
		}
		asked = nil
		f.refused(method, strings.NewReplacer("{account}", alice).Replace(path), "", refusal{403, "AccessDenied", "no"})
		if len(asked) != 1 || asked[0].Resource != want {
			t.Errorf("%s asks for %+v, want one action on %s", route, asked, want)
			continue
		}
		actions = append(actions, asked[0].Action)
	}
	slices.Sort(actions)
	if diff := cmp.Diff(operator.Actions(), slices.Compact(actions)); diff != "" {
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
