package inventory

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/store"
)

// Profiles are the instance profiles of accounts. New makes them.
type Profiles struct{ config Config }

// Profile says what happens to an instance after a session on it.
type Profile struct {
	ID      string     // unique in the account, and later ones are greater
	Account account.ID // whose it is
	Terms
}

// Terms are what a profile says.
type Terms struct {
	Name             string   `json:"name"`
	Description      string   `json:"description,omitempty"`
	PackageCleanup   bool     `json:"packageCleanup,omitzero"`
	ExcludedPackages []string `json:"excludedPackages,omitempty"` // that a cleanup leaves
	RebootAfterUse   bool     `json:"rebootAfterUse,omitzero"`
}

// ARN returns the profile's ARN.
func (p Profile) ARN() arn.ARN { return arn.New(string(p.Account), arn.InstanceProfile, p.ID) }

func profileKey(id account.ID, profile string) string { return profiles + string(id) + "/" + profile }

// Create makes a profile of an account.
func (p *Profiles) Create(ctx context.Context, id account.ID, terms Terms) (Profile, error) {
	made := Profile{ID: arn.OrderedID(p.config.Now(), p.config.NewID()), Account: id, Terms: terms}
	d, err := store.Encode(profileKey(id, made.ID), terms)
	if err != nil {
		return made, err
	}
	_, err = p.config.Store.Commit(ctx, store.Commit{If: map[string]int64{d.Key: 0}, Put: []store.Document{d}})
	return made, err
}

// Get returns a profile of an account. NotFound for one that the account does not
// have.
func (p *Profiles) Get(ctx context.Context, id account.ID, of arn.ARN) (Profile, error) {
	found, err := p.find(ctx, id, []string{of.ID()})
	if err != nil {
		return Profile{}, err
	}
	profile, ok := found[of.ID()]
	if !ok || of.Account != string(id) {
		return Profile{}, unknown("instance profile", of)
	}
	return profile, nil
}

// unknown is the error of an ARN that names nothing that the account has.
func unknown(what string, of arn.ARN) error {
	return fault.New(fault.NotFound, "There is no %s %s.", what, of)
}

// find returns those profiles of an account that exist, by id.
func (p *Profiles) find(ctx context.Context, id account.ID, ids []string) (map[string]Profile, error) {
	keys := make([]string, 0, len(ids))
	for _, profile := range ids {
		keys = append(keys, profileKey(id, profile))
	}
	all := map[string]Profile{}
	if len(keys) == 0 {
		return all, nil
	}
	found, err := store.Read(ctx, p.config.Store, keys...)
	if err != nil {
		return nil, err
	}
	for n, profile := range ids {
		d, ok := found[keys[n]]
		if !ok {
			continue
		}
		terms, err := store.Decode[Terms](d)
		if err != nil {
			return nil, err
		}
		all[profile] = Profile{profile, id, terms}
	}
	return all, nil
}

// List returns a page of an account's profiles, oldest first: limit of them at
// most, after the one with an id. More says whether others follow.
func (p *Profiles) List(ctx context.Context, id account.ID, after string, limit int) (page []Profile, more bool, err error) {
	q := store.Query{Prefix: profiles + string(id) + "/", Limit: limit + 1}
	if after != "" {
		q.From = q.Prefix + after
	}
	found, err := p.config.Store.Range(ctx, q)
	if err != nil {
		return nil, false, err
	}
	for _, d := range found[:min(limit, len(found))] {
		terms, err := store.Decode[Terms](d)
		if err != nil {
			return nil, false, err
		}
		page = append(page, Profile{d.Key[len(q.Prefix):], id, terms})
	}
	return page, len(found) > limit, nil
}

// Update has change make the new terms of a profile of the old ones. It may be
// called more than once. NotFound for a profile that the account does not have.
func (p *Profiles) Update(ctx context.Context, id account.ID, of arn.ARN, change func(Terms) Terms) (Profile, error) {
	changed := Profile{ID: of.ID(), Account: id}
	err := store.Update(ctx, p.config.Store, profileKey(id, of.ID()), func(terms Terms, exists bool) (Terms, error) {
		if !exists || of.Account != string(id) {
			return terms, unknown("instance profile", of)
		}
		changed.Terms = change(terms)
		return changed.Terms, nil
	})
	return changed, err
}

// Delete removes a profile. Instances that have it have none then. NotFound for a
// profile that the account does not have.
func (p *Profiles) Delete(ctx context.Context, id account.ID, of arn.ARN) error {
	key := profileKey(id, of.ID())
	return store.Change(ctx, p.config.Store, []string{key}, func(m store.Moment) (store.Commit, error) {
		if _, ok := m[key]; !ok || of.Account != string(id) {
			return store.Commit{}, unknown("instance profile", of)
		}
		return store.Commit{Delete: []string{key}}, nil
	})
}
