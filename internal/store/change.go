package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"time"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// How often a change is tried that meets conflicts, and how long it waits at most
// before the second and before a late attempt. A conflict means that somebody else
// went on. Where many want one document, each attempt in vain holds up the others,
// so they have to become rare.
const (
	attempts   = 40
	firstPause = 2 * time.Millisecond
	lastPause  = time.Second
)

// Moment is documents as they were at one moment, by their keys.
type Moment map[string]Document

// Read returns the documents with the keys that exist.
func Read(ctx context.Context, docs Documents, keys ...string) (Moment, error) {
	found, err := docs.Get(ctx, keys...)
	if err != nil {
		return nil, err
	}
	m := make(Moment, len(found))
	for _, d := range found {
		m[d.Key] = d
	}
	return m, nil
}

// All returns every document whose key begins with a prefix, page by page, so that
// more than MaxPage of them are not of one moment.
func All(ctx context.Context, docs Documents, prefix string) ([]Document, error) {
	var all []Document
	for q := (Query{Prefix: prefix, Limit: MaxPage}); ; q.From = all[len(all)-1].Key {
		page, err := docs.Range(ctx, q)
		if all = append(all, page...); err != nil || len(page) < q.Limit {
			return all, err
		}
	}
}

// Change reads the documents with the keys, has decide say what to commit, and
// commits it if none of them has changed meanwhile; else it does so again. Decide
// has no effect but its result. Its commit may have more conditions, which are
// kept, and changes of other keys. A commit that changes nothing is not made.
// Errors: what decide returns; those of Documents; Conflict when others changed
// the documents each time.
func Change(ctx context.Context, docs Documents, keys []string, decide func(Moment) (Commit, error)) error {
	for attempt := 0; ; attempt++ {
		moment, err := Read(ctx, docs, keys...)
		if err != nil {
			return err
		}
		commit, err := decide(moment)
		if err != nil || len(commit.Put)+len(commit.Delete) == 0 {
			return err
		}
		_, err = docs.Commit(ctx, moment.unchanged(keys, commit))
		if !errors.Is(err, ErrConflict) || attempt+1 == attempts {
			return err
		}
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
}

// unchanged returns the commit on the condition that the keys are as they were.
func (m Moment) unchanged(keys []string, c Commit) Commit {
	conditions := make(map[string]int64, len(keys)+len(c.If))
	for key, version := range c.If {
		conditions[key] = version
	}
	for _, key := range keys {
		conditions[key] = m[key].Version
	}
	c.If = conditions
	return c
}

// pause waits before another attempt: at random, so that those who met each other
// do not meet again, and longer each time.
func pause(ctx context.Context, attempt int) error {
	longest := min(firstPause<<min(attempt, 9), lastPause)
	timer := time.NewTimer(rand.N(longest))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return &fault.Error{Kind: fault.Unavailable, Message: "The request ended before its change could be made.", Err: ctx.Err()}
	}
}

// Update changes one document: decide gets what it holds, or the zero value and
// false, and returns what it shall hold. It may be called more than once, so it
// has no effect but its result. Errors: those of Change and Decode.
func Update[T any](ctx context.Context, docs Documents, key string, decide func(value T, exists bool) (T, error)) error {
	return Change(ctx, docs, []string{key}, func(m Moment) (Commit, error) {
		var value T
		old, exists := m[key]
		if exists {
			var err error
			if value, err = Decode[T](old); err != nil {
				return Commit{}, err
			}
		}
		value, err := decide(value, exists)
		if err != nil {
			return Commit{}, err
		}
		d, err := Encode(key, value)
		if err != nil || exists && bytes.Equal(d.Body, old.Body) {
			return Commit{}, err
		}
		return Commit{Put: []Document{d}}, nil
	})
}

// Encode returns a value as the document that Decode reads.
func Encode(key string, value any) (Document, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return Document{}, &fault.Error{Message: "document " + key + " cannot be written", Err: err}
	}
	return Document{Key: key, Body: body}, nil
}

// Decode returns what a document holds. A member that T does not have is an error,
// since to write the document again would lose it: it is there because a newer
// program runs beside this one, or ran before it. So a document needs no number
// of its format; a member whose meaning changes gets another name.
func Decode[T any](d Document) (T, error) {
	var value T
	decoder := json.NewDecoder(bytes.NewReader(d.Body))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&value)
	if err == nil {
		if _, more := decoder.Token(); more != io.EOF {
			err = errors.New("something follows the value")
		}
	}
	if err != nil {
		return value, &fault.Error{Message: "document " + d.Key + " cannot be read; if a newer slotfarm wrote it, use that one", Err: err}
	}
	return value, nil
}
