package fleet

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/lease"
)

// prepareLater prepares the instance of a remote access session that has just got
// it. Other sessions are ready once whoever asked for them has prepared them.
func (f *Fleet) prepareLater(s lease.Session) {
	if s.Kind != account.RemoteAccess {
		return
	}
	f.work.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), afterEnd)
		defer cancel()
		if err := f.prepare(ctx, s); err != nil {
			f.config.Log.WarnContext(ctx, "session not prepared", "session", s.ID, "error", err)
		}
	})
}

// prepare has the back-end of a session say once more that it takes sessions. One
// that does not is the lab's fault: the session ends and costs nothing.
func (f *Fleet) prepare(ctx context.Context, s lease.Session) error {
	seat, ok := f.config.Units().Seat(s.Instance)
	if !ok {
		_, err := f.End(ctx, s.ID, lease.Errored, "Its device has left the fleet.")
		return err
	}
	if err := f.config.Backend.Ready(ctx, seat); err != nil {
		if _, err := f.Fail(ctx, s.Instance, err.Error()); err != nil {
			return err
		}
		_, err := f.End(ctx, s.ID, lease.Errored, "Its device could not be prepared. It is checked, and the session costs nothing.")
		return err
	}
	_, err := f.Ready(ctx, s.ID)
	if fault.KindOf(err) == fault.Conflict {
		err = nil // it was ended meanwhile
	}
	return err
}

// Fail notes a fault of the lab on an instance.
func (f *Fleet) Fail(ctx context.Context, id, reason string) (lease.Instance, error) {
	return f.Change(ctx, id, func(i lease.Instance) (lease.Instance, error) { return i.Fail(reason, f.config.Now().UTC()), nil })
}
