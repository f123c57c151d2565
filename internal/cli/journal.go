package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// followPause is how long a follower waits between two polls.
const followPause = 200 * time.Millisecond

// journalCommand holds the commands on journals.
type journalCommand struct {
	List journalListCommand `cmd:"" help:"Print the whole journal of an account: what happened, when, and who caused it."`
	Tail tailCommand        `cmd:"" help:"Print what happened to accounts: the newest entries of their journals, oldest first."`
}

// tailCommand prints what happened to accounts.
type tailCommand struct {
	endpoint
	Account accountID `placeholder:"ID" help:"Print the entries of this account. By default, print those of all accounts."`
	Follow  bool      `short:"f" help:"Keep printing new entries until interrupted."`
	Lines   int       `short:"n" default:"10" placeholder:"N" help:"How many of the newest entries of each account to print first."`
	Output  string    `short:"o" default:"text" enum:"text,json" placeholder:"FORMAT" help:"Print text for people, or json: each entry on a line, as the API gives it."`
}

// Help returns the text of --help below the usage line.
func (tailCommand) Help() string {
	return `A line of text shows the time by the account's clock, the account, the number of the entry, and what happened. A line that starts with -- says that an account went back to an earlier entry because it was restored or reset. With json, such lines go to standard error.`
}

// Run prints until there is nothing more, or until ctx ends. While following,
// an interrupt is the normal end, and so is a reader of a pipe that goes away.
func (c *tailCommand) Run(ctx context.Context, streams IO) error {
	if c.Lines < 0 {
		return usageError{fmt.Errorf("--lines %d is out of range; it must be at least 0", c.Lines)}
	}
	defer keepSignal(syscall.SIGPIPE)()
	api, err := c.connect()
	if err != nil {
		return err
	}
	defer api.Close()
	f := &follower{api: api, only: string(c.Account), follow: c.Follow, lines: int64(c.Lines), print: c.printer(streams)}
	for err = f.poll(ctx); err == nil && c.Follow && pause(ctx, followPause); {
		err = f.poll(ctx)
	}
	if c.Follow && ctx.Err() != nil || errors.Is(err, errNobodyReads) {
		return nil
	}
	return err
}

// keepSignal keeps a signal from ending the process, until the function that it
// returns is called. Writing to a pipe without a reader is then an error
// instead of a sudden end.
func keepSignal(s os.Signal) (restore func()) {
	kept := make(chan os.Signal, 1)
	signal.Notify(kept, s)
	return func() { signal.Stop(kept) }
}

// errNobodyReads is the error of a pipe whose reader has gone. The errors of
// the system do not distinguish this from a broken connection, which is a real
// failure.
var errNobodyReads = errors.New("nobody reads the output")

// pipe is an output whose reader may go away.
type pipe struct{ io.Writer }

// Write implements io.Writer.
func (p pipe) Write(text []byte) (int, error) {
	n, err := p.Writer.Write(text)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		err = errNobodyReads
	}
	return n, err
}

// printer holds the functions that print lines.
type printer struct {
	entry func(operatorapi.Entry) error
	back  func(account string, seq int64) error
}

func (c *tailCommand) printer(streams IO) printer {
	out := pipe{streams.Out}
	p := printer{
		entry: func(e operatorapi.Entry) error {
			_, err := fmt.Fprintln(out, entryText(e))
			return err
		},
		back: func(account string, seq int64) error { return printBack(out, account, seq) },
	}
	if c.Output == "json" {
		p.entry = func(e operatorapi.Entry) error { return printJSON(out, e) }
		p.back = func(account string, seq int64) error { return printBack(streams.Err, account, seq) }
	}
	return p
}

// printJSON prints an entry as it was received, on one line.
func printJSON(w io.Writer, e operatorapi.Entry) error {
	var compact bytes.Buffer
	if err := json.Compact(&compact, e.Raw); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, &compact)
	return err
}

func printBack(w io.Writer, account string, seq int64) error {
	_, err := fmt.Fprintf(w, "-- account %s went back to entry %d\n", account, seq)
	return err
}
