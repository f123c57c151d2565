package server

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/slotfarm/slotfarm/internal/checkpoint"
)

// How often checkpoints are written, how long one waits that could not be written,
// and how often that is looked at.
const (
	checkpointEvery = 24 * time.Hour
	checkpointRetry = time.Hour
	checkpointPause = time.Minute
)

// checkpointsDir is where checkpoints are kept in a data directory.
const checkpointsDir = "checkpoints"

// notary keeps signed checkpoints: one a day, and one at the end.
type notary struct {
	take func(context.Context) (checkpoint.Checkpoint, error)
	now  func() time.Time
	kept func(place string, err error) // hears of each attempt
	log  *slog.Logger

	mu     sync.Mutex // held while checkpoints are written
	places []*place
}

// place is where checkpoints are kept.
type place struct {
	name string    // in metrics
	dir  string    //
	next time.Time // when another one is due
}

// newNotary returns the notary of a server. It keeps checkpoints beside the data, and
// in the directory that the operator names. A sandbox keeps none.
func (s *Server) newNotary(c Config, parts *Parts) *notary {
	n := &notary{now: s.clock.Now, kept: s.metrics.Checkpoint, log: c.Log}
	n.take = func(ctx context.Context) (checkpoint.Checkpoint, error) {
		return checkpoint.Take(ctx, parts.store, Signer(c.Master), s.clock.Now())
	}
	if c.Master == nil {
		return n
	}
	if c.Data != "" {
		n.add("data", filepath.Join(c.Data, checkpointsDir))
	}
	if c.CheckpointDir != "" {
		n.add("dir", c.CheckpointDir)
	}
	return n
}

// add adds a directory that keeps checkpoints. The next checkpoint is due a day after
// the newest one there.
func (n *notary) add(name, dir string) {
	p := &place{name: name, dir: dir}
	now := n.now()
	if _, taken, err := checkpoint.Newest(dir); err == nil && !taken.After(now) {
		p.next = taken.Add(checkpointEvery)
	}
	n.places = append(n.places, p)
}

// tick writes a checkpoint where one is due.
func (n *notary) tick(ctx context.Context) {
	now := n.now()
	n.write(ctx, func(p *place) bool { return !p.next.After(now) })
}

// last writes a checkpoint everywhere.
func (n *notary) last(ctx context.Context) {
	n.write(ctx, func(*place) bool { return true })
}

// write writes one checkpoint into the places for which due returns true. A failure
// goes to the log and the metrics only, because serving matters more.
func (n *notary) write(ctx context.Context, due func(*place) bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var taken checkpoint.Checkpoint
	var failed error
	for _, p := range n.places {
		if !due(p) {
			continue
		}
		if taken.Version == 0 && failed == nil {
			taken, failed = n.take(ctx)
		}
		if errors.Is(ctx.Err(), context.Canceled) { // the server closes, and then writes one
			return
		}
		n.keep(ctx, p, taken, failed)
	}
}

// keep writes a checkpoint into a place, unless taking it failed, and logs and counts
// the result.
func (n *notary) keep(ctx context.Context, p *place, taken checkpoint.Checkpoint, failed error) {
	var file string
	if failed == nil {
		file, failed = p.keep(taken)
	}
	n.kept(p.name, failed)
	p.next = n.now().Add(checkpointEvery)
	if failed != nil {
		p.next = n.now().Add(checkpointRetry)
		n.log.ErrorContext(ctx, "checkpoint not kept", "directory", p.dir, "error", failed)
		return
	}
	n.log.InfoContext(ctx, "checkpoint kept", "file", file)
}

// keep writes a checkpoint into a directory. It makes only the directory beside the
// data: another one that is missing may be a disk that is not mounted.
func (p *place) keep(c checkpoint.Checkpoint) (file string, err error) {
	if p.name == "data" {
		if err := os.Mkdir(p.dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
	return c.Keep(p.dir)
}
