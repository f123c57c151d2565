package telemetry

import (
	"context"
	"log/slog"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/slotfarm/slotfarm/internal/web"
)

// Traces follows requests through the server. Its zero value only puts a
// caller's trace id into the log and makes no spans. The traces of Export also
// make and export spans.
type Traces struct {
	provider *sdk.TracerProvider // nil if nothing is exported
	tracer   trace.Tracer
	log      *slog.Logger
}

// accountKey is the attribute with the id of the account.
const accountKey = attribute.Key("slotfarm.account")

// Around returns a handler that continues the trace of a caller who sends a
// traceparent, and makes each request a span if spans are exported.
func (t *Traces) Around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, given := r.Header["Traceparent"]; given {
			r = r.WithContext(propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header)))
		}
		if t.provider == nil {
			next.ServeHTTP(w, r)
			return
		}
		ctx, span := t.tracer.Start(r.Context(), "request", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
			semconv.HTTPRequestMethodKey.String(r.Method), semconv.URLPath(r.URL.Path), semconv.ClientAddress(web.Source(r)),
		))
		defer span.End()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Requests returns an observer that records on a request's span how the request
// ended, and then calls next.
func (t *Traces) Requests(api API, next web.Observe) web.Observe {
	if t.provider == nil {
		return next
	}
	return func(ctx context.Context, r web.Result) {
		if span := trace.SpanFromContext(ctx); span.IsRecording() {
			describe(span, api, r)
		}
		next(ctx, r)
	}
}

// describe records the end of a request on its span. By OpenTelemetry's
// conventions, a caller's mistake is not an error of the server.
func describe(span trace.Span, api API, r web.Result) {
	if r.Operation != "" {
		span.SetName(r.Operation)
	}
	if api == DeviceFarm {
		method := r.Operation
		if method == "" {
			method = "_OTHER"
		}
		span.SetAttributes(semconv.RPCSystemNameKey.String("aws-api"), semconv.RPCMethod(method))
	}
	span.SetAttributes(semconv.AWSRequestID(r.RequestID))
	if r.Account != "" {
		span.SetAttributes(accountKey.String(r.Account))
	}
	if r.Status != 0 {
		span.SetAttributes(semconv.HTTPResponseStatusCode(r.Status))
	}
	if r.Error != "" {
		span.SetAttributes(semconv.ErrorTypeKey.String(r.Error))
	}
	if r.Status == 0 || r.Status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, r.Error)
	}
}
