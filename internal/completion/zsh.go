package completion

import "strings"

// zshHead determines where in the command line the cursor is: after which
// command, and after which word. Its formatting verbs stand for the program,
// the flags that take a value, and the commands.
const zshHead = `#compdef %[1]s
# zsh completion for %[1]s: eval "$(%[1]s completion zsh)"
_%[1]s() {
    local at=%[1]s word skip= i prev=${words[CURRENT-1]}
    local -a commands flags
    if [[ $PREFIX == --*=* ]]; then
        prev=${PREFIX%%%%=*}
        compset -P '*='
    fi
    for ((i = 2; i < CURRENT; i++)); do
        word=${words[i]}
        if [[ -n $skip ]]; then
            skip=
            continue
        fi
        case $word in
        (%[2]s) skip=1 ;;
        (*)
            case "$at $word" in
            (%[3]s) at+=" $word" ;;
            esac
            ;;
        esac
    done
    case "$at $prev" in`

// zsh returns the script for zsh, to be read after compinit or saved in a
// directory of $fpath as _slotfarm.
func zsh(g grammar) string {
	s := &script{}
	s.add(zshHead, g.program, quoted(g.valued(), "|"), quoted(g.paths(), "|"))
	for _, n := range g.nodes {
		for _, f := range n.flags {
			if f.value != nil && f.value.known() {
				s.add("    (%s) %s; return ;;", quoted(following(n, f), "|"), zshValue(*f.value))
			}
		}
	}
	s.add("    esac\n    case $prev in\n    (%s) return ;;\n    esac\n    case $at in", quoted(g.valued(), "|"))
	for _, n := range g.nodes {
		s.add("    (%s)", quote(n.path))
		s.add("        commands=(%s)", quoted(described(n.commands), " "))
		s.add("        flags=(%s)", quoted(described(n.flagWords()), " "))
		if n.args.known() {
			s.add("        if [[ $PREFIX != -* ]]; then %s; return; fi", zshValue(n.args))
		}
		s.add("        ;;")
	}
	s.add(`    esac
    if [[ $PREFIX != -* && ${#commands} -gt 0 ]]; then
        _describe -t commands command commands
    else
        _describe -o -t flags flag flags
    fi
}
if [[ $funcstack[1] == _%[1]s ]]; then
    _%[1]s "$@"
else
    compdef _%[1]s %[1]s
fi`, g.program)
	return s.String()
}

// described returns words in the form that _describe expects: a colon before
// the help, and a backslash before a colon within a name.
func described(words []word) []string {
	var all []string
	for _, w := range words {
		all = append(all, strings.ReplaceAll(w.name, ":", `\:`)+":"+w.help)
	}
	return all
}

// zshValue returns the command that completes a value.
func zshValue(v value) string {
	switch {
	case len(v.words) > 0:
		return "compadd -- " + quoted(v.words, " ")
	case v.files:
		return "_files"
	}
	return "_files -/"
}
