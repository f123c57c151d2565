package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// The OpenTelemetry variables that are read here; its SDK reads these and the
// others. A variable for traces alone takes precedence over the general one.
const (
	variables       = "OTEL_EXPORTER_OTLP_"
	tracesVariables = variables + "TRACES_"
)

// Times of the export.
const (
	flushTime   = 5 * time.Second // for what is left at the end
	warnBetween = time.Minute     // between two warnings about failures
)

// Export returns traces whose spans are sent by OTLP over HTTP to the endpoint
// that the OTEL_* variables name. Without an endpoint no spans are made. If a
// variable is wrong, Export logs it and makes no spans either: the server still
// serves.
func Export(ctx context.Context, b Build, log *slog.Logger) *Traces {
	if variable("ENDPOINT") == "" {
		return &Traces{}
	}
	t, err := export(ctx, b, log)
	if err != nil {
		log.WarnContext(ctx, "spans are not exported", "reason", err)
		return &Traces{}
	}
	return t
}

func export(ctx context.Context, b Build, log *slog.Logger) (*Traces, error) {
	if err := checkVariables(); err != nil {
		return nil, err
	}
	program, err := resource.New(ctx,
		resource.WithSchemaURL(semconv.SchemaURL), resource.WithTelemetrySDK(),
		resource.WithAttributes(semconv.ServiceName("slotfarm"), semconv.ServiceVersion(b.Version)),
		resource.WithFromEnv()) // the last one wins
	if err != nil {
		return nil, fmt.Errorf("describe this program: %w", err)
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("make an exporter: %w", err)
	}
	provider := sdk.NewTracerProvider(sdk.WithResource(program),
		sdk.WithBatcher(&complaining{SpanExporter: exporter, log: log, now: time.Now}))
	return &Traces{provider: provider, tracer: provider.Tracer("github.com/slotfarm/slotfarm"), log: log}, nil
}

// Close exports what is left, for a few seconds at most, and ends.
func (t *Traces) Close(ctx context.Context) {
	if t.provider == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.log.WarnContext(ctx, "the last spans were not exported", "reason", err)
	}
}

// complaining is an exporter that logs its failures itself, because
// OpenTelemetry would print them outside the log. The SDK makes one call at a
// time.
type complaining struct {
	sdk.SpanExporter
	log  *slog.Logger
	now  func() time.Time
	next time.Time // when the next failure is logged
	lost int       // spans since the last line
}

// ExportSpans implements sdk.SpanExporter.
func (c *complaining) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := c.SpanExporter.ExportSpans(ctx, spans)
	if err == nil {
		return nil
	}
	c.lost += len(spans)
	if now := c.now(); !now.Before(c.next) {
		c.log.WarnContext(ctx, "spans were not exported", "spans", c.lost, "reason", err)
		c.next, c.lost = now.Add(warnBetween), 0
	}
	return nil
}

// variable returns the value that applies to traces.
func variable(name string) string {
	if value := os.Getenv(tracesVariables + name); value != "" {
		return value
	}
	return os.Getenv(variables + name)
}

// checkVariables refuses values that the SDK would ignore and print, although
// they may hold secrets.
func checkVariables() error {
	if protocol := variable("PROTOCOL"); protocol != "" && !strings.HasPrefix(protocol, "http/") {
		return fmt.Errorf("%sPROTOCOL is %q; it must be http/protobuf or http/json", variables, protocol)
	}
	for _, prefix := range []string{variables, tracesVariables} {
		if err := checkEndpoint(os.Getenv(prefix + "ENDPOINT")); err != nil {
			return fmt.Errorf("%sENDPOINT %w", prefix, err)
		}
		if err := checkHeaders(os.Getenv(prefix + "HEADERS")); err != nil {
			return fmt.Errorf("%sHEADERS %w", prefix, err)
		}
	}
	return nil
}

func checkEndpoint(text string) error {
	u, err := url.Parse(text)
	if text != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		return errors.New("is not a URL such as http://localhost:4318")
	}
	return nil
}

func checkHeaders(text string) error {
	for pair := range strings.SplitSeq(text, ",") {
		name, value, found := strings.Cut(pair, "=")
		_, err := url.PathUnescape(value)
		if text != "" && (!found || err != nil || !validHeader(strings.TrimSpace(name))) {
			return errors.New("is not a list such as name=value,other=value")
		}
	}
	return nil
}

// validHeader reports whether a header may have the name.
func validHeader(name string) bool {
	const token = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return name != "" && strings.Trim(name, token) == ""
}
