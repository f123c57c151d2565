package acts

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
)

// Report is what verifying journals and the documents beside them found.
type Report struct {
	journal.Report
	Acts      int64 // that the operator's journal has
	Documents int64 // that only acts change
}

// Unproven reports whether there are documents that only acts change, and a journal
// that keeps no acts, so that nothing shows who changed them.
func (r Report) Unproven() bool { return r.Acts == 0 && r.Documents > 0 }

// Audit compares documents with the acts that changed them. It is given the entries
// and documents in any order. NewAudit makes one.
type Audit struct {
	kinds []Kind
	acts  int64 // that are in the journal
	seq   int64 // of the newest entry of the operator's journal
	done  map[string][]done
	held  map[string]held
	late  bool // what is given now may have been done after the documents were read
}

// done is what an act left of a document.
type done struct {
	version int64
	digest  string // "" if it is gone
	seq     int64  // of the act's entry; 0 in the outbox
	late    bool
}

// held is a document as it is stored.
type held struct {
	version int64
	digest  string
	err     error // it cannot be read
}

// NewAudit returns an audit of documents of some kinds.
func NewAudit(kinds []Kind) *Audit {
	return &Audit{kinds: kinds, done: map[string][]done{}, held: map[string]held{}}
}

// Verify is journal.Verify, and also compares the documents in a store with the
// operator's acts. Others may work on the store meanwhile.
func Verify(ctx context.Context, s store.Store, kinds []Kind) (Report, error) {
	a := NewAudit(kinds)
	report, err := journal.Walk(ctx, s, a.Entry)
	if err == nil && report.Wrong == nil {
		err = a.read(ctx, s)
	}
	if err != nil {
		return Report{Report: report}, err
	}
	return a.Report(report), nil
}

// read reads the documents between two readings of the acts. No document may be older
// than the acts of the first reading. The acts of the second one explain documents
// that are newer.
func (a *Audit) read(ctx context.Context, s store.Store) error {
	if err := a.readActs(ctx, s); err != nil {
		return err
	}
	for _, kind := range a.kinds {
		if err := a.readDocuments(ctx, s, kind.Prefix); err != nil {
			return err
		}
	}
	a.late = true
	return a.readActs(ctx, s)
}

// readActs reads the outbox, and then what was appended since it was read last: an
// act leaves the outbox only when it is in the journal.
func (a *Audit) readActs(ctx context.Context, s store.Store) error {
	if err := a.readDocuments(ctx, s, outbox); err != nil {
		return err
	}
	const page = 500
	for {
		records, err := s.Forward(ctx, account.Operator, a.seq, page)
		if err != nil || len(records) == 0 {
			return err
		}
		for _, r := range records {
			if err := a.Entry(r, account.State{}); err != nil {
				return err
			}
		}
	}
}

func (a *Audit) readDocuments(ctx context.Context, s store.Documents, prefix string) error {
	for q := (store.Query{Prefix: prefix, Limit: store.MaxPage}); ; {
		page, err := s.Range(ctx, q)
		if err != nil {
			return err
		}
		for _, d := range page {
			if err := a.Document(d); err != nil {
				return err
			}
		}
		if len(page) < q.Limit {
			return nil
		}
		q.From = page[len(page)-1].Key
	}
}

// Entry takes an entry. It can be passed to journal.Walk, which reads an account again
// from its first entry if that went back.
func (a *Audit) Entry(r journal.Record, _ account.State) error {
	if r.Account != account.Operator {
		return nil
	}
	if a.seq = r.Seq; r.Seq == 1 {
		a.acts, a.done = 0, map[string][]done{}
	}
	e, err := r.Entry()
	if err != nil || e.Event.Kind != account.KindActed {
		return err
	}
	a.acts++
	a.take(*e.Event.Act, r.Seq)
	return nil
}

// Document takes a document, which may be in the outbox.
func (a *Audit) Document(d store.Document) error {
	if strings.HasPrefix(d.Key, outbox) {
		w, err := store.Decode[waiting](d)
		if err != nil {
			return err
		}
		for i := range w.Act.Documents {
			w.Act.Documents[i].Version = d.Version
		}
		a.take(w.Act, 0)
		return nil
	}
	sum, err := digest(a.kinds, d)
	if sum != "" || err != nil {
		a.held[d.Key] = held{version: d.Version, digest: sum, err: err}
	}
	return nil
}

func (a *Audit) take(act account.Act, seq int64) {
	for _, d := range act.Documents {
		a.done[d.Key] = append(a.done[d.Key], done{version: d.Version, digest: d.Digest, seq: seq, late: a.late})
	}
}

// Report returns a report on the journals together with the first document, in the
// order of keys, that does not follow from the acts. Without any act it names none.
func (a *Audit) Report(r journal.Report) Report {
	report := Report{Report: r, Acts: a.acts, Documents: int64(len(a.held))}
	if r.Wrong != nil || len(a.done) == 0 && a.acts == 0 {
		return report
	}
	keys := map[string]bool{}
	for key := range a.done {
		keys[key] = true
	}
	for key := range a.held {
		keys[key] = true
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if reason := a.judge(key); reason != "" {
			report.Wrong = &journal.Wrong{Document: key, Reason: reason}
			break
		}
	}
	return report
}

// judge returns why a document does not follow from the acts, or "".
func (a *Audit) judge(key string) string {
	h, there := a.held[key]
	if !there {
		return missing(a.done[key])
	}
	if h.err != nil {
		return fmt.Sprintf("it cannot be read: %v", h.err)
	}
	var cause, newest *done
	for i, d := range a.done[key] {
		if d.version <= h.version && (cause == nil || d.version > cause.version) {
			cause = &a.done[key][i]
		}
		if !d.late && (newest == nil || d.version > newest.version) {
			newest = &a.done[key][i]
		}
	}
	switch {
	case newest != nil && newest.version > h.version && newest.digest == "":
		return newest.String() + " took it away"
	case newest != nil && newest.version > h.version:
		return "it is older than what " + newest.String() + " left"
	case cause == nil:
		return "no act of the operator left it"
	case cause.digest == "":
		return cause.String() + " took it away"
	case cause.digest != h.digest:
		return "it is not what " + cause.String() + " left"
	}
	return ""
}

// missing returns why a document should be there, or "" if its acts took it away.
func missing(acts []done) string {
	var newest *done // of those that were done before the document was looked for
	for i, d := range acts {
		if !d.late && (newest == nil || d.version > newest.version) {
			newest = &acts[i]
		}
	}
	if newest == nil || slices.ContainsFunc(acts, func(d done) bool { return d.digest == "" && d.version >= newest.version }) {
		return ""
	}
	return "it is missing, and " + newest.String() + " left it"
}

// String names where the act is.
func (d *done) String() string {
	if d.seq == 0 {
		return "an act that waits for the operator's journal"
	}
	return fmt.Sprintf("entry %d of account %s", d.seq, account.Operator)
}
