package sandbox

import (
	"context"
	"sync/atomic"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/catalog"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/manifest"
)

// Seeds plants seeds: it gives accounts whole histories at once. New makes it.
type Seeds struct {
	config    Config
	snapshots *Snapshots
	newest    manifest.Seed // planted; guarded by Catalog.Exclusively
}

// Planted says what a seed created.
type Planted struct {
	Accounts     int
	Transactions int
}

// Plant brings the accounts of a seed to the state that it describes, in place
// of what they had, and leaves other accounts unchanged. It tries the whole
// seed first: after an error that the caller can correct, nothing has changed.
// Errors: those of account.Script.Events with the path of what is wrong;
// NotEligible for existing ordinary accounts; those of catalog.Shelf.Set.
func (s *Seeds) Plant(ctx context.Context, c journal.Caller, seed manifest.Seed) (planted Planted, err error) {
	err = s.config.Catalog.Exclusively(func(x *catalog.Setup) (err error) {
		planted, err = s.plant(ctx, x, c, seed)
		return err
	})
	return planted, err
}

// PlantNew is Plant for the start of a server whose storage may hold a state: a
// stored catalogue and open accounts stay unchanged.
func (s *Seeds) PlantNew(ctx context.Context, c journal.Caller, seed manifest.Seed) (planted Planted, err error) {
	err = s.config.Catalog.Exclusively(func(x *catalog.Setup) error {
		missing, err := s.missing(ctx, x, seed)
		if err != nil {
			return err
		}
		planted, err = s.plant(ctx, x, c, missing)
		s.newest = seed
		return err
	})
	return planted, err
}

// missing returns the part of a seed that does not exist yet.
func (s *Seeds) missing(ctx context.Context, x *catalog.Setup, seed manifest.Seed) (manifest.Seed, error) {
	missing := manifest.Seed{}
	if x.Version() == 0 {
		missing.Catalog = seed.Catalog
	}
	for _, a := range seed.Accounts {
		head, err := s.config.Store.Head(ctx, a.ID)
		if err != nil {
			return missing, err
		}
		if head.Seq == 0 {
			missing.Accounts = append(missing.Accounts, a)
		}
	}
	return missing, nil
}

// Reset deletes everything and plants the newest seed again. It tries the seed
// first: after an error that the caller can correct, nothing has changed.
func (s *Seeds) Reset(ctx context.Context, c journal.Caller) (planted Planted, err error) {
	err = s.config.Catalog.Exclusively(func(x *catalog.Setup) error {
		if err := s.rehearse(s.newest, termsOf(s.newest, x.First())); err != nil {
			return err
		}
		ctx := context.WithoutCancel(ctx) // a reset must not stop halfway
		if err := s.config.Store.Clear(ctx); err != nil {
			return err
		}
		if err := x.Load(ctx); err != nil {
			return err
		}
		var err error
		planted, err = s.plant(ctx, x, c, s.newest)
		return err
	})
	return planted, err
}

func (s *Seeds) plant(ctx context.Context, x *catalog.Setup, c journal.Caller, seed manifest.Seed) (Planted, error) {
	terms, err := s.try(ctx, x, seed)
	if err != nil {
		return Planted{}, err
	}
	ctx = context.WithoutCancel(ctx) // from here on there is no way back
	if seed.Catalog != nil {
		if err := x.Put(ctx, c, *seed.Catalog); err != nil {
			return Planted{}, err
		}
	}
	var made atomic.Int64
	err = journal.Each(ctx, seed.Accounts, func(ctx context.Context, a manifest.SeedAccount) error {
		events, err := a.Script.Events(s.config.Opening(), terms, s.config.Now())
		if err != nil {
			return err
		}
		for _, e := range events {
			made.Add(int64(len(e.Transactions)))
		}
		c := c // one for each account
		c.Account = a.ID
		return s.snapshots.replace(ctx, c, history{events, s.config.Acts.As(c.By, "seed planted", "account "+string(a.ID))})
	})
	s.newest = seed
	return Planted{Accounts: len(seed.Accounts), Transactions: int(made.Load())}, err
}

// try plays a seed without storing anything and returns the terms that it uses.
func (s *Seeds) try(ctx context.Context, x *catalog.Setup, seed manifest.Seed) (account.Terms, error) {
	terms := termsOf(seed, s.config.Catalog.Terms())
	if err := x.Check(ctx, terms.Catalog); err != nil {
		return terms, err
	}
	for _, a := range seed.Accounts {
		head, err := s.config.Store.Head(ctx, a.ID)
		if err != nil {
			return terms, err
		}
		if head.State.Opened() && !head.State.Test {
			return terms, fault.New(fault.NotEligible, "%s.account %q exists and is not a test account; it cannot be replaced", a.Script.Path, a.ID)
		}
	}
	return terms, s.rehearse(seed, terms)
}

// termsOf returns the terms by which a seed is played.
func termsOf(seed manifest.Seed, terms account.Terms) account.Terms {
	if seed.Catalog != nil {
		terms.Catalog = *seed.Catalog
	}
	return terms
}

// rehearse returns the first error of playing a seed.
func (s *Seeds) rehearse(seed manifest.Seed, terms account.Terms) error {
	for _, a := range seed.Accounts {
		if _, err := a.Script.Events(s.config.Opening(), terms, s.config.Now()); err != nil {
			return err
		}
	}
	return nil
}

// Export returns the present state as a seed.
func (s *Seeds) Export(ctx context.Context) (manifest.Seed, error) {
	const page = 500
	onSale := s.config.Catalog.Terms().Catalog
	seed := manifest.Seed{Catalog: &onSale}
	for after := account.ID(""); ; {
		ids, err := s.config.Store.Accounts(ctx, after, page)
		if err != nil || len(ids) == 0 {
			return seed, err
		}
		for _, id := range ids {
			script, err := s.script(ctx, id)
			if err != nil {
				return seed, err
			}
			seed.Accounts = append(seed.Accounts, manifest.SeedAccount{ID: id, Script: script})
		}
		after = ids[len(ids)-1]
	}
}

func (s *Seeds) script(ctx context.Context, id account.ID) (account.Script, error) {
	head, err := s.config.Store.Head(ctx, id)
	if err != nil {
		return account.Script{}, err
	}
	events, err := s.config.events(ctx, id, head.Seq)
	return account.ScriptOf(events), err
}
