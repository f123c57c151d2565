package cli

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/slotfarm/slotfarm/internal/client"
)

const (
	readyTime  = 5 * time.Second       // for one answer
	readyPause = 50 * time.Millisecond // between two attempts
)

// readyCommand asks a server whether it accepts requests.
type readyCommand struct {
	endpoint
	Wait time.Duration `placeholder:"DURATION" help:"Try again until the server is ready or this duration is over, such as 10s."`
}

// Help returns the text of --help below the usage line.
func (readyCommand) Help() string {
	return `The exit status is 0 if the server is ready, and 1 if it is not or does not answer. This is for health checks of containers, and for scripts that have just started a server.`
}

// Run succeeds if the server is ready.
func (c *readyCommand) Run(ctx context.Context) error {
	if c.Wait < 0 {
		return usageError{fmt.Errorf("--wait %s is negative", c.Wait)}
	}
	api, err := c.connect()
	if err != nil {
		return err
	}
	defer api.Close()
	waiting, cancel := context.WithTimeout(ctx, cmp.Or(c.Wait, readyTime))
	defer cancel()
	for {
		err := ready(waiting, api)
		if err == nil || c.Wait == 0 || !pause(waiting, readyPause) {
			return err
		}
	}
}

func ready(ctx context.Context, api *client.Client) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	return api.Ready(ctx)
}
