package slack

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics is what operators see of the messages that go out.
type metrics struct {
	calls   *prometheus.CounterVec   // by method and outcome
	waits   *prometheus.HistogramVec // by method
	falls   *prometheus.CounterVec   // by what was refused and why
	direct  *prometheus.CounterVec   // by why
	dropped *prometheus.CounterVec   // by why
	looks   *prometheus.CounterVec   // by what was found
}

func newMetrics() *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bapsang_slack_" + name + "_total", Help: help}, labels)
	}
	return &metrics{
		calls: counter("calls", "Calls of Slack's Web API, by how they ended: ok, Slack's error, or what went wrong on the way.", "method", "outcome"),
		waits: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bapsang_slack_wait_seconds", Help: "How long calls were held back to keep to Slack's rates.",
			Buckets: []float64{.01, .1, .5, 1, 2, 5, 10, 30, 60, 300},
		}, []string{"method"}),
		falls:   counter("falls", "Layouts, streams and pictures that were given up for something simpler.", "from", "reason"),
		direct:  counter("direct", "Answers delivered to the asker directly, because their place took none.", "reason"),
		dropped: counter("progress_dropped", "Progress that was not shown, because something mattered more.", "reason"),
		looks:   counter("looks", "Posts that Slack did not answer for, by whether they were there.", "found"),
	}
}

// Register makes the driver's metrics known to r.
func (s *Slack) Register(r prometheus.Registerer) error {
	m := s.metrics
	for _, c := range append(s.in.collectors(), m.calls, m.waits, m.falls, m.direct, m.dropped, m.looks) {
		if err := r.Register(c); err != nil {
			return err
		}
	}
	return nil
}

// Called implements client.Observer.
func (m *metrics) Called(method, outcome string) { m.calls.WithLabelValues(method, outcome).Inc() }

// Waited implements client.Observer.
func (m *metrics) Waited(method string, d time.Duration) {
	m.waits.WithLabelValues(method).Observe(d.Seconds())
}
