// Package completion writes the scripts with which a shell completes the commands
// and flags of an application.
//
// It knows shells and the model of package kong, and no application.
package completion

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Shells are those that there is a script for.
var Shells = []string{"bash", "zsh", "fish"}

// Script returns the script with which one of Shells completes an application.
func Script(shell string, app *kong.Application) string {
	return map[string]func(grammar) string{"bash": bash, "zsh": zsh, "fish": fish}[shell](grammarOf(app))
}

// grammar is what the scripts know.
type grammar struct {
	program string
	nodes   []node // the application first
}

// node is a place in a command line: the words up to it, and what may follow.
type node struct {
	path     string // the words, with blanks between
	commands []word
	flags    []flag
	args     value // all positional arguments have the first one's
}

// word is what can be completed, and its help.
type word struct{ name, help string }

// flag is a flag by its long name.
type flag struct {
	word
	short string // "" is none
	value *value // nil where it takes none
}

// value is what a flag or an argument may be.
type value struct {
	words []string // one of these, where there are any
	files bool     // the name of a file
	dirs  bool     // the name of a folder
}

func grammarOf(app *kong.Application) grammar {
	g := grammar{program: app.Name}
	g.add(app.Node, app.Name, nil)
	return g
}

// add adds a node of the command line and all below it.
func (g *grammar) add(n *kong.Node, path string, inherited []flag) {
	at := node{path: path, flags: slices.Clone(inherited)}
	for _, f := range n.Flags {
		if !f.Hidden {
			at.flags = append(at.flags, flagsOf(f)...)
		}
	}
	if len(n.Positional) > 0 {
		at.args = valueOf(n.Positional[0], n.Positional[0].Tag.PlaceHolder)
	}
	inherited = at.flags
	var below []*kong.Node
	for _, child := range n.Children {
		if child.Type == kong.CommandNode && !child.Hidden {
			at.commands = append(at.commands, word{child.Name, child.Help})
			below = append(below, child)
		}
	}
	g.nodes = append(g.nodes, at)
	for _, child := range below {
		g.add(child, path+" "+child.Name, inherited)
	}
}

// flagsOf returns a flag, and its negation where it has one.
func flagsOf(f *kong.Flag) []flag {
	one := flag{word: word{"--" + f.Name, f.Help}}
	if f.Short != 0 {
		one.short = "-" + string(f.Short)
	}
	if !f.IsBool() {
		v := valueOf(f.Value, f.PlaceHolder)
		one.value = &v
	}
	if f.Tag.Negatable == "" {
		return []flag{one}
	}
	return []flag{one, {word: word{"--no-" + f.Name, f.Help}}}
}

// Chooser is the type of a flag or an argument that has few values.
type Chooser interface {
	Choices() []string
}

// valueOf tells by a placeholder what names a file: FILE and DIR do.
func valueOf(v *kong.Value, placeholder string) value {
	known := value{files: placeholder == "FILE", dirs: placeholder == "DIR"}
	if v.Enum != "" {
		known.words = v.EnumSlice()
	}
	if few, ok := v.Target.Interface().(Chooser); ok {
		known.words = few.Choices()
	}
	return known
}

// known reports whether there is something to complete.
func (v value) known() bool { return len(v.words) > 0 || v.files || v.dirs }

// valued returns the names of all flags that take a value, in order.
func (g grammar) valued() []string {
	var names []string
	for _, n := range g.nodes {
		for _, f := range n.flags {
			if f.value != nil {
				names = append(names, f.names()...)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// paths returns the paths of all commands.
func (g grammar) paths() []string {
	var paths []string
	for _, n := range g.nodes[1:] {
		paths = append(paths, n.path)
	}
	return paths
}

func (f flag) names() []string {
	if f.short == "" {
		return []string{f.name}
	}
	return []string{f.name, f.short}
}

// flagWords returns the long names of flags and their help.
func (n node) flagWords() []word {
	var all []word
	for _, f := range n.flags {
		all = append(all, f.word)
	}
	return all
}

func names(words []word) []string {
	var all []string
	for _, w := range words {
		all = append(all, w.name)
	}
	return all
}

// quoted returns words in single quotes as sh, zsh and fish read them, with a
// separator between.
func quoted(words []string, separator string) string {
	var all []string
	for _, w := range words {
		all = append(all, quote(w))
	}
	return strings.Join(all, separator)
}

// quote leaves the quotes for the quote itself, which all three shells take.
func quote(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// script is a text in the making.
type script struct{ strings.Builder }

func (s *script) add(format string, args ...any) { fmt.Fprintf(s, format+"\n", args...) }
