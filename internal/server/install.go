package server

import (
	"context"
	"errors"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/journal/sqlite"
	"github.com/slotfarm/slotfarm/internal/service"
)

// service returns how the service works on a store.
func (c Config) service(store journal.Store) service.Config {
	config := service.Config{
		Store: store, Now: c.Now, NewID: c.NewID, Actions: actions(),
		Terms: account.Terms{Catalog: *c.Catalog, MaxSlots: c.MaxSlots},
	}
	if c.Master == nil {
		config.Test, config.Frozen = true, c.Frozen
	} else {
		config.Closed, config.Master = true, *c.Master
	}
	return config
}

// Offline opens the storage of a service for others, without a server, for f to
// work with. A data directory that another process has open is a Conflict.
func Offline(ctx context.Context, dir string, f func(*service.Service) error) error {
	store, err := sqlite.Open(ctx, dir)
	if err != nil {
		return err
	}
	c := Config{Master: &iam.MasterKey{}}.withDefaults()
	offerings, err := service.New(ctx, c.service(store))
	if err == nil {
		err = f(offerings)
	}
	return errors.Join(err, store.Close())
}
