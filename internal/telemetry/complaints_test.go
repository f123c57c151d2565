package telemetry

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// failing is an exporter that fails while it has errors.
type failing struct{ err error }

// ExportSpans implements sdk.SpanExporter.
func (f *failing) ExportSpans(context.Context, []sdk.ReadOnlySpan) error { return f.err }

// Shutdown implements sdk.SpanExporter.
func (f *failing) Shutdown(context.Context) error { return nil }

// TestComplaints has exports fail on a clock that is moved by hand.
func TestComplaints(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	now := time.Unix(0, 0)
	inner := &failing{errors.New("nobody there")}
	c := &complaining{SpanExporter: inner, log: slog.New(slog.NewTextHandler(&log, nil)), now: func() time.Time { return now }}
	export := func(after time.Duration, spans int) {
		t.Helper()
		now = now.Add(after)
		if err := c.ExportSpans(context.Background(), make([]sdk.ReadOnlySpan, spans)); err != nil {
			t.Errorf("the SDK hears of %v", err)
		}
	}
	export(0, 1)
	export(59*time.Second, 2)
	export(time.Second-1, 3)
	export(1, 4) // a minute has passed
	inner.err = nil
	export(time.Hour, 5)
	inner.err = errors.New("gone again")
	export(0, 6)
	got := regexp.MustCompile(`spans=.*`).FindAllString(log.String(), -1)
	want := []string{`spans=1 reason="nobody there"`, `spans=9 reason="nobody there"`, `spans=6 reason="gone again"`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
