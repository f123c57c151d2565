package operator

import (
	"net/http"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// The limits of how many entries one answer holds.
const (
	defaultEntries = 100
	maxEntries     = 1000
)

type entryShape struct {
	journal.Entry
	Hash string `json:"hash"`
}

type journalAnswer struct {
	Entries []entryShape `json:"entries"`
}

// readJournal shows entries above ?after=, oldest first, at most ?limit=.
func (a api) readJournal(r *http.Request) (any, error) {
	c, err := caller(r)
	if err != nil {
		return nil, err
	}
	after, err := queryInt(r, "after", 0)
	if err != nil {
		return nil, err
	}
	limit, err := queryInt(r, "limit", defaultEntries)
	if err != nil {
		return nil, err
	}
	records, err := a.Service.Journal.Forward(r.Context(), c.Account, after, int(min(limit, maxEntries)))
	if err != nil {
		return nil, err
	}
	answer := journalAnswer{Entries: []entryShape{}}
	for _, record := range records {
		entry, err := record.Entry()
		if err != nil {
			return nil, err
		}
		answer.Entries = append(answer.Entries, entryShape{entry, record.Hash.String()})
	}
	return answer, nil
}

type verifyAnswer struct {
	Accounts int64      `json:"accounts"`
	Entries  int64      `json:"entries"`
	OK       bool       `json:"ok"`
	Account  account.ID `json:"account,omitzero"` // of the first entry that differs
	Seq      int64      `json:"seq,omitzero"`
	Reason   string     `json:"reason,omitzero"`
}

// verify refolds every journal.
func (a api) verify(r *http.Request) (any, error) {
	report, err := journal.Verify(r.Context(), a.Service.Journal)
	if err != nil {
		return nil, err
	}
	answer := verifyAnswer{Accounts: report.Accounts, Entries: report.Entries, OK: report.Wrong == nil}
	if wrong := report.Wrong; wrong != nil {
		answer.Account, answer.Seq, answer.Reason = wrong.Account, wrong.Seq, wrong.Reason
	}
	return answer, nil
}
