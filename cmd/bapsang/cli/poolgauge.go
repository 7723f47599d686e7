package cli

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bapsang/bapsang/agent/llm"
)

// poolGauge tells Prometheus how the pool of language models stands.
type poolGauge struct {
	pool *llm.Pool // nil without a model

	waiting, running, used, allowed, pace, paused, broken, server *prometheus.Desc
}

func newPoolGauge(t *thinking) *poolGauge {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("bapsang_llm_"+name, help, labels, nil)
	}
	g := &poolGauge{
		waiting: desc("calls_waiting", "Calls of this process that wait for their turn at a model."),
		running: desc("calls_running", "Calls of this process that run.", "backend"),
		used:    desc("budget_used", "Calls of all processes within the shortest agreed window.", "backend"),
		allowed: desc("budget_allowed", "Calls that were agreed within the shortest window; 0 where none was.", "backend"),
		pace:    desc("pace", "Share of the agreed rate that is used: 1, and less after refusals.", "backend"),
		paused:  desc("paused", "1 while the backend is left alone because it asked for it.", "backend"),
		broken:  desc("broken", "1 while the backend is left alone because it did not answer.", "backend"),
		server:  desc("server_queue", "Calls that wait at the server, where it tells.", "backend"),
	}
	if t != nil {
		g.pool = t.pool
	}
	return g
}

// Describe implements prometheus.Collector.
func (g *poolGauge) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{g.waiting, g.running, g.used, g.allowed, g.pace, g.paused, g.broken, g.server} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (g *poolGauge) Collect(to chan<- prometheus.Metric) {
	if g.pool == nil {
		return
	}
	s, now := g.pool.Snapshot(), time.Now()
	to <- prometheus.MustNewConstMetric(g.waiting, prometheus.GaugeValue, float64(s.Waiting))
	for _, b := range s.Backends {
		for d, v := range map[*prometheus.Desc]float64{
			g.running: float64(b.Running), g.used: float64(b.Used), g.allowed: float64(b.Allowed), g.pace: b.Pace,
			g.paused: truth(b.PausedUntil.After(now)), g.broken: truth(b.Breaker != "closed"), g.server: float64(b.ServerQueue),
		} {
			to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, b.Name)
		}
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
