package fleet

import (
	"context"
	"fmt"
	"strings"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/schedule"
)

// Reason says what a session that waits is waiting for.
type Reason string

// The reasons.
const (
	NoSlot   Reason = "PENDING_CONCURRENCY" // all that the account may have are in use
	NoDevice Reason = "PENDING_DEVICE"      // none that would do is free
)

// Explanation says why a session waits.
type Explanation struct {
	Wait    schedule.Wait
	Account account.ID
	Place   int // in the account's queue for the same class, from 1
	Reason  Reason
	Message string
}

// Explain returns why the sessions of an account wait, oldest first. It is computed
// when it is read, and never stored.
func (f *Fleet) Explain(ctx context.Context, id account.ID) ([]Explanation, error) {
	q, err := f.queueOf(ctx, id)
	if err != nil || len(q.Waits) == 0 {
		return nil, err
	}
	live, err := f.Live(ctx, id)
	if err != nil {
		return nil, err
	}
	places := map[lease.Class]int{}
	all := make([]Explanation, 0, len(q.Waits))
	for _, w := range q.Waits {
		places[w.Class]++
		e := Explanation{Wait: w, Account: id, Place: places[w.Class], Reason: NoDevice}
		if q.Rights.Free(q.Usage, w.Class) <= 0 {
			e.Reason = NoSlot
			e.Message = noSlot(q, w.Class, live)
		} else {
			e.Message = "A slot is free, and no device or browser that would do is."
		}
		e.Message += fmt.Sprintf(" Place %d in the queue.", e.Place)
		all = append(all, e)
	}
	return all, nil
}

// ExplainOne returns why one session waits, or false if it does not.
func (f *Fleet) ExplainOne(ctx context.Context, s lease.Session) (Explanation, bool, error) {
	if s.Stage() != lease.Waiting {
		return Explanation{}, false, nil
	}
	all, err := f.Explain(ctx, s.Account)
	for _, e := range all {
		if e.Wait.Session == s.ID {
			return e, true, err
		}
	}
	return Explanation{}, false, err
}

// namedHolders is how many sessions an explanation names.
const namedHolders = 5

// noSlot says how many sessions of a class an account may have, and who has them.
func noSlot(q schedule.Queue, c lease.Class, live []lease.Session) string {
	if q.Rights.Status != account.Active {
		return fmt.Sprintf("The account is %s; nothing begins until it is ACTIVE.", q.Rights.Status)
	}
	var holders []string
	for _, s := range live {
		if (lease.Usage{InUse: map[lease.Class]int{s.Class(): 1}}).Count(c) == 1 {
			holders = append(holders, s.ID)
		}
	}
	what := "sessions at once"
	if c.Method == account.Unmetered {
		what = fmt.Sprintf("%s %s slots", c.Platform, c.Kind)
	}
	text := fmt.Sprintf("The account has %d %s, and %d are in use", q.Rights.Most(c), what, q.Usage.Count(c))
	if len(holders) > 0 {
		more := ""
		if len(holders) > namedHolders {
			more = fmt.Sprintf(" and %d more", len(holders)-namedHolders)
			holders = holders[:namedHolders]
		}
		text += " by " + strings.Join(holders, ", ") + more
	}
	return text + "."
}

// Waiting returns why the sessions of all accounts wait, account by account.
func (f *Fleet) Waiting(ctx context.Context) ([]Explanation, error) {
	first, err := f.firsts(ctx, queues)
	if err != nil {
		return nil, err
	}
	var all []Explanation
	for _, d := range first {
		some, err := f.Explain(ctx, account.ID(segmentAfter(d.Key, queues)))
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}
