package offline

import (
	"context"
	"errors"

	"github.com/slotfarm/slotfarm/internal/acts"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// Verify verifies a backup, or a data directory that no server has open: its tables,
// every hash and state, and whether its documents follow from the operator's acts.
func Verify(ctx context.Context, path string) (report acts.Report, err error) {
	a, err := sqlite.OpenArchive(ctx, path)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	audit := acts.NewAudit(server.Kinds())
	found, err := a.Walk(ctx, audit.Entry)
	if err == nil && found.Wrong == nil {
		_, err = a.Documents(ctx, audit.Document)
	}
	if err != nil {
		return acts.Report{Report: found}, err
	}
	return audit.Report(found), nil
}

// Restore makes a data directory of a backup, and returns what verifying the copy
// found. Errors: those of sqlite.Restore.
func Restore(ctx context.Context, backup, dir string) (report acts.Report, err error) {
	_, err = sqlite.Restore(ctx, backup, dir, func(ctx context.Context, copied string) (journal.Report, error) {
		report, err = Verify(ctx, copied)
		return report.Report, err
	})
	return report, err
}
