// Package telemetry decides what is measured in a running server and how that
// is shown: metrics for Prometheus, spans for OpenTelemetry, and the trace that
// a log line belongs to.
//
// It decides nothing about what the server does, and holds no secret, no header
// and no body. Other packages report to it through their general hooks.
package telemetry

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// Build identifies the running program.
type Build struct{ Version, Commit string }

// API is one of the server's APIs, as labels and spans name it.
type API string

// The APIs. NoAPI stands for paths where there is nothing.
const (
	DeviceFarm API = "devicefarm"
	Operator   API = "operator"
	NoAPI      API = "none"
)

// TraceIDs returns a handler of log lines that adds a traceId to those that
// belong to a request with a trace.
func TraceIDs(next slog.Handler) slog.Handler { return traceIDs{next} }

type traceIDs struct{ slog.Handler }

// Handle implements slog.Handler.
func (h traceIDs) Handle(ctx context.Context, line slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		line = line.Clone() // its attributes may be shared
		line.AddAttrs(slog.String("traceId", span.TraceID().String()))
	}
	return h.Handler.Handle(ctx, line)
}

// WithAttrs implements slog.Handler.
func (h traceIDs) WithAttrs(attrs []slog.Attr) slog.Handler {
	return traceIDs{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h traceIDs) WithGroup(name string) slog.Handler { return traceIDs{h.Handler.WithGroup(name)} }
