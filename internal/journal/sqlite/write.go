package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// maxBatch is how many updates share a commit at most.
const maxBatch = 512

// job is something to do in the writer's next transaction.
type job struct {
	ctx  context.Context
	run  func(context.Context, *writer) error
	err  error
	done chan struct{} // closed when err is final
}

// Update hands a change to the writer and waits for its commit. When ctx ends
// first, the change may still be appended.
func (j *Journal) Update(ctx context.Context, change journal.Change) (journal.Outcome, error) {
	var outcome journal.Outcome
	err := j.do(ctx, func(ctx context.Context, w *writer) (err error) {
		outcome, err = w.update(ctx, change)
		return err
	})
	if err != nil { // the writer may still be at work on outcome
		return journal.Outcome{}, err
	}
	return outcome, nil
}

// do has the writer run something and waits for its commit, or for ctx to end.
func (j *Journal) do(ctx context.Context, run func(context.Context, *writer) error) error {
	waiting := &job{ctx: ctx, run: run, done: make(chan struct{})}
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

// afterStop returns what became of the job when the writer has ended.
func (w *job) afterStop() error {
	select {
	case <-w.done:
		return w.err
	default:
		return closed()
	}
}

func closed() error { return unavailable(errors.New("the journal is closed")) }

// run is the writer: it commits batches until Close, and then what still waits.
func (j *Journal) run() {
	defer close(j.stopped)
	for {
		select {
		case first := <-j.queue:
			j.commit(j.batch(first))
		case <-j.stopping:
			if waiting := j.batch(nil); len(waiting) > 0 {
				j.commit(waiting)
			}
			return
		}
	}
}

// batch returns first, unless it is nil, and what waits behind it.
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

// commit runs the jobs of a batch in order and commits them together. When
// storage fails, all of them fail: some decided on what was not kept.
func (j *Journal) commit(batch []*job) {
	w, err := j.transact(batch)
	j.remember(w, err)
	for _, job := range batch {
		if err != nil {
			job.err = err
		}
		close(job.done)
	}
}

// remember has the cache of heads follow a transaction, which failed with err.
func (j *Journal) remember(w *writer, err error) {
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

// transact runs a batch in one transaction and returns what it knew at its end.
func (j *Journal) transact(batch []*job) (*writer, error) {
	ctx := context.Background() // a commit belongs to many callers, so none can cancel it
	w := &writer{journal: j, heads: map[account.ID]journal.Head{}}
	var err error
	if w.tx, err = j.write.BeginTx(ctx, nil); err != nil {
		return w, unavailable(err)
	}
	for _, job := range batch {
		if err := job.ctx.Err(); err != nil {
			job.err = unavailable(err)
			continue
		}
		if job.err = job.run(ctx, w); w.failed != nil {
			return w, errors.Join(unavailable(w.failed), ignoreDone(w.tx.Rollback()))
		}
	}
	if !w.dirty {
		return w, ignoreDone(w.tx.Rollback())
	}
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

// writer is one transaction of the writer.
type writer struct {
	journal *Journal
	tx      *sql.Tx
	heads   map[account.ID]journal.Head
	dirty   bool  // something was written
	cleared bool  // everything written before was removed
	failed  error // the first failure of storage, which ends the transaction
}

// update decides one change and appends what it leads to.
func (w *writer) update(ctx context.Context, change journal.Change) (journal.Outcome, error) {
	head, err := w.head(ctx, change.Account)
	if err != nil {
		return journal.Outcome{}, err
	}
	if change.Retry != nil {
		record, found, err := w.recorded(ctx, change)
		if err != nil || found {
			return repeat(record, change, head, err)
		}
	}
	appended, err := extend(head, change)
	if err != nil {
		return journal.Outcome{}, err
	}
	outcome := journal.Outcome{Seq: head.Seq, State: head.State}
	for _, a := range appended {
		if err := w.append(ctx, a); err != nil {
			return journal.Outcome{}, w.fail(err)
		}
		outcome.Entries = append(outcome.Entries, a.Entry)
		outcome.Seq, outcome.State = a.Entry.Seq, a.Entry.State
	}
	return outcome, nil
}

func repeat(record journal.Record, change journal.Change, head journal.Head, err error) (journal.Outcome, error) {
	if err != nil {
		return journal.Outcome{}, err
	}
	return record.Repeat(*change.Retry, head)
}

// extend is journal.Extend, with a panic of one decision turned into its error:
// it must not end the writer that everyone shares.
func extend(head journal.Head, change journal.Change) (appended []journal.Appended, err error) {
	defer func() {
		if p := recover(); p != nil {
			appended, err = nil, fault.New(fault.Internal, "a decision on account %s panicked: %v", change.Account, p)
		}
	}()
	return journal.Extend(head, change)
}

// head returns the account's newest entry, those of this transaction included.
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

// recorded looks for the entry of an earlier attempt.
func (w *writer) recorded(ctx context.Context, change journal.Change) (journal.Record, bool, error) {
	digest := change.Retry.Digest()
	stmt := w.tx.StmtContext(ctx, w.journal.statements.retry)
	record, err := scanRecord(change.Account, stmt.QueryRowContext(ctx, change.Account, digest[:]))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return record, false, nil
	case err != nil:
		return record, false, w.fail(err)
	}
	return record, true, nil
}

// append writes one entry, and the account's due time where it changed.
func (w *writer) append(ctx context.Context, a journal.Appended) error {
	var retry []byte
	if a.Entry.Retry != nil {
		digest := a.Entry.Retry.Digest()
		retry = digest[:]
	}
	w.dirty = true
	r := a.Record
	insert := w.tx.StmtContext(ctx, w.journal.statements.insert)
	if _, err := insert.ExecContext(ctx, r.Account, r.Seq, len(a.Entry.Event.Transactions), retry, r.Body, r.Hash[:]); err != nil {
		return fmt.Errorf("append entry %d of account %s: %w", r.Seq, r.Account, err)
	}
	before, err := w.head(ctx, r.Account)
	if err != nil {
		return err
	}
	w.heads[r.Account] = journal.Head{Seq: r.Seq, Hash: r.Hash, State: a.Entry.State}
	if due := a.Entry.State.Due(); r.Seq == 1 || !due.Equal(before.State.Due()) {
		return w.setDue(ctx, r.Account, due)
	}
	return nil
}

// setDue keeps when an account has to be rolled next.
func (w *writer) setDue(ctx context.Context, id account.ID, due time.Time) error {
	at := sql.NullInt64{Int64: due.UnixMilli(), Valid: !due.IsZero()}
	_, err := w.tx.StmtContext(ctx, w.journal.statements.setDue).ExecContext(ctx, id, at)
	return err
}

// fail marks the transaction as failed.
func (w *writer) fail(err error) error {
	w.failed = err
	return err
}
