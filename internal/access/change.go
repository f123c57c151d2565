package access

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
)

// Disable disables an account's key, or enables it again. Errors: NotFound if
// the account has no such key; Conflict for the caller's own key, and for the
// operator's last usable key.
func (k *Keys) Disable(ctx context.Context, c journal.Caller, id string, disabled bool) (iam.Key, error) {
	if id == c.Key && disabled {
		return iam.Key{}, fault.New(fault.Conflict, "key %q signed this request; use another key to disable it", id)
	}
	var changed iam.Key
	what := "key enabled"
	if disabled {
		what = "key disabled"
	}
	err := k.change(ctx, c, target{id, what}, func(d store.Document) (store.Commit, error) {
		found, err := k.open(d)
		if err != nil {
			return store.Commit{}, err
		}
		var commit store.Commit
		if disabled && !found.Key.Disabled {
			if commit.If, err = k.remaining(ctx, c, id, "disable"); err != nil {
				return store.Commit{}, err
			}
		}
		found.Key.Disabled = disabled
		changed = found.Key
		sealed, err := k.document(found.Key, found.Secret)
		commit.Put = []store.Document{sealed}
		return commit, err
	})
	return changed, err
}

// Delete removes an account's key, even a damaged one. Errors: NotFound if the
// account has no such key; Conflict for the caller's own key, and for the
// operator's last usable key.
func (k *Keys) Delete(ctx context.Context, c journal.Caller, id string) error {
	if id == c.Key {
		return fault.New(fault.Conflict, "key %q signed this request; use another key to delete it", id)
	}
	return k.change(ctx, c, target{id, "key deleted"}, func(d store.Document) (commit store.Commit, err error) {
		if found, err := k.open(d); err == nil && !found.Key.Disabled {
			if commit.If, err = k.remaining(ctx, c, id, "delete"); err != nil {
				return store.Commit{}, err
			}
		}
		commit.Delete = []string{d.Key, owners + id}
		return commit, nil
	})
}

// target is an access key, and what is done to it.
type target struct{ id, what string }

// change commits what decide makes of the document of an account's key. Errors:
// NotFound if the account has no such key.
func (k *Keys) change(ctx context.Context, c journal.Caller, t target, decide func(store.Document) (store.Commit, error)) error {
	key := keyOf(c.Account, t.id)
	if len(t.id) != iam.KeyIDLength || store.CheckKey(key) != nil {
		return noKey(c, t.id)
	}
	return store.Change(ctx, k.as(c.By, t.what, t.id), []string{key}, func(found store.Moment) (store.Commit, error) {
		d, ok := found[key]
		if !ok {
			return store.Commit{}, noKey(c, t.id)
		}
		return decide(d)
	})
}

// remaining returns the condition for taking a key out of use. If it is the
// operator's, and the storage has a master key, so that nobody gets in without
// a key, another key of the operator must be in use, and must still be when the
// change is made. So two last keys cannot remove each other.
func (k *Keys) remaining(ctx context.Context, c journal.Caller, id, what string) (map[string]int64, error) {
	if c.Account != OperatorAccount {
		return nil, nil
	}
	installed, err := store.Read(ctx, k.config.Store, masterKey)
	if err != nil || len(installed) == 0 {
		return nil, err
	}
	found, err := store.All(ctx, k.config.Store, keyOf(OperatorAccount, ""))
	if err != nil {
		return nil, err
	}
	for _, d := range found {
		if other, err := k.open(d); err == nil && !other.Key.Disabled && other.Key.ID != id {
			return map[string]int64{d.Key: d.Version}, nil
		}
	}
	return nil, fault.New(fault.Conflict, "key %q is the operator's last usable key; make another one before you %s it", id, what)
}

func noKey(c journal.Caller, id string) error {
	return fault.New(fault.NotFound, "account %q has no key %q", c.Account, id)
}
