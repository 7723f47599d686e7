package slack

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Intake is what came in so far, and in which state the doors are.
type Intake struct {
	Deliveries int64 // all that Slack sent, repetitions included
	Events     int64 // what was handed to the handler
	Duplicates int64 // what had been handed over before
	Ignored    int64 // what is not for us: bots, noise, talk between others
	Failed     int64 // not acknowledged, so that Slack sends it again
	Unreadable int64
	Refused    int64 // requests with a bad signature or form
	Sockets    int64 // open connections of Socket Mode
	Reconnects int64

	RateLimited time.Time // when Slack last held events back; zero when never
	Revoked     string    // why our token no longer works, as an event told; empty when it does
	NoEmail     bool      // people come without e-mail addresses: users:read.email is missing
}

// intake is the state of the doors.
type intake struct {
	deliveries, events, duplicates, ignored, failed, unreadable, refused, sockets, reconnects atomic.Int64
	rateLimited                                                                               atomic.Int64 // Unix nanoseconds; 0 when never
	noEmail                                                                                   atomic.Bool
	revoked                                                                                   atomic.Pointer[string]
	took                                                                                      prometheus.Histogram

	once *once
	// life is done when Run has ended: nothing is begun after that but deliveries.
	life context.Context
	end  context.CancelFunc
	work work
}

func newIntake() *intake {
	in := &intake{once: newOnce(rememberIDs), took: prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "bapsang_slack_ack_seconds", Help: "How long deliveries took until they could be acknowledged, or were given up.",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5},
	})}
	in.life, in.end = context.WithCancel(context.Background())
	return in
}

// Intake returns what came in so far.
func (s *Slack) Intake() Intake {
	in := s.in
	out := Intake{
		Deliveries: in.deliveries.Load(), Events: in.events.Load(), Duplicates: in.duplicates.Load(), Ignored: in.ignored.Load(),
		Failed: in.failed.Load(), Unreadable: in.unreadable.Load(), Refused: in.refused.Load(), Sockets: in.sockets.Load(),
		Reconnects: in.reconnects.Load(), NoEmail: in.noEmail.Load(),
	}
	if at := in.rateLimited.Load(); at != 0 {
		out.RateLimited = time.Unix(0, at)
	}
	if why := in.revoked.Load(); why != nil {
		out.Revoked = *why
	}
	return out
}

// collectors are what operators see of the events that come in.
func (in *intake) collectors() []prometheus.Collector {
	counter := func(name, help string, n *atomic.Int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "bapsang_slack_" + name + "_total", Help: help}, func() float64 { return float64(n.Load()) })
	}
	return []prometheus.Collector{
		in.took,
		counter("deliveries", "What Slack sent, repetitions included.", &in.deliveries),
		counter("events", "Events that were taken.", &in.events),
		counter("duplicates", "Events that had been taken before.", &in.duplicates),
		counter("ignored", "Events that are not for us.", &in.ignored),
		counter("failed", "Deliveries and presses that could not be taken.", &in.failed),
		counter("unreadable", "Deliveries that could not be read.", &in.unreadable),
		counter("refused", "Requests without Slack's signature, or of another form.", &in.refused),
		counter("reconnects", "Connections of Socket Mode that replaced another.", &in.reconnects),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "bapsang_slack_sockets", Help: "Connections of Socket Mode that are open.",
		}, func() float64 { return float64(in.sockets.Load()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "bapsang_slack_removed", Help: "1 when Slack told that the app was removed or its token revoked.",
		}, func() float64 {
			if in.revoked.Load() != nil {
				return 1
			}
			return 0
		}),
	}
}
