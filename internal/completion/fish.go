package completion

import (
	"fmt"
	"strings"
)

// fish returns the script for fish 3.0 and later.
func fish(g grammar) string {
	s := &script{}
	s.add(`# fish completion for %[1]s: %[1]s completion fish | source
function __%[1]s_at
    set -l at %[1]s
    set -l skip
    for word in (commandline -opc)[2..-1]
        if set -q skip[1]
            set -e skip[1]
            continue
        end
        switch $word
            case %[2]s
                set skip 1
            case '*'
                switch "$at $word"
                    case %[3]s
                        set at "$at $word"
                end
        end
    end
    test "$at" = "$argv[1]"
end
complete -c %[1]s -e
complete -c %[1]s -f`, g.program, quoted(g.valued(), " "), quoted(g.paths(), " "))
	for _, n := range g.nodes {
		line := "complete -c " + g.program + " -n " + quote(fmt.Sprintf("__%s_at %q", g.program, n.path))
		for _, w := range n.commands {
			s.add("%s -a %s -d %s", line, quote(w.name), fishText(w.help))
		}
		if n.args.known() {
			s.add("%s%s", line, fishValue(n.args))
		}
		for _, f := range n.flags {
			s.add("%s", line+fishFlag(f))
		}
	}
	return s.String()
}

// fishText quotes a text. Within quotes, fish needs a backslash before a quote
// or a backslash.
func fishText(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

func fishFlag(f flag) string {
	text := " -l " + strings.TrimPrefix(f.name, "--")
	if f.short != "" {
		text += " -s " + strings.TrimPrefix(f.short, "-")
	}
	if f.value != nil {
		text += " -r" + fishValue(*f.value)
	}
	return text + " -d " + fishText(f.help)
}

// fishValue returns the options that complete a value.
func fishValue(v value) string {
	switch {
	case len(v.words) > 0:
		return " -f -a " + quote(strings.Join(v.words, " "))
	case v.files:
		return " -F"
	case v.dirs:
		return " -f -a '(__fish_complete_directories)'"
	}
	return " -f"
}
