package sweep

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/journal"
)

// claims is the kind of record by which processes on shared storage tell each
// other which share of the accounts they sweep: the accounts whose ids end with
// one of the shares. A record's name is the share and a term; the highest term
// holds. Two that sweep the same share by mistake do each other no harm, since
// the journal lets one of two rolls win.
const (
	claims = "sweep"
	shares = "0123456789"
)

// claimTime is how long a claim holds that is not renewed. Clocks of processes
// that differ by more make them sweep the same share now and then.
const claimTime = time.Minute

// claim is a share that this process sweeps.
type claim struct {
	sweeper *Sweeper
	name    string // of its record
}

// claimRecord is a claim as it is stored.
type claimRecord struct {
	Until time.Time `json:"until"`
}

// claim takes a share that nobody holds, or whose holder does not renew it. It
// returns nil where another process holds it.
func (s *Sweeper) claim(ctx context.Context, share string) (*claim, error) {
	records, err := s.config.Store.ListRecords(ctx, claims, share+"/")
	if err != nil {
		return nil, err
	}
	term := 1
	if len(records) > 0 {
		newest := records[len(records)-1]
		var held claimRecord
		if err := json.Unmarshal(newest.Body, &held); err != nil {
			return nil, fmt.Errorf("stored claim %s: %w", newest.Name, err)
		}
		if s.config.Now().Before(held.Until) {
			return nil, nil
		}
		if term, err = strconv.Atoi(strings.TrimPrefix(newest.Name, share+"/")); err != nil {
			return nil, fmt.Errorf("stored claim %s: %w", newest.Name, err)
		}
		term++
	}
	c := &claim{s, fmt.Sprintf("%s/%09d", share, term)}
	value, err := c.value()
	if err != nil {
		return nil, err
	}
	if added, err := s.config.Store.AddRecords(ctx, claims, value); err != nil || !added {
		return nil, err
	}
	for _, past := range records {
		if _, err := s.config.Store.DeleteRecord(ctx, claims, past.Name); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// value returns the claim as it is stored now.
func (c *claim) value() (journal.Named, error) {
	body, err := json.Marshal(claimRecord{Until: c.sweeper.config.Now().Add(claimTime).UTC()})
	return journal.Named{Name: c.name, Body: body}, err
}

// renew holds the claim for longer, and reports false where another process has
// taken the share over.
func (c *claim) renew(ctx context.Context) (bool, error) {
	value, err := c.value()
	if err != nil {
		return false, err
	}
	return c.sweeper.config.Store.ReplaceRecord(ctx, claims, value)
}

// release gives the share up.
func (c *claim) release(ctx context.Context) error {
	_, err := c.sweeper.config.Store.DeleteRecord(ctx, claims, c.name)
	return err
}
