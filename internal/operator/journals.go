package operator

import (
	"bytes"
	"context"
	"fmt"

	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// defaultEntries is the largest number of entries in an answer if no limit is
// given.
const defaultEntries = 100

func (a api) journalRows() []row {
	return []row{
		on(operatorapi.GetJournal, a.readJournal),
		on(operatorapi.Verify, a.verify),
	}
}

// readJournal shows entries above a number, oldest first.
func (a api) readJournal(ctx context.Context, in input[operatorapi.JournalQuery, none]) (operatorapi.Journal, error) {
	answer := operatorapi.Journal{Entries: []operatorapi.Entry{}}
	after, limit := orElse(in.query.After, 0), orElse(in.query.Limit, defaultEntries)
	records, err := a.Journals.Forward(ctx, in.caller.Account, after, int(min(limit, operatorapi.MaxEntries)))
	if err != nil {
		return answer, err
	}
	for _, record := range records {
		if _, err := record.Entry(); err != nil {
			return answer, err
		}
		answer.Entries = append(answer.Entries, entryShape(record))
	}
	return answer, nil
}

// entryShape returns an entry as it is stored, with its hash as an additional
// member.
func entryShape(record journal.Record) operatorapi.Entry {
	open := bytes.TrimSuffix(record.Body, []byte("}"))
	return operatorapi.Entry{Raw: fmt.Appendf(nil, `%s,"hash":"%s"}`, open, record.Hash)}
}

// orElse returns a number of the query, or fallback if it is missing.
func orElse(n *int64, fallback int64) int64 {
	if n == nil {
		return fallback
	}
	return *n
}

// verify verifies every journal, and compares documents with the operator's acts.
func (a api) verify(ctx context.Context, in input[none, none]) (operatorapi.Verification, error) {
	in.request.Unhurried()
	report, err := a.Verify(ctx)
	if err != nil {
		return operatorapi.Verification{}, err
	}
	answer := operatorapi.Verification{
		Accounts: report.Accounts, Entries: report.Entries, OK: report.Wrong == nil, Acts: report.Acts, Documents: report.Documents,
	}
	if wrong := report.Wrong; wrong != nil {
		answer.Account, answer.Seq, answer.Document, answer.Reason = string(wrong.Account), wrong.Seq, wrong.Document, wrong.Reason
	}
	return answer, nil
}
