package archtest

import (
	"go/ast"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// The packages that share the calls of the operator API: one describes them, and
// the others use the description.
const (
	callsOf     = "operatorapi"
	callAnswers = "operator"
	callSenders = "client"
)

func TestCalls(t *testing.T) { none(t, checkCalls(sources(t))) }

func TestShapesStandOnce(t *testing.T) { none(t, checkShapes(sources(t))) }

// checkCalls finds calls of the operator API without a handler or a method of
// the client, and those whose action is not their name or whose route is taken.
func checkCalls(sources []source) []string {
	var findings []string
	taken := map[string]string{} // calls by route
	for _, s := range sources {
		if s.pkg() != callsOf {
			continue
		}
		for _, spec := range packageVariables(s) {
			route, ok := routeOf(spec)
			if !ok {
				continue
			}
			name := spec.Names[0].Name
			if n := usesIn(sources, callAnswers, name); n != 1 {
				findings = append(findings, s.finding(spec.Pos(), "package %s has %d handlers of the call %s, and not one", callAnswers, n, name))
			}
			if usesIn(sources, callSenders, name) == 0 {
				findings = append(findings, s.finding(spec.Pos(), "package %s does not send the call %s", callSenders, name))
			}
			if route["Action"] != name {
				findings = append(findings, s.finding(spec.Pos(), "the action of the call %s is %q", name, route["Action"]))
			}
			at := route["Method"] + " " + route["Path"]
			if other := taken[at]; other != "" {
				findings = append(findings, s.finding(spec.Pos(), "the calls %s and %s are both %s", other, name, at))
			}
			taken[at] = name
		}
	}
	return findings
}

// routeOf returns the texts in the declaration of a call, by field, and whether
// it is one.
func routeOf(spec *ast.ValueSpec) (map[string]string, bool) {
	if len(spec.Values) != 1 {
		return nil, false
	}
	value, ok := spec.Values[0].(*ast.CompositeLit)
	if !ok {
		return nil, false
	}
	generic, ok := value.Type.(*ast.IndexListExpr)
	if !ok || variableOf(generic.X) == nil || variableOf(generic.X).Name != "Call" {
		return nil, false
	}
	route := map[string]string{}
	ast.Inspect(value, func(n ast.Node) bool {
		if pair, ok := n.(*ast.KeyValueExpr); ok {
			if text, ok := pair.Value.(*ast.BasicLit); ok && text.Kind == token.STRING {
				route[pair.Key.(*ast.Ident).Name], _ = strconv.Unquote(text.Value) // the parser has checked it
			}
		}
		return true
	})
	return route, true
}

// usesIn counts where a package names a call, outside its tests.
func usesIn(sources []source, pkg, call string) int {
	n := 0
	for _, s := range sources {
		if s.pkg() == pkg && !s.isTest() {
			n += len(s.uses(module+"/internal/"+callsOf, call))
		}
	}
	return n
}

// checkShapes finds JSON that the handlers or the client of the operator API
// describe themselves.
func checkShapes(sources []source) []string {
	var findings []string
	for _, s := range sources {
		if s.isTest() || !oneOf(s.pkg(), callAnswers+" "+callSenders) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Field:
				if n.Tag != nil && strings.Contains(n.Tag.Value, "json:") {
					findings = append(findings, s.finding(n.Pos(), "a member of JSON: describe it in package %s", callsOf))
				}
			case *ast.MapType:
				if element, ok := n.Value.(*ast.Ident); ok && element.Name == "any" {
					findings = append(findings, s.finding(n.Pos(), "a map of any: describe it in package %s", callsOf))
				}
			}
			return true
		})
	}
	return findings
}

func TestCallsCanFail(t *testing.T) {
	const importing = `import "github.com/slotfarm/slotfarm/internal/operatorapi"; `
	got := checkCalls(parse(t,
		"internal/operatorapi/a.go", `package operatorapi
var Good = Call[None, None, None]{Route{Method: "GET", Path: "/good", Action: "Good"}}
var Misnamed = Call[None, None, None]{Route{Method: "PUT", Path: "/good", Action: "Good"}}
var Unanswered = Call[None, None, None]{Route{Method: "GET", Path: "/a", Action: "Unanswered"}}
var Unsent = Call[None, None, None]{Route{Method: "GET", Path: "/a", Action: "Unsent"}}
var other = map[string]string{"Action": "None"}
`,
		"internal/operator/a.go", `package operator; `+importing+`var f = on(operatorapi.Good, operatorapi.Misnamed, operatorapi.Unsent)`,
		"internal/operator/a_test.go", `package operator; `+importing+`var g = operatorapi.Unanswered`,
		"internal/client/a.go", `package client; `+importing+`var f = send(operatorapi.Good, operatorapi.Misnamed, operatorapi.Unanswered)`,
		"internal/cli/a.go", `package cli; `+importing+`var f = operatorapi.Unsent`,
	))
	exactly(t, got,
		`internal/operatorapi/a.go:3: the action of the call Misnamed is "Good"`,
		"internal/operatorapi/a.go:4: package operator has 0 handlers of the call Unanswered, and not one",
		"internal/operatorapi/a.go:5: package client does not send the call Unsent",
		"internal/operatorapi/a.go:5: the calls Unanswered and Unsent are both GET /a",
	)
}

func TestShapesStandOnceCanFail(t *testing.T) {
	const body = `
type shape struct {
	Name string ` + "`json:\"name\"`" + `
	Flag string ` + "`help:\"x\"`" + `
}
var members = map[string]any{}
var names = map[string]string{}
`
	got := checkShapes(parse(t,
		"internal/operator/a.go", "package operator"+body,
		"internal/client/a.go", "package client"+body,
		"internal/client/a_test.go", "package client"+body,
		"internal/operatorapi/a.go", "package operatorapi"+body,
	))
	exactly(t, got,
		"internal/operator/a.go:3: a member of JSON: describe it in package operatorapi",
		"internal/operator/a.go:6: a map of any: describe it in package operatorapi",
		"internal/client/a.go:3: a member of JSON: describe it in package operatorapi",
		"internal/client/a.go:6: a map of any: describe it in package operatorapi",
	)
}
