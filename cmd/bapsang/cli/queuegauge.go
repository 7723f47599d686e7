package cli

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bapsang/bapsang/store"
)

// gaugeWithin is how long counting jobs may take: who reads metrics waits some 10 s at
// most, for all of them.
const gaugeWithin = 2 * time.Second

// queueGauge tells Prometheus how full the queue is. Every process that shares a store
// tells the same, so what adds up processes must take the largest and not the sum.
type queueGauge struct {
	queue        store.Gauge
	now          func() time.Time
	logger       *slog.Logger
	jobs, oldest *prometheus.Desc
}

func newQueueGauge(queue store.Gauge, now func() time.Time, logger *slog.Logger) *queueGauge {
	return &queueGauge{
		queue: queue, now: now, logger: logger,
		jobs: prometheus.NewDesc("bapsang_queue_jobs", "Jobs that have not ended, of all processes: waiting for a worker, held (for their time, or behind others of their thread), running. "+
			"People's questions are of class foreground, what is sent by the clock of class background.", []string{"class", "state"}, nil),
		oldest: prometheus.NewDesc("bapsang_queue_oldest_seconds", "How long the oldest job has waited for a worker; 0 when none waits.", []string{"class"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (g *queueGauge) Describe(to chan<- *prometheus.Desc) { to <- g.jobs; to <- g.oldest }

// Collect implements prometheus.Collector. A store that does not answer has no depth, and
// the other metrics are told all the same.
func (g *queueGauge) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), gaugeWithin)
	defer cancel()
	depth, err := g.queue.Depth(ctx)
	if err != nil {
		g.logger.WarnContext(ctx, "the queue's depth is not known", "error", err)
		return
	}
	for class, load := range map[string]store.Load{"foreground": depth.Foreground, "background": depth.Background} {
		for state, n := range map[string]int{"waiting": load.Waiting, "held": load.Held, "running": load.Running} {
			to <- prometheus.MustNewConstMetric(g.jobs, prometheus.GaugeValue, float64(n), class, state)
		}
		waited := 0.0
		if !load.Since.IsZero() {
			waited = max(0, g.now().Sub(load.Since).Seconds())
		}
		to <- prometheus.MustNewConstMetric(g.oldest, prometheus.GaugeValue, waited, class)
	}
}
