// Command benchplots runs slotfarm bench over and over, each time with more
// connections, accounts or transactions, and draws what came of it.
//
// It keeps what slotfarm bench printed, one JSON file for each series and engine,
// and draws from all such files that there are. So engines can be measured one at
// a time, and plots be drawn again without measuring.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

// settings are what the command line says.
type settings struct {
	slotfarm string // path of the binary
	out      string // directory of the results
	data     string // directory for the data of SQLite
	database string // URL of a PostgreSQL; "" measures none
	duration time.Duration
	rounds   int
	largest  int // no series goes beyond it
	drawOnly bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	switch err := run(ctx, os.Args[1:]); {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "benchplots:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return err
	}
	if !s.drawOnly {
		if err := s.measure(ctx); err != nil {
			return err
		}
	}
	return draw(s.out)
}

func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("benchplots", flag.ContinueOnError)
	flags.StringVar(&s.slotfarm, "slotfarm", "bin/slotfarm", "the `program` to measure")
	flags.StringVar(&s.out, "out", "docs/performance", "the `directory` of results and plots")
	flags.StringVar(&s.data, "data", "", "a `directory` on the disk to measure; that of temporary files if not given")
	flags.StringVar(&s.database, "database-url", "", "measure PostgreSQL too, in databases that are made beside that of this `URL` and dropped")
	flags.DurationVar(&s.duration, "duration", 5*time.Second, "how long to measure each workload")
	flags.IntVar(&s.rounds, "rounds", 3, "measure everything so often and keep the medians")
	flags.IntVar(&s.largest, "largest", 1_000_000, "leave out all above this many connections, accounts or transactions")
	flags.BoolVar(&s.drawOnly, "draw", false, "measure nothing; draw the results that there are")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("%q is not a flag", flags.Arg(0))
	}
	return s, nil
}
