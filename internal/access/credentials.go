package access

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/store"
)

// Credentials returns the present state of the key with an id, or UnknownKey if
// there is no usable one.
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

// Place returns the key of the document that holds the access key with an id,
// so that the document can be read together with others and passed to In.
// Errors: UnknownKey if there is no such access key; a deleted one may still
// have a place.
func (k *Keys) Place(ctx context.Context, id string) (string, error) {
	if owner, ok := k.owners.Get(id); ok {
		return keyOf(owner, id), nil
	}
	key := owners + id
	if len(id) != iam.KeyIDLength || store.CheckKey(key) != nil { // no key can have this id
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

// In returns the access key that a document, as it was just read, holds, or
// UnknownKey if the key does not exist or may not be used. It unseals the key
// and parses its policy once for each version.
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

// remember keeps a key as it was read, unless a later read is already kept.
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

// unknownKey returns the error for disabled keys and for keys that never
// existed. As in AWS, it is the same for both.
func unknownKey() error {
	return fault.New(fault.UnknownKey, "The security token included in the request is invalid.")
}
