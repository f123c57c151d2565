package operator_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/operator"
	"github.com/slotfarm/slotfarm/internal/web"
)

// TestRequests looks at the log line of each request, and at what is observed.
func TestRequests(t *testing.T) {
	t.Parallel()
	foreign := func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }
	tests := []struct {
		name         string
		method, path string
		change       func(*http.Request)
		line         string // from its level to its reason
		want         web.Result
	}{
		{"success", "PUT", "/accounts/" + alice, nil,
			"INFO msg=request method=PUT path=/_slotfarm/v1/accounts/" + alice + " account=" + alice + " requestId=id-1 source=192.0.2.1 status=200",
			web.Result{Operation: "PUT /accounts/{account}", Account: alice, Status: 200}},
		{"query", "GET", "/accounts?after=" + alice, nil,
			`INFO msg=request method=GET path=/_slotfarm/v1/accounts account="" requestId=id-1 source=192.0.2.1 status=200`,
			web.Result{Operation: "GET /accounts", Status: 200}},
		{"HEAD", "HEAD", "/catalog", nil,
			`INFO msg=request method=HEAD path=/_slotfarm/v1/catalog account="" requestId=id-1 source=192.0.2.1 status=200`,
			web.Result{Operation: "GET /catalog", Status: 200}},
		{"refusal", "GET", "/accounts/" + bob, nil,
			"account=" + bob + ` requestId=id-1 source=192.0.2.1 error=NotFound reason="account \"222222222222\" was never opened" status=404`,
			web.Result{Operation: "GET /accounts/{account}", Account: bob, Status: 404, Error: "NotFound"}},
		{"no account id", "GET", "/accounts/somebody", nil, `account="" requestId=id-1`,
			web.Result{Operation: "GET /accounts/{account}", Status: 400, Error: "InvalidArgument"}},
		{"no such path", "GET", "/accounts/" + alice + "/nothing", nil, "error=NotFound",
			web.Result{Status: 404, Error: "NotFound"}},
		{"a path that is no UTF-8", "GET", "/%ff", nil, "error=NotFound", web.Result{Status: 404, Error: "NotFound"}},
		{"a long path", "GET", "/" + strings.Repeat("x", 1000), nil, "/_slotfarm/v1/" + strings.Repeat("x", 186) + "… account",
			web.Result{Status: 404, Error: "NotFound"}},
		{"method", "PATCH", "/accounts", nil, "error=MethodNotAllowed", web.Result{Status: 405, Error: "MethodNotAllowed"}},
		{"another origin", "PUT", "/accounts/" + alice, foreign, "error=CrossOrigin", web.Result{Status: 403, Error: "CrossOrigin"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := open(t)
			var seen []web.Result
			c := f.config(func() string { return "id-1" }, &f.log)
			c.Web.Observe = func(_ context.Context, r web.Result) {
				r.Took = min(r.Took, 0)
				seen = append(seen, r)
			}
			r := httptest.NewRequest(tt.method, operator.Prefix+tt.path, strings.NewReader("{}"))
			if tt.change != nil {
				tt.change(r)
			}
			w := httptest.NewRecorder()
			f.handle(c).ServeHTTP(w, r)
			tt.want.RequestID = "id-1"
			if diff := cmp.Diff([]web.Result{tt.want}, seen); diff != "" || w.Code != tt.want.Status {
				t.Errorf("status %d, observed (-want +got):\n%s", w.Code, diff)
			}
			if got := f.log.String(); !strings.Contains(got, tt.line) || strings.Count(got, "\n") != 1 || !regexp.MustCompile(` took=\S+\n$`).MatchString(got) {
				t.Errorf("log = %s, want one line with %s", got, tt.line)
			}
		})
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	routes := operator.Routes()
	for _, want := range []string{"GET /accounts/{account}", "PUT /seed", "GET /verify"} {
		if !strings.Contains(strings.Join(routes, "\n")+"\n", want+"\n") {
			t.Errorf("routes = %q, want %q among them", routes, want)
		}
	}
}
