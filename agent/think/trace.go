package think

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/connectors"
)

// scope names this package to OpenTelemetry.
const scope = "github.com/bapsang/bapsang/agent/think"

// traced does one call of a tool in a span of its own, which goes where the span of the
// question goes. Arguments and results stay out of it.
func (s *session) traced(ctx context.Context, call llm.ToolCall) (*Outcome, error) {
	ctx, span := trace.SpanFromContext(ctx).TracerProvider().Tracer(scope).Start(ctx, "execute_tool "+call.Name,
		trace.WithSpanKind(trace.SpanKindInternal), trace.WithAttributes(
			attribute.String("gen_ai.operation.name", "execute_tool"), attribute.String("gen_ai.tool.name", call.Name),
			attribute.String("gen_ai.tool.call.id", call.ID), attribute.String("gen_ai.tool.type", "function"),
		))
	defer span.End()
	out, err := s.work(ctx, call)
	if err != nil {
		code := "_OTHER"
		var source *connectors.Error
		switch {
		case errors.As(err, &source):
			code = string(source.Code)
		case ctx.Err() != nil:
			code = "cancelled"
		}
		failedSpan(ctx, code)
	}
	return out, err
}

// failedSpan marks the span of the tool call that ctx is of.
func failedSpan(ctx context.Context, code string) {
	span := trace.SpanFromContext(ctx)
	span.SetStatus(codes.Error, code)
	span.SetAttributes(attribute.String("error.type", code))
}

// tellWaited has the question's span say how long its calls have waited for their turns,
// which the spans of the calls do not count.
func (s *session) tellWaited(ctx context.Context, d time.Duration) {
	s.waited += d
	trace.SpanFromContext(ctx).SetAttributes(attribute.Float64("bapsang.llm.waited", s.waited.Seconds()))
}
