package llm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/bapsang/bapsang/agent/llm"
)

// answering is a model that takes a second to begin and a second between deltas, of a
// bubble's time.
type answering struct{ err error }

func (a answering) Complete(_ context.Context, req llm.Request) (*llm.Reply, error) {
	<-time.After(time.Second)
	if a.err != nil {
		return nil, a.err
	}
	if req.OnDelta != nil {
		req.OnDelta(llm.Delta{Text: "It "})
		<-time.After(time.Second)
		req.OnDelta(llm.Delta{Text: "rose."})
	}
	return &llm.Reply{
		Message: llm.Message{Role: llm.Assistant, Text: "It rose.", Reasoning: "secret thought", Calls: []llm.ToolCall{
			{ID: "a", Name: "run_sql", Arguments: `{"sql":"SELECT 1"}`}, {ID: "b", Name: "odd", Arguments: "{x"},
		}},
		Finish: llm.FinishTools, Usage: llm.Usage{Input: 100, Cached: 64, Output: 20, Reasoning: 8},
		Backend: "h100", Model: "gpt-oss", ID: "chatcmpl-1",
	}, nil
}

type loading struct{ answering }

func (loading) Load(context.Context) (llm.Load, error) { return llm.Load{Running: 3}, nil }

// observed is all that an instrumented model reported.
type observed struct {
	spans    tracetest.SpanStubs
	metrics  map[string]metricdata.Aggregation
	registry *prometheus.Registry
}

// observe makes the requests in a bubble's time.
func observe(t *testing.T, m llm.Model, content bool, reqs ...llm.Request) (o observed) {
	t.Helper()
	exporter := tracetest.NewInMemoryExporter()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	reader := sdkmetric.NewManualReader()
	o.registry = prometheus.NewRegistry()
	metrics, err := llm.NewMetrics(o.registry)
	if err != nil {
		t.Fatal(err)
	}
	in, err := llm.Instrument(m, llm.Telemetry{
		Tracer: tracer, Meter: sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)), Metrics: metrics,
		Backend: "h100", Provider: "vllm", Model: "gpt-oss-120b", Content: content,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reqs {
		reply, err := in.Complete(t.Context(), r)
		if (reply == nil) == (err == nil) {
			t.Errorf("got %v and %v", reply, err)
		}
	}
	o.spans = exporter.GetSpans()
	var data metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	o.metrics = map[string]metricdata.Aggregation{}
	for _, s := range data.ScopeMetrics {
		for _, m := range s.Metrics {
			o.metrics[m.Name+" "+m.Unit] = m.Data
		}
	}
	return o
}

func attributes(kvs []attribute.KeyValue) map[string]string {
	m := map[string]string{}
	for _, kv := range kvs {
		m[string(kv.Key)] = kv.Value.String()
	}
	return m
}

func told() llm.Request {
	seed := 7
	return llm.Request{
		Messages: []llm.Message{
			{Role: llm.System, Text: "You answer."}, {Role: llm.User, Text: "secret question"},
			{Role: llm.Assistant, Calls: []llm.ToolCall{{ID: "z", Name: "look", Arguments: "{}"}}},
			{Role: llm.ToolRole, CallID: "z", Text: "secret rows"},
		},
		Tools:     []llm.Tool{{Name: "run_sql", Parameters: json.RawMessage(`{"type":"object"}`)}},
		MaxTokens: 500, Seed: &seed, Schema: &llm.Schema{Name: "a"}, Caller: llm.Caller{Question: "q1"},
	}
}

func TestSpanOfACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		req := told()
		req.OnDelta = func(llm.Delta) {}
		o := observe(t, answering{}, false, req)
		if len(o.spans) != 1 || o.spans[0].Name != "chat gpt-oss-120b" || o.spans[0].SpanKind != trace.SpanKindClient {
			t.Fatalf("spans %+v", o.spans)
		}
		want := map[string]string{
			"gen_ai.operation.name": "chat", "gen_ai.provider.name": "vllm", "gen_ai.request.model": "gpt-oss-120b",
			"gen_ai.request.max_tokens": "500", "gen_ai.request.temperature": "0", "gen_ai.request.seed": "7",
			"gen_ai.request.stream": "true", "gen_ai.output.type": "json", "gen_ai.conversation.id": "q1",
			"gen_ai.response.model": "gpt-oss", "gen_ai.response.id": "chatcmpl-1", "gen_ai.response.finish_reasons": `["tool_calls"]`,
			"gen_ai.response.time_to_first_chunk": "1", "gen_ai.usage.input_tokens": "100", "gen_ai.usage.output_tokens": "20",
			"gen_ai.usage.cache_read.input_tokens": "64", "gen_ai.usage.reasoning.output_tokens": "8", "bapsang.llm.backend": "h100",
		}
		if diff := cmp.Diff(want, attributes(o.spans[0].Attributes)); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		if took := o.spans[0].EndTime.Sub(o.spans[0].StartTime); took != 2*time.Second {
			t.Errorf("span of %s", took)
		}
		if all := fmt.Sprint(o.spans); strings.Contains(all, "secret") {
			t.Error("content without being asked for")
		}
	})
}

func TestSpanOfAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := observe(t, answering{err: &llm.Error{Code: llm.CodeLimited, Status: 429, Message: "secret host"}}, true, told())
		s := o.spans[0]
		got := attributes(s.Attributes)
		if s.Status.Code != codes.Error || got["error.type"] != "limited" || got["http.response.status_code"] != "429" {
			t.Errorf("status %v, attributes %v", s.Status, got)
		}
		if strings.Contains(fmt.Sprint(o.spans), "secret host") {
			t.Error("the server's message is in the span")
		}
	})
}

func TestContentOnRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := attributes(observe(t, answering{}, true, told()).spans[0].Attributes)
		for key, want := range map[string]string{
			"gen_ai.system_instructions": `[{"type":"text","content":"You answer."}]`,
			"gen_ai.input.messages": `[{"role":"user","parts":[{"type":"text","content":"secret question"}]},
				{"role":"assistant","parts":[{"type":"tool_call","id":"z","name":"look","arguments":{}}]},
				{"role":"tool","parts":[{"type":"tool_call_response","id":"z","response":"secret rows"}]}]`,
			"gen_ai.output.messages": `[{"role":"assistant","finish_reason":"tool_calls","parts":[
				{"type":"reasoning","content":"secret thought"},{"type":"text","content":"It rose."},
				{"type":"tool_call","id":"a","name":"run_sql","arguments":{"sql":"SELECT 1"}},
				{"type":"tool_call","id":"b","name":"odd","arguments":"{x"}]}]`,
			"gen_ai.tool.definitions": `[{"type":"function","name":"run_sql","parameters":{"type":"object"}}]`,
		} {
			var w, g any
			if err := errors.Join(json.Unmarshal([]byte(want), &w), json.Unmarshal([]byte(got[key]), &g)); err != nil {
				t.Fatalf("%s: %v in %s", key, err, got[key])
			}
			if diff := cmp.Diff(w, g); diff != "" {
				t.Errorf("%s: -want +got\n%s", key, diff)
			}
		}
	})
}

func TestMetricsOfOpenTelemetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streamed := told()
		streamed.OnDelta = func(llm.Delta) {}
		o := observe(t, answering{}, false, told(), streamed)
		seconds := func(name string) metricdata.HistogramDataPoint[float64] {
			h, ok := o.metrics["gen_ai.client.operation."+name+" s"].(metricdata.Histogram[float64])
			if !ok || len(h.DataPoints) != 1 {
				t.Fatalf("%s: %+v of %v", name, h, o.metrics)
			}
			return h.DataPoints[0]
		}
		for name, want := range map[string][2]float64{ // how often, and seconds in all
			"duration": {2, 3}, "time_to_first_chunk": {1, 1}, "time_per_output_chunk": {1, 1},
		} {
			p := seconds(name)
			if float64(p.Count) != want[0] || p.Sum != want[1] || p.Bounds[0] != 0.01 || p.Bounds[len(p.Bounds)-1] != 81.92 {
				t.Errorf("%s: %d times, %f s, bounds %v", name, p.Count, p.Sum, p.Bounds)
			}
			if v, _ := p.Attributes.Value("gen_ai.provider.name"); v.AsString() != "vllm" {
				t.Errorf("%s: attributes %v", name, p.Attributes)
			}
		}
		tokens := o.metrics["gen_ai.client.token.usage {token}"].(metricdata.Histogram[int64])
		for _, p := range tokens.DataPoints {
			kind, _ := p.Attributes.Value("gen_ai.token.type")
			if want := map[string]int64{"input": 200, "output": 40}[kind.AsString()]; p.Sum != want || p.Count != 2 {
				t.Errorf("%s tokens: %d in %d calls", kind.AsString(), p.Sum, p.Count)
			}
		}
		if len(tokens.DataPoints) != 2 {
			t.Errorf("%d kinds of tokens", len(tokens.DataPoints))
		}
		failed := observe(t, answering{err: &llm.Error{Code: llm.CodeBroken}}, false, told())
		d := failed.metrics["gen_ai.client.operation.duration s"].(metricdata.Histogram[float64]).DataPoints[0]
		if v, _ := d.Attributes.Value("error.type"); v.AsString() != "broken" || failed.metrics["gen_ai.client.token.usage {token}"] != nil {
			t.Errorf("failure: %v", d.Attributes)
		}
	})
}

func TestMetricsOfPrometheus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewRegistry()
		metrics, err := llm.NewMetrics(reg)
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{nil, nil, &llm.Error{Code: llm.CodeLimited}, &llm.Error{Code: llm.CodeBroken}, errors.New("odd")} {
			m, _ := llm.Instrument(answering{err}, llm.Telemetry{Metrics: metrics, Backend: "h100"})
			_, _ = m.Complete(t.Context(), told())
		}
		want := map[string]float64{
			"bapsang_llm_requests_total h100 ok": 2, "bapsang_llm_requests_total h100 limited": 1,
			"bapsang_llm_requests_total h100 broken": 1, "bapsang_llm_requests_total h100 unavailable": 1,
			"bapsang_llm_tokens_total h100 input": 200, "bapsang_llm_tokens_total h100 cached": 128,
			"bapsang_llm_tokens_total h100 output": 40, "bapsang_llm_tokens_total h100 reasoning": 16,
			"bapsang_llm_request_seconds h100 ok": 2, "bapsang_llm_request_seconds h100 limited": 1,
			"bapsang_llm_request_seconds h100 broken": 1, "bapsang_llm_request_seconds h100 unavailable": 1,
		}
		if diff := cmp.Diff(want, gather(t, reg)); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		if _, err := llm.NewMetrics(reg); err == nil {
			t.Error("registered twice")
		}
	})
}

// gather is what a registry holds: counters by their value, histograms by their seconds,
// of which the model takes one a call.
func gather(t *testing.T, reg *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			got[name] = m.GetCounter().GetValue() + m.GetHistogram().GetSampleSum()
		}
	}
	return got
}

func TestInstrumentKeepsTheLoadReader(t *testing.T) {
	in, err := llm.Instrument(loading{}, llm.Telemetry{})
	if err != nil {
		t.Fatal(err)
	}
	l, ok := in.(llm.LoadReader)
	if !ok {
		t.Fatal("no LoadReader any more")
	}
	if load, err := l.Load(t.Context()); err != nil || load.Running != 3 {
		t.Errorf("%+v, %v", load, err)
	}
	plain, _ := llm.Instrument(answering{}, llm.Telemetry{})
	if _, ok := plain.(llm.LoadReader); ok {
		t.Error("a LoadReader out of nothing")
	}
}
