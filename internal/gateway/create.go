package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/lease"
)

// Bounds of a new session's request and answer, in bytes. Browser extensions come
// in the request.
const (
	maxNewSession = 32 << 20
	maxCreated    = 4 << 20
)

// create begins a session at a back-end: on the instance of a remote access
// session, or on a browser that waits for it in the queue.
func (g *Gateway) create(w http.ResponseWriter, r *http.Request, at door) *failure {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNewSession))
	if err != nil {
		return invalidArgument(fmt.Sprintf("The body could not be read, or is longer than %d bytes.", maxNewSession))
	}
	asked, failed := candidates(body)
	if failed != nil {
		return failed
	}
	if at.grid != nil {
		return g.createOnGrid(w, r, at, asked)
	}
	return g.createOnDevice(w, r, at, asked)
}

// createOnDevice begins a session on the device of a remote access session.
func (g *Gateway) createOnDevice(w http.ResponseWriter, r *http.Request, at door, asked []Capabilities) *failure {
	s := *at.remote
	switch s.Stage() {
	case lease.Waiting:
		return notCreated("The remote access session waits for its device; ask GetRemoteAccessSession until it is RUNNING.")
	case lease.Assigned:
		return notCreated("The device is being prepared; ask GetRemoteAccessSession until it is RUNNING.")
	case lease.Ended:
		return invalidSession("The remote access session has ended. " + s.Message)
	}
	seat, failed := g.seat(s)
	if failed != nil {
		return failed
	}
	caps, failed := g.choose(seat, s, asked)
	if failed != nil {
		return failed
	}
	if s.Remote != "" { // its user begins anew
		if err := g.dismiss(r.Context(), s, seat); err != nil {
			return failureOf(err, notCreated)
		}
	}
	made, failed := g.begin(r.Context(), s, seat, caps)
	if failed != nil {
		return failed
	}
	g.tell(w, r, at, made)
	return nil
}

// choose returns the first of the sets of capabilities that the seat of a session
// has and that a caller may ask for.
func (g *Gateway) choose(seat fleet.Seat, s lease.Session, asked []Capabilities) (Capabilities, *failure) {
	var first *failure
	for _, caps := range asked {
		failed := caps.permitted(seat)
		if failed == nil {
			failed = caps.fits(s)
		}
		if failed == nil {
			return caps, nil
		}
		if first == nil {
			first = failed
		}
	}
	return nil, first
}

// fits returns nil if the capabilities can be had on the instance of a session.
func (c Capabilities) fits(s lease.Session) *failure {
	platform, failed := c.text("platformName")
	if failed != nil {
		return failed
	}
	if platform != "" && s.Platform != "" && !strings.EqualFold(platform, string(s.Platform)) {
		return notCreated(fmt.Sprintf("platformName is %.80q, and the device of the session is %s.", platform, s.Platform))
	}
	return nil
}

// dismiss ends what lives at the back-end for a remote access session.
func (g *Gateway) dismiss(ctx context.Context, s lease.Session, seat fleet.Seat) error {
	defer g.sessions.forget(s.ID)
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, strings.TrimSuffix(seat.URL, "/")+"/session/"+url.PathEscape(s.Remote), nil)
	if err != nil {
		return err
	}
	res, err := g.transport.RoundTrip(req)
	if err != nil {
		return fault.New(fault.Unavailable, "The device does not answer.")
	}
	res.Body.Close()
	_, err = g.config.Fleet.Update(ctx, s.ID, func(now lease.Session) (lease.Session, error) {
		if now.Remote == s.Remote {
			now.Remote, now.Sockets = "", nil
		}
		return now, nil
	})
	return err
}

// made is a session that lives at a back-end.
type made struct {
	session lease.Session
	remote  string
	caps    Capabilities
	at      time.Time // that the back-end was asked
	took    time.Duration
}

// begin asks a seat's back-end for a session and notes it. It goes on when the
// client has gone, so that nobody forgets a session there: the new one is ended
// then.
func (g *Gateway) begin(ctx context.Context, s lease.Session, seat fleet.Seat, caps Capabilities) (made, *failure) {
	body, err := caps.request(seat, int((s.Limits.Idle + fleet.Grace).Seconds()))
	if err != nil {
		return made{}, invalidArgument("The capabilities cannot be sent on.")
	}
	s, err = g.config.Fleet.Update(ctx, s.ID, func(now lease.Session) (lease.Session, error) {
		if now.Creating != nil || now.Remote != "" {
			return now, fault.New(fault.Conflict, "Another session is being begun there; try again when it has.")
		}
		now.Creating = &lease.Create{Node: g.config.Node, Until: g.config.Now().UTC().Add(createTimeout)}
		return now, nil
	})
	if err != nil {
		return made{}, failureOf(err, notCreated)
	}
	type outcome struct {
		made   made
		failed *failure
	}
	done := make(chan outcome, 1)
	g.work.run(func() {
		detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), createTimeout)
		defer cancel()
		m, failed := g.ask(detached, s, seat, body)
		if failed == nil && ctx.Err() != nil {
			g.abandon(detached, m, seat)
			failed = notCreated("The client has gone.")
		}
		if ctx.Err() != nil { // nobody waits for the instance's deadline any more
			g.config.Fleet.Answered(detached, s)
		}
		done <- outcome{m, failed}
	})
	select {
	case o := <-done:
		return o.made, o.failed
	case <-ctx.Done():
		return made{}, notCreated("The client has gone.")
	}
}

// ask sends the new session to the back-end and notes its answer.
func (g *Gateway) ask(ctx context.Context, s lease.Session, seat fleet.Seat, body []byte) (made, *failure) {
	at, began := g.config.Now(), time.Now()
	answer, failed := g.post(ctx, seat, body)
	took := time.Since(began)
	if failed != nil {
		g.config.Observe(Command{s.ID, at, http.MethodPost, "/session", failed.status, took})
		failed = g.blame(ctx, s, seat, failed)
	}
	var m made
	if failed == nil {
		m = made{s, answer.Value.SessionID, answer.Value.Capabilities, at, took}
	}
	defer g.sessions.forget(s.ID)
	after, err := g.config.Fleet.Update(ctx, s.ID, func(now lease.Session) (lease.Session, error) {
		now.Creating = nil
		if failed == nil {
			now.Remote, now.Sockets = m.remote, sockets(m.caps)
		}
		if now.Ready.IsZero() && failed == nil {
			return now.Run(g.config.Now().UTC())
		}
		return now, nil
	})
	if failed != nil {
		return m, failed
	}
	if err != nil { // it was ended meanwhile
		g.abandon(ctx, m, seat)
		g.config.Fleet.Answered(ctx, s)
		return m, failureOf(err, notCreated)
	}
	g.config.Fleet.Touch(s.ID)
	m.session = after
	return m, nil
}

// blame finds out whose fault it is that a back-end did not begin a session: it is
// the lab's if one with nothing but the forced capabilities does not begin either.
func (g *Gateway) blame(ctx context.Context, s lease.Session, seat fleet.Seat, failed *failure) *failure {
	body, err := Capabilities{}.request(seat, int(fleet.Grace.Seconds()))
	if err != nil {
		return failed
	}
	plain, also := g.post(ctx, seat, body)
	if also == nil {
		g.abandon(ctx, made{session: s, remote: plain.Value.SessionID}, seat)
		return failed
	}
	failed.lab = true
	if _, err := g.config.Fleet.Fail(ctx, s.Instance, failed.message); err != nil {
		g.config.Log.WarnContext(ctx, "fault of an instance not noted", "instance", s.Instance, "error", err)
	}
	return failed
}

// post sends the new session to the back-end.
func (g *Gateway) post(ctx context.Context, seat fleet.Seat, body []byte) (created, *failure) {
	var c created
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(seat.URL, "/")+"/session", bytes.NewReader(body))
	if err != nil {
		return c, notCreated("The address of the back-end is not valid.")
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	res, err := g.transport.RoundTrip(req)
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return c, notCreated(fmt.Sprintf("%s did not begin a session within %s.", seat.Name, createTimeout))
		}
		return c, notCreated(seat.Name + " does not answer.")
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxCreated))
	if err != nil || json.Unmarshal(text, &c) != nil {
		return c, notCreated(fmt.Sprintf("%s answered %d and no JSON of a session.", seat.Name, res.StatusCode))
	}
	if res.StatusCode != http.StatusOK || c.Value.SessionID == "" {
		return c, notCreated(fmt.Sprintf("%s refused the session: %.2000s", seat.Name, c.Value.Message))
	}
	return c, nil
}

// abandon ends a session at the back-end that nobody will use.
func (g *Gateway) abandon(ctx context.Context, m made, seat fleet.Seat) {
	m.session.Remote = m.remote
	if err := g.dismiss(ctx, m.session, seat); err != nil && fault.KindOf(err) != fault.Conflict {
		g.config.Log.WarnContext(ctx, "a session that nobody uses was not ended; the cleaning ends it", "session", m.session.ID, "error", err)
	}
}

// tell answers the client that began a session.
func (g *Gateway) tell(w http.ResponseWriter, r *http.Request, at door, m made) {
	id := m.remote
	if at.grid != nil {
		id = m.session.ID
	}
	m.caps.hide()
	origin := "ws"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		origin = "wss"
	}
	for name, capability := range socketCapabilities {
		delete(m.caps, capability)
		if _, ok := m.session.Sockets[name]; ok {
			m.caps[capability], _ = json.Marshal(origin + "://" + r.Host + Prefix + at.token + "/socket/" + name + "/" + id) // a string
		}
	}
	answer(w, http.StatusOK, map[string]any{"sessionId": id, "capabilities": m.caps})
	g.config.Observe(Command{m.session.ID, m.at, http.MethodPost, "/session", http.StatusOK, m.took})
}

// delete ends the session that a client has done with.
func (g *Gateway) delete(w http.ResponseWriter, r *http.Request, s lease.Session) *failure {
	at, began := g.config.Now(), time.Now()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), createTimeout)
	defer cancel()
	defer g.sessions.forget(s.ID)
	var err error
	if s.Kind == gridKind {
		_, err = g.config.Fleet.End(ctx, s.ID, lease.Passed, "Its client ended it.")
	} else if seat, failed := g.seat(s); failed != nil {
		return failed
	} else {
		err = g.dismiss(ctx, s, seat)
	}
	if err != nil {
		return failureOf(err, unknownError)
	}
	answer(w, http.StatusOK, nil)
	g.config.Observe(Command{s.ID, at, r.Method, "/session", http.StatusOK, time.Since(began)})
	return nil
}
