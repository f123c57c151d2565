package cli

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// history is how many entries before the printed ones a follower reads, so that
// it can find the place to which a journal goes back.
const history = 200

// follower prints the entries of journals. Each poll prints the new ones.
type follower struct {
	api    *client.Client
	only   string // an account; "" means all
	follow bool   // continue after the first poll; the account need not exist yet
	lines  int64  // number of entries of each account to print at the start
	print  printer
	seen   map[string]*place // by account; nil before the first poll
}

// place records how far a journal was read.
type place struct {
	skip   int64    // number of the newest entry that is not printed because it is too old
	last   int64    // number of the last entry that was read
	hashes []string // of the last entries, at most operatorapi.MaxEntries
}

// poll prints the new entries of all journals, oldest first.
func (f *follower) poll(ctx context.Context) error {
	newest, err := f.newest(ctx)
	if err != nil {
		return err
	}
	var entries []operatorapi.Entry
	f.note(newest)
	for _, id := range slices.Sorted(maps.Keys(f.seen)) { // including accounts that are gone
		more, err := f.read(ctx, id, newest[id])
		if err != nil {
			return err
		}
		entries = append(entries, more...)
	}
	for _, e := range inOrder(entries) {
		if err := f.print.entry(e); err != nil {
			return err
		}
	}
	return nil
}

// newest returns the number of the newest entry of each account.
func (f *follower) newest(ctx context.Context) (map[string]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	newest := map[string]int64{}
	if f.only != "" {
		a, err := f.api.Account(ctx, f.only)
		if f.follow && client.IsNotFound(err) {
			err = nil
		}
		newest[f.only] = a.Entries
		return newest, err
	}
	for after := ""; ; {
		page, err := f.api.Accounts(ctx, after)
		if err != nil {
			return nil, err
		}
		for _, a := range page.Accounts {
			newest[a.Account] = a.Entries
		}
		if after = page.Next; after == "" {
			return newest, nil
		}
	}
}

// note adds a place for each account that has none. For an account that exists
// at the start, only the newest lines are printed; for a later one, all of
// them.
func (f *follower) note(newest map[string]int64) {
	first := f.seen == nil
	if first {
		f.seen = map[string]*place{}
	}
	for id, n := range newest {
		switch {
		case f.seen[id] != nil:
		case first:
			f.seen[id] = f.start(n)
		default:
			f.seen[id] = &place{}
		}
	}
}

// start returns the place from which to print only the newest lines of n
// entries.
func (f *follower) start(n int64) *place {
	p := &place{skip: max(0, n-f.lines)}
	p.last = p.skip
	if f.follow {
		p.last = max(0, p.skip-history)
	}
	return p
}

// read returns the entries of an account that are to be printed. If the journal
// has fewer entries than were read, or a different entry in the place of the
// last one, it went back; read prints that, and continues from there.
func (f *follower) read(ctx context.Context, id string, newest int64) ([]operatorapi.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	p := f.seen[id]
	if newest < p.last {
		if err := f.back(ctx, id, newest); err != nil {
			return nil, err
		}
	}
	var read []operatorapi.Entry
	for newest > p.last {
		known := min(1, len(p.hashes)) // the last entry is read again, to check that it is the same
		page, err := f.api.Journal(ctx, id, p.last-int64(known), operatorapi.MaxEntries)
		if err != nil {
			return nil, err
		}
		if known == 1 && (len(page) == 0 || page[0].Hash != p.hashes[len(p.hashes)-1]) {
			if err := f.back(ctx, id, newest); err != nil {
				return nil, err
			}
			continue
		}
		if len(page) == known { // the journal went back since newest was read
			p.skip = min(p.skip, p.last)
			break
		}
		read = append(read, p.pass(page[known:])...)
	}
	return read, nil
}

// back moves the place in a journal to the newest entry that was read and still
// exists, and prints that place.
func (f *follower) back(ctx context.Context, id string, newest int64) error {
	p := f.seen[id]
	base, kept := p.last-int64(len(p.hashes)), 0
	page, err := f.api.Journal(ctx, id, base, len(p.hashes))
	if err != nil {
		return err
	}
	for kept < min(len(page), len(p.hashes)) && page[kept].Hash == p.hashes[kept] {
		kept++
	}
	p.last, p.hashes = base+int64(kept), p.hashes[:kept]
	if kept == 0 {
		p.last = min(base, newest) // earlier entries are not known
	}
	p.skip = min(p.skip, p.last)
	return f.print.back(id, p.last)
}

// pass moves the place past the entries and returns those to be printed.
func (p *place) pass(entries []operatorapi.Entry) []operatorapi.Entry {
	for _, e := range entries {
		p.last = e.Seq
		p.hashes = append(p.hashes, e.Hash)
	}
	p.hashes = slices.Clone(p.hashes[max(0, len(p.hashes)-operatorapi.MaxEntries):])
	return slices.DeleteFunc(entries, func(e operatorapi.Entry) bool { return e.Seq <= p.skip })
}

// inOrder sorts the entries of several accounts by the time when they were
// recorded. The entries of one account stay in the order of their numbers, even
// if the wall clock went back between them.
func inOrder(entries []operatorapi.Entry) []operatorapi.Entry {
	type key struct {
		at      time.Time // the latest time so far in the account
		account string
		entry   operatorapi.Entry
	}
	latest := map[string]time.Time{}
	keys := make([]key, len(entries))
	for i, e := range entries {
		if e.Recorded.After(latest[e.Account]) {
			latest[e.Account] = e.Recorded
		}
		keys[i] = key{latest[e.Account], e.Account, e}
	}
	slices.SortStableFunc(keys, func(a, b key) int { return a.at.Compare(b.at) })
	for i, k := range keys {
		entries[i] = k.entry
	}
	return entries
}
