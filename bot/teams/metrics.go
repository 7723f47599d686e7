package teams

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics is what operators see of what goes out.
type metrics struct {
	calls   *prometheus.CounterVec   // by operation and outcome
	waits   *prometheus.HistogramVec // by operation
	falls   *prometheus.CounterVec   // by what was refused and why
	direct  *prometheus.CounterVec   // by why
	dropped *prometheus.CounterVec   // by why
	doubts  *prometheus.CounterVec   // by what it was
	files   *prometheus.CounterVec   // by what became of them
}

func newMetrics() *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bapsang_teams_" + name + "_total", Help: help}, labels)
	}
	return &metrics{
		calls: counter("calls", "Calls of Teams' connector, by how they ended: ok, Teams' error, or what went wrong on the way.", "op", "outcome"),
		waits: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bapsang_teams_wait_seconds", Help: "How long calls were held back to keep to Teams' rates.",
			Buckets: []float64{.01, .1, .5, 1, 2, 5, 10, 30, 60, 300},
		}, []string{"op"}),
		falls:   counter("falls", "Layouts, streams and pictures that were given up for something simpler.", "from", "reason"),
		direct:  counter("direct", "Answers delivered to the asker's own chat, because their place took none.", "reason"),
		dropped: counter("progress_dropped", "Progress that was not shown, because something mattered more.", "reason"),
		doubts:  counter("doubts", "Messages that Teams did not answer for. Such an answer is posted again, and says that it may be there twice.", "kind"),
		files:   counter("files", "Results as files and links, by what became of them.", "how"),
	}
}

// Register makes the driver's metrics known to r.
func (t *Teams) Register(r prometheus.Registerer) error {
	m := t.metrics
	for _, c := range append(t.in.collectors(), m.calls, m.waits, m.falls, m.direct, m.dropped, m.doubts, m.files) {
		if err := r.Register(c); err != nil {
			return err
		}
	}
	return nil
}

// Called implements connector.Observer.
func (m *metrics) Called(op, outcome string) { m.calls.WithLabelValues(op, outcome).Inc() }

// Waited implements connector.Observer.
func (m *metrics) Waited(op string, d time.Duration) {
	m.waits.WithLabelValues(op).Observe(d.Seconds())
}
