// Package acts keeps what the operator does in the journal of the operator's
// account: keys that are made, disabled and deleted, catalogues that come into
// force, snapshots. An act names the documents that it changed, with a digest of
// each. So the hash chain, and whoever keeps a checkpoint, vouches for documents
// too, and Audit names the one that does not follow from the acts.
//
// A document and a journal are never changed by one commit. The commit that changes
// the documents therefore also puts the act into an outbox, which is a document of
// its own. Then the act is appended to the journal, under a retry id, and its outbox
// document is deleted. If a process ends in between, Settle does the rest, in any
// process. Thanks to the retry id, the act is appended once.
//
// Versions of documents order acts, and not their places in the journal: a document
// never has a version again, and a later commit gives it a greater one. So acts may
// be appended in any order, and no change waits for another one's act.
//
// The package decides how acts are kept, and whether documents follow from them. It
// does not decide what is an act, and which part of a document counts: the packages
// that own the documents do.
package acts

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
)

// outbox begins the keys of the documents of acts that are not in the journal yet.
const outbox = "act/"

// Recorder records acts, or lets them be. Book and Unkept are all there are.
type Recorder interface {
	// As returns documents of which every commit is an act: by somebody, with words
	// for what was done and the name of what it was done to. A commit that changes
	// nothing is an act, too.
	As(by journal.By, what, name string) store.Documents
}

// Unkept keeps no acts. A sandbox has no operator, since everybody is.
type Unkept struct {
	Documents store.Documents
}

// As returns the documents as they are.
func (u Unkept) As(journal.By, string, string) store.Documents { return u.Documents }

// Kind is a kind of documents that only acts change. A journal adopts documents once,
// when it begins to keep acts, so a kind that is added to a later version must have
// no documents from before.
type Kind struct {
	Prefix string // of their keys

	// Content returns the part of a document that counts, without sealed secrets. It
	// returns the same content for documents that say the same, and nil for a document
	// that may change without an act.
	Content func(store.Document) ([]byte, error)
}

// Body is the Content of documents that decide as a whole.
func Body(d store.Document) ([]byte, error) { return d.Body, nil }

// digest returns the digest of a document, "" for one that may change without an
// act.
func digest(kinds []Kind, d store.Document) (string, error) {
	for _, kind := range kinds {
		if !strings.HasPrefix(d.Key, kind.Prefix) {
			continue
		}
		content, err := kind.Content(d)
		if err != nil || content == nil {
			return "", err
		}
		return hexOf(content), nil
	}
	return "", nil
}

// hexOf returns a SHA-256 in hexadecimal.
func hexOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// changed returns what a commit leaves of documents that only acts change.
func changed(kinds []Kind, c store.Commit) ([]account.ActDocument, error) {
	var documents []account.ActDocument
	for _, d := range c.Put {
		sum, err := digest(kinds, d)
		if err != nil {
			return nil, fmt.Errorf("digest document %s: %w", d.Key, err)
		}
		if sum != "" {
			documents = append(documents, account.ActDocument{Key: d.Key, Digest: sum})
		}
	}
	for _, key := range c.Delete {
		if kept(kinds, key) {
			documents = append(documents, account.ActDocument{Key: key})
		}
	}
	return documents, nil
}

// kept reports whether only acts change the documents with a key's prefix.
func kept(kinds []Kind, key string) bool {
	for _, kind := range kinds {
		if strings.HasPrefix(key, kind.Prefix) {
			return true
		}
	}
	return false
}
