package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/store"
)

// decode returns what a document holds, the zero value for one that does not exist.
func decode[T any](d store.Document) (T, error) {
	if d.Version == 0 {
		var none T
		return none, nil
	}
	return store.Decode[T](d)
}

func noSession(id string) error {
	return fault.New(fault.NotFound, "There is no session %s.", fault.Quote(id))
}

// session returns the session with an id and its document.
func (f *Fleet) session(ctx context.Context, id string) (lease.Session, store.Document, error) {
	key := sessionKey(id)
	if store.CheckKey(key) != nil {
		return lease.Session{}, store.Document{}, noSession(id)
	}
	found, err := store.Read(ctx, f.config.Store, key)
	if err != nil {
		return lease.Session{}, store.Document{}, err
	}
	d, ok := found[key]
	if !ok {
		return lease.Session{}, d, noSession(id)
	}
	s, err := store.Decode[lease.Session](d)
	return s, d, err
}

// Enqueue puts a session into its account's queue, from which it begins when it has
// a slot and an instance; it may have begun when Enqueue returns. Its id must be
// new. Parent is the document of what the session lies in, which must be as it was
// read. Errors: those of lease.Rights.CheckQueue and of Accounts.Open; Argument for a
// unit that does not exist; Conflict if the parent has changed.
func (f *Fleet) Enqueue(ctx context.Context, s lease.Session, parent store.Document) (lease.Session, error) {
	for _, unit := range s.Units {
		if _, ok := f.config.Units().Unit(unit); !ok {
			return s, fault.New(fault.Argument, "There is no device or browser %s.", fault.Quote(unit))
		}
	}
	if err := f.config.Accounts.Open(ctx, callerOf(s.Account)); err != nil {
		return s, err
	}
	return f.do(ctx, s.Account, &request{enqueue: &s, parent: parent})
}

// End ends a session and returns it. What lives at its back-end is ended first, so
// that there are never more sessions there than slots; a back-end that does not do
// that in time does not keep the slot. A session that has ended stays as it was.
// NotFound if there is none.
func (f *Fleet) End(ctx context.Context, id string, o lease.Outcome, message string) (lease.Session, error) {
	s, _, err := f.session(ctx, id)
	if err != nil || s.Stage() == lease.Ended {
		return s, err
	}
	if s.Holds() && s.Remote != "" {
		f.stop(ctx, s, o, message)
	}
	return f.do(ctx, s.Account, &request{end: &ending{id, o, message}})
}

// stop has a session get no commands any more, and ends what lives at its back-end.
func (f *Fleet) stop(ctx context.Context, s lease.Session, o lease.Outcome, message string) {
	s, err := f.change(ctx, s.ID, func(s lease.Session) (lease.Session, error) { return s.Stop(o, message, f.config.Now().UTC()) })
	if seat, ok := f.config.Units().Seat(s.Instance); err == nil && ok {
		err = f.config.Backend.Delete(ctx, seat, s.Remote)
	}
	if err != nil && fault.KindOf(err) != fault.Conflict {
		f.config.Log.WarnContext(ctx, "the back-end did not end a session; its instance is cleaned", "session", s.ID, "error", err)
	}
}

// Update changes what a session keeps of its back-end or of its kind, and returns
// it. It cannot begin or end one. Errors: those of decide; Conflict if the session
// has ended or is on its way to its end.
func (f *Fleet) Update(ctx context.Context, id string, decide func(lease.Session) (lease.Session, error)) (lease.Session, error) {
	return f.change(ctx, id, func(s lease.Session) (lease.Session, error) {
		if s.Stopping != nil {
			return s, fault.New(fault.Conflict, "Session %s is being ended. %s", id, s.Stopping.Message)
		}
		return decide(s)
	})
}

// change is Update, also of a session on its way to its end.
func (f *Fleet) change(ctx context.Context, id string, decide func(lease.Session) (lease.Session, error)) (lease.Session, error) {
	var after lease.Session
	err := store.Change(ctx, f.config.Store, []string{sessionKey(id)}, func(m store.Moment) (store.Commit, error) {
		d, ok := m[sessionKey(id)]
		if !ok {
			return store.Commit{}, noSession(id)
		}
		s, err := store.Decode[lease.Session](d)
		if err != nil {
			return store.Commit{}, err
		}
		if s.Stage() == lease.Ended {
			return store.Commit{}, fault.New(fault.Conflict, "Session %s has ended. %s", id, s.Message)
		}
		if after, err = decide(s); err != nil {
			return store.Commit{}, err
		}
		changed, err := store.Encode(d.Key, after)
		return store.Commit{Put: []store.Document{changed}}, err
	})
	return after, err
}

// Ready says that the instance of a session is prepared for it: its minutes count
// from now on.
func (f *Fleet) Ready(ctx context.Context, id string) (lease.Session, error) {
	return f.Update(ctx, id, func(s lease.Session) (lease.Session, error) { return s.Run(f.config.Now().UTC()) })
}

// Answered says that a create for a session that has ended was answered, and what
// it began was ended: its instance need not wait for the create's deadline.
func (f *Fleet) Answered(ctx context.Context, s lease.Session) {
	_, err := f.Change(ctx, s.Instance, func(i lease.Instance) (lease.Instance, error) {
		if i.Session == s.ID && i.Fence == s.Fence && i.Phase == lease.Cleaning {
			i.Until = time.Time{}
		}
		return i, nil
	})
	if err == nil {
		err = f.tend(ctx, s.Instance)
	}
	if err != nil && !errors.Is(err, errElsewhere) {
		f.config.Log.WarnContext(ctx, "instance not clean yet", "instance", s.Instance, "error", err)
	}
}

// Await returns the session once it does not wait any more. The context's error if
// that ends first.
func (f *Fleet) Await(ctx context.Context, id string) (lease.Session, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for range f.config.Store.Changed(ctx, sessionKey(id)) {
		s, _, err := f.session(ctx, id)
		if err != nil || s.Stage() != lease.Waiting {
			return s, err
		}
	}
	return lease.Session{}, context.Cause(ctx)
}

// Delete removes a session that has ended, once it is booked. Errors: NotFound if
// there is none, Conflict if it has not ended, those of booking it.
func (f *Fleet) Delete(ctx context.Context, id string) error {
	s, _, err := f.session(ctx, id)
	if err != nil {
		return err
	}
	if s.Stage() != lease.Ended {
		return fault.New(fault.Conflict, "Session %s has not ended; stop it first.", id)
	}
	if s.Booked == nil && s.Bookable() {
		if err := f.book(ctx, id); err != nil {
			return err
		}
	}
	c := newChange()
	for _, key := range []string{sessionKey(id), listKey(s), unbookedKey(id)} {
		c.remove(key)
	}
	return f.commit(ctx, c)
}

// Page is where a list of sessions goes on: the key of the last one, "" at its
// beginning.
type Page string

// List returns up to limit sessions of a project, or of the whole account if that
// is "", newest first within a project, and where the next page begins; "" if there
// is none.
func (f *Fleet) List(ctx context.Context, of Of, from Page, limit int) ([]lease.Session, Page, error) {
	found, err := f.config.Store.Range(ctx, store.Query{Prefix: of.prefix(), From: string(from), Limit: limit, Back: true})
	if err != nil || len(found) == 0 {
		return nil, "", err
	}
	ids := make([]string, 0, len(found))
	for _, d := range found {
		ids = append(ids, listed(d.Key))
	}
	all, err := f.sessionsOf(ctx, ids)
	if len(found) < limit {
		return all, "", err
	}
	return all, Page(found[len(found)-1].Key), err
}

// Of says whose sessions are listed. Each field that is "" makes the ones after it
// be left out.
type Of struct {
	Account account.ID
	Kind    account.SessionKind
	Project string
}

func (o Of) prefix() string {
	prefix := lists
	for _, segment := range []string{string(o.Account), string(o.Kind), o.Project} {
		if segment == "" {
			break
		}
		prefix += segment + "/"
	}
	return prefix
}

// At returns where the page begins that comes after a session of the list.
func (o Of) At(s lease.Session) Page { return Page(listKey(s)) }

// Before returns where the page begins whose sessions were created before a time, to
// the millisecond, where the list is that of a project.
func (o Of) Before(at time.Time) Page {
	return Page(fmt.Sprintf("%s%013d", o.prefix(), min(at.UnixMilli()+1, lastInstant)))
}

// lastInstant is the latest that a key of a list can hold, in milliseconds.
const lastInstant = 9_999_999_999_999

// Live returns the sessions that hold instances, of one account or of all for "".
func (f *Fleet) Live(ctx context.Context, id account.ID) ([]lease.Session, error) {
	prefix := holders
	if id != "" {
		prefix += string(id) + "/"
	}
	found, err := store.All(ctx, f.config.Store, prefix)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, d := range found {
		ids = append(ids, d.Key[len(holders)+len("000000000000/"):])
	}
	return f.sessionsOf(ctx, ids)
}

// sessionsOf returns the sessions with the ids that exist, in the order of the ids.
func (f *Fleet) sessionsOf(ctx context.Context, ids []string) ([]lease.Session, error) {
	var all []lease.Session
	for len(ids) > 0 {
		n := min(len(ids), store.MaxPage)
		keys := make([]string, n)
		for i, id := range ids[:n] {
			keys[i] = sessionKey(id)
		}
		found, err := store.Read(ctx, f.config.Store, keys...)
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			d, ok := found[key]
			if !ok {
				continue
			}
			s, err := store.Decode[lease.Session](d)
			if err != nil {
				return nil, err
			}
			all = append(all, s)
		}
		ids = ids[n:]
	}
	return all, nil
}

// after does what follows from the end of a session: it is booked, and its instance
// cleaned. What fails here is found again by the reaper.
func (f *Fleet) after(s lease.Session) {
	if s.Began.IsZero() {
		return
	}
	f.work.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), afterEnd)
		defer cancel()
		if err := f.book(ctx, s.ID); err != nil {
			f.config.Log.WarnContext(ctx, "session not booked yet", "session", s.ID, "error", err)
		}
	})
	f.work.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), afterEnd)
		defer cancel()
		if err := f.tend(ctx, s.Instance); err != nil && !errors.Is(err, errElsewhere) {
			f.config.Log.WarnContext(ctx, "instance not clean yet", "instance", s.Instance, "error", err)
		}
	})
}

// afterEnd is how long what follows from an end may take before it is left to the
// reaper.
const afterEnd = time.Minute
