package service

import (
	"context"
	"fmt"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/document"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// catalogs is the kind of record that holds the versions of the catalogue.
const catalogs = "catalog"

// Catalog returns what is for sale now.
func (s *Service) Catalog() offering.Catalog { return s.terms.Load().Catalog }

// loadCatalog takes the newest stored version, or the one to begin with.
func (s *Service) loadCatalog(ctx context.Context) error {
	versions, err := s.Store.ListRecords(ctx, catalogs, "")
	if err != nil {
		return err
	}
	terms := s.Terms
	s.version = len(versions)
	if s.version > 0 {
		newest := versions[s.version-1]
		if terms.Catalog, err = document.ParseCatalog(newest.Body); err != nil {
			return fmt.Errorf("stored catalogue %s: %w", newest.Name, err)
		}
	}
	s.terms.Store(&terms)
	return nil
}

// SetCatalog puts another catalogue in force for later commands. Accounts are
// rolled up to now by the old one first, so slots that run change their price at
// their next boundary. Conflict for a catalogue that lacks an offering of the
// old one while there are accounts, since they may hold it.
func (s *Service) SetCatalog(ctx context.Context, c offering.Catalog) error {
	s.setup.Lock()
	defer s.setup.Unlock()
	if err := s.checkOfferings(ctx, c); err != nil {
		return err
	}
	return s.setCatalog(ctx, c)
}

func (s *Service) setCatalog(ctx context.Context, c offering.Catalog) error {
	if err := s.Sweep(ctx); err != nil {
		return err
	}
	body, err := document.FormatCatalog(c)
	if err != nil {
		return err
	}
	version := journal.Named{Name: fmt.Sprintf("%09d", s.version+1), Body: body}
	if err := s.Store.PutRecords(ctx, catalogs, version); err != nil {
		return err
	}
	s.version++
	s.terms.Store(&account.Terms{Catalog: c, MaxSlots: s.Terms.MaxSlots})
	return nil
}

// checkOfferings refuses a catalogue without an offering that may be held.
func (s *Service) checkOfferings(ctx context.Context, c offering.Catalog) error {
	ids, err := s.Store.Accounts(ctx, "", 1)
	if err != nil || len(ids) == 0 {
		return err
	}
	for _, o := range s.Catalog().Offerings {
		if _, ok := c.Offering(o.ID); !ok {
			return fault.New(fault.Conflict, "catalog: offering %q cannot leave the catalogue while there are accounts, which may hold it", o.ID)
		}
	}
	return nil
}
