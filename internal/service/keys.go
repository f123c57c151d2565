package service

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// OperatorAccount is the account of the operator's own keys, which may reach the
// accounts of others as far as their policies go.
const OperatorAccount account.ID = "000000000000"

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

func (s *Service) newKey(id account.ID, name string, policy []byte) (newKey, error) {
	parsed, err := iam.Parse(policy, s.Actions)
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
	key := iam.Key{ID: keyID, Account: string(id), Name: name, Created: s.Now().UTC(), Policy: parsed}
	record, err := s.record(key, secret)
	return newKey{Credentials{key, secret}, record}, err
}

// record returns a key as it is stored.
func (s *Service) record(k iam.Key, secret string) (journal.Named, error) {
	policy, err := k.Policy.MarshalJSON()
	if err != nil {
		return journal.Named{}, err
	}
	stored := keyRecord{ID: k.ID, Account: k.Account, Name: k.Name, Created: k.Created, Disabled: k.Disabled, Policy: policy}
	return stored.seal(&s.Master, secret)
}

// maxName is how long the name of a key may be, in bytes.
const maxName = 64

// CreateKey makes a key of an account that may do what the policy says; without
// one it may use the Device Farm API. Its secret is shown to nobody else again.
// Errors: Argument for a name, those of iam.Parse, NotFound for an account that
// was never opened.
func (s *Service) CreateKey(ctx context.Context, c Caller, name string, policy []byte) (Credentials, error) {
	if name == "" || len(name) > maxName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		return Credentials{}, fault.New(fault.Argument, "name %s is not the name of a key; it has 1 to %d bytes and no control characters", fault.Quote(name), maxName)
	}
	if _, err := s.Known(ctx, c); err != nil {
		return Credentials{}, err
	}
	if policy == nil {
		policy = iam.Customer()
	}
	made, err := s.newKey(c.Account, name, policy)
	if err != nil {
		return Credentials{}, err
	}
	return made.Credentials, s.Store.PutRecords(ctx, access, made.record)
}

// Keys returns an account's keys, oldest first; those of others it does not open.
// NotFound for an account that was never opened.
func (s *Service) Keys(ctx context.Context, c Caller) ([]iam.Key, error) {
	if _, err := s.Known(ctx, c); err != nil {
		return nil, err
	}
	records, err := s.Store.ListRecords(ctx, access, keyPrefix)
	if err != nil {
		return nil, err
	}
	var keys []iam.Key
	for _, r := range records {
		if owner, err := ownerOf(r); err != nil || owner != string(c.Account) {
			continue // whose key it is cannot even be read: no account's
		}
		found, err := s.open(r)
		if err != nil {
			return nil, err
		}
		keys = append(keys, found.Key)
	}
	slices.SortStableFunc(keys, func(a, b iam.Key) int { return a.Created.Compare(b.Created) })
	return keys, nil
}

// open reads a stored key.
func (s *Service) open(r journal.Named) (Credentials, error) {
	stored, secret, err := unseal(&s.Master, r)
	if err != nil {
		return Credentials{}, err
	}
	policy, err := iam.Parse(stored.Policy, s.Actions)
	if err != nil {
		return Credentials{}, fmt.Errorf("stored policy of key %s: %w", stored.ID, err)
	}
	return Credentials{iam.Key{
		ID: stored.ID, Account: stored.Account, Name: stored.Name, Created: stored.Created, Disabled: stored.Disabled, Policy: policy,
	}, secret}, nil
}

// Credentials returns the key with an id, or UnknownKey where there is none that
// may be used.
func (s *Service) Credentials(ctx context.Context, id string) (Credentials, error) {
	found, ok, revision := s.remembered(id)
	if !ok {
		var err error
		if found, err = s.readKey(ctx, id); err != nil {
			return Credentials{}, err
		}
		s.remember(found, revision)
	}
	if found.Key.Disabled {
		return Credentials{}, unknownKey()
	}
	return found, nil
}

// remembered returns a key that was read since the last change of keys, and the
// revision of what is remembered.
func (s *Service) remembered(id string) (found Credentials, ok bool, revision string) {
	s.keyring.RLock()
	defer s.keyring.RUnlock()
	found, ok = s.keys.Get(id)
	return found, ok, s.revision
}

// remember keeps a key that was read when the revision was at least the given
// one, unless that is a past one by now.
func (s *Service) remember(found Credentials, revision string) {
	s.keyring.Lock()
	defer s.keyring.Unlock()
	if revision == s.revision {
		s.keys.Add(found.Key.ID, found)
	}
}

// unknownKey is the same for keys that are disabled and for those that never
// were, as AWS has it.
func unknownKey() error {
	return fault.New(fault.UnknownKey, "The security token included in the request is invalid.")
}

func (s *Service) readKey(ctx context.Context, id string) (Credentials, error) {
	records, err := s.keyRecords(ctx, id)
	if err != nil {
		return Credentials{}, err
	}
	if len(records) == 0 {
		return Credentials{}, unknownKey()
	}
	return s.open(records[0])
}

// keyRecords returns the stored key with an id, none where there is none.
func (s *Service) keyRecords(ctx context.Context, id string) ([]journal.Named, error) {
	if len(id) != iam.KeyIDLength { // so that nobody has all keys looked at
		return nil, nil
	}
	return s.Store.ListRecords(ctx, access, keyPrefix+id)
}

// DisableKey keeps an account's key from being used, or lets it be used again.
// NotFound for one that the account does not have, Conflict for the key of the
// caller.
func (s *Service) DisableKey(ctx context.Context, c Caller, id string, disabled bool) (iam.Key, error) {
	if id == c.Key && disabled {
		return iam.Key{}, fault.New(fault.Conflict, "key %q is the one that this request is signed with; use another one to disable it", id)
	}
	found, err := s.ownKey(ctx, c, id)
	if err != nil {
		return iam.Key{}, err
	}
	found.Key.Disabled = disabled
	record, err := s.record(found.Key, found.Secret)
	if err != nil {
		return iam.Key{}, err
	}
	replaced, err := s.Store.ReplaceRecord(ctx, access, record)
	if err == nil && !replaced {
		err = noKey(c, id)
	}
	return found.Key, err
}

// DeleteKey removes an account's key, also one that was damaged. NotFound for one
// that the account does not have; Conflict for the key of the caller, so that an
// operator's key always remains.
func (s *Service) DeleteKey(ctx context.Context, c Caller, id string) error {
	if id == c.Key {
		return fault.New(fault.Conflict, "key %q is the one that this request is signed with; use another one to delete it", id)
	}
	records, err := s.keyRecords(ctx, id)
	if err != nil {
		return err
	}
	if len(records) == 0 {
		return noKey(c, id)
	}
	if owner, err := ownerOf(records[0]); err == nil && owner != string(c.Account) {
		return noKey(c, id)
	}
	deleted, err := s.Store.DeleteRecord(ctx, access, keyPrefix+id)
	if err == nil && !deleted {
		err = noKey(c, id)
	}
	return err
}

// ownKey returns the key of an account that has an id.
func (s *Service) ownKey(ctx context.Context, c Caller, id string) (Credentials, error) {
	found, err := s.readKey(ctx, id)
	if fault.KindOf(err) == fault.UnknownKey || err == nil && found.Key.Account != string(c.Account) {
		return Credentials{}, noKey(c, id)
	}
	return found, err
}

func noKey(c Caller, id string) error {
	return fault.New(fault.NotFound, "account %q has no key %s", c.Account, fault.Quote(id))
}
