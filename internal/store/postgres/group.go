package postgres

import (
	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// group holds what one statement does to one account: its waiting updates,
// decided one after another from a head.
type group struct {
	account account.ID
	jobs    []*job

	head    journal.Head
	ask     bool                                   // ask the database before anything is decided
	fresh   bool                                   // head and retries come from the database
	broken  error                                  // why the head in the database cannot be read
	retries map[journal.RetryDigest]journal.Record // recorded retries that the jobs ask for

	entries []journal.Appended
	results []result // of jobs, valid when entries are appended
	moved   bool     // the due time of the account has changed
}

// result is the result of a job.
type result struct {
	outcome journal.Outcome
	err     error
}

// doubted returns the group marked so that it asks the database for its head.
func (g *group) doubted() *group {
	g.ask, g.fresh = true, false
	return g
}

// decide decides the jobs of the group. It reports false if an answer would
// rest on a guess.
func (g *group) decide() bool {
	g.entries, g.results, g.moved = nil, nil, false
	head, recorded := g.head, map[journal.RetryDigest]journal.Record{}
	for _, w := range g.jobs {
		r, appended := result{err: g.broken}, []journal.Appended(nil)
		if g.broken == nil {
			r, appended = g.decideOne(w, head, recorded)
		}
		if len(appended) == 0 && len(g.entries) == 0 && !g.fresh {
			return false
		}
		for _, a := range appended {
			g.take(head.State, a)
			head = journal.Head{Seq: a.Record.Seq, Hash: a.Record.Hash, State: a.Entry.State}
			if a.Entry.Retry != nil {
				recorded[a.Entry.Retry.Digest()] = a.Record
			}
		}
		g.results = append(g.results, r)
	}
	return true
}

// decideOne decides one job from a head.
func (g *group) decideOne(w *job, head journal.Head, recorded map[journal.RetryDigest]journal.Record) (result, []journal.Appended) {
	if err := w.ctx.Err(); err != nil {
		return result{err: unavailable(err)}, nil
	}
	if retry := w.change.Retry; retry != nil {
		record, found := recorded[retry.Digest()]
		if !found {
			record, found = g.retries[retry.Digest()]
		}
		if found {
			outcome, err := record.Repeat(*retry, head)
			return result{outcome, err}, nil
		}
	}
	appended, err := extend(head, w.change)
	if err != nil {
		return result{err: err}, nil
	}
	outcome := journal.Outcome{Hash: head.Hash, Seq: head.Seq, State: head.State}
	for _, a := range appended {
		outcome.Entries = append(outcome.Entries, a.Entry)
		outcome.Hash, outcome.Seq, outcome.State = a.Record.Hash, a.Entry.Seq, a.Entry.State
	}
	return result{outcome: outcome}, appended
}

// take adds an entry that follows a state.
func (g *group) take(before account.State, a journal.Appended) {
	g.entries = append(g.entries, a)
	g.moved = g.moved || a.Record.Seq == 1 || !a.Entry.State.Due().Equal(before.Due())
}

// newest returns the head that the account has once the entries are appended.
func (g *group) newest() journal.Head {
	if n := len(g.entries); n > 0 {
		last := g.entries[n-1]
		return journal.Head{Seq: last.Record.Seq, Hash: last.Record.Hash, State: last.Entry.State}
	}
	return g.head
}

// extend is journal.Extend, except that it turns a panic in a decision into an
// error: one decision must not end the writer that all share.
func extend(head journal.Head, change journal.Change) (appended []journal.Appended, err error) {
	defer func() {
		if p := recover(); p != nil {
			appended, err = nil, fault.New(fault.Internal, "a decision on account %s panicked: %v", change.Account, p)
		}
	}()
	return journal.Extend(head, change)
}
