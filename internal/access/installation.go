package access

import (
	"context"
	"errors"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
)

// Installation is the master key under which all secrets of a store are sealed.
// New makes it.
type Installation struct{ keys *Keys }

// Use sets the master key under which secrets are sealed and opened. Nobody
// else may use the keys meanwhile.
func (i *Installation) Use(master iam.MasterKey) { i.keys.config.Master = master }

// Master returns the master key in use.
func (i *Installation) Master() iam.MasterKey { return i.keys.config.Master }

// Install makes the operator's account and its first key, whose secret is never
// shown again. The secret is sealed under the result of newMaster, which is
// called only if nothing prevents the installation. Errors: Conflict if the
// storage was initialised before.
func (i *Installation) Install(ctx context.Context, newMaster func() (iam.MasterKey, error)) (Credentials, error) {
	switch _, err := i.Sealed(ctx); {
	case err == nil:
		return Credentials{}, installed()
	case fault.KindOf(err) != fault.NotFound:
		return Credentials{}, err
	}
	master, err := newMaster()
	if err != nil {
		return Credentials{}, err
	}
	i.Use(master)
	c := journal.Caller{Account: OperatorAccount, By: journal.By{Key: "init"}}
	if err := i.keys.config.Open(ctx, c); err != nil {
		return Credentials{}, err
	}
	made, err := i.keys.newKey(c.Account, "operator", iam.Operator())
	if err != nil {
		return Credentials{}, err
	}
	sealed, err := sealedUnder(master)
	if err != nil {
		return Credentials{}, err
	}
	commit := made.commit()
	commit.If[masterKey] = 0
	commit.Put = append(commit.Put, sealed)
	_, err = i.keys.as(c.By, "key made", made.Key.Name).Commit(ctx, commit)
	if errors.Is(err, store.ErrConflict) { // another process did it meanwhile
		err = installed()
	}
	if err != nil {
		return Credentials{}, err
	}
	return made.Credentials, nil
}

func installed() error {
	return fault.New(fault.Conflict, "this storage was initialised before; its operator already has a key")
}

// Check returns nil if the storage was initialised under the master key in use.
func (i *Installation) Check(ctx context.Context) error {
	fingerprint, err := i.Sealed(ctx)
	if err == nil && fingerprint != i.keys.config.Master.Fingerprint() {
		err = fault.New(fault.Conflict, "the master key is not the one under which the secrets of this storage are sealed")
	}
	return err
}

// CheckOpen returns nil if the storage was not initialised. Otherwise it
// returns a Conflict, because its owner relies on keys being required.
func (i *Installation) CheckOpen(ctx context.Context) error {
	_, err := i.Sealed(ctx)
	if err == nil {
		return fault.New(fault.Conflict, "this storage was initialised for slotfarm serve, which requires signed requests; a sandbox would open it to everyone")
	}
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

// Sealed returns the fingerprint of the master key under which the secrets are
// sealed. Errors: NotFound if the storage was not initialised.
func (i *Installation) Sealed(ctx context.Context) (fingerprint string, err error) {
	found, err := store.Read(ctx, i.keys.config.Store, masterKey)
	if err != nil {
		return "", err
	}
	d, ok := found[masterKey]
	if !ok {
		return "", fault.New(fault.NotFound, "this storage was not initialised; run slotfarm init first")
	}
	m, err := store.Decode[storedMaster](d)
	return m.Fingerprint, err
}

// Rekey seals every secret under another master key, all of them or none. That is
// no act: what the keys are and may do stays as it is. The other master key is used from then on; nobody else may use the storage meanwhile.
func (i *Installation) Rekey(ctx context.Context, master iam.MasterKey) error {
	if err := i.Check(ctx); err != nil {
		return err
	}
	commit, err := i.sealAgain(ctx, master)
	if err != nil {
		return err
	}
	if _, err := i.keys.config.Store.Commit(ctx, commit); err != nil {
		return err
	}
	i.Use(master)
	return nil
}

// sealAgain returns the commit that seals every secret under another master key.
func (i *Installation) sealAgain(ctx context.Context, master iam.MasterKey) (store.Commit, error) {
	found, err := store.All(ctx, i.keys.config.Store, keys)
	if err != nil {
		return store.Commit{}, err
	}
	sealed, err := sealedUnder(master)
	commit := store.Commit{If: map[string]int64{}, Put: []store.Document{sealed}}
	for _, d := range found {
		if d.Key == masterKey || err != nil {
			continue
		}
		var again store.Document
		var stored storedKey
		var secret string
		if stored, secret, err = unseal(&i.keys.config.Master, d); err == nil {
			again, err = stored.seal(&master, secret)
		}
		commit.If[d.Key], commit.Put = d.Version, append(commit.Put, again)
	}
	return commit, err
}
