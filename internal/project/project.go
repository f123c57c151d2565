// Package project keeps the projects of accounts, under which uploads, device pools,
// sessions and runs stand.
//
// It decides what a project is, and in which order one is deleted: it is marked
// first, and from then on nobody finds it or puts anything under it; then what
// stands under it goes, and it itself at the end. What stands under projects is
// decided elsewhere.
package project

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/store"
)

// The keys of documents: of projects, and of the marks of those that are being
// deleted. An account and an id follow.
const (
	projects = "project/"
	deleting = "project-deleting/"
)

// Config is what projects work with. All fields but Empty are required.
type Config struct {
	Store store.Documents
	Now   func() time.Time // the wall clock
	NewID func() string    // unique ids

	// Empty removes all that stands under a project that is being deleted. It may be
	// called again for one that it has emptied, and twice at once. An error of a kind that the caller can
	// mend, such as Argument because a session is live, takes the mark back.
	Empty func(ctx context.Context, of arn.ARN) error
}

// Projects are the projects of accounts. New makes them.
type Projects struct{ config Config }

// New returns the projects in a store.
func New(c Config) *Projects {
	if c.Empty == nil {
		c.Empty = func(context.Context, arn.ARN) error { return nil }
	}
	return &Projects{c}
}

// Project is a project of an account.
type Project struct {
	ID      string
	Account account.ID
	Created time.Time // by the wall clock, to the millisecond
	Terms
}

// Terms are what the owner of a project decides about it.
type Terms struct {
	Name       string     `json:"name"`
	JobTimeout int        `json:"jobTimeout,omitzero"` // minutes; 0 is the account's
	VPC        *VPC       `json:"vpc,omitempty"`
	Variables  []Variable `json:"variables,omitempty"` // that tests of its runs find in their environment
	Role       string     `json:"role,omitempty"`      // an ARN of IAM
}

// VPC is the network of an account in which its tests want to be.
type VPC struct {
	ID             string   `json:"id"`
	SecurityGroups []string `json:"securityGroups"`
	Subnets        []string `json:"subnets"`
}

// Variable is a variable of the environment.
type Variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// stored is a project as it is stored.
type stored struct {
	Created  time.Time `json:"created"`
	Deleting bool      `json:"deleting,omitzero"`
	Terms    Terms     `json:"terms"`
}

// ARN returns the project's ARN.
func (p Project) ARN() arn.ARN { return arn.New(string(p.Account), arn.Project, p.ID) }

// Key returns the key of the document of a project. Who puts something under a
// project names it in the conditions of the commit, with the version that Get
// returned.
func Key(of arn.ARN) string { return projects + of.Account + "/" + of.Project() }

func markKey(of arn.ARN) string { return deleting + of.Account + "/" + of.Project() }

// Create makes a project of an account. Argument for terms that are not valid.
func (p *Projects) Create(ctx context.Context, id account.ID, terms Terms) (Project, error) {
	if err := terms.validate(); err != nil {
		return Project{}, err
	}
	now := p.config.Now().UTC().Truncate(time.Millisecond)
	made := Project{arn.OrderedID(now, p.config.NewID()), id, now, terms}
	d, err := store.Encode(Key(made.ARN()), stored{Created: now, Terms: terms})
	if err != nil {
		return Project{}, err
	}
	_, err = p.config.Store.Commit(ctx, store.Commit{If: map[string]int64{d.Key: 0}, Put: []store.Document{d}})
	return made, err
}

// Get returns a project of an account and the version of its document. NotFound for
// one that the account does not have, or that is being deleted.
func (p *Projects) Get(ctx context.Context, id account.ID, of arn.ARN) (Project, int64, error) {
	key := Key(of)
	found, err := store.Read(ctx, p.config.Store, key)
	if err != nil {
		return Project{}, 0, err
	}
	project, err := read(found[key], id, of)
	return project, found[key].Version, err
}

// read returns the project in a document, which may not be there.
func read(d store.Document, id account.ID, of arn.ARN) (Project, error) {
	if d.Version == 0 || of.Account != string(id) {
		return Project{}, unknown(of)
	}
	s, err := store.Decode[stored](d)
	if err != nil {
		return Project{}, err
	}
	if s.Deleting {
		return Project{}, unknown(of)
	}
	return Project{of.Project(), id, s.Created, s.Terms}, nil
}

func unknown(of arn.ARN) error { return fault.New(fault.NotFound, "There is no project %s.", of) }

// List returns a page of an account's projects, oldest first: limit of them at most,
// after the one with an id. More says whether others may follow.
func (p *Projects) List(ctx context.Context, id account.ID, after string, limit int) (page []Project, more bool, err error) {
	q := store.Query{Prefix: projects + string(id) + "/", Limit: min(limit+1, store.MaxPage)}
	if after != "" {
		q.From = q.Prefix + after
	}
	for {
		found, err := p.config.Store.Range(ctx, q)
		if err != nil {
			return nil, false, err
		}
		for _, d := range found {
			of := arn.New(string(id), arn.Project, strings.TrimPrefix(d.Key, q.Prefix))
			project, err := read(d, id, of)
			switch {
			case fault.KindOf(err) == fault.NotFound: // it is being deleted
				continue
			case err != nil:
				return nil, false, err
			case len(page) == limit:
				return page, true, nil
			}
			page = append(page, project)
		}
		if len(found) < q.Limit {
			return page, false, nil
		}
		q.From = found[len(found)-1].Key
	}
}

// Update has change make the new terms of a project of the old ones. It may be
// called more than once. NotFound for a project that the account does not have,
// Argument for terms that are not valid.
func (p *Projects) Update(ctx context.Context, id account.ID, of arn.ARN, change func(Terms) Terms) (Project, error) {
	var changed Project
	key := Key(of)
	err := store.Change(ctx, p.config.Store, []string{key}, func(m store.Moment) (store.Commit, error) {
		project, err := read(m[key], id, of)
		if err != nil {
			return store.Commit{}, err
		}
		project.Terms = change(project.Terms)
		changed = project
		if err := project.Terms.validate(); err != nil {
			return store.Commit{}, err
		}
		d, err := store.Encode(key, stored{Created: project.Created, Terms: project.Terms})
		return store.Commit{Put: []store.Document{d}}, err
	})
	return changed, err
}

// Delete removes a project with all that stands under it. NotFound for a project
// that the account does not have; an error of Config.Empty leaves it as it was.
func (p *Projects) Delete(ctx context.Context, id account.ID, of arn.ARN) error {
	err := p.mark(ctx, of, func(d store.Document) (stored, error) {
		project, err := read(d, id, of)
		return stored{Created: project.Created, Terms: project.Terms, Deleting: true}, err
	})
	if err != nil {
		return err
	}
	return p.finish(ctx, of)
}

// Resume goes on with deletes that were cut short. A project that cannot be emptied
// is found again.
func (p *Projects) Resume(ctx context.Context) error {
	marks, err := store.All(ctx, p.config.Store, deleting)
	for _, d := range marks {
		id, project, _ := strings.Cut(strings.TrimPrefix(d.Key, deleting), "/")
		failed := p.finish(ctx, arn.New(id, arn.Project, project))
		if failed != nil && !mendable(failed) {
			err = errors.Join(err, failed)
		}
	}
	return err
}

// mendable reports whether an error of Config.Empty tells the caller what to do
// first, rather than that something has failed.
func mendable(err error) bool {
	kind := fault.KindOf(err)
	return kind != fault.Internal && kind != fault.Unavailable
}

// finish empties a project that is marked, and removes it, or takes the mark back.
func (p *Projects) finish(ctx context.Context, of arn.ARN) error {
	err := p.config.Empty(ctx, of)
	switch {
	case err != nil && mendable(err):
		return p.unmark(ctx, of, err)
	case err != nil:
		return err // Resume goes on with it
	}
	key := Key(of)
	return store.Change(ctx, p.config.Store, []string{key}, func(store.Moment) (store.Commit, error) {
		return store.Commit{Delete: []string{key, markKey(of)}}, nil
	})
}

// unmark has a project be found again, and returns the reason unless that fails.
func (p *Projects) unmark(ctx context.Context, of arn.ARN, reason error) error {
	err := p.mark(ctx, of, func(d store.Document) (stored, error) {
		if d.Version == 0 {
			return stored{}, unknown(of)
		}
		s, err := store.Decode[stored](d)
		s.Deleting = false
		return s, err
	})
	if err != nil {
		return err
	}
	return reason
}

// mark puts what decide makes of a project's document, and the mark of one that is
// being deleted with it.
func (p *Projects) mark(ctx context.Context, of arn.ARN, decide func(store.Document) (stored, error)) error {
	key := Key(of)
	return store.Change(ctx, p.config.Store, []string{key}, func(m store.Moment) (store.Commit, error) {
		next, err := decide(m[key])
		if err != nil {
			return store.Commit{}, err
		}
		d, err := store.Encode(key, next)
		commit := store.Commit{Put: []store.Document{d}}
		if next.Deleting {
			commit.Put = append(commit.Put, store.Document{Key: markKey(of), Body: []byte("{}")})
		} else {
			commit.Delete = []string{markKey(of)}
		}
		return commit, err
	})
}
