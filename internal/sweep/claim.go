package sweep

import (
	"context"
	"errors"
	"time"

	"github.com/slotfarm/slotfarm/internal/store"
)

// Processes on shared storage tell each other which share of the accounts they
// sweep by a document for each: the accounts whose ids end with one of the shares.
// Two that sweep the same share by mistake do each other no harm, since the journal
// lets one of two rolls win.
const (
	claims = "sweep/"
	shares = "0123456789"
)

// claimTime is how long a claim holds that is not renewed. Clocks of processes
// that differ by more make them sweep the same share now and then.
const claimTime = time.Minute

// claim is a share that this process sweeps.
type claim struct {
	sweeper *Sweeper
	key     string // of its document
	version int64  // that it has while the claim is this process's
}

// claimed is a claim as it is stored.
type claimed struct {
	Until time.Time `json:"until"`
}

// claim takes a share that nobody holds, or whose holder does not renew it. It
// returns nil where another process holds it.
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

// renew holds the claim for longer, and reports false where another process has
// taken the share over.
func (c *claim) renew(ctx context.Context) (bool, error) {
	d, err := store.Encode(c.key, claimed{Until: c.sweeper.config.Now().Add(claimTime).UTC()})
	if err != nil {
		return false, err
	}
	return c.commit(ctx, store.Commit{Put: []store.Document{d}})
}

// release gives the share up, if it is still this process's.
func (c *claim) release(ctx context.Context) error {
	_, err := c.commit(ctx, store.Commit{Delete: []string{c.key}})
	return err
}

// commit changes the claim's document, and reports false where another process has
// done so.
func (c *claim) commit(ctx context.Context, change store.Commit) (bool, error) {
	change.If = map[string]int64{c.key: c.version}
	version, err := c.sweeper.config.Store.Commit(ctx, change)
	if errors.Is(err, store.ErrConflict) {
		return false, nil
	}
	c.version = version
	return err == nil, err
}
