package digest

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics is what operators see of what is sent by the clock.
type metrics struct {
	issues *prometheus.CounterVec // by outcome
	late   prometheus.Histogram
}

// missed is the outcome of what was due while nobody looked.
const missed = "missed"

func newMetrics() *metrics {
	m := &metrics{
		issues: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bapsang_digest_issues_total",
			Help: "What was due by the clock, by how it ended: sent (to somebody), skipped, failed, unknown (it may have been posted), missed (nobody looked in time).",
		}, []string{"outcome"}),
		late: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "bapsang_digest_late_seconds", Help: "From when something was due to when it had been sent to everybody.",
			Buckets: []float64{1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200},
		}),
	}
	// A count that begins at 1 has not increased: who watches for failures would miss the first.
	for _, outcome := range []string{string(Sent), string(Skipped), string(Failed), string(Unknown), missed} {
		m.issues.WithLabelValues(outcome)
	}
	return m
}

// Register makes the service's metrics known to r.
func (s *Service) Register(r prometheus.Registerer) error {
	for _, c := range []prometheus.Collector{s.metrics.issues, s.metrics.late} {
		if err := r.Register(c); err != nil {
			return err
		}
	}
	return nil
}

// ended counts an occurrence that ends now. It is counted in the transaction that says so:
// one that has to run again, because another came between, counts twice.
func (m *metrics) ended(o *Occurrence, now time.Time) {
	if o.Origin != ByClock {
		return
	}
	outcome := string(o.Status)
	if o.Status == Skipped && o.Reason == ReasonMissed {
		outcome = missed
	}
	m.issues.WithLabelValues(outcome).Inc()
	if o.Status == Sent {
		m.late.Observe(max(0, now.Sub(o.Due).Seconds()))
	}
}
