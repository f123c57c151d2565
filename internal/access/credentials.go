package access

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/store"
)

// Credentials returns the key with an id as it is now, or UnknownKey where there is
// none that may be used.
func (k *Keys) Credentials(ctx context.Context, id string) (Credentials, error) {
	place, err := k.Place(ctx, id)
	if err != nil {
		return Credentials{}, err
	}
	found, err := k.config.Store.Get(ctx, place)
	if err != nil {
		return Credentials{}, err
	}
	return k.In(store.Find(found, place))
}

// Place returns the key of the document that holds the access key with an id, so
// that it can be read together with others, for In. It is UnknownKey where there is
// no such access key; one that was deleted may still have a place.
func (k *Keys) Place(ctx context.Context, id string) (string, error) {
	if owner, ok := k.owners.Get(id); ok {
		return keyOf(owner, id), nil
	}
	key := owners + id
	if len(id) != iam.KeyIDLength || store.CheckKey(key) != nil { // no key has such an id
		return "", unknownKey()
	}
	found, err := store.Read(ctx, k.config.Store, key)
	if err != nil {
		return "", err
	}
	d, ok := found[key]
	if !ok {
		return "", unknownKey()
	}
	stored, err := store.Decode[storedOwner](d)
	if err != nil {
		return "", err
	}
	k.owners.Add(id, stored.Account)
	return keyOf(stored.Account, id), nil
}

// In returns the access key that a document holds as it was just read, or
// UnknownKey where that does not exist or may not be used. It is unsealed and its
// policy is parsed once for each version.
func (k *Keys) In(d store.Document) (Credentials, error) {
	if d.Version == 0 {
		return Credentials{}, unknownKey()
	}
	id := d.Key[len(d.Key)-iam.KeyIDLength:]
	if known, ok := k.remembered.Get(id); ok && known.version == d.Version {
		return usable(known.Credentials)
	}
	found, err := k.open(d)
	if err != nil {
		return Credentials{}, err
	}
	k.remember(read{found, d.Version})
	return usable(found)
}

// remember keeps a key as it was read, unless it was read later, too.
func (k *Keys) remember(now read) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if known, ok := k.remembered.Get(now.Key.ID); !ok || known.version < now.version {
		k.remembered.Add(now.Key.ID, now)
	}
}

// usable returns a key that is not disabled.
func usable(found Credentials) (Credentials, error) {
	if found.Key.Disabled {
		return Credentials{}, unknownKey()
	}
	return found, nil
}

// unknownKey is the same for keys that are disabled and for those that never
// were, as AWS has it.
func unknownKey() error {
	return fault.New(fault.UnknownKey, "The security token included in the request is invalid.")
}
