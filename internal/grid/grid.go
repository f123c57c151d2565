// Package grid keeps the test grid projects of accounts: the URLs at which clients
// of WebDriver begin sessions on browsers, and how those sessions look.
//
// It decides for how long a URL is good and how many a project may have, when a
// project may be deleted, and which sessions its owner sees. Who gets which browser
// when, and when a session is over, is decided in package fleet.
package grid

import (
	"context"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/commandlog"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/store"
)

// The documents of test grid projects, by their prefixes.
const (
	projects = "testgrid/"          // <account>/<id>: stored
	deleting = "testgrid-deleting/" // <account>/<id>: moment
	urls     = "testgrid-url/"      // <id>: URL
	expiries = "testgrid-urls/"     // <account>/<project>/<expires>-<id>: nothing
)

// Config is what a test grid works with. All fields are required.
type Config struct {
	Store store.Documents
	Fleet *fleet.Fleet
	Units func() *fleet.Units // as the fleet's
	Logs  *commandlog.Logs
	Now   func() time.Time // the wall clock
	NewID func() string    // unique ids
	Nonce func() string    // that nobody can guess
}

// Grid is the test grid projects of accounts. New makes one.
type Grid struct{ config Config }

// New returns the test grid projects in a store.
func New(c Config) *Grid { return &Grid{c} }

// Project is a test grid project of an account.
type Project struct {
	ID      string
	Account account.ID
	Created time.Time // by the wall clock, to the millisecond
	Terms
}

// Terms are what the owner of a project decides about it.
type Terms struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	VPC         *VPC   `json:"vpc,omitempty"`
}

// VPC is the network of an account in which its sessions want to be.
type VPC struct {
	ID             string   `json:"id"`
	SecurityGroups []string `json:"securityGroups"`
	Subnets        []string `json:"subnets"`
}

// stored is a project as it is stored.
type stored struct {
	Created  time.Time `json:"created"`
	Deleting bool      `json:"deleting,omitzero"`
	Terms    Terms     `json:"terms"`
}

// ARN returns the project's ARN.
func (p Project) ARN() arn.ARN { return projectARN(p.Account, p.ID) }

func projectARN(id account.ID, project string) arn.ARN {
	return arn.New(string(id), arn.TestGridProject, project)
}

func projectKey(of arn.ARN) string { return projects + of.Account + "/" + of.Project() }

func markKey(of arn.ARN) string { return deleting + of.Account + "/" + of.Project() }

func unknown(of arn.ARN) error {
	return fault.New(fault.NotFound, "There is no test grid project %s.", of)
}

// Create makes a project of an account.
func (g *Grid) Create(ctx context.Context, id account.ID, terms Terms) (Project, error) {
	now := g.config.Now().UTC().Truncate(time.Millisecond)
	made := Project{arn.OrderedID(now, g.config.NewID()), id, now, terms}
	d, err := store.Encode(projectKey(made.ARN()), stored{Created: now, Terms: terms})
	if err != nil {
		return Project{}, err
	}
	_, err = g.config.Store.Commit(ctx, store.Commit{If: map[string]int64{d.Key: 0}, Put: []store.Document{d}})
	return made, err
}

// Get returns a project of an account. NotFound for one that the account does not
// have, or that is being deleted.
func (g *Grid) Get(ctx context.Context, id account.ID, of arn.ARN) (Project, error) {
	p, _, err := g.read(ctx, id, of)
	return p, err
}

// read is Get, with the project's document.
func (g *Grid) read(ctx context.Context, id account.ID, of arn.ARN) (Project, store.Document, error) {
	key := projectKey(of)
	found, err := store.Read(ctx, g.config.Store, key)
	if err != nil {
		return Project{}, store.Document{}, err
	}
	p, err := decode(found[key], id, of)
	return p, found[key], err
}

// decode returns the project in a document, which may not be there.
func decode(d store.Document, id account.ID, of arn.ARN) (Project, error) {
	if d.Version == 0 || of.Account != string(id) {
		return Project{}, unknown(of)
	}
	s, err := store.Decode[stored](d)
	if err == nil && s.Deleting {
		err = unknown(of)
	}
	return Project{of.Project(), id, s.Created, s.Terms}, err
}

// List returns a page of an account's projects, oldest first: limit of them at most,
// after the one with an id. More says whether others may follow.
func (g *Grid) List(ctx context.Context, id account.ID, after string, limit int) (page []Project, more bool, err error) {
	q := store.Query{Prefix: projects + string(id) + "/", Limit: min(limit+1, store.MaxPage)}
	if after != "" {
		q.From = q.Prefix + after
	}
	for {
		found, err := g.config.Store.Range(ctx, q)
		if err != nil {
			return nil, false, err
		}
		for _, d := range found {
			p, err := decode(d, id, projectARN(id, strings.TrimPrefix(d.Key, q.Prefix)))
			switch {
			case fault.KindOf(err) == fault.NotFound: // it is being deleted
				continue
			case err != nil:
				return nil, false, err
			case len(page) == limit:
				return page, true, nil
			}
			page = append(page, p)
		}
		if len(found) < q.Limit {
			return page, false, nil
		}
		q.From = found[len(found)-1].Key
	}
}

// Update has change make the new terms of a project of the old ones. It may be
// called more than once. NotFound for a project that the account does not have.
func (g *Grid) Update(ctx context.Context, id account.ID, of arn.ARN, change func(Terms) Terms) (Project, error) {
	var changed Project
	key := projectKey(of)
	err := store.Change(ctx, g.config.Store, []string{key}, func(m store.Moment) (store.Commit, error) {
		p, err := decode(m[key], id, of)
		if err != nil {
			return store.Commit{}, err
		}
		p.Terms = change(p.Terms)
		changed = p
		d, err := store.Encode(key, stored{Created: p.Created, Terms: p.Terms})
		return store.Commit{Put: []store.Document{d}}, err
	})
	return changed, err
}
