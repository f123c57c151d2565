package archtest

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// maxContributing is how many lines CONTRIBUTING.md may have: few enough to be read.
const maxContributing = 150

// unfinished finds the marks of work that was put off. Issues are the place for it.
var unfinished = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|X` + `XX)\b`)

// unmerged finds the marks that git leaves at conflicts.
var unmerged = regexp.MustCompile(`(?m)^(<{7}|>{7}) .*$`)

// machinePath finds absolute paths into somebody's own folders.
var machinePath = regexp.MustCompile(`(?m)(?:^|[^\w.})\]>*-])/(?:wo` + `rk|ro` + `ot|ho` + `me)/`)

// registryHost finds hosts from which packages are downloaded. Which of them is
// asked is a setting of each machine, not of the project.
var registryHost = regexp.MustCompile(`\b(?:(?:proxy|sum|index)\.gol` + `ang\.org` +
	`|registry\.(?:npm` + `js\.(?:org|com)|yarn` + `pkg\.com)` +
	`|(?:deb|security|snapshot|archive|httpredir|ftp(?:\.\w+)?)\.deb` + `ian\.org)\b`)

func TestTextHygiene(t *testing.T) { none(t, checkHygiene(documents(t))) }

func TestMarkdown(t *testing.T) { none(t, checkMarkdown(documents(t))) }

func TestTestNames(t *testing.T) { none(t, checkTestNames(documents(t))) }

// checkHygiene finds marks of unfinished work and of merges, paths of a machine
// and hosts of package registries.
func checkHygiene(docs []document) []string {
	var findings []string
	for _, d := range docs {
		find := func(pattern *regexp.Regexp, what string) {
			for _, at := range pattern.FindAllStringIndex(d.body, -1) {
				findings = append(findings, fmt.Sprintf("%s:%d: %s: %q", d.path, d.line(at[1]-1), what, strings.TrimSpace(d.body[at[0]:at[1]])))
			}
		}
		if oneOf(path.Ext(d.path), ".go .md .sh") {
			find(unfinished, "mark of unfinished work")
		}
		find(unmerged, "mark of a merge")
		find(machinePath, "path of a machine")
		find(registryHost, "host of a package registry")
	}
	return findings
}

// In Markdown: blocks and spans of code, and the targets of links and images.
var (
	markdownCode = regexp.MustCompile("(?ms)^ *```.*?^ *```|`[^`\n]*`")
	markdownLink = regexp.MustCompile(`\]\(<?([^()\s>]+)>?(?: "[^"]*")?\)|(?m:^ *\[[^\]]+\]: +(\S+))`)
)

// checkMarkdown finds relative links to files that are not there, and a
// CONTRIBUTING.md that is too long.
func checkMarkdown(docs []document) []string {
	var findings []string
	for _, d := range docs {
		if path.Ext(d.path) != ".md" {
			continue
		}
		if d.path == "CONTRIBUTING.md" && d.lines() > maxContributing {
			findings = append(findings, fmt.Sprintf("%s: %d lines, at most %d", d.path, d.lines(), maxContributing))
		}
		for _, target := range links(d) {
			if !leadsTo(d, target, docs) {
				findings = append(findings, fmt.Sprintf("%s: link to %s, which is not there", d.path, target))
			}
		}
	}
	return findings
}

// testName finds names of tests and fuzz targets; with a star, the beginnings of such.
var testName = regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w*\*?`)

// checkTestNames finds tests that a page of docs names and the tree does not have.
func checkTestNames(docs []document) []string {
	var tests, findings []string
	for _, d := range docs {
		if strings.HasSuffix(d.path, "_test.go") {
			for _, match := range testFunc.FindAllStringSubmatch(d.body, -1) {
				tests = append(tests, match[1])
			}
		}
	}
	for _, d := range docs {
		if path.Ext(d.path) != ".md" || path.Dir(d.path) != "docs" {
			continue
		}
		for _, name := range testName.FindAllString(d.body, -1) {
			start, open := strings.CutSuffix(name, "*")
			if !slices.ContainsFunc(tests, func(test string) bool { return test == name || open && strings.HasPrefix(test, start) }) {
				findings = append(findings, fmt.Sprintf("%s: %s, which is no test of the tree", d.path, name))
			}
		}
	}
	return findings
}

// testFunc finds tests where they are written.
var testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)

// links returns the targets of a document's links.
func links(d document) []string {
	var targets []string
	for _, match := range markdownLink.FindAllStringSubmatch(markdownCode.ReplaceAllString(d.body, ""), -1) {
		targets = append(targets, match[1]+match[2])
	}
	return targets
}

// leadsTo reports whether a link of d leads to one of docs or a folder of them,
// or out of the tree, where nothing is checked.
func leadsTo(d document, target string, docs []document) bool {
	target, _, _ = strings.Cut(target, "#")
	if target == "" || strings.Contains(target, ":") {
		return true
	}
	target = path.Join(path.Dir(d.path), target)
	return slices.ContainsFunc(docs, func(other document) bool {
		return target == "." || other.path == target || strings.HasPrefix(other.path, target+"/")
	})
}

func TestTextHygieneCanFail(t *testing.T) {
	home := "/ho" + "me/"
	got := checkHygiene([]document{
		{"a.go", "package a\n\n// TO" + "DO: later.\n"},
		{"a.md", "FIX" + "ME and X" + "XX, but not tmp.XXXX" + "XX\n"},
		{"a.sh", "cd " + home + "ann\ncat https://example.com" + home + "x\n" + home + "x\n"},
		{"b.md", "<<" + "<<<<< HEAD\n=======\n>>" + ">>>>> other\n"},
		{"Makefile", "all:\n\tcurl https://proxy.gol" + "ang.org/x\n\tcurl https://golang.org/dl\n"},
		{"lock.json", `{"resolved": "https://registry.npm` + `js.org/a"}`},
		{"sources.list", "deb http://ftp.de.deb" + "ian.org/ stable\nsee www.debian.org\n"},
	})
	exactly(t, got,
		`a.go:3: mark of unfinished work: "TO`+`DO"`,
		`a.md:1: mark of unfinished work: "FIX`+`ME"`,
		`a.md:1: mark of unfinished work: "X`+`XX"`,
		`a.sh:1: path of a machine: "`+home+`"`,
		`a.sh:3: path of a machine: "`+home+`"`,
		`b.md:1: mark of a merge: "<<`+`<<<<< HEAD"`,
		`b.md:3: mark of a merge: ">>`+`>>>>> other"`,
		`Makefile:2: host of a package registry: "proxy.gol`+`ang.org"`,
		`lock.json:1: host of a package registry: "registry.npm`+`js.org"`,
		`sources.list:1: host of a package registry: "ftp.de.deb`+`ian.org"`,
	)
}

func TestTestNamesCanFail(t *testing.T) {
	exactly(t, checkTestNames([]document{
		{"docs/a.md", "TestAll, TestA*, FuzzIt, TestOther and TestB*; Testing is a word"},
		{"a_test.go", "func TestAll(t *testing.T) {\n}\n\nfunc FuzzIt(f *testing.F) {}\n"},
	}), "docs/a.md: TestOther, which is no test of the tree", "docs/a.md: TestB*, which is no test of the tree")
}

func TestMarkdownCanFail(t *testing.T) {
	got := checkMarkdown([]document{
		{"CONTRIBUTING.md", strings.Repeat("word\n", maxContributing+1)},
		{"docs/a.md", "[a](b.md) [b](../docs/b.md#part) [c](#here) [d](https://example.com/x) [e](..) [f](img)\n" +
			"[g](gone.md) ![h](img/gone.png \"title\")\n\n[ref]: ../gone.md\n\n`[i](code.md)`\n\n```\n[j](code.md)\n```\n"},
		{"docs/b.md", ""},
		{"docs/img/a.svg", ""},
	})
	exactly(t, got,
		"CONTRIBUTING.md: 151 lines, at most 150",
		"docs/a.md: link to gone.md, which is not there",
		"docs/a.md: link to img/gone.png, which is not there",
		"docs/a.md: link to ../gone.md, which is not there",
	)
}
