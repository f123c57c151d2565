// Package cli holds the commands of the slotfarm binary, one file each. It
// decides what the command line, the environment and a configuration file mean,
// and what is printed where: answers on standard output, logs and messages on
// standard error.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/mattn/go-isatty"
)

// The exit statuses of the binary.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// IO holds the arguments, streams and environment of the process that a command
// uses.
type IO struct {
	Args []string // without the name of the program
	In   io.Reader
	Out  io.Writer
	Err  io.Writer
}

// commands describes the whole command line.
type commands struct {
	Config configFile `name:"config" placeholder:"FILE" env:"SLOTFARM_CONFIG" help:"Read flags from a YAML or JSON file. Flags on the command line and environment variables take precedence."`

	Sandbox sandboxCommand `cmd:"" help:"Run a sandbox: it accepts any credentials, and every account is a test account that opens on first use."`
	Init    initCommand    `cmd:"" help:"Prepare a data directory or a database for serve, and print the operator's key. The key is shown only once."`
	Serve   serveCommand   `cmd:"" help:"Run the service for a team: it checks signatures, and operators open accounts."`
	Env     envCommand     `cmd:"" help:"Print shell commands that point AWS clients at a server."`
	Ready   readyCommand   `cmd:"" help:"Check whether a server accepts requests."`
	Seed    seedCommand    `cmd:"" help:"Work with seeds, which are states to start from."`
	Journal journalCommand `cmd:"" help:"Read the journals of a server's accounts."`
	Bench   benchCommand   `cmd:"" help:"Measure a server under load."`

	Key       keyCommand       `cmd:"" help:"Work with the access keys of a server's accounts."`
	Account   accountCommand   `cmd:"" help:"Work with the accounts of a server."`
	Catalog   catalogCommand   `cmd:"" help:"Work with the catalogue of a server."`
	Promotion promotionCommand `cmd:"" help:"Work with the promotions in the catalogue of a server."`
	Fleet     fleetCommand     `cmd:"" help:"Work with the fleet of a server: its devices and browsers."`
	Quote     quoteCommand     `cmd:"" help:"Print what a purchase would cost an account now."`
	Statement statementCommand `cmd:"" help:"Print what an account owes for a month, and why."`
	Usage     usageCommand     `cmd:"" help:"Print what an account used of the lab in a month: sessions, minutes and slots."`
	Renewal   renewalCommand   `cmd:"" help:"Work with the renewals of an account."`
	Credit    creditCommand    `cmd:"" help:"Work with the credits of an account."`
	Clock     clockCommand     `cmd:"" help:"Work with the clocks of test accounts."`
	Snapshot  snapshotCommand  `cmd:"" help:"Work with snapshots of test accounts, which are states to go back to."`

	Document documentCommand `cmd:"" help:"Work with what the operator's acts vouch for."`
	Device   deviceCommand   `cmd:"" help:"Work with the devices of a server's lab."`
	Session  sessionCommand  `cmd:"" help:"Work with the sessions in a server's lab."`
	Queue    queueCommand    `cmd:"" help:"Print the sessions that wait, and why."`

	Backup     backupCommand     `cmd:"" help:"Copy everything that a running server stores into a file."`
	Rekey      rekeyCommand      `cmd:"" help:"Seal every secret in a data directory or a database under another master key."`
	Recover    recoverCommand    `cmd:"" help:"Make a new operator key if every other one is lost."`
	Restore    restoreCommand    `cmd:"" help:"Make a data directory from a backup."`
	Migrate    migrateCommand    `cmd:"" help:"Move a data directory to a PostgreSQL database."`
	Checkpoint checkpointCommand `cmd:"" help:"Print the signed position of every account's journal, to compare with later."`
	Verify     verifyCommand     `cmd:"" help:"Verify a server, a data directory or a backup by recomputing every hash and every state."`

	BenchServer benchServerCommand `cmd:"" hidden:""`

	Completion completionCommand `cmd:"" help:"Print a script that makes a shell complete commands and flags."`
	Version    versionCommand    `cmd:"" help:"Print the version."`
}

// errHelp ends the parsing of a command line that asks for help, after the help
// is printed.
var errHelp = errors.New("help was asked for")

// Run runs the command that the arguments name until it or ctx ends, and
// returns the exit status: 0 for success, 2 for a wrong command line, 1 for any
// other failure. A failure prints one line on io.Err.
func Run(ctx context.Context, streams IO) int {
	parser, err := kong.New(&commands{},
		kong.Name("slotfarm"),
		kong.Description("A self-hosted implementation of the offerings system of AWS Device Farm."),
		kong.Writers(streams.Out, streams.Err),
		kong.Help(func(options kong.HelpOptions, ctx *kong.Context) error {
			if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
				return err
			}
			return errHelp
		}),
		kong.ValueFormatter(describe),
		kong.DefaultEnvars("SLOTFARM"),
		kong.Resolvers(deferred),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(streams),
	)
	if err != nil {
		return streams.fail(err, exitFailure)
	}
	command, err := parser.Parse(streams.Args)
	switch {
	case errors.Is(err, errHelp):
		return exitOK
	case err != nil:
		return streams.fail(err, exitUsage)
	}
	if err := command.Run(); err != nil {
		return streams.fail(err, statusOf(err))
	}
	return exitOK
}

// describe returns the help of a flag with its default and its environment
// variable.
func describe(v *kong.Value) string {
	var more []string
	if v.HasDefault {
		more = append(more, "default "+v.Default)
	}
	for _, name := range v.Tag.Envs {
		more = append(more, "$"+name)
	}
	if len(more) == 0 {
		return v.Help
	}
	return v.Help + " (" + strings.Join(more, ", ") + ")"
}

// usageError is a failure because of a wrong command line.
type usageError struct{ error }

func statusOf(err error) int {
	if errors.As(err, &usageError{}) {
		return exitUsage
	}
	return exitFailure
}

func (s IO) fail(err error, status int) int {
	fmt.Fprintf(s.Err, "slotfarm: %s\n", oneLine(err.Error()))
	return status
}

// oneLine puts a message on one line, and rewords kong's messages about a flag
// without a value.
func oneLine(message string) string {
	flag, rest, _ := strings.Cut(message, ": expected ")
	if strings.HasSuffix(rest, ` but got "EOL" (<EOL>)`) {
		return flag + ": a value is missing"
	}
	message = strings.Replace(message, ": expected value value but", ": expected a value but", 1)
	lines := strings.FieldsFunc(message, func(r rune) bool { return r == '\n' || r == '\r' })
	return strings.Join(lines, "; ")
}

// terminal reports whether a person is at the other end of a stream.
func terminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}
