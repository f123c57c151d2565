package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
)

// Store returns a store whose updates are spans of the requests that make them.
// If no spans are exported, it returns the store itself.
func (t *Traces) Store(store store.Store) store.Store {
	if t.provider == nil {
		return store
	}
	return tracedStore{store, t.tracer}
}

type tracedStore struct {
	store.Store
	tracer trace.Tracer
}

// Update implements journal.Journal. Updates without a request, such as those
// of a sweep, make no spans: they would make one trace for each account.
func (s tracedStore) Update(ctx context.Context, change journal.Change) (journal.Outcome, error) {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return s.Store.Update(ctx, change)
	}
	ctx, span := s.tracer.Start(ctx, "journal update", trace.WithAttributes(accountKey.String(string(change.Account))))
	defer span.End()
	outcome, err := s.Store.Update(ctx, change)
	span.SetAttributes(
		attribute.Int("slotfarm.entries", len(outcome.Entries)), attribute.Bool("slotfarm.repeated", outcome.Repeated))
	if kind := fault.KindOf(err); err != nil && (kind == fault.Internal || kind == fault.Unavailable) {
		span.SetStatus(codes.Error, "") // the log says why
	}
	return outcome, err
}
