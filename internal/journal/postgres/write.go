package postgres

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// write makes waiting updates until the queue is closed and empty.
func (j *Journal) write() {
	for lines := j.queue.take(); lines != nil; lines = j.queue.take() {
		slices.SortFunc(lines, func(a, b *line) int { return strings.Compare(string(a.account), string(b.account)) })
		for _, l := range lines {
			head, guessed := j.guesses.Get(l.account)
			l.head, l.fresh, l.ask = head, false, !guessed
		}
		for len(lines) > 0 {
			lines = j.round(lines)
		}
	}
}

// round makes the updates of lines, which are sorted by account, and returns the
// lines that have to be tried again. The others are answered and released.
func (j *Journal) round(lines []*line) (again []*line) {
	begin := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := j.refresh(ctx, lines); err != nil {
		j.fail(lines, begin, err)
		return nil
	}
	var growing []*line
	for _, l := range lines {
		switch {
		case !l.decide():
			again = append(again, l.doubted())
		case len(l.entries) > 0:
			growing = append(growing, l)
		default:
			j.settle(l)
		}
	}
	if len(growing) == 0 {
		return again
	}
	done, err := j.append(ctx, growing)
	if err != nil {
		j.fail(growing, begin, err)
		return again
	}
	j.tell(growing, done, begin)
	for _, l := range growing {
		if done[l.account] {
			j.settle(l)
		} else {
			again = append(again, l.doubted())
		}
	}
	return again
}

// settle answers the jobs of a line whose entries are appended.
func (j *Journal) settle(l *line) {
	if l.broken == nil {
		j.guesses.Add(l.account, l.newest())
	}
	for i, w := range l.jobs {
		w.finish(l.results[i].outcome, l.results[i].err)
	}
	j.queue.release(l.account)
}

// fail answers the jobs of lines of which nobody knows what became.
func (j *Journal) fail(lines []*line, begin time.Time, err error) {
	err = j.failed(err)
	updates := 0
	for _, l := range lines {
		j.guesses.Remove(l.account)
		updates += len(l.jobs)
	}
	if j.observe != nil {
		j.observe(journal.Batch{Updates: updates, Took: time.Since(begin), Err: err})
	}
	for _, l := range lines {
		for _, w := range l.jobs {
			w.finish(journal.Outcome{}, err)
		}
		j.queue.release(l.account)
	}
}

// tell has who observes hear of the lines that were appended.
func (j *Journal) tell(lines []*line, done map[account.ID]bool, begin time.Time) {
	b := journal.Batch{Took: time.Since(begin)}
	for _, l := range lines {
		if done[l.account] {
			b.Updates += len(l.jobs)
			b.Entries += len(l.entries)
		}
	}
	if j.observe != nil && b.Entries > 0 {
		j.observe(b)
	}
}
