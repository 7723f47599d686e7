// Package telemetry shows operators what bapsang does: spans, sent to an OpenTelemetry
// collector where the environment names one, and metrics on Prometheus' page.
//
// Nothing here may slow a question or fail one. Spans wait in a queue of bounded length;
// what a collector does not take in time is dropped, and said once in the log.
package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	promclient "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Traces are where spans go. The nil *Traces goes nowhere.
type Traces struct {
	client   *client
	provider *sdktrace.TracerProvider
	content  bool
}

// Open reads OpenTelemetry's variables of the environment (docs/reference.md lists them).
// It returns nil where they name no collector, and an error where they make no sense; it
// does not connect. Sampling and batching are read by OpenTelemetry itself, from the
// environment of the process.
func Open(ctx context.Context, getenv func(name string) (string, bool), logger *slog.Logger) (*Traces, error) {
	s, err := readSettings(getenv)
	if err != nil || s == nil {
		return nil, err
	}
	return open(ctx, s, logger)
}

func open(ctx context.Context, s *settings, logger *slog.Logger) (*Traces, error) {
	res, err := describe(ctx)
	if err != nil {
		return nil, fmt.Errorf("describe this service: %w", err)
	}
	t := &Traces{client: newClient(s), content: s.content}
	exporter, err := otlptrace.New(ctx, t.client)
	if err != nil {
		return nil, fmt.Errorf("open exporter: %w", err)
	}
	t.provider = sdktrace.NewTracerProvider(sdktrace.WithBatcher(&told{SpanExporter: exporter, log: logger}), sdktrace.WithResource(res))
	return t, nil
}

// describe is this service in its spans. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES
// have the last word.
func describe(ctx context.Context) (*resource.Resource, error) {
	attrs := []attribute.KeyValue{attribute.String("service.name", "bapsang")}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		attrs = append(attrs, attribute.String("service.version", info.Main.Version))
	}
	return resource.New(ctx, resource.WithAttributes(attrs...), resource.WithTelemetrySDK(), resource.WithFromEnv())
}

// Tracer is what makes spans; nil where they go nowhere.
func (t *Traces) Tracer() trace.TracerProvider {
	if t == nil {
		return nil
	}
	return t.provider
}

// Content reports whether spans may hold prompts and replies.
func (t *Traces) Content() bool { return t != nil && t.content }

// flushTime is how long the end of the program may be held up by a collector.
const flushTime = 2 * time.Second

// Close sends what waits, for at most two seconds. Afterwards spans go nowhere.
func (t *Traces) Close() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushTime)
	defer cancel()
	t.client.hurry()
	_ = t.provider.Shutdown(ctx) // what was lost is in the log
	t.client.abort()
}

// Meter is a meter whose metrics are on the registry's page, under the names that
// OpenTelemetry's rules for Prometheus give them.
func Meter(registry promclient.Registerer) (metric.MeterProvider, error) {
	reader, err := prometheus.New(prometheus.WithRegisterer(registry), prometheus.WithoutTargetInfo(), prometheus.WithoutScopeInfo(),
		prometheus.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes))
	if err != nil {
		return nil, fmt.Errorf("open metrics: %w", err)
	}
	return sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)), nil
}

// told is an exporter that tells the log of failures rather than its caller, who would
// tell the standard error of each: when they begin and when they are over.
type told struct {
	sdktrace.SpanExporter
	log *slog.Logger

	mu   sync.Mutex
	lost int // spans since the last that arrived
}

// ExportSpans implements sdktrace.SpanExporter.
func (e *told) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case err != nil:
		if e.lost == 0 {
			e.log.WarnContext(ctx, "telemetry: spans are lost until the collector takes them", "error", err)
		}
		e.lost += len(spans)
	case e.lost > 0:
		e.log.InfoContext(ctx, "telemetry: the collector takes spans again", "lost", e.lost)
		e.lost = 0
	}
	return nil
}
