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

// How many times a change that meets conflicts is tried, and the longest wait
// before the second attempt and before a late one. A conflict means that
// somebody else made progress. If many callers want one document, each failed
// attempt delays the others, so attempts have to become rare.
const (
	attempts   = 40
	firstPause = 2 * time.Millisecond
	lastPause  = time.Second
)

// Moment holds documents as they were at one moment, by their keys.
type Moment map[string]Document

// Read returns those of the documents with the keys that exist.
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

// All returns every document whose key begins with a prefix. It reads page by
// page, so more than MaxPage documents are not from one moment.
func All(ctx context.Context, docs Documents, prefix string) ([]Document, error) {
	var all []Document
	for q := (Query{Prefix: prefix, Limit: MaxPage}); ; q.From = all[len(all)-1].Key {
		page, err := docs.Range(ctx, q)
		if all = append(all, page...); err != nil || len(page) < q.Limit {
			return all, err
		}
	}
}

// Change reads the documents with the keys, asks decide what to commit, and
// commits it if none of the documents has changed meanwhile. If one has, it
// starts again. Decide must have no effect but its result. Its commit may have
// further conditions, which are kept, and may change other keys. Change does
// not make a commit that changes nothing. Errors: what decide returns; those of
// Documents; Conflict if others changed the documents each time.
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

// unchanged returns the commit with the condition that the keys have not
// changed.
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

// pause waits before another attempt: a random time, so that callers that met
// do not meet again, and longer after each attempt.
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
// false, and returns what it will hold. Decide may be called more than once, so
// it must have no effect but its result. Errors: those of Change and Decode.
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

// Decode returns what a document holds. A member that T does not have is an
// error, because writing the document again would lose it: a newer program
// wrote it, which still runs or ran before. So a document needs no format
// number; a member whose meaning changes gets another name.
func Decode[T any](d Document) (T, error) {
	var value T
	decoder := json.NewDecoder(bytes.NewReader(d.Body))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&value)
	if err == nil {
		if _, more := decoder.Token(); more != io.EOF {
			err = errors.New("text follows the JSON value")
		}
	}
	if err != nil {
		return value, &fault.Error{Message: "document " + d.Key + " cannot be read; if a newer slotfarm wrote it, use that version", Err: err}
	}
	return value, nil
}
