package server

import (
	"context"
	"fmt"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// prepareSandbox freezes clocks and plants the seed of a sandbox. It does not
// change the storage of a service with signed requests.
func prepareSandbox(ctx context.Context, c Config, parts *Parts) error {
	err := parts.Installation.CheckOpen(ctx)
	if err == nil {
		err = freeze(ctx, c, parts)
	}
	if err == nil && c.Seed != nil {
		if _, err = parts.Seeds.PlantNew(ctx, journal.Caller{By: journal.By{Key: starter}}, *c.Seed); err != nil {
			err = fmt.Errorf("seed: %w", err)
		}
	}
	return err
}

// starter is the name under which journals record changes at the start.
const starter = "start"

// freeze freezes the clocks of existing accounts at c.Frozen. It leaves clocks
// that are already past it, because no clock goes back, and clocks of ordinary
// accounts.
func freeze(ctx context.Context, c Config, parts *Parts) error {
	if c.Frozen == nil {
		return nil
	}
	const page = 500
	for after := account.ID(""); ; {
		ids, err := parts.Accounts.List(ctx, after, page)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			_, _, err := parts.Clocks.Freeze(ctx, journal.Caller{Account: id, By: journal.By{Key: starter}}, *c.Frozen)
			switch kind := fault.KindOf(err); {
			case err != nil && (kind == fault.Conflict || kind == fault.NotEligible):
				c.Log.WarnContext(ctx, "clock not set", "account", id, "reason", err)
			case err != nil:
				return fmt.Errorf("set the clock of account %s: %w", id, err)
			}
		}
		after = ids[len(ids)-1]
	}
}
