package llm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// Telemetry says where the calls of one model are reported, and under which names.
type Telemetry struct {
	Tracer  trace.TracerProvider // nil is nowhere
	Meter   metric.MeterProvider // nil is nowhere
	Metrics *Metrics             // of Prometheus, nil is nowhere

	Backend  string // its configured name
	Provider string // gen_ai.provider.name: "openai", or another such as "vllm"
	Model    string // as it is asked for; empty asks the model's own ModelName
	// Content puts prompts, replies and reasoning into the spans. They hold the
	// company's data and its people's questions: leave it off where either is nobody
	// else's business.
	Content bool
}

// scope names this package to OpenTelemetry.
const scope = "github.com/bapsang/bapsang/agent/llm"

// The names of OpenTelemetry's semantic conventions for generative AI, as of v1.41 of
// the conventions, all in development there.
const (
	keyOperation     = attribute.Key("gen_ai.operation.name")
	keyProvider      = attribute.Key("gen_ai.provider.name")
	keyConversation  = attribute.Key("gen_ai.conversation.id")
	keyOutputType    = attribute.Key("gen_ai.output.type")
	keyModel         = attribute.Key("gen_ai.request.model")
	keyMaxTokens     = attribute.Key("gen_ai.request.max_tokens")
	keyTemperature   = attribute.Key("gen_ai.request.temperature")
	keySeed          = attribute.Key("gen_ai.request.seed")
	keyStream        = attribute.Key("gen_ai.request.stream")
	keyResponseModel = attribute.Key("gen_ai.response.model")
	keyResponseID    = attribute.Key("gen_ai.response.id")
	keyFinish        = attribute.Key("gen_ai.response.finish_reasons")
	keyFirstChunk    = attribute.Key("gen_ai.response.time_to_first_chunk")
	keyInput         = attribute.Key("gen_ai.usage.input_tokens")
	keyOutput        = attribute.Key("gen_ai.usage.output_tokens")
	keyCached        = attribute.Key("gen_ai.usage.cache_read.input_tokens")
	keyReasoning     = attribute.Key("gen_ai.usage.reasoning.output_tokens")
	keyTokenType     = attribute.Key("gen_ai.token.type")
	keyErrorType     = attribute.Key("error.type")

	// Ours: two backends may serve the same model.
	keyBackend    = attribute.Key("bapsang.llm.backend")
	keyHTTPStatus = attribute.Key("http.response.status_code")
)

// Instrument returns m with every call reported: a span "chat MODEL", the client metrics
// of generative AI, and Prometheus. Wrap a backend's model rather than a [Pool], so that
// a call made again is two calls. What it returns is a [LoadReader] if m is one.
func Instrument(m Model, t Telemetry) (Model, error) {
	if t.Tracer == nil {
		t.Tracer = tracenoop.NewTracerProvider()
	}
	if t.Meter == nil {
		t.Meter = metricnoop.NewMeterProvider()
	}
	if named, ok := m.(interface{ ModelName() string }); ok && t.Model == "" {
		t.Model = named.ModelName()
	}
	i := &instrumented{
		model: m, t: t, tracer: t.Tracer.Tracer(scope),
		always: []attribute.KeyValue{
			keyOperation.String("chat"), keyProvider.String(t.Provider), keyModel.String(t.Model), keyBackend.String(t.Backend),
		},
	}
	if err := i.instruments(t.Meter.Meter(scope)); err != nil {
		return nil, err
	}
	if l, ok := m.(LoadReader); ok {
		return struct {
			*instrumented
			LoadReader
		}{i, l}, nil
	}
	return i, nil
}

type instrumented struct {
	model  Model
	t      Telemetry
	tracer trace.Tracer
	always []attribute.KeyValue // on every span and every metric

	duration, firstChunk, perChunk metric.Float64Histogram
	tokens                         metric.Int64Histogram
}

func (i *instrumented) instruments(m metric.Meter) error {
	seconds := func(name, description string) (metric.Float64Histogram, error) {
		return m.Float64Histogram("gen_ai.client.operation."+name, metric.WithUnit("s"), metric.WithDescription(description),
			metric.WithExplicitBucketBoundaries(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92))
	}
	var errs [4]error
	i.duration, errs[0] = seconds("duration", "GenAI operation duration.")
	i.firstChunk, errs[1] = seconds("time_to_first_chunk", "Time to receive the first chunk of a streamed reply.")
	i.perChunk, errs[2] = seconds("time_per_output_chunk", "Time from one chunk of a streamed reply to the next.")
	i.tokens, errs[3] = m.Int64Histogram("gen_ai.client.token.usage", metric.WithUnit("{token}"),
		metric.WithDescription("Number of input and output tokens used."),
		metric.WithExplicitBucketBoundaries(1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864))
	if err := errors.Join(errs[:]...); err != nil {
		return fmt.Errorf("make instruments: %w", err)
	}
	return nil
}

// Complete implements [Model].
func (i *instrumented) Complete(ctx context.Context, req Request) (*Reply, error) {
	ctx, span := i.tracer.Start(ctx, strings.TrimSpace("chat "+i.t.Model),
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(i.always...), trace.WithAttributes(asked(req)...))
	defer span.End()
	start := time.Now()
	chunks := &chunkClock{i: i, ctx: ctx, start: start}
	if req.OnDelta != nil {
		req.OnDelta = chunks.watch(req.OnDelta)
	}
	if i.t.Content && span.IsRecording() {
		span.SetAttributes(contentAsked(req)...)
	}
	reply, err := i.model.Complete(ctx, req)
	took := time.Since(start)
	i.t.Metrics.observe(i.t.Backend, reply, err, took)
	if err != nil {
		i.failed(ctx, span, err, took)
		return reply, err
	}
	i.answered(ctx, span, reply, took)
	if !chunks.last.IsZero() {
		span.SetAttributes(keyFirstChunk.Float64(chunks.first.Sub(start).Seconds()))
	}
	return reply, nil
}

// asked is what a request says without its content.
func asked(req Request) []attribute.KeyValue {
	attrs := []attribute.KeyValue{keyTemperature.Float64(req.Temperature), keyStream.Bool(req.OnDelta != nil)}
	if req.MaxTokens > 0 {
		attrs = append(attrs, keyMaxTokens.Int(req.MaxTokens))
	}
	if req.Seed != nil {
		attrs = append(attrs, keySeed.Int(*req.Seed))
	}
	if req.Schema != nil {
		attrs = append(attrs, keyOutputType.String("json"))
	}
	if req.Caller.Question != "" {
		attrs = append(attrs, keyConversation.String(req.Caller.Question))
	}
	return attrs
}

// failed reports an error by its code. A server's message may hold what is nobody's
// business, so it stays out.
func (i *instrumented) failed(ctx context.Context, span trace.Span, err error, took time.Duration) {
	code := string(CodeOf(err))
	span.SetStatus(codes.Error, code)
	span.SetAttributes(keyErrorType.String(code))
	var e *Error
	if errors.As(err, &e) && e.Status != 0 {
		span.SetAttributes(keyHTTPStatus.Int(e.Status))
	}
	i.duration.Record(ctx, took.Seconds(), metric.WithAttributes(i.always...), metric.WithAttributes(keyErrorType.String(code)))
}

func (i *instrumented) answered(ctx context.Context, span trace.Span, reply *Reply, took time.Duration) {
	u := reply.Usage
	span.SetAttributes(
		keyResponseModel.String(reply.Model), keyResponseID.String(reply.ID), keyFinish.StringSlice([]string{string(reply.Finish)}),
		keyInput.Int(u.Input), keyOutput.Int(u.Output), keyCached.Int(u.Cached), keyReasoning.Int(u.Reasoning),
	)
	if i.t.Content && span.IsRecording() {
		span.SetAttributes(contentAnswered(reply))
	}
	with := metric.WithAttributes(append(i.always[:len(i.always):len(i.always)], keyResponseModel.String(reply.Model))...)
	i.duration.Record(ctx, took.Seconds(), with)
	if u != (Usage{}) {
		i.tokens.Record(ctx, int64(u.Input), with, metric.WithAttributes(keyTokenType.String("input")))
		i.tokens.Record(ctx, int64(u.Output), with, metric.WithAttributes(keyTokenType.String("output")))
	}
}

// chunkClock times the parts of a reply. OnDelta has one caller at a time.
type chunkClock struct {
	i           *instrumented
	ctx         context.Context
	start       time.Time
	first, last time.Time
	with        metric.MeasurementOption
}

func (c *chunkClock) watch(next func(Delta)) func(Delta) {
	c.with = metric.WithAttributeSet(attribute.NewSet(c.i.always...))
	return func(d Delta) {
		now := time.Now()
		if c.last.IsZero() {
			c.first = now
			c.i.firstChunk.Record(c.ctx, now.Sub(c.start).Seconds(), c.with)
		} else {
			c.i.perChunk.Record(c.ctx, now.Sub(c.last).Seconds(), c.with)
		}
		c.last = now
		next(d)
	}
}
