package cli

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/cmd/bapsang/internal/telemetry"
)

// apiFlavour is what OpenTelemetry calls the API that our backends have: it names the
// protocol rather than who runs the server.
const apiFlavour = "openai"

// openTraces has spans sent where the environment says. What is wrong there is said and
// stops nothing: such variables are often set for a whole machine.
func (e *env) openTraces() {
	var err error
	if e.traces, err = telemetry.Open(e.ctx, e.Getenv, e.logger); err != nil {
		e.logger.Error("telemetry is off", "error", err)
	}
}

// instrumented has the calls of backends reported: as spans, and on the page of the
// registry if there is one.
func instrumented(backends []llm.Backend, traces *telemetry.Traces, registry prometheus.Registerer) ([]llm.Backend, error) {
	if len(backends) == 0 {
		return nil, nil
	}
	t := llm.Telemetry{Tracer: traces.Tracer(), Content: traces.Content(), Provider: apiFlavour}
	if registry != nil {
		var err error
		if t.Metrics, err = llm.NewMetrics(registry); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
		if t.Meter, err = telemetry.Meter(registry); err != nil {
			return nil, err
		}
	}
	out := make([]llm.Backend, len(backends))
	for i, b := range backends {
		t.Backend = b.Name
		model, err := llm.Instrument(b.Model, t)
		if err != nil {
			return nil, fmt.Errorf("report calls of %s: %w", b.Name, err)
		}
		b.Model = model
		out[i] = b
	}
	return out, nil
}
