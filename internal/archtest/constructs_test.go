package archtest

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// impure lists what the domain must not import: time, randomness, identity and
// all input come to it as values. A trailing slash stands for everything below.
var impure = []string{
	"context", "database/", "log", "log/", "net", "net/", "os", "os/", "math/rand", "math/rand/", "crypto/rand",
}

func TestDomainIsPure(t *testing.T) { none(t, checkPurity(sources(t))) }

func TestConstructs(t *testing.T) { none(t, checkConstructs(sources(t))) }

func TestGlobalState(t *testing.T) { none(t, checkGlobals(sources(t))) }

// checkPurity finds input, output and clocks in the domain, outside its tests.
func checkPurity(sources []source) []string {
	var findings []string
	for _, s := range sources {
		if s.isTest() || !oneOf(s.pkg(), domain) {
			continue
		}
		for _, spec := range s.file.Imports {
			if isImpure(pathOf(spec)) {
				findings = append(findings, s.finding(spec.Pos(), "the domain must not import %s", pathOf(spec)))
			}
		}
		for _, use := range s.uses("time", "Now", "Since", "Until") {
			findings = append(findings, s.finding(use.Pos(), "the domain must not read the clock: time.%s", use.Sel.Name))
		}
	}
	return findings
}

func isImpure(importPath string) bool {
	return slices.ContainsFunc(impure, func(p string) bool {
		return importPath == p || strings.HasSuffix(p, "/") && strings.HasPrefix(importPath, p)
	})
}

// checkConstructs finds what is used nowhere: init functions, panics outside
// tests, and tests that sleep.
func checkConstructs(sources []source) []string {
	var findings []string
	for _, s := range sources {
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv == nil && n.Name.Name == "init" {
					findings = append(findings, s.finding(n.Pos(), "func init: have the caller set things up"))
				}
			case *ast.CallExpr:
				if name, ok := n.Fun.(*ast.Ident); ok && name.Name == "panic" && !s.isTest() {
					findings = append(findings, s.finding(n.Pos(), "panic: return an error"))
				}
			}
			return true
		})
		for _, use := range s.uses("time", "Sleep") {
			if s.isTest() {
				findings = append(findings, s.finding(use.Pos(), "time.Sleep in a test: wait for what has to happen"))
			}
		}
	}
	return findings
}

// checkGlobals finds functions that assign to a package's variables, outside
// tests. It goes by name, so a local variable that hides one is found as well.
func checkGlobals(sources []source) []string {
	globals := map[string]bool{} // by package, a space and the name
	for _, s := range sources {
		for _, spec := range packageVariables(s) {
			for _, name := range spec.Names {
				globals[s.pkg()+" "+name.Name] = true
			}
		}
	}
	var findings []string
	for _, s := range sources {
		if s.isTest() {
			continue
		}
		for _, target := range assigned(s.file) {
			if target.Name != "_" && globals[s.pkg()+" "+target.Name] {
				findings = append(findings, s.finding(target.Pos(), "assignment to the package variable %s", target.Name))
			}
		}
	}
	return findings
}

// packageVariables returns the declarations of a file's package variables,
// outside tests.
func packageVariables(s source) []*ast.ValueSpec {
	var specs []*ast.ValueSpec
	for _, decl := range s.file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.VAR || s.isTest() {
			continue
		}
		for _, spec := range group.Specs {
			specs = append(specs, spec.(*ast.ValueSpec))
		}
	}
	return specs
}

// assigned returns the names of variables that the file assigns to, wholly or
// in part.
func assigned(file *ast.File) []*ast.Ident {
	var targets []*ast.Ident
	add := func(expressions ...ast.Expr) {
		for _, e := range expressions {
			if name := variableOf(e); name != nil {
				targets = append(targets, name)
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				add(n.Lhs...)
			}
		case *ast.IncDecStmt:
			add(n.X)
		}
		return true
	})
	return targets
}

// variableOf returns the variable that an expression such as v, v.f[i] or *v
// is a part of, or nil.
func variableOf(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

func TestDomainIsPureCanFail(t *testing.T) {
	got := checkPurity(parse(t,
		"internal/account/a.go", `package account
import (
	"context"
	"log/slog"
	"math/rand/v2"
	clock "time"
)
var now = clock.Now
`,
		"internal/account/a_test.go", `package account; import "os"`,
		"internal/billing/a.go", `package billing; import "context"`,
		"internal/fault/a.go", `package fault; import "time"; func f(t time.Time) int { return t.Since.Now }`,
	))
	exactly(t, got,
		"internal/account/a.go:3: the domain must not import context",
		"internal/account/a.go:4: the domain must not import log/slog",
		"internal/account/a.go:5: the domain must not import math/rand/v2",
		"internal/account/a.go:8: the domain must not read the clock: time.Now",
	)
}

func TestConstructsCanFail(t *testing.T) {
	got := checkConstructs(parse(t,
		"internal/billing/a.go", `package billing
func init() {}
func f() { panic("no") }
func (t T) init() {}
`,
		"internal/billing/a_test.go", `package billing
import "time"
func g() { panic("yes"); time.Sleep(1) }
`,
	))
	exactly(t, got,
		"internal/billing/a.go:2: func init: have the caller set things up",
		"internal/billing/a.go:3: panic: return an error",
		"internal/billing/a_test.go:3: time.Sleep in a test: wait for what has to happen",
	)
}

func TestGlobalStateCanFail(t *testing.T) {
	got := checkGlobals(parse(t,
		"internal/billing/a.go", `package billing; var count, names, _ = 0, map[string]T{}, f`,
		"internal/billing/b.go", `package billing
func f(local map[string]int) {
	count++
	names["a"].field = 1
	local["a"] = 1
	other := 1
	other, _ = 2, f
}
`,
		"internal/billing/b_test.go", `package billing; var flag int; func g() { count = 1 }`,
		"internal/journal/a.go", `package journal; func f() { count = 1 }`,
	))
	exactly(t, got,
		"internal/billing/b.go:3: assignment to the package variable count",
		"internal/billing/b.go:4: assignment to the package variable names",
	)
}
