// Command slotfarm is a self-hosted implementation of the offerings system of
// AWS Device Farm. Package internal/cli holds its commands.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/slotfarm/slotfarm/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(cli.Run(ctx, cli.IO{Args: os.Args[1:], In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
