package llm

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the calls of all backends, for Prometheus. A nil *Metrics takes nothing.
type Metrics struct {
	requests *prometheus.CounterVec
	tokens   *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// codeOK is the code of a call that was answered; the others are those of [Code]: a
// "limited" one is a 429, a "broken" one a reply that could not be used.
const codeOK = "ok"

// NewMetrics registers the metrics of calls.
func NewMetrics(r prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bapsang_llm_requests_total", Help: "Requests to a language model, by backend and how they ended: ok, limited (429), broken, timeout and so on.",
		}, []string{"backend", "code"}),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bapsang_llm_tokens_total", Help: "Tokens that backends counted. Kind cached is part of input, and reasoning of output.",
		}, []string{"backend", "kind"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bapsang_llm_request_seconds", Help: "From a request being sent to its end, by backend and how it ended.",
			Buckets: []float64{.1, .25, .5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320},
		}, []string{"backend", "code"}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.tokens, m.seconds} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics of calls: %w", err)
		}
	}
	return m, nil
}

func (m *Metrics) observe(backend string, reply *Reply, err error, took time.Duration) {
	if m == nil {
		return
	}
	code := codeOK
	if err != nil {
		code = string(CodeOf(err))
	}
	m.requests.WithLabelValues(backend, code).Inc()
	m.seconds.WithLabelValues(backend, code).Observe(took.Seconds())
	if err != nil {
		return
	}
	for kind, n := range map[string]int{
		"input": reply.Usage.Input, "cached": reply.Usage.Cached, "output": reply.Usage.Output, "reasoning": reply.Usage.Reasoning,
	} {
		m.tokens.WithLabelValues(backend, kind).Add(float64(max(0, n)))
	}
}
