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

// Install prepares the data directory of a service for others and returns the
// operator's key, the only time that its secret is known. Conflict where it was
// done before; then newMaster, which returns the master key, is not called.
func Install(ctx context.Context, dir string, newMaster func() (iam.MasterKey, error)) (service.Credentials, error) {
	store, err := sqlite.Open(ctx, dir)
	if err != nil {
		return service.Credentials{}, err
	}
	c := Config{Master: &iam.MasterKey{}}.withDefaults()
	offerings, err := service.New(ctx, c.service(store))
	var made service.Credentials
	if err == nil {
		made, err = offerings.Install(ctx, newMaster)
	}
	return made, errors.Join(err, store.Close())
}
