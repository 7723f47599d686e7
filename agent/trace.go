package agent

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/connectors"
)

// scope names this package to OpenTelemetry.
const scope = "github.com/bapsang/bapsang/agent"

// tracerOf is the tracer of a provider; of none it is one that does nothing.
func tracerOf(p trace.TracerProvider) trace.Tracer {
	if p == nil {
		p = tracenoop.NewTracerProvider()
	}
	return p.Tracer(scope)
}

// begin opens the span of a question. What the model and its tools do for it are spans
// below. It holds no text of the question or the answer, and not who asked.
func (a *Agent) begin(ctx context.Context, q *Question) (context.Context, trace.Span) {
	attrs := []attribute.KeyValue{
		attribute.String("gen_ai.operation.name", "invoke_agent"), attribute.String("gen_ai.provider.name", "bapsang"),
	}
	if q.ID != "" {
		attrs = append(attrs, attribute.String("gen_ai.conversation.id", q.ID)) // as the calls of the model have it
	}
	return a.tracer.Start(ctx, "invoke_agent", trace.WithSpanKind(trace.SpanKindInternal), trace.WithAttributes(attrs...))
}

// end closes the span of a question with what came of it.
func end(span trace.Span, answer *Answer, err error) {
	defer span.End()
	if err != nil {
		code := errorType(err)
		span.SetStatus(codes.Error, code)
		span.SetAttributes(attribute.String("error.type", code))
		return
	}
	span.SetAttributes(attribute.String("bapsang.rung", string(answer.Rung)))
	if answer.Analyst != "" {
		span.SetName("invoke_agent " + answer.Analyst)
		span.SetAttributes(attribute.String("gen_ai.agent.name", answer.Analyst))
	}
	if answer.Reason != "" {
		span.SetAttributes(attribute.String("bapsang.reason", string(answer.Reason)))
	}
	if answer.Reason == ReasonModel || answer.Reason == ReasonSource { // somebody else failed, and the asker was told
		span.SetStatus(codes.Error, string(answer.Reason))
		span.SetAttributes(attribute.String("error.type", string(answer.Reason)))
	}
	if answer.Rung != Recall && answer.LLM.Calls > 0 { // what is recalled was paid for before
		span.SetAttributes(
			attribute.Int("bapsang.llm.calls", answer.LLM.Calls),
			attribute.Int("gen_ai.usage.input_tokens", answer.LLM.InputTokens), attribute.Int("gen_ai.usage.output_tokens", answer.LLM.OutputTokens),
		)
	}
}

// errorType is the code of an error. Its text may hold what is nobody's business.
func errorType(err error) string {
	var source *connectors.Error
	var model *llm.Error
	switch {
	case errors.As(err, &model):
		return string(model.Code)
	case errors.As(err, &source):
		return string(source.Code)
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return "_OTHER"
}
