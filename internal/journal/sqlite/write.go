package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// maxBatch is how many updates share a commit at most.
const maxBatch = 512

// update is one change on its way through the writer.
type update struct {
	ctx     context.Context
	change  journal.Change
	outcome journal.Outcome
	err     error
	done    chan struct{} // closed when outcome and err are final
}

// Update hands a change to the writer and waits for its commit. When ctx ends
// first, the change may still be appended.
func (j *Journal) Update(ctx context.Context, change journal.Change) (journal.Outcome, error) {
	u := &update{ctx: ctx, change: change, done: make(chan struct{})}
	select {
	case <-j.stopping:
		return journal.Outcome{}, closed()
	case <-ctx.Done():
		return journal.Outcome{}, unavailable(ctx.Err())
	case j.queue <- u:
	}
	select {
	case <-u.done:
		return u.outcome, u.err
	case <-ctx.Done():
		return journal.Outcome{}, unavailable(ctx.Err())
	case <-j.stopped:
		return u.afterStop()
	}
}

// afterStop returns what became of the update when the writer has ended.
func (u *update) afterStop() (journal.Outcome, error) {
	select {
	case <-u.done:
		return u.outcome, u.err
	default:
		return journal.Outcome{}, closed()
	}
}

func closed() error { return unavailable(errors.New("the journal is closed")) }

// run is the writer: it commits batches until Close, and then what still waits.
func (j *Journal) run() {
	defer close(j.stopped)
	for {
		select {
		case u := <-j.queue:
			j.commit(j.batch(u))
		case <-j.stopping:
			if waiting := j.batch(nil); len(waiting) > 0 {
				j.commit(waiting)
			}
			return
		}
	}
}

// batch returns first, unless it is nil, and what waits behind it.
func (j *Journal) batch(first *update) []*update {
	var batch []*update
	if first != nil {
		batch = append(batch, first)
	}
	for len(batch) < maxBatch {
		select {
		case u := <-j.queue:
			batch = append(batch, u)
		default:
			return batch
		}
	}
	return batch
}

// commit decides the updates of a batch in order and commits them together.
// When storage fails, all of them fail: some decided on what was not kept.
func (j *Journal) commit(batch []*update) {
	heads, err := j.transact(batch)
	for id, head := range heads {
		if err != nil {
			j.heads.Remove(id)
		} else {
			j.heads.Add(id, head)
		}
	}
	for _, u := range batch {
		if err != nil {
			u.outcome, u.err = journal.Outcome{}, err
		}
		close(u.done)
	}
}

// transact runs a batch in one transaction and returns the heads it read or
// made.
func (j *Journal) transact(batch []*update) (map[account.ID]journal.Head, error) {
	ctx := context.Background() // a commit belongs to many callers, so none can cancel it
	tx, err := j.write.BeginTx(ctx, nil)
	if err != nil {
		return nil, unavailable(err)
	}
	w := &writer{journal: j, tx: tx, heads: map[account.ID]journal.Head{}}
	for _, u := range batch {
		if err := u.ctx.Err(); err != nil {
			u.err = unavailable(err)
			continue
		}
		if u.outcome, u.err = w.update(ctx, u.change); w.failed != nil {
			return w.heads, errors.Join(unavailable(w.failed), ignoreDone(tx.Rollback()))
		}
	}
	if !w.dirty {
		return w.heads, ignoreDone(tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return w.heads, errors.Join(unavailable(err), ignoreDone(tx.Rollback()))
	}
	return w.heads, nil
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
	dirty   bool  // something was appended
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
	outcome := journal.Outcome{State: head.State}
	for _, a := range appended {
		if err := w.append(ctx, a); err != nil {
			return journal.Outcome{}, w.fail(err)
		}
		outcome.Entries = append(outcome.Entries, a.Entry)
		outcome.State = a.Entry.State
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
	if head, ok := w.journal.heads.Get(id); ok {
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
	due := a.Entry.State.Due()
	if r.Seq > 1 && due.Equal(before.State.Due()) {
		return nil
	}
	setDue := w.tx.StmtContext(ctx, w.journal.statements.setDue)
	_, err = setDue.ExecContext(ctx, r.Account, sql.NullInt64{Int64: due.UnixMilli(), Valid: !due.IsZero()})
	return err
}

// fail marks the transaction as failed.
func (w *writer) fail(err error) error {
	w.failed = err
	return err
}
