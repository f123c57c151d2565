// Package access keeps access keys: who has which key, what its policy allows,
// and under which master key its secret is sealed. Package iam has the rules of
// policies and of the seal. The callers of this package decide whether a
// request is allowed.
package access

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/acts"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/plaintext"
	"github.com/slotfarm/slotfarm/internal/store"
)

// OperatorAccount is the account of the operator's own keys, which may reach the
// accounts of others as far as their policies go.
const OperatorAccount = account.Operator

// Config is what keys need. All fields except Master are required.
type Config struct {
	Store   store.Documents
	Acts    acts.Recorder    // of what is done to keys
	Now     func() time.Time // the wall clock
	Master  iam.MasterKey    // seals the secrets
	Actions []iam.Action     // that policies may name

	// Known returns nil for an account that was opened, or NotFound.
	Known func(context.Context, journal.Caller) error

	// Open opens the caller's account if it was never opened.
	Open func(context.Context, journal.Caller) error
}

// Keys are the access keys of all accounts. New makes them.
type Keys struct {
	config Config
	owners *lru.Cache[string, account.ID] // of recently used access keys

	mu         sync.Mutex // held while remember runs
	remembered *lru.Cache[string, read]
	actions    []string // the names of config.Actions
}

// read is an access key as it was read.
type read struct {
	Credentials
	version int64 // of its document
}

// remembers is the largest number of access keys that are remembered.
const remembers = 1 << 14

// New returns the keys in a store, and their installation.
func New(c Config) (*Keys, *Installation, error) {
	remembered, err := lru.New[string, read](remembers)
	if err != nil {
		return nil, nil, err
	}
	owners, err := lru.New[string, account.ID](remembers)
	if err != nil {
		return nil, nil, err
	}
	keys := &Keys{config: c, owners: owners, remembered: remembered}
	for _, a := range c.Actions {
		keys.actions = append(keys.actions, a.Name)
	}
	return keys, &Installation{keys}, nil
}

// Credentials is an access key with its secret.
type Credentials struct {
	Key    iam.Key
	Secret string
}

// newKey is a key that is about to be stored.
type newKey struct {
	Credentials
	key, owner store.Document
}

// commit returns the commit that puts the key if none with its id exists.
func (n newKey) commit() store.Commit {
	return store.Commit{
		If:  map[string]int64{n.key.Key: 0, n.owner.Key: 0},
		Put: []store.Document{n.key, n.owner},
	}
}

func (k *Keys) newKey(id account.ID, name string, policy []byte) (newKey, error) {
	parsed, err := iam.Parse(policy, k.actions)
	if err == nil {
		err = parsed.CheckApplies(k.config.Actions)
	}
	if err != nil {
		return newKey{}, err
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
	stored, err := k.document(key, secret)
	if err != nil {
		return newKey{}, err
	}
	owner, err := store.Encode(owners+keyID, storedOwner{Account: id})
	return newKey{Credentials{key, secret}, stored, owner}, err
}

// document returns a key as it is stored.
func (k *Keys) document(key iam.Key, secret string) (store.Document, error) {
	policy, err := key.Policy.MarshalJSON()
	if err != nil {
		return store.Document{}, err
	}
	stored := storedKey{ID: key.ID, Account: key.Account, Name: key.Name, Created: key.Created, Disabled: key.Disabled, Policy: policy}
	return stored.seal(&k.config.Master, secret)
}

// as returns the documents, each of whose commits is an act of somebody.
func (k *Keys) as(by journal.By, what, name string) store.Documents {
	return k.config.Acts.As(by, what, name)
}

// maxName is how long the name of a key may be, in bytes.
const maxName = 64

// Create makes a key for an account. The key may do what the policy says or,
// without a policy, use the Device Farm API. Its secret is never shown again.
// Errors: Argument for an invalid name; those of iam.Parse and
// iam.Policy.CheckApplies; NotFound if the account was never opened.
func (k *Keys) Create(ctx context.Context, c journal.Caller, name string, policy []byte) (Credentials, error) {
	if name == "" {
		return Credentials{}, fault.New(fault.Argument, "name is missing; a key has a name of 1 to %d bytes", maxName)
	}
	if err := plaintext.Check("name", name, maxName); err != nil {
		return Credentials{}, err
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
	_, err = k.as(c.By, "key made", name).Commit(ctx, made.commit())
	return made.Credentials, err
}

// List returns an account's keys, oldest first. It does not read those of other
// accounts. Errors: NotFound if the account was never opened.
func (k *Keys) List(ctx context.Context, c journal.Caller) ([]iam.Key, error) {
	if err := k.config.Known(ctx, c); err != nil {
		return nil, err
	}
	found, err := store.All(ctx, k.config.Store, keyOf(c.Account, ""))
	if err != nil {
		return nil, err
	}
	var keys []iam.Key
	for _, d := range found {
		one, err := k.open(d)
		if err != nil {
			return nil, err
		}
		keys = append(keys, one.Key)
	}
	slices.SortStableFunc(keys, func(a, b iam.Key) int { return a.Created.Compare(b.Created) })
	return keys, nil
}

// open reads a stored key.
func (k *Keys) open(d store.Document) (Credentials, error) {
	stored, secret, err := unseal(&k.config.Master, d)
	if err != nil {
		return Credentials{}, err
	}
	policy, err := iam.Parse(stored.Policy, k.actions)
	if err != nil {
		return Credentials{}, fmt.Errorf("stored policy of key %s: %w", stored.ID, err)
	}
	return Credentials{iam.Key{
		ID: stored.ID, Account: stored.Account, Name: stored.Name, Created: stored.Created, Disabled: stored.Disabled, Policy: policy,
	}, secret}, nil
}
