package access

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/acts"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/store"
)

// An access key is a document under its account. A second document, under the
// key's id, names that account. A third kind of document names the master key
// under which secrets are sealed.
const (
	keys      = "access/"
	owners    = "key/"
	masterKey = keys + "master"
)

// Kinds returns the kinds of documents that only acts change. The one that names the
// master key is none: a server does not start with another.
func Kinds() []acts.Kind {
	return []acts.Kind{{Prefix: keys, Content: content}, {Prefix: owners, Content: acts.Body}}
}

// content returns everything of the document of an access key but its secret, which
// is sealed anew under another master key.
func content(d store.Document) ([]byte, error) {
	if d.Key == masterKey {
		return nil, nil
	}
	k, err := store.Decode[storedKey](d)
	if err != nil {
		return nil, err
	}
	about, err := k.about()
	return []byte(about), err
}

// keyOf returns the key of the document of an access key.
func keyOf(id account.ID, accessKey string) string { return keys + string(id) + "/" + accessKey }

// storedOwner is what the document under an access key's id holds. It never
// changes while the access key exists.
type storedOwner struct {
	Account account.ID `json:"account"`
}

// storedMaster is what the document of masterKey holds.
type storedMaster struct {
	Fingerprint string `json:"fingerprint"`
}

// sealedUnder returns the document that names a master key.
func sealedUnder(master iam.MasterKey) (store.Document, error) {
	return store.Encode(masterKey, storedMaster{Fingerprint: master.Fingerprint()})
}

// storedKey is an access key as it is stored.
type storedKey struct {
	ID       string          `json:"id"`
	Account  string          `json:"account"`
	Name     string          `json:"name"`
	Created  time.Time       `json:"created"`
	Disabled bool            `json:"disabled,omitzero"`
	Policy   json.RawMessage `json:"policy"`
	Secret   []byte          `json:"secret"` // sealed
}

// seal returns the document of the key with its sealed secret.
func (k storedKey) seal(master *iam.MasterKey, secret string) (store.Document, error) {
	about, err := k.about()
	if err != nil {
		return store.Document{}, err
	}
	if k.Secret, err = master.Seal(about, secret); err != nil {
		return store.Document{}, fmt.Errorf("key %s: %w", k.ID, err)
	}
	return store.Encode(keyOf(account.ID(k.Account), k.ID), k)
}

// about returns everything about the key except its secret. It is
// authenticated, so the key's account and policy cannot be changed in storage
// without the master key.
func (k storedKey) about() (string, error) {
	k.Secret = nil
	body, err := json.Marshal(k)
	return string(body), err
}

// unseal returns a stored key and its secret.
func unseal(master *iam.MasterKey, d store.Document) (storedKey, string, error) {
	k, err := store.Decode[storedKey](d)
	if err != nil {
		return k, "", err
	}
	about, err := k.about()
	if err == nil && d.Key != keyOf(account.ID(k.Account), k.ID) {
		err = fmt.Errorf("it is that of key %s of account %s", k.ID, k.Account)
	}
	if err != nil {
		return k, "", fmt.Errorf("document %s: %w", d.Key, err)
	}
	secret, err := master.Open(about, k.Secret)
	if err != nil {
		return k, "", fmt.Errorf("document %s: %w", d.Key, err)
	}
	return k, secret, nil
}
