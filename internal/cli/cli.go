// Package cli holds the commands of the slotfarm binary, one file each. It
// decides what a command line, the environment and a configuration file mean,
// and what is printed where: answers for programs on standard output, logs and
// words for people on standard error.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"
	"github.com/mattn/go-isatty"
)

// The exit statuses of the binary.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// IO is what a command gets from the process and gives back to it.
type IO struct {
	Args []string // without the name of the program
	Out  io.Writer
	Err  io.Writer
}

// commands is the whole command line.
type commands struct {
	Config configFile `name:"config" placeholder:"FILE" env:"SLOTFARM_CONFIG" help:"Read flags from a YAML or JSON file. Flags and environment variables come first."`

	Sandbox sandboxCommand `cmd:"" help:"Run a sandbox: any credentials, every account a test account, opened on first use."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// Run runs the command that the arguments name until it ends or ctx does, and
// returns the exit status: 0, 2 for a wrong command line, 1 for other failures.
// A failure prints one line on io.Err.
func Run(ctx context.Context, streams IO) int {
	helped := false // --help was given, and kong has printed it
	parser, err := kong.New(&commands{},
		kong.Name("slotfarm"),
		kong.Description("A self-hosted implementation of the offerings system of AWS Device Farm."),
		kong.Writers(streams.Out, streams.Err),
		kong.Exit(func(int) { helped = true }),
		kong.DefaultEnvars("SLOTFARM"),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(streams),
	)
	if err != nil {
		return streams.fail(err, exitFailure)
	}
	command, err := parser.Parse(streams.Args)
	if helped {
		return exitOK
	}
	if err != nil {
		return streams.fail(err, exitUsage)
	}
	if err := command.Run(); err != nil {
		return streams.fail(err, statusOf(err))
	}
	return exitOK
}

// usageError is a failure that a better command line would have avoided.
type usageError struct{ error }

func statusOf(err error) int {
	if errors.As(err, &usageError{}) {
		return exitUsage
	}
	return exitFailure
}

func (s IO) fail(err error, status int) int {
	fmt.Fprintf(s.Err, "slotfarm: %v\n", err)
	return status
}

// terminal reports whether a person sees what is written to w.
func terminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}
