package completion

import "strings"

// bashHead determines where in the command line the cursor is: after which
// command, and after which word. Its formatting verbs stand for the program,
// the flags that take a value, and the commands.
const bashHead = `# bash completion for %[1]s: eval "$(%[1]s completion bash)"
_%[1]s_names() {
    local IFS=$'\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen "$1" -- "$cur"))
}
_%[1]s() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
    local at=%[1]s word skip= i commands= flags= IFS=$' \t\n'
    COMPREPLY=()
    if [[ $cur == = ]]; then
        cur=
    elif [[ $prev == = ]]; then
        prev=${COMP_WORDS[COMP_CWORD-2]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $skip ]]; then
            [[ $word == = ]] || skip=
            continue
        fi
        case $word in
        %[2]s) skip=1 ;;
        *)
            case "$at $word" in
            %[3]s) at+=" $word" ;;
            esac
            ;;
        esac
    done
    case "$at $prev" in`

// bash returns the script for bash 3.2 and later. Bash splits words at =, which
// becomes a word of its own.
func bash(g grammar) string {
	s := &script{}
	s.add(bashHead, g.program, quoted(g.valued(), " | "), quoted(g.paths(), " | "))
	for _, n := range g.nodes {
		for _, f := range n.flags {
			if f.value != nil && f.value.known() {
				s.add("    %s) %s; return ;;", quoted(following(n, f), " | "), g.bashValue(*f.value))
			}
		}
	}
	s.add("    esac\n    case $prev in\n    %s) return ;;\n    esac\n    case $at in", quoted(g.valued(), " | "))
	for _, n := range g.nodes {
		s.add("    %s) commands=%s flags=%s ;;", quote(n.path), quote(strings.Join(names(n.commands), " ")), quote(strings.Join(names(n.flagWords()), " ")))
	}
	s.add(`    esac
    if [[ $cur != -* ]]; then
        case $at in`)
	for _, n := range g.nodes {
		if n.args.known() {
			s.add("        %s) %s; return ;;", quote(n.path), g.bashValue(n.args))
		}
	}
	s.add(`        esac
        [[ -z $commands ]] || flags=$commands
    fi
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
}
complete -F _%[1]s %[1]s`, g.program)
	return s.String()
}

// following returns the words of a command line up to one of a flag's names.
func following(n node, f flag) []string {
	var all []string
	for _, name := range f.names() {
		all = append(all, n.path+" "+name)
	}
	return all
}

// bashValue returns the command that completes a value.
func (g grammar) bashValue(v value) string {
	switch {
	case len(v.words) > 0:
		return `COMPREPLY=($(compgen -W ` + quote(strings.Join(v.words, " ")) + ` -- "$cur"))`
	case v.files:
		return "_" + g.program + "_names -f"
	}
	return "_" + g.program + "_names -d"
}
