package operator

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// The limits of how many entries one answer holds.
const (
	defaultEntries = 100
	maxEntries     = 1000
)

// journalAnswer holds entries as they are stored, each with its hash as one more
// member.
type journalAnswer struct {
	Entries []jsontext.Value `json:"entries"`
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
	records, err := a.Journals.Forward(r.Context(), c.Account, after, int(min(limit, maxEntries)))
	if err != nil {
		return nil, err
	}
	answer := journalAnswer{Entries: []jsontext.Value{}}
	for _, record := range records {
		if _, err := record.Entry(); err != nil {
			return nil, err
		}
		open := bytes.TrimSuffix(record.Body, []byte("}"))
		answer.Entries = append(answer.Entries, fmt.Appendf(nil, `%s,"hash":"%s"}`, open, record.Hash))
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
	unhurried(r)
	report, err := journal.Verify(r.Context(), a.Journals)
	if err != nil {
		return nil, err
	}
	answer := verifyAnswer{Accounts: report.Accounts, Entries: report.Entries, OK: report.Wrong == nil}
	if wrong := report.Wrong; wrong != nil {
		answer.Account, answer.Seq, answer.Reason = wrong.Account, wrong.Seq, wrong.Reason
	}
	return answer, nil
}
