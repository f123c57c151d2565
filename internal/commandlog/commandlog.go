// Package commandlog keeps what clients did in their sessions: each command with
// its time, method, path, status and length.
//
// It decides what is kept of a command, which is nothing that was typed, and for
// how long. Commands are written in chunks, so that a fast client costs few
// commits, and the last second of them is lost if the machine loses power.
package commandlog

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/store"
)

// Bounds of what is kept.
const (
	MaxCommands = 100_000              // of a session
	Retention   = 400 * 24 * time.Hour // of a session's log, after its first command
	chunkSize   = 100                  // commands of a chunk
	maxPath     = 256                  // bytes
	maxMethod   = 16                   // bytes
	maxPending  = 1000                 // commands of a session that wait to be written
)

// The documents of logs, by their prefixes. A chunk is named by how many commands
// of its session come before it.
const (
	chunks = "actions/"       // <session>/<commands before>: chunk
	days   = "actions-begun/" // <day>/<session>: nothing
)

func chunkPrefix(session string) string { return chunks + session + "/" }

func chunkKey(session string, before int) string {
	return chunkPrefix(session) + fmt.Sprintf("%06d", before)
}

func dayKey(session string, at time.Time) string {
	return days + at.UTC().Format(time.DateOnly) + "/" + session
}

// Command is one command that a client sent to a session.
type Command struct {
	Session string // id
	At      time.Time
	Method  string
	Path    string // below the session, without what was typed
	Status  int
	Took    time.Duration
}

// stored is a command as it is stored.
type stored struct {
	At     int64  `json:"at"` // milliseconds since 1970
	Method string `json:"method"`
	Path   string `json:"path"`
	Status int    `json:"status"`
	Took   int64  `json:"took"` // milliseconds
}

// chunk is some commands of a session, in their order.
type chunk struct {
	Commands []stored `json:"commands"`
	Lost     int      `json:"lost,omitzero"` // that came after them and could not be kept
	Full     bool     `json:"full,omitzero"` // what comes after them is not kept
}

// nothing is the body of a document whose key says it all.
type nothing struct{}

// Config is what logs work with. Store and Now are required.
type Config struct {
	Store store.Documents
	Now   func() time.Time // the wall clock
	Log   *slog.Logger
}

// Logs are the logs of sessions, for reading. NewLogs makes them.
type Logs struct{ config Config }

// NewLogs returns the logs in a store.
func NewLogs(c Config) *Logs { return &Logs{c} }

// Read returns up to limit commands of a session after the first ones, oldest
// first, and whether others follow.
func (l *Logs) Read(ctx context.Context, session string, first, limit int) (page []Command, more bool, err error) {
	if store.CheckKey(chunkPrefix(session)+"0") != nil {
		return nil, false, nil
	}
	err = l.each(ctx, session, first, func(before int, c chunk) bool {
		for n, one := range c.Commands {
			if before+n < first {
				continue
			}
			if more = len(page) == limit; more {
				return false
			}
			page = append(page, one.command(session))
		}
		return true
	})
	return page, more, err
}

// command returns what is stored as a command of a session.
func (s stored) command(session string) Command {
	return Command{session, time.UnixMilli(s.At).UTC(), s.Method, s.Path, s.Status, time.Duration(s.Took) * time.Millisecond}
}

// WriteText writes the log of a session as text, a line for each command.
func (l *Logs) WriteText(ctx context.Context, session string, w io.Writer) error {
	var failed error
	err := l.each(ctx, session, 0, func(_ int, c chunk) bool {
		_, failed = io.WriteString(w, c.text())
		return failed == nil
	})
	if err == nil {
		err = failed
	}
	return err
}

// text returns the lines of a chunk.
func (c chunk) text() string {
	var lines strings.Builder
	for _, one := range c.Commands {
		fmt.Fprintf(&lines, "%s %s %s %d %d ms\n", time.UnixMilli(one.At).UTC().Format("2006-01-02T15:04:05.000Z"), one.Method, one.Path, one.Status, one.Took)
	}
	if c.Lost > 0 {
		fmt.Fprintf(&lines, "(%d commands are missing here: they came faster than they could be kept)\n", c.Lost)
	}
	if c.Full {
		fmt.Fprintf(&lines, "(the log stops here: it keeps %d commands of a session)\n", MaxCommands)
	}
	return lines.String()
}

// pageSize is how many chunks are read at once.
const pageSize = 20

// each calls f with the chunks of a session and how many commands come before each,
// from the one that has the command after the first ones, until f returns false.
func (l *Logs) each(ctx context.Context, session string, first int, f func(before int, c chunk) bool) error {
	q := store.Query{Prefix: chunkPrefix(session), Limit: pageSize}
	if first > 0 {
		at, err := l.config.Store.Range(ctx, store.Query{Prefix: q.Prefix, From: chunkKey(session, first+1), Limit: 1, Back: true})
		if err != nil {
			return err
		}
		if goesOn, err := visit(at, f); err != nil || !goesOn {
			return err
		}
		if len(at) > 0 {
			q.From = at[0].Key
		}
	}
	for {
		found, err := l.config.Store.Range(ctx, q)
		if err != nil {
			return err
		}
		if goesOn, err := visit(found, f); err != nil || !goesOn || len(found) < q.Limit {
			return err
		}
		q.From = found[len(found)-1].Key
	}
}

// visit calls f with chunks until it returns false, and reports whether it did not.
func visit(found []store.Document, f func(before int, c chunk) bool) (bool, error) {
	for _, d := range found {
		before, c, err := decode(d)
		if err != nil || !f(before, c) {
			return false, err
		}
	}
	return true, nil
}

// decode returns the chunk in a document and how many commands come before it.
func decode(d store.Document) (before int, c chunk, err error) {
	if c, err = store.Decode[chunk](d); err == nil {
		before, err = strconv.Atoi(d.Key[strings.LastIndexByte(d.Key, '/')+1:])
	}
	return before, c, err
}
