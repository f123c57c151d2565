package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// module is the path of the module whose tree is checked.
const module = "github.com/slotfarm/slotfarm"

// document is a text file. Its path is relative to the root of the module.
type document struct {
	path, body string
}

// line returns the number of the line that holds the byte at offset.
func (d document) line(offset int) int { return 1 + strings.Count(d.body[:offset], "\n") }

// lines returns the number of lines.
func (d document) lines() int {
	return strings.Count(strings.TrimSuffix(d.body, "\n")+"\n", "\n")
}

// source is a parsed Go file.
type source struct {
	document
	fset *token.FileSet
	file *ast.File
}

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// pkg names the package as the rules do: its folder, without "internal/".
func (s source) pkg() string { return strings.TrimPrefix(path.Dir(s.path), "internal/") }

// finding returns what a rule found at pos, in the form that editors jump to.
func (s source) finding(pos token.Pos, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: %s", s.path, s.fset.Position(pos).Line, fmt.Sprintf(format, args...))
}

// uses returns where the file names one of the members of an imported package.
func (s source) uses(importPath string, members ...string) []*ast.SelectorExpr {
	var found []*ast.SelectorExpr
	local := s.localName(importPath)
	ast.Inspect(s.file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok || !slices.Contains(members, selector.Sel.Name) {
			return true
		}
		if x, ok := selector.X.(*ast.Ident); ok && x.Name == local {
			found = append(found, selector)
		}
		return true
	})
	return found
}

// localName returns the name under which the file imports a package, or "".
func (s source) localName(importPath string) string {
	for _, spec := range s.file.Imports {
		switch {
		case pathOf(spec) != importPath:
		case spec.Name != nil:
			return spec.Name.Name
		default:
			return path.Base(importPath)
		}
	}
	return ""
}

// pathOf returns what an import declaration imports.
func pathOf(spec *ast.ImportSpec) string {
	p, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
	return p
}

// readTree returns the text files under fsys, without what git does not keep.
func readTree(fsys fs.FS) ([]document, error) {
	var docs []document
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && foreign(name) {
			return fs.SkipDir
		}
		if !entry.Type().IsRegular() || name == ".git" { // a file in a worktree of git
			return nil
		}
		body, err := fs.ReadFile(fsys, name)
		if err == nil && !bytes.ContainsRune(body, 0) {
			docs = append(docs, document{name, string(body)})
		}
		return err
	})
	return docs, err
}

// foreign reports whether a folder holds nothing that people of this project
// wrote: build output, packages of others, and settings of git or an editor.
func foreign(dir string) bool {
	switch base := path.Base(dir); {
	case dir == ".", base == ".ci", base == ".github":
		return false
	default:
		return dir == "bin" || dir == "dist" || base == "node_modules" || strings.HasPrefix(base, ".")
	}
}

// parseTree parses the Go files among docs, without test data.
func parseTree(docs []document) ([]source, error) {
	var sources []source
	for _, d := range docs {
		if path.Ext(d.path) != ".go" || strings.Contains("/"+d.path, "/testdata/") {
			continue
		}
		s := source{document: d, fset: token.NewFileSet()}
		var err error
		if s.file, err = parser.ParseFile(s.fset, d.path, d.body, parser.ParseComments|parser.SkipObjectResolution); err != nil {
			return nil, err
		}
		sources = append(sources, s)
	}
	return sources, nil
}

var (
	readModule  = sync.OnceValues(func() ([]document, error) { return readTree(os.DirFS("../..")) })
	parseModule = sync.OnceValues(func() ([]source, error) {
		docs, err := readModule()
		if err != nil {
			return nil, err
		}
		return parseTree(docs)
	})
)

// documents returns the text files of the module.
func documents(t *testing.T) []document {
	t.Helper()
	docs, err := readModule()
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

// sources returns the Go files of the module.
func sources(t *testing.T) []source {
	t.Helper()
	parsed, err := parseModule()
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// parse returns the Go files of a tree that a test makes up: path, body, path, body…
func parse(t *testing.T, pathsAndBodies ...string) []source {
	t.Helper()
	var docs []document
	for pair := range slices.Chunk(pathsAndBodies, 2) {
		docs = append(docs, document{pair[0], pair[1]})
	}
	parsed, err := parseTree(docs)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// none fails the test for each finding.
func none(t *testing.T, findings []string) {
	t.Helper()
	for _, finding := range findings {
		t.Error(finding)
	}
}

// exactly fails the test unless the findings are those wanted.
func exactly(t *testing.T, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestReadTree(t *testing.T) {
	tree := fstest.MapFS{}
	for _, name := range []string{
		".ci/run", ".git", ".idea/x.xml", "bin/slotfarm", "cmd/x/main.go", "dist/licenses.txt", "e2e/js/node_modules/a/a.js", "internal/bin/a.go",
	} {
		tree[name] = &fstest.MapFile{Data: []byte("text\n")}
	}
	tree["image.png"] = &fstest.MapFile{Data: []byte("P\x00G")}
	docs, err := readTree(tree)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range docs {
		got = append(got, d.path)
	}
	exactly(t, got, ".ci/run", "cmd/x/main.go", "internal/bin/a.go")
}

// TestTreeIsThere notices when the rules look at the wrong folder and so at nothing.
func TestTreeIsThere(t *testing.T) {
	isMain := func(s source) bool { return s.path == "cmd/slotfarm/main.go" }
	if !slices.ContainsFunc(sources(t), isMain) {
		t.Error("cmd/slotfarm/main.go is not among the files checked")
	}
}
