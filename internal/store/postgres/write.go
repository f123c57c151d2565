package postgres

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// write processes waiting updates until the queue is closed and empty.
func (j *Journal) write() {
	for groups := j.queue.take(); groups != nil; groups = j.queue.take() {
		slices.SortFunc(groups, func(a, b *group) int { return strings.Compare(string(a.account), string(b.account)) })
		for _, l := range groups {
			head, guessed := j.guesses.Get(l.account)
			l.head, l.fresh, l.ask = head, false, !guessed
		}
		for len(groups) > 0 {
			groups = j.round(groups)
		}
	}
}

// round processes the updates of groups, which are sorted by account. It
// answers and releases the groups that are done, and returns those that have to
// be tried again.
func (j *Journal) round(groups []*group) (again []*group) {
	begin := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := j.refresh(ctx, groups); err != nil {
		j.fail(groups, begin, err)
		return nil
	}
	var growing []*group
	for _, l := range groups {
		switch {
		case !l.decide():
			again = append(again, l.doubted())
		case len(l.entries) > 0:
			growing = append(growing, l)
		default:
			j.answer(l)
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
			j.answer(l)
		} else {
			again = append(again, l.doubted())
		}
	}
	return again
}

// answer answers the jobs of a group whose entries are appended.
func (j *Journal) answer(l *group) {
	if l.broken == nil {
		j.guesses.Add(l.account, l.newest())
	}
	for i, w := range l.jobs {
		w.finish(l.results[i].outcome, l.results[i].err)
	}
	j.queue.release(l.account)
}

// fail answers the jobs of groups whose outcome is unknown.
func (j *Journal) fail(groups []*group, begin time.Time, err error) {
	err = j.failed(err)
	updates := 0
	for _, l := range groups {
		j.guesses.Remove(l.account)
		updates += len(l.jobs)
	}
	if j.observe != nil {
		j.observe(journal.Batch{Updates: updates, Took: time.Since(begin), Err: err})
	}
	for _, l := range groups {
		for _, w := range l.jobs {
			w.finish(journal.Outcome{}, err)
		}
		j.queue.release(l.account)
	}
}

// tell tells the observer of the groups that were appended.
func (j *Journal) tell(groups []*group, done map[account.ID]bool, begin time.Time) {
	b := journal.Batch{Took: time.Since(begin)}
	for _, l := range groups {
		if done[l.account] {
			b.Updates += len(l.jobs)
			b.Entries += len(l.entries)
		}
	}
	if j.observe != nil && b.Entries > 0 {
		j.observe(b)
	}
}
