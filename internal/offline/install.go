package offline

import (
	"context"
	"fmt"
	"os"

	"github.com/slotfarm/slotfarm/internal/access"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/server"
)

// Init prepares storage for serve, makes its master key unless it exists, and
// returns the operator's key, whose secret is never shown again. Errors:
// Conflict if the storage was initialised before.
func Init(ctx context.Context, s Storage) (made access.Credentials, err error) {
	if s.Data != "" {
		if err := os.MkdirAll(s.Data, privateDir); err != nil {
			return made, fmt.Errorf("data directory: %w", err)
		}
	}
	if err := s.Check(); err != nil {
		return made, err
	}
	err = server.Offline(ctx, s.Config(), func(p *server.Parts) (err error) {
		made, err = p.Installation.Install(ctx, s.makeMasterKey)
		return err
	})
	return made, err
}

// Recover makes another key for the operator, with a name. The other keys stay
// unchanged.
func Recover(ctx context.Context, s Storage, name string) (made access.Credentials, err error) {
	if err := s.Check(); err != nil {
		return made, err
	}
	err = server.Offline(ctx, s.Config(), func(p *server.Parts) (err error) {
		if err = s.unlock(ctx, p); err != nil {
			return err
		}
		caller := journal.Caller{Account: access.OperatorAccount, By: journal.By{Key: "recover"}}
		made, err = p.Keys.Create(ctx, caller, name, iam.Operator())
		return err
	})
	return made, err
}
