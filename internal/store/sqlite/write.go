package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// maxBatch is the largest number of updates that share a commit.
const maxBatch = 512

// job is something to do in the writer's next transaction.
type job struct {
	ctx   context.Context
	run   func(context.Context, *writer) error
	retry *retryKey // that the job will ask for
	err   error
	done  chan struct{} // closed when err is final
}

// Update hands a change to the writer and waits for its commit. If ctx ends
// first, the change may still be appended.
func (j *Journal) Update(ctx context.Context, change journal.Change) (journal.Outcome, error) {
	var outcome journal.Outcome
	err := j.queued(ctx, &job{retry: keyOf(change), run: func(ctx context.Context, w *writer) (err error) {
		outcome, err = w.update(ctx, change)
		return err
	}})
	if err != nil { // the writer may still be at work on outcome
		return journal.Outcome{}, err
	}
	return outcome, nil
}

// do makes the writer run something, and waits for its commit or for ctx to
// end.
func (j *Journal) do(ctx context.Context, run func(context.Context, *writer) error) error {
	return j.queued(ctx, &job{run: run})
}

func (j *Journal) queued(ctx context.Context, waiting *job) error {
	waiting.ctx, waiting.done = ctx, make(chan struct{})
	select {
	case <-j.stopping:
		return closed()
	case <-ctx.Done():
		return unavailable(ctx.Err())
	case j.queue <- waiting:
	}
	select {
	case <-waiting.done:
		return waiting.err
	case <-ctx.Done():
		return unavailable(ctx.Err())
	case <-j.stopped:
		return waiting.afterStop()
	}
}

// afterStop returns the result of the job after the writer has ended.
func (w *job) afterStop() error {
	select {
	case <-w.done:
		return w.err
	default:
		return closed()
	}
}

func closed() error { return unavailable(errors.New("the journal is closed")) }

// run is the writer: it commits batches until Close, and then the updates that
// still wait.
func (j *Journal) run() {
	defer close(j.stopped)
	for {
		select {
		case first := <-j.queue:
			j.commit(j.batch(first))
			j.noteGrowth()
		case <-j.pause:
			_ = startOver(j.write) // while it fails, the log grows
		case <-j.stopping:
			if waiting := j.batch(nil); len(waiting) > 0 {
				j.commit(waiting)
			}
			return
		}
	}
}

// batch returns first, unless it is nil, and the jobs that wait behind it.
func (j *Journal) batch(first *job) []*job {
	var batch []*job
	if first != nil {
		batch = append(batch, first)
	}
	for len(batch) < maxBatch {
		select {
		case next := <-j.queue:
			batch = append(batch, next)
		default:
			return batch
		}
	}
	return batch
}

// commit runs the jobs of a batch in order and commits them together. If
// storage fails, all of them fail, because some were decided on entries that
// were not kept.
func (j *Journal) commit(batch []*job) {
	begin := time.Now()
	w, err := j.transact(batch)
	j.remember(w, err)
	j.growth += w.appended + w.grown
	if j.observe != nil && (w.dirty || err != nil) {
		j.observe(w.batch(len(batch), time.Since(begin), err))
	}
	for _, job := range batch {
		if err != nil {
			job.err = err
		}
		close(job.done)
	}
}

// batch describes a transaction, which failed if err is not nil, for the
// observer.
func (w *writer) batch(updates int, took time.Duration, err error) journal.Batch {
	if err != nil {
		return journal.Batch{Updates: updates, Took: took, Err: err}
	}
	return journal.Batch{Updates: updates, Entries: w.appended, Took: took}
}

// remember updates the caches after a transaction, which failed if err is not
// nil, and tells those who wait for documents.
func (j *Journal) remember(w *writer, err error) {
	j.rememberDocuments(w, err)
	if err == nil && w.cleared {
		j.heads.Purge()
	}
	for id, head := range w.heads {
		if err != nil {
			j.heads.Remove(id)
		} else {
			j.heads.Add(id, head)
		}
	}
}

// transact runs a batch in one transaction and returns its writer.
func (j *Journal) transact(batch []*job) (*writer, error) {
	ctx := context.Background() // a commit serves many callers, so none can cancel it
	w := &writer{
		journal: j, heads: map[account.ID]journal.Head{}, retries: map[retryKey]journal.Record{},
		dues: map[account.ID]time.Time{}, documents: newChanges(),
	}
	var err error
	if w.tx, err = j.write.BeginTx(ctx, nil); err != nil {
		return w, unavailable(err)
	}
	if err := w.run(ctx, batch); err != nil {
		return w, errors.Join(unavailable(err), ignoreDone(w.tx.Rollback()))
	}
	if !w.dirty {
		return w, ignoreDone(w.tx.Rollback())
	}
	j.cache.hide(w.documents.changed, w.cleared)
	if err := w.tx.Commit(); err != nil {
		return w, errors.Join(unavailable(err), ignoreDone(w.tx.Rollback()))
	}
	return w, nil
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// writer is one transaction of the writer. What it appends is inserted at its
// end, many rows with one statement.
type writer struct {
	journal   *Journal
	tx        *sql.Tx
	heads     map[account.ID]journal.Head
	retries   map[retryKey]journal.Record // recorded retries that the batch asks for
	pending   []journal.Record            // not inserted yet
	dues      map[account.ID]time.Time    // not written yet
	documents changes
	dirty     bool  // something was written
	cleared   bool  // everything written before was removed
	failed    error // the first failure of storage, which ends the transaction

	appended int // entries, including those already inserted
	grown    int // what documents added to the log, counted as entries
}

// run runs the jobs of a batch and writes their results. It returns only errors
// of storage; each job keeps its own error.
func (w *writer) run(ctx context.Context, batch []*job) error {
	if err := w.recall(ctx, batch); err != nil {
		return err
	}
	for _, job := range batch {
		if err := job.ctx.Err(); err != nil {
			job.err = unavailable(err)
			continue
		}
		if job.err = job.run(ctx, w); w.failed != nil {
			return w.failed
		}
	}
	return w.flush(ctx)
}

// update decides one change and appends the resulting entries.
func (w *writer) update(ctx context.Context, change journal.Change) (journal.Outcome, error) {
	head, err := w.head(ctx, change.Account)
	if err != nil {
		return journal.Outcome{}, err
	}
	if key := keyOf(change); key != nil {
		if record, found := w.retries[*key]; found {
			return record.Repeat(*change.Retry, head)
		}
	}
	appended, err := extend(head, change)
	if err != nil {
		return journal.Outcome{}, err
	}
	outcome := journal.Outcome{Hash: head.Hash, Seq: head.Seq, State: head.State}
	for _, a := range appended {
		w.append(head.State, a)
		head.State = a.Entry.State
		outcome.Entries = append(outcome.Entries, a.Entry)
		outcome.Hash, outcome.Seq, outcome.State = a.Record.Hash, a.Entry.Seq, a.Entry.State
	}
	return outcome, nil
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

// head returns the account's newest entry, including those of this transaction.
func (w *writer) head(ctx context.Context, id account.ID) (journal.Head, error) {
	if head, ok := w.heads[id]; ok {
		return head, nil
	}
	if head, ok := w.journal.heads.Get(id); ok && !w.cleared {
		return head, nil
	}
	head, err := readHead(ctx, w.tx.StmtContext(ctx, w.journal.statements.writerHead), id)
	if err != nil {
		return head, err
	}
	w.heads[id] = head
	return head, nil
}

// append adds an entry that follows a state.
func (w *writer) append(before account.State, a journal.Appended) {
	w.dirty = true
	w.pending = append(w.pending, a.Record)
	w.appended++
	id := a.Record.Account
	w.heads[id] = journal.Head{Seq: a.Record.Seq, Hash: a.Record.Hash, State: a.Entry.State}
	if due := a.Entry.State.Due(); a.Record.Seq == 1 || !due.Equal(before.Due()) {
		w.dues[id] = due
	}
	if a.Entry.Retry != nil {
		w.retries[retryKey{id, a.Entry.Retry.Digest()}] = a.Record
	}
}

// fail marks the transaction as failed.
func (w *writer) fail(err error) error {
	w.failed = err
	return err
}
