package archtest

import (
	"fmt"
	"go/ast"
	"maps"
	"slices"
	"strings"
	"testing"
)

// Ceilings. What is near them wants to be two things.
const (
	maxFunction       = 50 // lines, from "func" to the closing brace
	maxTestFunction   = 90
	maxFile           = 450 // lines
	maxTestFile       = 600
	maxMain           = 25 // lines of a program's main file
	maxParameters     = 4  // besides the context and the receiver
	maxTestParameters = 5  // with the test's handle
)

// oversized lists what may be above a ceiling all the same, as "file: name", or
// "file" for the file itself, with the reason. An entry that is not above one
// any more fails the test.
var oversized = map[string]string{}

func TestSizes(t *testing.T) { none(t, except(checkSizes(sources(t)), oversized)) }

// checkSizes finds files and functions that are too long, and functions with
// too many parameters.
func checkSizes(sources []source) []string {
	var findings []string
	for _, s := range sources {
		perFile, perFunction, inParameters := maxFile, maxFunction, maxParameters
		if s.isTest() {
			perFile, perFunction, inParameters = maxTestFile, maxTestFunction, maxTestParameters
		}
		if strings.HasPrefix(s.path, "cmd/") && s.file.Name.Name == "main" {
			perFile = maxMain
		}
		check := func(subject string, n int, unit string, limit int) {
			if n > limit {
				findings = append(findings, fmt.Sprintf("%s: %d %s, at most %d", subject, n, unit, limit))
			}
		}
		check(s.path, s.lines(), "lines", perFile)
		for _, decl := range s.file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				check(s.path+": "+f.Name.Name, length(s, f), "lines", perFunction)
				check(s.path+": "+f.Name.Name, parameters(s, f), "parameters", inParameters)
			}
		}
	}
	return findings
}

// length returns the lines of a function without its comment.
func length(s source, f *ast.FuncDecl) int {
	return s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1
}

// parameters counts a function's parameters besides its contexts.
func parameters(s source, f *ast.FuncDecl) int {
	contexts := s.uses("context", "Context")
	n := 0
	for _, field := range f.Type.Params.List {
		if selector, ok := field.Type.(*ast.SelectorExpr); ok && slices.Contains(contexts, selector) {
			continue
		}
		n += max(1, len(field.Names))
	}
	return n
}

// except returns the findings without those of subjects that are allowed, and
// with one for each allowed subject that has no finding.
func except(findings []string, allowed map[string]string) []string {
	unused := maps.Clone(allowed)
	left := slices.DeleteFunc(slices.Clone(findings), func(finding string) bool {
		subject := finding[:strings.LastIndex(finding, ": ")]
		_, ok := allowed[subject]
		delete(unused, subject)
		return ok
	})
	for _, subject := range slices.Sorted(maps.Keys(unused)) {
		left = append(left, subject+": is within the ceilings and must leave the list of exceptions")
	}
	return left
}

func TestSizesCanFail(t *testing.T) {
	long := func(lines int) string { return "func long() {" + strings.Repeat("\n", lines-1) + "}\n" }
	got := checkSizes(parse(t,
		"internal/billing/a.go", "package billing\n"+long(maxFunction)+"func short() {}\n",
		"internal/billing/b.go", "package billing\n"+long(maxFunction+1),
		"internal/billing/b_test.go", "package billing\n"+long(maxTestFunction+1),
		"internal/billing/c.go", "package billing"+strings.Repeat("\n", maxFile),
		"internal/billing/d.go", "package billing"+strings.Repeat("\n", maxFile+1),
		"cmd/slotfarm/main.go", "package main"+strings.Repeat("\n", maxMain+1),
		"internal/billing/e.go", `package billing; import "context"
func (r R) four(ctx context.Context, a, b int, c, d string) {}
func five(int, int, int, int, int) {}
`,
		"internal/billing/e_test.go", `package billing
func five(t *testing.T, a, b, c, d int) {}
func six(t *testing.T, a, b, c, d, e int) {}
`))
	exactly(t, got,
		"internal/billing/b.go: long: 51 lines, at most 50",
		"internal/billing/b_test.go: long: 91 lines, at most 90",
		"internal/billing/d.go: 451 lines, at most 450",
		"cmd/slotfarm/main.go: 26 lines, at most 25",
		"internal/billing/e.go: five: 5 parameters, at most 4",
		"internal/billing/e_test.go: six: 6 parameters, at most 5",
	)
}

func TestExceptionsCanBeStale(t *testing.T) {
	findings := []string{"a.go: F: 60 lines, at most 50", "b.go: 500 lines, at most 450", "c.go: G: 5 parameters, at most 4"}
	got := except(findings, map[string]string{"a.go: F": "a table", "b.go": "generated", "c.go": "gone"})
	exactly(t, got,
		"c.go: G: 5 parameters, at most 4",
		"c.go: is within the ceilings and must leave the list of exceptions",
	)
}
