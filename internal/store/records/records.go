// Package records turns the records of old storage formats into documents. A
// record was a value with a kind and a name; only this package knows what each
// kind became.
package records

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slotfarm/slotfarm/internal/store"
)

// Record is a value as an old format kept it.
type Record struct {
	Kind, Name string
	Body       []byte
}

// Documents returns the documents that records become, in the order of their
// keys and without versions. The records come in the order of their names. A
// damaged access key could only be deleted, so it is left out. So are the
// claims of sweepers, which expire soon, and the change counts.
func Documents(old []Record) ([]store.Document, error) {
	found := moved{}
	for _, r := range old {
		if err := found.add(r); err != nil {
			return nil, fmt.Errorf("record %q of kind %q: %w", r.Name, r.Kind, err)
		}
	}
	var all []store.Document
	for _, key := range slices.Sorted(maps.Keys(found)) {
		all = append(all, store.Document{Key: key, Body: found[key]})
	}
	return all, nil
}

// moved holds bodies by document key.
type moved map[string][]byte

func (m moved) add(r Record) error {
	switch r.Kind {
	case "access":
		return m.addAccess(r)
	case "catalog":
		head, err := json.Marshal(map[string]json.RawMessage{"version": json.RawMessage(strings.TrimLeft(r.Name, "0"))})
		if err != nil {
			return err
		}
		m["catalog/head"] = head // of the last one
		return m.put("catalog/version/"+r.Name, r.Body)
	case "snapshot":
		return m.put("snapshot/"+r.Name, r.Body)
	case "sweep", "revision":
		return nil
	}
	return errors.New("the kind is unknown")
}

// addAccess adds an access key, whose name was its id, or the fingerprint of
// the master key.
func (m moved) addAccess(r Record) error {
	id, isKey := strings.CutPrefix(r.Name, "key/")
	if !isKey {
		master, err := json.Marshal(map[string]string{"fingerprint": string(r.Body)})
		m["access/"+r.Name] = master
		return err
	}
	var owner struct {
		Account string `json:"account"`
	}
	if err := json.Unmarshal(r.Body, &owner); err != nil || owner.Account == "" {
		return nil
	}
	body, err := json.Marshal(owner)
	m["key/"+id] = body
	if err != nil {
		return err
	}
	return m.put("access/"+owner.Account+"/"+id, r.Body)
}

// put adds a document that an engine could keep. Its size does not matter,
// because the record was already there.
func (m moved) put(key string, body []byte) error {
	if err := store.CheckKey(key); err != nil {
		return err
	}
	if !json.Valid(body) {
		return errors.New("it is not JSON")
	}
	m[key] = body
	return nil
}
