package cli

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/bench"
	"github.com/slotfarm/slotfarm/internal/server"
)

// benchServerCommand runs a server for the load generator: a sandbox that
// verifies signatures.
type benchServerCommand struct {
	Data        string `required:"" xor:"storage"`
	DatabaseURL string `name:"database-url" required:"" xor:"storage"`
}

// Run serves until ctx ends. It refuses a database that holds anything.
func (c *benchServerCommand) Run(ctx context.Context, streams IO) error {
	if err := c.unused(ctx); err != nil {
		return err
	}
	log := slog.New(format("text").handler(streams.Err, level(slog.LevelError)))
	s, err := server.Start(ctx, server.Config{
		Data: c.Data, Database: c.DatabaseURL, MaxSlots: account.MaxQuantity, Log: log,
		Secrets: func(id string) (string, error) { return bench.Secret(id), nil },
	})
	if err != nil {
		return err
	}
	if err := json.NewEncoder(streams.Out).Encode(map[string]string{"endpoint": s.Endpoint()}); err != nil {
		return errors.Join(err, closeServer(ctx, s))
	}
	return serve(ctx, s, log, 0)
}

// unused refuses a database that holds accounts.
func (c *benchServerCommand) unused(ctx context.Context) error {
	if c.DatabaseURL == "" {
		return nil
	}
	return server.Offline(ctx, server.Config{Database: c.DatabaseURL}, func(p *server.Parts) error {
		ids, err := p.Accounts.List(ctx, "", 1)
		if err == nil && len(ids) > 0 {
			err = errors.New("the database holds accounts; bench needs a new one")
		}
		return err
	})
}
