// Package completion writes the scripts with which a shell completes the commands
// and flags of an application.
//
// It knows shells and the model of package kong, but no application.
package completion

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Shells lists the supported shells.
var Shells = []string{"bash", "zsh", "fish"}

// Script returns the completion script of an application for one of Shells.
func Script(shell string, app *kong.Application) string {
	return map[string]func(grammar) string{"bash": bash, "zsh": zsh, "fish": fish}[shell](grammarOf(app))
}

// grammar holds what the scripts know of an application.
type grammar struct {
	program string
	nodes   []node // the application first
}

// node is a place in a command line: the words up to it, and what may follow.
type node struct {
	path     string // the words, separated by spaces
	commands []word
	flags    []flag
	args     value // of the first positional argument, used for all
}

// word is what can be completed, and its help.
type word struct{ name, help string }

// flag is a flag by its long name.
type flag struct {
	word
	short string // "" if it has none
	value *value // nil if it takes none
}

// value describes the values of a flag or an argument.
type value struct {
	words []string // the allowed values, if they are limited
	files bool     // whether it is the name of a file
	dirs  bool     // whether it is the name of a directory
}

func grammarOf(app *kong.Application) grammar {
	g := grammar{program: app.Name}
	g.add(app.Node, app.Name, nil)
	return g
}

// add adds a node of the command line and all nodes below it.
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

// flagsOf returns a flag, and its negation if it has one.
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

// valueOf describes a value. The placeholders FILE and DIR stand for files and
// directories.
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

// known reports whether the value can be completed.
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

// quoted returns words in single quotes that sh, zsh and fish understand,
// joined by a separator.
func quoted(words []string, separator string) string {
	var all []string
	for _, w := range words {
		all = append(all, quote(w))
	}
	return strings.Join(all, separator)
}

// quote ends the quotes before each single quote in the word, which all three
// shells understand.
func quote(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// script is a script that is being written.
type script struct{ strings.Builder }

func (s *script) add(format string, args ...any) { fmt.Fprintf(s, format+"\n", args...) }
