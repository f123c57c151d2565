package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// errWrongDue ends a walk at an account whose due time differs from what its
// entries say.
var errWrongDue = errors.New("an account is due at another time than its entries say")

// dueCheck compares the time at which each account is due with its newest
// entry, while a walk visits the entries of one account after the other. An
// account that is not due when it should be would not be renewed, and nobody
// would notice.
type dueCheck struct {
	db     *sql.DB
	visit  func(journal.Record, account.State) error
	newest journal.Record
	state  account.State // after newest
	wrong  *journal.Wrong
}

// entry takes the next entry. If it is the first of another account, entry
// checks the account before.
func (d *dueCheck) entry(ctx context.Context, r journal.Record, s account.State) error {
	if d.newest.Account != r.Account {
		if err := d.account(ctx); err != nil {
			return err
		}
	}
	d.newest, d.state = r, s
	return d.visit(r, s)
}

// account checks the account whose entries were taken.
func (d *dueCheck) account(ctx context.Context) error {
	if d.newest.Seq == 0 {
		return nil
	}
	var due sql.NullInt64
	err := d.db.QueryRowContext(ctx, `SELECT due FROM accounts WHERE account = ?`, d.newest.Account).Scan(&due)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // an account that is missing from the list is reported elsewhere
	}
	if err != nil {
		return err
	}
	want := d.state.Due()
	if due.Valid == !want.IsZero() && (!due.Valid || due.Int64 == want.UnixMilli()) {
		return nil
	}
	d.wrong = &journal.Wrong{
		Account: d.newest.Account, Seq: d.newest.Seq,
		Reason: "the account is due at another time than the entry says",
	}
	return errWrongDue
}
