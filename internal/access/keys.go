// Package access keeps access keys: who has which, what their policies allow,
// and under which master key their secrets are sealed. Package iam has the rules
// of policies and of the seal; whether a request may go on, its callers decide.
package access

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// OperatorAccount is the account of the operator's own keys, which may reach the
// accounts of others as far as their policies go.
const OperatorAccount account.ID = "000000000000"

// Config is what keys are kept with. All fields but Master are required.
type Config struct {
	Store   journal.Records
	Now     func() time.Time // the wall clock
	Master  iam.MasterKey    // seals the secrets
	Actions []string         // that policies may name

	// Known returns nil for an account that was opened, else NotFound.
	Known func(context.Context, journal.Caller) error

	// Open opens the caller's account where it was never opened.
	Open func(context.Context, journal.Caller) error
}

// Keys are the access keys of all accounts. New makes them.
type Keys struct {
	config Config

	mu         sync.RWMutex // held while generation changes, with the keys remembered
	generation int          // of the keys remembered: how often Forget was called
	remembered *lru.Cache[string, Credentials]
}

// remembers is how many access keys are remembered.
const remembers = 1 << 14

// New returns the keys in a store, and their installation.
func New(c Config) (*Keys, *Installation, error) {
	remembered, err := lru.New[string, Credentials](remembers)
	if err != nil {
		return nil, nil, err
	}
	keys := &Keys{config: c, remembered: remembered}
	return keys, &Installation{keys}, nil
}

// Credentials are an access key with its secret.
type Credentials struct {
	Key    iam.Key
	Secret string
}

// newKey is a key on its way into storage.
type newKey struct {
	Credentials
	record journal.Named
}

func (k *Keys) newKey(id account.ID, name string, policy []byte) (newKey, error) {
	parsed, err := iam.Parse(policy, k.config.Actions)
	if err != nil {
		return newKey{}, err
	}
	if arn, found := parsed.Resource("devicefarm"); found { // a denial of it would never apply
		return newKey{}, fault.New(fault.Malformed,
			`Resource %q is none that the actions of devicefarm are on: they take "*" alone; for one offering use the condition slotfarm:OfferingId`, arn)
	}
	keyID, err := iam.NewKeyID(rand.Reader)
	if err != nil {
		return newKey{}, err
	}
	secret, err := iam.NewSecret(rand.Reader)
	if err != nil {
		return newKey{}, err
	}
	key := iam.Key{ID: keyID, Account: string(id), Name: name, Created: k.config.Now().UTC(), Policy: parsed}
	record, err := k.record(key, secret)
	return newKey{Credentials{key, secret}, record}, err
}

// record returns a key as it is stored.
func (k *Keys) record(key iam.Key, secret string) (journal.Named, error) {
	policy, err := key.Policy.MarshalJSON()
	if err != nil {
		return journal.Named{}, err
	}
	stored := keyRecord{ID: key.ID, Account: key.Account, Name: key.Name, Created: key.Created, Disabled: key.Disabled, Policy: policy}
	return stored.seal(&k.config.Master, secret)
}

// maxName is how long the name of a key may be, in bytes.
const maxName = 64

// Create makes a key of an account that may do what the policy says; without
// one it may use the Device Farm API. Its secret is shown to nobody else again.
// Errors: Argument for a name, those of iam.Parse, NotFound for an account that
// was never opened.
func (k *Keys) Create(ctx context.Context, c journal.Caller, name string, policy []byte) (Credentials, error) {
	if name == "" || len(name) > maxName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		return Credentials{}, fault.New(fault.Argument, "name %s is not the name of a key; it has 1 to %d bytes and no control characters", fault.Quote(name), maxName)
	}
	if err := k.config.Known(ctx, c); err != nil {
		return Credentials{}, err
	}
	if policy == nil {
		policy = iam.Customer()
	}
	made, err := k.newKey(c.Account, name, policy)
	if err != nil {
		return Credentials{}, err
	}
	return made.Credentials, k.config.Store.PutRecords(ctx, Kind, made.record)
}

// List returns an account's keys, oldest first; those of others it does not open.
// NotFound for an account that was never opened.
func (k *Keys) List(ctx context.Context, c journal.Caller) ([]iam.Key, error) {
	if err := k.config.Known(ctx, c); err != nil {
		return nil, err
	}
	records, err := k.config.Store.ListRecords(ctx, Kind, keyPrefix)
	if err != nil {
		return nil, err
	}
	var keys []iam.Key
	for _, r := range records {
		if owner, err := ownerOf(r); err != nil || owner != string(c.Account) {
			continue // whose key it is cannot even be read: no account's
		}
		found, err := k.open(r)
		if err != nil {
			return nil, err
		}
		keys = append(keys, found.Key)
	}
	slices.SortStableFunc(keys, func(a, b iam.Key) int { return a.Created.Compare(b.Created) })
	return keys, nil
}

// open reads a stored key.
func (k *Keys) open(r journal.Named) (Credentials, error) {
	stored, secret, err := unseal(&k.config.Master, r)
	if err != nil {
		return Credentials{}, err
	}
	policy, err := iam.Parse(stored.Policy, k.config.Actions)
	if err != nil {
		return Credentials{}, fmt.Errorf("stored policy of key %s: %w", stored.ID, err)
	}
	return Credentials{iam.Key{
		ID: stored.ID, Account: stored.Account, Name: stored.Name, Created: stored.Created, Disabled: stored.Disabled, Policy: policy,
	}, secret}, nil
}

// Credentials returns the key with an id, or UnknownKey where there is none that
// may be used.
func (k *Keys) Credentials(ctx context.Context, id string) (Credentials, error) {
	found, ok, generation := k.recall(id)
	if !ok {
		var err error
		if found, err = k.readKey(ctx, id); err != nil {
			return Credentials{}, err
		}
		k.remember(found, generation)
	}
	if found.Key.Disabled {
		return Credentials{}, unknownKey()
	}
	return found, nil
}

// recall returns a key that was read since the last Forget, and the generation
// of what is remembered.
func (k *Keys) recall(id string) (found Credentials, ok bool, generation int) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	found, ok = k.remembered.Get(id)
	return found, ok, k.generation
}

// remember keeps a key that was read in a generation, unless that is a past one
// by now.
func (k *Keys) remember(found Credentials, generation int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if generation == k.generation {
		k.remembered.Add(found.Key.ID, found)
	}
}

// Forget has every key be read anew, since records of the Kind were changed, by
// whichever process.
func (k *Keys) Forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.generation++
	k.remembered.Purge()
}

// unknownKey is the same for keys that are disabled and for those that never
// were, as AWS has it.
func unknownKey() error {
	return fault.New(fault.UnknownKey, "The security token included in the request is invalid.")
}

func (k *Keys) readKey(ctx context.Context, id string) (Credentials, error) {
	records, err := k.keyRecords(ctx, id)
	if err != nil {
		return Credentials{}, err
	}
	if len(records) == 0 {
		return Credentials{}, unknownKey()
	}
	return k.open(records[0])
}

// keyRecords returns the stored key with an id, none where there is none.
func (k *Keys) keyRecords(ctx context.Context, id string) ([]journal.Named, error) {
	if len(id) != iam.KeyIDLength { // so that nobody has all keys looked at
		return nil, nil
	}
	return k.config.Store.ListRecords(ctx, Kind, keyPrefix+id)
}

// Disable keeps an account's key from being used, or lets it be used again.
// NotFound for one that the account does not have, Conflict for the key of the
// caller.
func (k *Keys) Disable(ctx context.Context, c journal.Caller, id string, disabled bool) (iam.Key, error) {
	if id == c.Key && disabled {
		return iam.Key{}, fault.New(fault.Conflict, "key %q is the one that this request is signed with; use another one to disable it", id)
	}
	found, err := k.ownKey(ctx, c, id)
	if err != nil {
		return iam.Key{}, err
	}
	found.Key.Disabled = disabled
	record, err := k.record(found.Key, found.Secret)
	if err != nil {
		return iam.Key{}, err
	}
	replaced, err := k.config.Store.ReplaceRecord(ctx, Kind, record)
	if err == nil && !replaced {
		err = noKey(c, id)
	}
	return found.Key, err
}

// Delete removes an account's key, also one that was damaged. NotFound for one
// that the account does not have; Conflict for the key of the caller, so that an
// operator's key always remains.
func (k *Keys) Delete(ctx context.Context, c journal.Caller, id string) error {
	if id == c.Key {
		return fault.New(fault.Conflict, "key %q is the one that this request is signed with; use another one to delete it", id)
	}
	records, err := k.keyRecords(ctx, id)
	if err != nil {
		return err
	}
	if len(records) == 0 {
		return noKey(c, id)
	}
	if owner, err := ownerOf(records[0]); err == nil && owner != string(c.Account) {
		return noKey(c, id)
	}
	deleted, err := k.config.Store.DeleteRecord(ctx, Kind, keyPrefix+id)
	if err == nil && !deleted {
		err = noKey(c, id)
	}
	return err
}

// ownKey returns the key of an account that has an id.
func (k *Keys) ownKey(ctx context.Context, c journal.Caller, id string) (Credentials, error) {
	found, err := k.readKey(ctx, id)
	if fault.KindOf(err) == fault.UnknownKey || err == nil && found.Key.Account != string(c.Account) {
		return Credentials{}, noKey(c, id)
	}
	return found, err
}

func noKey(c journal.Caller, id string) error {
	return fault.New(fault.NotFound, "account %q has no key %s", c.Account, fault.Quote(id))
}
