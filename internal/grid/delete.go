package grid

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/store"
)

// Delete removes a project with its URLs, its sessions and their logs. It is marked
// first: from then on nobody finds it, and no session begins in it. Errors: NotFound
// for a project that the account does not have; CannotDelete, and it is as it was,
// while a session lives or waits.
func (g *Grid) Delete(ctx context.Context, id account.ID, of arn.ARN) error {
	err := g.mark(ctx, of, func(d store.Document) (stored, error) {
		p, err := decode(d, id, of)
		return stored{Created: p.Created, Terms: p.Terms, Deleting: true}, err
	})
	if err != nil {
		return err
	}
	return g.finish(ctx, of)
}

// shortest is how old a mark is at least if its delete was cut short. Before, it may
// still be under way.
const shortest = 5 * time.Minute

// moment is the body of a mark: when the delete began.
type moment struct {
	At time.Time `json:"at"`
}

// Resume goes on with deletes that were cut short.
func (g *Grid) Resume(ctx context.Context) error {
	marks, err := store.All(ctx, g.config.Store, deleting)
	for _, d := range marks {
		began, unreadable := store.Decode[moment](d)
		if err = errors.Join(err, unreadable); unreadable != nil || g.config.Now().Sub(began.At) < shortest {
			continue
		}
		id, project, _ := strings.Cut(strings.TrimPrefix(d.Key, deleting), "/")
		if finished := g.finish(ctx, projectARN(account.ID(id), project)); fault.KindOf(finished) != fault.CannotDelete {
			err = errors.Join(err, finished)
		}
	}
	return err
}

// finish empties a project that is marked and removes it, or takes the mark back.
func (g *Grid) finish(ctx context.Context, of arn.ARN) error {
	if err := g.idle(ctx, of); err != nil {
		if fault.KindOf(err) == fault.CannotDelete {
			err = errors.Join(err, g.mark(ctx, of, func(d store.Document) (stored, error) {
				if d.Version == 0 {
					return stored{}, unknown(of)
				}
				s, err := store.Decode[stored](d)
				s.Deleting = false
				return s, err
			}))
		}
		return err
	}
	if err := g.empty(ctx, of); err != nil {
		return err
	}
	_, err := g.config.Store.Commit(ctx, store.Commit{Delete: []string{projectKey(of), markKey(of)}})
	return err
}

// mark puts what decide makes of a project's document, and the mark of one that is
// being deleted with it.
func (g *Grid) mark(ctx context.Context, of arn.ARN, decide func(store.Document) (stored, error)) error {
	key := projectKey(of)
	return store.Change(ctx, g.config.Store, []string{key}, func(m store.Moment) (store.Commit, error) {
		s, err := decide(m[key])
		if err != nil {
			return store.Commit{}, err
		}
		d, err := store.Encode(key, s)
		if err != nil || !s.Deleting {
			return store.Commit{Put: []store.Document{d}, Delete: []string{markKey(of)}}, err
		}
		mark, err := store.Encode(markKey(of), moment{g.config.Now().UTC()})
		return store.Commit{Put: []store.Document{d, mark}}, err
	})
}

// of returns which sessions are those of a project.
func sessionsOf(of arn.ARN) fleet.Of {
	return fleet.Of{Account: account.ID(of.Account), Kind: account.TestGrid, Project: of.Project()}
}

// idle returns CannotDelete while a session of a project lives or waits.
func (g *Grid) idle(ctx context.Context, of arn.ARN) error {
	for from := fleet.Page(""); ; {
		found, next, err := g.config.Fleet.List(ctx, sessionsOf(of), from, store.MaxPage)
		if err != nil {
			return err
		}
		for _, s := range found {
			if s.Stage() != lease.Ended {
				return fault.New(fault.CannotDelete, "Session %s of the project has not ended; a test grid project is deleted once none is active.", ARNOf(s))
			}
		}
		if from = next; from == "" {
			return nil
		}
	}
}

// empty removes all that stands under a project.
func (g *Grid) empty(ctx context.Context, of arn.ARN) error {
	if _, err := g.expire(ctx, expiryPrefix(of), maxInstant); err != nil {
		return err
	}
	for {
		found, _, err := g.config.Fleet.List(ctx, sessionsOf(of), "", listed)
		if err != nil || len(found) == 0 {
			return err
		}
		for _, s := range found {
			if err := g.config.Logs.Delete(ctx, s.ID); err != nil {
				return err
			}
			if err := g.config.Fleet.Delete(ctx, s.ID); err != nil {
				return err
			}
		}
	}
}
