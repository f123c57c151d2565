package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// Bounds of documents and queries.
const (
	MaxKey  = 512       // bytes of a key
	MaxBody = 256 << 10 // bytes of a body; longer contents belong in a file
	MaxPage = 1000      // documents of a Range
)

// lastRune occurs in no key, so a prefix followed by it sorts after all keys
// with the prefix.
const lastRune = '\U0010FFFF'

// ErrConflict is in the error chain of a commit whose conditions do not hold.
// Such a commit changed nothing.
var ErrConflict = errors.New("a condition of the commit does not hold")

// Document is a value in storage. The bytes of a body must not be changed.
//
// A key is one or more segments with "/" between them, such as
// "access/111111111111/AKIA". A segment is not empty and holds no control
// character. Keys are ordered by their bytes.
type Document struct {
	Key     string
	Version int64 // of the commit that put it; it never repeats for a key
	Body    []byte
}

// Query asks for documents whose keys begin with a prefix, in the order of their
// keys.
type Query struct {
	Prefix string // "" is every key
	From   string // last key of the previous page, which is left out; "" begins at the end that Back says
	Limit  int    // 1 to MaxPage
	Back   bool   // greatest key first
}

// Commit is a change of documents that happens as a whole or not at all.
type Commit struct {
	// If holds the version that each of these keys must have at the commit, or
	// 0 for a key that must not exist. The keys need not be among those that
	// are changed.
	If     map[string]int64
	Put    []Document // their versions are ignored
	Delete []string   // a key that does not exist is not an error
}

// Documents keeps documents.
type Documents interface {
	// Get returns the documents with the keys, in the order of the keys, as
	// they all were at one moment after the call began. It leaves out documents
	// that do not exist.
	Get(ctx context.Context, keys ...string) ([]Document, error)

	// Range returns a page of documents as they all were at one moment after the
	// call began.
	Range(ctx context.Context, q Query) ([]Document, error)

	// Commit changes documents if every condition holds at the moment of the
	// change, and returns the version of the documents that it put. The change
	// is durable when Commit returns. Errors: Conflict with ErrConflict in its
	// chain if a condition does not hold; Argument for what Commit.Check
	// refuses; any other error means that the engine could not tell whether it
	// committed.
	Commit(ctx context.Context, c Commit) (version int64, err error)

	// Changed returns a channel that reports when documents whose keys begin
	// with the prefix may have changed: it has one value at once, and then one
	// after each change. Values that the receiver has not taken yet are merged,
	// and a value may come without a change, so the receiver reads again after
	// each value. A change by this process is reported at once, a change by
	// another process within about half a second. The channel is closed when
	// ctx ends or the engine is closed.
	Changed(ctx context.Context, prefix string) <-chan struct{}
}

// Find returns the document with a key from those that Get returned, or a
// document of version 0 if it is not among them.
func Find(found []Document, key string) Document {
	i, ok := slices.BinarySearchFunc(found, key, func(d Document, key string) int { return strings.Compare(d.Key, key) })
	if !ok {
		return Document{Key: key}
	}
	return found[i]
}

// CheckKey returns nil for a valid key, or an Argument error.
func CheckKey(key string) error {
	reason := ""
	switch {
	case key == "":
		reason = "a key has at least one byte"
	case strings.HasPrefix(key, "/") || strings.HasSuffix(key, "/") || strings.Contains(key, "//"):
		reason = `a key is segments with one "/" between them, none of them empty`
	default:
		reason = wrongText(key)
	}
	if reason != "" {
		return fault.New(fault.Argument, "document key %+.80q is not valid: %s", key, reason)
	}
	return nil
}

// wrongText returns why a text cannot be part of a key, or "".
func wrongText(text string) string {
	switch {
	case len(text) > MaxKey:
		return fmt.Sprintf("a key has at most %d bytes", MaxKey)
	case !utf8.ValidString(text):
		return "a key is valid UTF-8"
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == '\x7f' || r == lastRune }):
		return "a key holds no control character and no U+10FFFF"
	}
	return ""
}

// CheckKeys returns nil if every key is valid, or an Argument error.
func CheckKeys(keys []string) error {
	for _, key := range keys {
		if err := CheckKey(key); err != nil {
			return err
		}
	}
	return nil
}

// Check returns nil for a document that may be kept, or an Argument error.
func (d Document) Check() error {
	if err := CheckKey(d.Key); err != nil {
		return err
	}
	if len(d.Body) > MaxBody {
		return fault.New(fault.Argument, "document %q has %d bytes; a document has at most %d", d.Key, len(d.Body), MaxBody)
	}
	if !json.Valid(d.Body) {
		return fault.New(fault.Argument, "document %q is not JSON", d.Key)
	}
	return nil
}

// CheckStored is Check for a document as an engine keeps it.
func (d Document) CheckStored() error {
	if d.Version < 1 {
		return fault.New(fault.Internal, "document %q has version %d; versions begin with 1", d.Key, d.Version)
	}
	return d.Check()
}

// Check returns nil for a commit with valid keys and documents that changes
// each key at most once, or an Argument error.
func (c Commit) Check() error {
	for _, d := range c.Put {
		if err := d.Check(); err != nil {
			return err
		}
	}
	for key := range c.If {
		if err := CheckKey(key); err != nil {
			return err
		}
	}
	changed := c.Changes()
	if err := CheckKeys(changed); err != nil {
		return err
	}
	slices.Sort(changed)
	for i := range changed[min(1, len(changed)):] {
		if changed[i] == changed[i+1] {
			return fault.New(fault.Argument, "a commit changes document %q twice", changed[i])
		}
	}
	return nil
}

// Changes returns the keys that the commit puts and those that it deletes.
func (c Commit) Changes() []string {
	keys := make([]string, 0, len(c.Put)+len(c.Delete))
	for _, d := range c.Put {
		keys = append(keys, d.Key)
	}
	return append(keys, c.Delete...)
}

// Check returns nil for a query with a valid prefix and limit, or an Argument
// error.
func (q Query) Check() error {
	for _, text := range []string{q.Prefix, q.From} {
		if reason := wrongText(text); reason != "" {
			return fault.New(fault.Argument, "range of documents from %+.80q: %s", text, reason)
		}
	}
	if q.Limit < 1 || q.Limit > MaxPage {
		return fault.New(fault.Argument, "range of documents with limit %d; a limit is 1 to %d", q.Limit, MaxPage)
	}
	return nil
}

// Bounds returns the keys between which the page lies: from low, which is
// excluded if after is set, to high, which is always excluded.
func (q Query) Bounds() (low, high string, after bool) {
	low, high = q.Prefix, q.Prefix+string(lastRune)
	switch {
	case q.From == "":
	case q.Back:
		high = min(high, q.From)
	case q.From >= low:
		low, after = q.From, true
	}
	return low, high, after
}

// Conflicted returns the error for a commit whose condition on a key does not
// hold.
func Conflicted(key string) error {
	return &fault.Error{Kind: fault.Conflict, Message: fmt.Sprintf("document %q was changed meanwhile; read it again", key), Err: ErrConflict}
}
