package cli

import (
	"io"

	"github.com/alecthomas/kong"

	"github.com/slotfarm/slotfarm/internal/completion"
)

// completionCommand prints a script that makes a shell complete command lines.
type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"The shell: bash, zsh or fish."`
}

// Help returns the text of --help below the usage line.
func (completionCommand) Help() string {
	return `Make the shell read the script each time it starts:

    eval "$(slotfarm completion bash)"     # in ~/.bashrc
    eval "$(slotfarm completion zsh)"      # in ~/.zshrc, after compinit
    slotfarm completion fish | source      # in ~/.config/fish/config.fish

The script knows the commands and flags of this version. It does not run slotfarm.`
}

// Run prints the script.
func (c *completionCommand) Run(ctx *kong.Context, streams IO) error {
	_, err := io.WriteString(streams.Out, completion.Script(c.Shell, ctx.Model))
	return err
}
