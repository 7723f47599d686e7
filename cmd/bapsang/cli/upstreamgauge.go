package cli

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bapsang/bapsang/connectors/quota"
)

// upstreamGauge tells Prometheus how the contracts with upstreams stand, and what this
// process calls under them. What processes share (pace, pauses, switches) each of them tells
// alike: take the largest or smallest, and not the sum.
type upstreamGauge struct {
	board  *quota.Board // nil without contracts
	logger *slog.Logger

	pace, paused, off, running, calls, waiting *prometheus.Desc
}

func newUpstreamGauge(board *quota.Board, logger *slog.Logger) *upstreamGauge {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("bapsang_upstream_"+name, help, append([]string{"system"}, labels...), nil)
	}
	return &upstreamGauge{
		board: board, logger: logger,
		pace:    desc("pace", "Share of the agreed rates that is used: 1, and less after signs of distress."),
		paused:  desc("paused", "1 while nobody calls, because the upstream asked for it or did not answer."),
		off:     desc("off", "1 while an operator has turned the upstream off."),
		running: desc("running", "Calls at once, of all processes; 0 where any number was agreed."),
		calls:   desc("calls_total", "Calls under a contract, by result: answered, failed, refused (not sent), cached.", "result"),
		waiting: desc("waiting", "Calls of this process that wait for their turn."),
	}
}

// Describe implements prometheus.Collector.
func (g *upstreamGauge) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{g.pace, g.paused, g.off, g.running, g.calls, g.waiting} {
		to <- d
	}
}

// Collect implements prometheus.Collector. What this process counts is told also while the
// store does not answer.
func (g *upstreamGauge) Collect(to chan<- prometheus.Metric) {
	if g.board == nil {
		return
	}
	for _, u := range g.board.Gauges() {
		for result, n := range map[string]int{"answered": u.Calls - u.Errors, "failed": u.Errors, "refused": u.Refused, "cached": u.Cached} {
			to <- prometheus.MustNewConstMetric(g.calls, prometheus.CounterValue, float64(n), u.Name, result)
		}
		to <- prometheus.MustNewConstMetric(g.waiting, prometheus.GaugeValue, float64(u.Waiting), u.Name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), gaugeWithin)
	defer cancel()
	all, err := g.board.StatusOf(ctx, g.board.Names())
	if err != nil {
		g.logger.WarnContext(ctx, "how contracts stand is not known", "error", err)
		return
	}
	now := time.Now()
	for _, s := range all {
		for d, v := range map[*prometheus.Desc]float64{
			g.pace: s.Pace, g.paused: truth(s.Paused.After(now) || s.Broken.After(now)), g.off: truth(s.Off != nil), g.running: float64(s.Running),
		} {
			to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, s.Name)
		}
	}
}
