package archtest

import (
	"go/ast"
	"go/token"
	"path"
	"strings"
	"testing"
)

func TestPackageComments(t *testing.T) { none(t, checkPackageComments(sources(t))) }

func TestDocComments(t *testing.T) { none(t, checkDocComments(sources(t))) }

// checkPackageComments finds packages in which no file says what the package is.
func checkPackageComments(sources []source) []string {
	documented := map[string]bool{}
	for _, s := range sources {
		if s.file.Doc != nil && !s.isTest() {
			documented[s.pkg()] = true
		}
	}
	var findings []string
	for _, s := range sources {
		if !documented[s.pkg()] {
			documented[s.pkg()] = true // once is enough
			findings = append(findings, s.finding(s.file.Package, "no file of package %s has a package comment", path.Base(s.pkg())))
		}
	}
	return findings
}

// checkDocComments finds exported names without a comment, outside tests. That
// of a function or type starts with the name; for constants and variables one
// on their group will do.
func checkDocComments(sources []source) []string {
	var findings []string
	for _, s := range sources {
		if s.isTest() {
			continue
		}
		for _, decl := range s.file.Decls {
			for _, name := range undocumented(decl) {
				findings = append(findings, s.finding(name.Pos(), "%s needs a comment that starts with its name", name.Name))
			}
		}
	}
	return findings
}

// undocumented returns the exported names of a declaration that lack a comment.
func undocumented(decl ast.Decl) []*ast.Ident {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if isExported(decl) && !describes(decl.Doc, decl.Name) {
			return []*ast.Ident{decl.Name}
		}
	case *ast.GenDecl:
		return undocumentedSpecs(decl)
	}
	return nil
}

func undocumentedSpecs(group *ast.GenDecl) []*ast.Ident {
	var names []*ast.Ident
	for _, spec := range group.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			alone := group.Lparen == token.NoPos && describes(group.Doc, spec.Name)
			if spec.Name.IsExported() && !alone && !describes(spec.Doc, spec.Name) {
				names = append(names, spec.Name)
			}
		case *ast.ValueSpec:
			if group.Doc != nil || spec.Doc != nil || spec.Comment != nil {
				continue
			}
			for _, name := range spec.Names {
				if name.IsExported() {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// isExported reports whether other packages see a function or method.
func isExported(f *ast.FuncDecl) bool {
	if !f.Name.IsExported() || f.Recv == nil {
		return f.Name.IsExported()
	}
	receiver := variableOf(f.Recv.List[0].Type)
	return receiver != nil && receiver.IsExported()
}

// describes reports whether a comment starts with the name, after an article.
func describes(comment *ast.CommentGroup, name *ast.Ident) bool {
	words := strings.Fields(comment.Text())
	if len(words) > 1 && oneOf(words[0], "A An The") {
		words = words[1:]
	}
	return len(words) > 0 && strings.TrimRight(words[0], ".,:;") == name.Name
}

func TestPackageCommentsCanFail(t *testing.T) {
	got := checkPackageComments(parse(t,
		"internal/billing/a.go", `package billing`,
		"internal/billing/b.go", `package billing`,
		"internal/billing/a_test.go", "// Package billing is not described here.\npackage billing",
		"internal/journal/a.go", `package journal`,
		"internal/journal/b.go", "// Package journal is described.\npackage journal",
	))
	exactly(t, got, "internal/billing/a.go:1: no file of package billing has a package comment")
}

func TestDocCommentsCanFail(t *testing.T) {
	got := checkDocComments(parse(t, "internal/billing/a.go", `package billing
func Bare() {}
// This starts otherwise.
func Wrong() {}
// Right says something.
func Right() {}
type Type struct{}
// A Good one has an article.
type Good[K any] struct{}
func (*Good[K]) Method() {}
func (hidden) Method() {}
const Limit = 1
const Other = 2 // is described
// Both are described.
const (
	One = 1
	Two = 2
)
var (
	// Three is described.
	Three int
	Four  int
)
`,
		"internal/billing/a_test.go", `package billing; func TestX() {}`))
	const end = " needs a comment that starts with its name"
	exactly(t, got,
		"internal/billing/a.go:2: Bare"+end,
		"internal/billing/a.go:4: Wrong"+end,
		"internal/billing/a.go:7: Type"+end,
		"internal/billing/a.go:10: Method"+end,
		"internal/billing/a.go:12: Limit"+end,
		"internal/billing/a.go:22: Four"+end,
	)
}
