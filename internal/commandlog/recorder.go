package commandlog

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/slotfarm/slotfarm/internal/store"
)

// How often commands are written, and how long that may take.
const (
	writeEvery   = time.Second
	writeTimeout = 10 * time.Second
	together     = 50 // sessions of one commit
	attempts     = 20 // of one commit, while other nodes write for the same sessions
	forgetAfter  = 10 * time.Minute
)

// Recorder writes logs. NewRecorder makes one, Run has it work.
type Recorder struct {
	config Config
	full   chan struct{} // holds a value if something should be written at once

	mu       sync.Mutex
	sessions map[string]*session

	unsure []part // that may be written already; only Run uses it
}

// session is what a recorder has of a session.
type session struct {
	pending []Command
	lost    int       // after the pending ones
	last    time.Time // that a command came
	due     bool      // to be written, however few are pending
	ended   bool

	// Only Run uses these.
	known  bool // that before is where the log goes on, as far as this node has heard
	before int  // commands that are written
}

// NewRecorder returns a recorder. What it hears before Run is written by Run.
func NewRecorder(c Config) *Recorder {
	return &Recorder{config: c, full: make(chan struct{}, 1), sessions: map[string]*session{}}
}

// Record has a command be written within about a second. It does not wait.
func (r *Recorder) Record(c Command) {
	c.Path, c.Method = clip(c.Path, maxPath), clip(c.Method, maxMethod)
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.sessions[c.Session]
	if !ok {
		s = &session{}
		r.sessions[c.Session] = s
	}
	s.last = time.Now()
	if len(s.pending) >= maxPending {
		s.lost++
		return
	}
	s.pending = append(s.pending, c)
	s.ended = s.ended || c.Method == "DELETE" && c.Path == "/session"
	if s.ended || len(s.pending) >= chunkSize {
		select {
		case r.full <- struct{}{}:
		default:
		}
	}
}

func clip(text string, most int) string { return text[:min(len(text), most)] }

// Run writes what is recorded until ctx ends, and then what is left. Whoever records
// should have ended before.
func (r *Recorder) Run(ctx context.Context) {
	ticker := time.NewTicker(writeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			r.due()
			r.write(context.WithoutCancel(ctx))
			return
		case <-ticker.C:
			r.due()
		case <-r.full:
		}
		r.write(ctx)
	}
}

// due has all be written that is pending.
func (r *Recorder) due() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, s := range r.sessions {
		s.due = len(s.pending) > 0
		if !s.due && time.Since(s.last) >= forgetAfter {
			delete(r.sessions, id)
		}
	}
}

// write writes what is due, and what is a chunk or the end of a log. What cannot be
// written now is tried again by the next write.
func (r *Recorder) write(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	for {
		batch := r.unsure
		if len(batch) == 0 {
			batch = r.take()
		}
		if len(batch) == 0 {
			return
		}
		var err error
		if r.unsure, err = r.commit(ctx, batch); err != nil {
			if r.config.Log != nil {
				r.config.Log.WarnContext(ctx, "command log not written yet", "error", err)
			}
			return
		}
		r.forget(batch)
	}
}

// part is what is written of a session at once.
type part struct {
	id       string
	session  *session
	commands []Command
	lost     int
}

// take takes the oldest commands of some sessions out of what write writes.
func (r *Recorder) take() []part {
	r.mu.Lock()
	defer r.mu.Unlock()
	var batch []part
	for id, s := range r.sessions {
		if len(batch) == together {
			break
		}
		if len(s.pending) == 0 || !s.due && !s.ended && len(s.pending) < chunkSize {
			continue
		}
		n := min(len(s.pending), chunkSize)
		p := part{id: id, session: s, commands: s.pending[:n:n]}
		if s.pending = s.pending[n:]; len(s.pending) == 0 {
			p.lost, s.lost, s.due = s.lost, 0, false
		}
		batch = append(batch, p)
	}
	return batch
}

// forget removes the sessions of a batch that have ended.
func (r *Recorder) forget(batch []part) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range batch {
		if p.session.ended && len(p.session.pending) == 0 {
			delete(r.sessions, p.id)
		}
	}
}

// commit writes a batch as one commit, and returns what of it may not be written.
// Another node may write for the same session at the same time: then the place is
// taken, and the next one is looked for.
func (r *Recorder) commit(ctx context.Context, batch []part) ([]part, error) {
	for attempt := 1; ; attempt++ {
		c, err := r.prepare(ctx, batch)
		if err != nil {
			return batch, err
		}
		if len(c.Put) > 0 {
			_, err = r.config.Store.Commit(ctx, c)
		}
		switch {
		case err == nil:
			for _, p := range batch {
				p.written()
			}
			return nil, nil
		case !errors.Is(err, store.ErrConflict) || attempt == attempts:
			return batch, err
		}
		if batch, err = r.unwritten(ctx, batch, c); err != nil || len(batch) == 0 {
			return batch, err
		}
	}
}

// unwritten returns the parts of a batch that are not written. A former attempt may
// have been made although it failed: then what stands at a part's place is the part.
func (r *Recorder) unwritten(ctx context.Context, batch []part, c store.Commit) ([]part, error) {
	wanted := map[string][]byte{}
	var keys []string
	for _, d := range c.Put {
		wanted[d.Key] = d.Body
		keys = append(keys, d.Key)
	}
	found, err := store.Read(ctx, r.config.Store, keys...)
	if err != nil {
		return batch, err
	}
	var left []part
	for _, p := range batch {
		key := chunkKey(p.id, p.session.before)
		d, taken := found[key]
		switch {
		case taken && bytes.Equal(d.Body, wanted[key]):
			p.written()
			continue
		case taken:
			p.session.known = false
		}
		left = append(left, p)
	}
	return left, nil
}

// written notes that the part is written.
func (p part) written() {
	p.session.before = min(p.session.before+len(p.commands), MaxCommands)
}

// prepare puts the commit of a batch together.
func (r *Recorder) prepare(ctx context.Context, batch []part) (store.Commit, error) {
	c := store.Commit{If: map[string]int64{}}
	for _, p := range batch {
		before, err := r.place(ctx, p)
		if err != nil {
			return c, err
		}
		if before >= MaxCommands {
			continue
		}
		d, err := store.Encode(chunkKey(p.id, before), p.chunk(before))
		if err != nil {
			return c, err
		}
		c.If[d.Key] = 0
		c.Put = append(c.Put, d)
		if before == 0 {
			day, err := store.Encode(dayKey(p.id, p.commands[0].At), nothing{})
			if err != nil {
				return c, err
			}
			c.Put = append(c.Put, day)
		}
	}
	return c, nil
}

// place returns how many commands of a session are written.
func (r *Recorder) place(ctx context.Context, p part) (int, error) {
	if p.session.known {
		return p.session.before, nil
	}
	last, err := r.config.Store.Range(ctx, store.Query{Prefix: chunkPrefix(p.id), Limit: 1, Back: true})
	if err != nil {
		return 0, err
	}
	before := 0
	if len(last) > 0 {
		at, c, err := decode(last[0])
		if err != nil {
			return 0, err
		}
		before = at + len(c.Commands)
	}
	p.session.before, p.session.known = before, true
	return before, nil
}

// chunk returns the part as it is stored after the commands before it.
func (p part) chunk(before int) chunk {
	c := chunk{Lost: p.lost}
	for _, one := range p.commands[:min(len(p.commands), MaxCommands-before)] {
		c.Commands = append(c.Commands, stored{one.At.UnixMilli(), one.Method, one.Path, one.Status, one.Took.Milliseconds()})
	}
	c.Full = before+len(c.Commands) == MaxCommands
	return c
}
