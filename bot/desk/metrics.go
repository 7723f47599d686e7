package desk

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/bot"
)

// metrics is what operators see of the desk.
type metrics struct {
	asked    prometheus.Counter
	answered *prometheus.CounterVec // by rung
	failed   prometheus.Counter
	latency  prometheus.Histogram
	llmCalls prometheus.Counter
	unshown  *prometheus.CounterVec // by code
	held     prometheus.Counter
	later    prometheus.Counter
}

func newMetrics() *metrics {
	m := &metrics{
		asked:    prometheus.NewCounter(prometheus.CounterOpts{Name: "bapsang_questions_total", Help: "Questions made durable."}),
		answered: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bapsang_answers_total", Help: "Questions ended with an answer, by the rung that spoke."}, []string{"rung"}),
		failed:   prometheus.NewCounter(prometheus.CounterOpts{Name: "bapsang_failures_total", Help: "Questions ended without an answer because something broke."}),
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "bapsang_question_seconds", Help: "From a question being durable to its answer being shown.",
			Buckets: []float64{.05, .1, .2, .5, 1, 2, 5, 10, 30, 60, 300},
		}),
		llmCalls: prometheus.NewCounter(prometheus.CounterOpts{Name: "bapsang_llm_calls_total", Help: "Calls of a language model that answers took."}),
		unshown:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bapsang_answers_unshown_total", Help: "Ends of questions that a chat platform does not show, by its reason."}, []string{"code"}),
		later:    prometheus.NewCounter(prometheus.CounterOpts{Name: "bapsang_questions_later_total", Help: "Questions that somebody has answered when it is quiet."}),
		held:     prometheus.NewCounter(prometheus.CounterOpts{Name: "bapsang_questions_held_total", Help: "Times that a question was put back because a chat platform did not do what it needs."}),
	}
	// A count that begins at 1 has not increased: who watches would miss the first ones.
	for _, code := range []bot.Code{bot.CodeBusy, bot.CodeUnavailable, bot.CodeGone, bot.CodeDenied, ""} {
		m.unshown.WithLabelValues(string(code))
	}
	return m
}

// Register makes the desk's metrics known to r.
func (d *Desk) Register(r prometheus.Registerer) error {
	for _, c := range []prometheus.Collector{d.metrics.asked, d.metrics.answered, d.metrics.failed, d.metrics.latency, d.metrics.llmCalls, d.metrics.unshown, d.metrics.held, d.metrics.later} {
		if err := r.Register(c); err != nil {
			return err
		}
	}
	return nil
}

func (m *metrics) answer(a *agent.Answer, took time.Duration) {
	m.answered.WithLabelValues(string(a.Rung)).Inc()
	m.latency.Observe(took.Seconds())
	m.llmCalls.Add(float64(a.LLM.Calls))
}
