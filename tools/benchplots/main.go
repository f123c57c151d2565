// Command benchplots runs slotfarm bench repeatedly, with more and more
// connections, accounts or transactions, and draws the results.
//
// It keeps the output of slotfarm bench in one JSON file for each series and
// engine, and draws from all such files. So engines can be measured one at a
// time, and plots can be drawn again without measuring.
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

// settings holds the values of the command line.
type settings struct {
	slotfarm string // path of the binary
	out      string // directory of the results
	data     string // directory for the data of SQLite
	database string // URL of a PostgreSQL database; "" measures none
	duration time.Duration
	rounds   int
	largest  int // highest value of any series
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
	flags.StringVar(&s.data, "data", "", "a `directory` on the disk to measure; default: the directory of temporary files")
	flags.StringVar(&s.database, "database-url", "", "also measure PostgreSQL, in temporary databases on the server of this `URL`")
	flags.DurationVar(&s.duration, "duration", 5*time.Second, "how long to measure each workload")
	flags.IntVar(&s.rounds, "rounds", 3, "measure everything this many times and keep the medians")
	flags.IntVar(&s.largest, "largest", 1_000_000, "leave out values above this many connections, accounts or transactions")
	flags.BoolVar(&s.drawOnly, "draw", false, "measure nothing; draw the existing results")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("%q is not a flag", flags.Arg(0))
	}
	return s, nil
}
