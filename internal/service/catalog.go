package service

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// Catalogs is the kind of record that holds the versions of the catalogue.
const Catalogs = "catalog"

// Version is a catalogue that was put in force, and by whom. Versions count from
// 1; before the first one the catalogue to begin with is in force.
type Version struct {
	Number int             `json:"version"`
	At     time.Time       `json:"at"`            // by the wall clock
	Key    string          `json:"key,omitempty"` // of the caller
	Body   json.RawMessage `json:"catalog"`       // as manifest.FormatCatalog writes it
}

// Catalog returns what is for sale now.
func (s *Service) Catalog() offering.Catalog { return s.terms.Load().Catalog }

// Versions returns every version of the catalogue, oldest first.
func (s *Service) Versions(ctx context.Context) ([]Version, error) {
	records, err := s.Store.ListRecords(ctx, Catalogs, "")
	if err != nil {
		return nil, err
	}
	var versions []Version
	for _, r := range records {
		var v Version
		if err := json.Unmarshal(r.Body, &v); err != nil {
			return nil, fmt.Errorf("stored catalogue %s: %w", r.Name, err)
		}
		versions = append(versions, v)
	}
	return versions, nil
}

// CatalogOf returns what was for sale by a version, 0 being the catalogue to
// begin with. NotFound for one that never was.
func (s *Service) CatalogOf(ctx context.Context, number int) (offering.Catalog, error) {
	if number == 0 {
		return s.Terms.Catalog, nil
	}
	records, err := s.Store.ListRecords(ctx, Catalogs, nameOfVersion(number))
	if err != nil {
		return offering.Catalog{}, err
	}
	if len(records) == 0 {
		return offering.Catalog{}, fault.New(fault.NotFound, "there is no version %d of the catalogue", number)
	}
	return catalogIn(records[0])
}

func nameOfVersion(number int) string { return fmt.Sprintf("%09d", number) }

// catalogIn returns the catalogue of a stored version.
func catalogIn(r journal.Named) (offering.Catalog, error) {
	var v Version
	if err := json.Unmarshal(r.Body, &v); err != nil {
		return offering.Catalog{}, fmt.Errorf("stored catalogue %s: %w", r.Name, err)
	}
	catalog, err := manifest.ParseCatalog(v.Body)
	if err != nil {
		err = fmt.Errorf("stored catalogue %s: %w", r.Name, err)
	}
	return catalog, err
}

// loadCatalog takes the newest stored version, or the one to begin with.
func (s *Service) loadCatalog(ctx context.Context) error {
	versions, err := s.Store.ListRecords(ctx, Catalogs, "")
	if err != nil {
		return err
	}
	terms := s.Terms
	s.version = len(versions)
	if s.version > 0 {
		if terms.Catalog, err = catalogIn(versions[s.version-1]); err != nil {
			return err
		}
	}
	s.terms.Store(&terms)
	return nil
}

// SetCatalog puts another catalogue in force for later commands. Accounts are
// rolled up to now by the old one first, so slots that run change their price at
// their next boundary. Conflict for a catalogue that lacks an offering of the
// old one while there are accounts, since they may hold it, and where replaces is
// given and is not the version in force.
func (s *Service) SetCatalog(ctx context.Context, c journal.Caller, catalog offering.Catalog, replaces *int) error {
	s.setup.Lock()
	defer s.setup.Unlock()
	if replaces != nil && *replaces != s.version {
		return fault.New(fault.Conflict, "catalog: version %d is in force, and not %d; look at what changed", s.version, *replaces)
	}
	if err := s.checkOfferings(ctx, catalog); err != nil {
		return err
	}
	return s.setCatalog(ctx, c, catalog)
}

func (s *Service) setCatalog(ctx context.Context, c journal.Caller, catalog offering.Catalog) error {
	if err := s.Sweep(ctx); err != nil {
		return err
	}
	document, err := manifest.FormatCatalog(catalog)
	if err != nil {
		return err
	}
	body, err := json.Marshal(Version{Number: s.version + 1, At: s.Now().UTC().Truncate(time.Millisecond), Key: c.Key, Body: document})
	if err != nil {
		return err
	}
	added, err := s.Store.AddRecords(ctx, Catalogs, journal.Named{Name: nameOfVersion(s.version + 1), Body: body})
	if err != nil {
		return err
	}
	if !added {
		return fault.New(fault.Conflict, "catalog: version %d was put in force by another process meanwhile; look at what changed", s.version+1)
	}
	s.version++
	s.terms.Store(&account.Terms{Catalog: catalog, MaxSlots: s.Terms.MaxSlots})
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
