package access

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// Kind is the kind of record that holds access keys, by their ids, and which
// master key their secrets are sealed under, by masterName.
const (
	Kind       = "access"
	keyPrefix  = "key/"
	masterName = "master"
)

// Installation is the master key under which all secrets of a store are sealed.
// New makes it.
type Installation struct{ keys *Keys }

// Use has secrets be sealed and opened under a master key from now on. Nobody
// else may use the keys meanwhile.
func (i *Installation) Use(master iam.MasterKey) { i.keys.config.Master = master }

// Master returns the master key that is used.
func (i *Installation) Master() iam.MasterKey { return i.keys.config.Master }

// Install makes the operator's account and its first key, whose secret is shown
// to nobody else again. It is sealed under what newMaster returns, which is called
// once nothing stands in the way. Conflict where it was done before.
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
	fingerprint := journal.Named{Name: masterName, Body: []byte(master.Fingerprint())}
	added, err := i.keys.config.Store.AddRecords(ctx, Kind, made.record, fingerprint)
	if err == nil && !added { // by another process, meanwhile
		err = installed()
	}
	if err != nil {
		return Credentials{}, err
	}
	return made.Credentials, nil
}

func installed() error {
	return fault.New(fault.Conflict, "this storage was initialised before; its operator has a key already")
}

// Check returns nil when the storage was initialised under the master
// key that is used.
func (i *Installation) Check(ctx context.Context) error {
	fingerprint, err := i.Sealed(ctx)
	if err == nil && fingerprint != i.keys.config.Master.Fingerprint() {
		err = fault.New(fault.Conflict, "the master key is another one than the secrets of this storage are sealed under")
	}
	return err
}

// CheckOpen returns nil when the storage was not initialised, so that nobody
// counts on its being closed to those without a key. Else a Conflict.
func (i *Installation) CheckOpen(ctx context.Context) error {
	_, err := i.Sealed(ctx)
	if err == nil {
		return fault.New(fault.Conflict, "this storage was initialised for slotfarm serve, where requests have to be signed; a sandbox would open it to all")
	}
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

// Sealed returns the fingerprint of the master key that the secrets are sealed
// under. NotFound where the storage was not initialised.
func (i *Installation) Sealed(ctx context.Context) (fingerprint string, err error) {
	master, err := i.keys.config.Store.ListRecords(ctx, Kind, masterName)
	if err == nil && len(master) == 0 {
		err = fault.New(fault.NotFound, "this storage was not initialised; run slotfarm init first")
	}
	if err != nil {
		return "", err
	}
	return string(master[0].Body), nil
}

// Rekey seals every secret under another master key, all of them or none. That
// one is used from then on; nobody else may use the storage meanwhile.
func (i *Installation) Rekey(ctx context.Context, master iam.MasterKey) error {
	if err := i.Check(ctx); err != nil {
		return err
	}
	records, err := i.keys.config.Store.ListRecords(ctx, Kind, keyPrefix)
	if err != nil {
		return err
	}
	sealed := []journal.Named{{Name: masterName, Body: []byte(master.Fingerprint())}}
	for _, r := range records {
		stored, secret, err := unseal(&i.keys.config.Master, r)
		if err != nil {
			return err
		}
		again, err := stored.seal(&master, secret)
		if err != nil {
			return err
		}
		sealed = append(sealed, again)
	}
	if err := i.keys.config.Store.PutRecords(ctx, Kind, sealed...); err != nil {
		return err
	}
	i.Use(master)
	return nil
}

// keyRecord is an access key as it is stored.
type keyRecord struct {
	ID       string          `json:"id"`
	Account  string          `json:"account"`
	Name     string          `json:"name"`
	Created  time.Time       `json:"created"`
	Disabled bool            `json:"disabled,omitzero"`
	Policy   json.RawMessage `json:"policy"`
	Secret   []byte          `json:"secret"` // sealed
}

// seal returns the key with its secret as it is stored.
func (k keyRecord) seal(master *iam.MasterKey, secret string) (journal.Named, error) {
	about, err := k.about()
	if err != nil {
		return journal.Named{}, err
	}
	if k.Secret, err = master.Seal(about, secret); err != nil {
		return journal.Named{}, fmt.Errorf("key %s: %w", k.ID, err)
	}
	body, err := json.Marshal(k)
	return journal.Named{Name: keyPrefix + k.ID, Body: body}, err
}

// about returns everything of the key but its secret: whose it is and what it
// may do cannot be changed in storage without the master key.
func (k keyRecord) about() (string, error) {
	k.Secret = nil
	body, err := json.Marshal(k)
	return string(body), err
}

// ownerOf returns whose a stored key says it is, which is not known before it is
// unsealed.
func ownerOf(r journal.Named) (string, error) {
	var k keyRecord
	err := json.Unmarshal(r.Body, &k)
	return k.Account, err
}

// unseal returns a stored key and its secret.
func unseal(master *iam.MasterKey, r journal.Named) (keyRecord, string, error) {
	var k keyRecord
	if err := json.Unmarshal(r.Body, &k); err != nil {
		return k, "", fmt.Errorf("stored %s: %w", r.Name, err)
	}
	about, err := k.about()
	if err == nil && r.Name != keyPrefix+k.ID {
		err = fmt.Errorf("it is that of key %s", k.ID)
	}
	if err != nil {
		return k, "", fmt.Errorf("stored %s: %w", r.Name, err)
	}
	secret, err := master.Open(about, k.Secret)
	if err != nil {
		return k, "", fmt.Errorf("stored %s: %w", r.Name, err)
	}
	return k, secret, nil
}
