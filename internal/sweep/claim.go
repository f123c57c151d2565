package sweep

import (
	"context"
	"errors"
	"time"

	"github.com/slotfarm/slotfarm/internal/store"
)

// Processes on shared storage divide the accounts into shares by the ends of
// their ids. A document for each share says which process sweeps it. If two
// processes sweep the same share by mistake, no harm is done, because the
// journal lets only one of two rolls win.
const (
	claims = "sweep/"
	shares = "0123456789"
)

// claimTime is how long a claim is valid without renewal. If the clocks of
// processes differ by more, they sometimes sweep the same share.
const claimTime = time.Minute

// claim is a share that this process sweeps.
type claim struct {
	sweeper *Sweeper
	key     string // of its document
	version int64  // while the claim belongs to this process
}

// claimed is a claim as it is stored.
type claimed struct {
	Until time.Time `json:"until"`
}

// claim takes a share that nobody holds, or whose holder no longer renews it.
// It returns nil if another process holds it.
func (s *Sweeper) claim(ctx context.Context, share string) (*claim, error) {
	c := &claim{sweeper: s, key: claims + share}
	found, err := store.Read(ctx, s.config.Store, c.key)
	if err != nil {
		return nil, err
	}
	if there, ok := found[c.key]; ok {
		held, err := store.Decode[claimed](there)
		if err != nil || s.config.Now().Before(held.Until) {
			return nil, err
		}
		c.version = there.Version
	}
	if taken, err := c.renew(ctx); err != nil || !taken {
		return nil, err
	}
	return c, nil
}

// renew extends the claim. It returns false if another process has taken the
// share over.
func (c *claim) renew(ctx context.Context) (bool, error) {
	d, err := store.Encode(c.key, claimed{Until: c.sweeper.config.Now().Add(claimTime).UTC()})
	if err != nil {
		return false, err
	}
	return c.commit(ctx, store.Commit{Put: []store.Document{d}})
}

// release gives the share up if it still belongs to this process.
func (c *claim) release(ctx context.Context) error {
	_, err := c.commit(ctx, store.Commit{Delete: []string{c.key}})
	return err
}

// commit changes the claim's document. It returns false if another process has
// changed it.
func (c *claim) commit(ctx context.Context, change store.Commit) (bool, error) {
	change.If = map[string]int64{c.key: c.version}
	version, err := c.sweeper.config.Store.Commit(ctx, change)
	if errors.Is(err, store.ErrConflict) {
		return false, nil
	}
	c.version = version
	return err == nil, err
}
