package acts

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
)

// Accept records that a document is right as it is, or that it is right that it is
// missing. The act has a reason for people to read. It is for a document that Verify
// names and that cannot be brought back. Errors: Argument without a reason, NotFound
// for a document that may change without an act, Conflict for one that cannot be
// read.
func (b *Book) Accept(ctx context.Context, by journal.By, key, reason string) error {
	if reason == "" {
		return fault.New(fault.Argument, "reason is missing; the operator's journal shows it")
	}
	if store.CheckKey(key) != nil || !kept(b.config.Kinds, key) {
		return notKept(key)
	}
	return store.Change(ctx, b.As(by, "document accepted", reason), []string{key}, func(found store.Moment) (store.Commit, error) {
		d, there := found[key]
		if !there {
			return store.Commit{Delete: []string{key}}, nil
		}
		sum, err := digest(b.config.Kinds, d)
		if err != nil {
			return store.Commit{}, &fault.Error{Kind: fault.Conflict, Message: "document " + key + " cannot be read, and is accepted only when it is deleted", Err: err}
		}
		if sum == "" {
			return store.Commit{}, notKept(key)
		}
		return store.Commit{Put: []store.Document{d}}, nil // with a version of its own, which is that of the act
	})
}

func notKept(key string) error {
	return fault.New(fault.NotFound, "document %s is not one that the operator's acts vouch for", fault.Quote(key))
}
