package llm_test

import (
	"flag"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/agenttest"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/llm/openai"
	"github.com/bapsang/bapsang/connectors"
)

// scale is how much faster than on the day the load benchmarks run: the limit is as
// many calls in a shorter time, and everything else is shorter as well, but for the
// network and the machine, whose delays weigh as much more.
// -scale 2 is nearer to the day, and takes as many minutes as that.
var scale = flag.Int("scale", 10, "how much faster than on the day BenchmarkLoadModelBudget runs")

// recorder keeps what a limiter decided.
type recorder struct {
	agenttest.Limiter
	mu       sync.Mutex
	accepted []time.Time
	refused  []time.Time
}

// Take implements agenttest.Limiter.
func (r *recorder) Take(now time.Time) agenttest.Verdict {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := r.Limiter.Take(now)
	if v.OK {
		r.accepted = append(r.accepted, now)
	} else {
		r.refused = append(r.refused, now)
	}
	return v
}

func (r *recorder) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.accepted, r.refused = nil, nil
}

// BenchmarkLoadModelBudget is the training day over HTTP: 750 people ask within ten
// minutes, three calls a question, 100 calls a minute.
func BenchmarkLoadModelBudget(b *testing.B) {
	for _, l := range limiters {
		b.Run(l.name, func(b *testing.B) {
			for b.Loop() {
				dayOverHTTP(b, l.make)
			}
		})
	}
}

func dayOverHTTP(b *testing.B, limiter func(int, time.Duration) agenttest.Limiter) {
	rate := connectors.Rate{Calls: 100, Per: time.Minute / time.Duration(*scale)}
	kept := &recorder{Limiter: limiter(rate.Calls, rate.Per)}
	s := agenttest.Start(b, agenttest.Config{
		Rule: func(*agenttest.Request) agenttest.Reply {
			return agenttest.Text("매출은 {{r1.revenue[0]|krw}}이에요.")
		},
		Latency: agenttest.Latency{First: agenttest.LogNormal(6*time.Second/time.Duration(*scale), 0.5)},
		Limiter: kept, Telling: agenttest.Millis, Forget: true,
	})
	client, err := openai.New(openai.Options{Name: "company", BaseURL: s.URL + "/v1", Model: agenttest.DefaultModel})
	if err != nil {
		b.Fatal(err)
	}
	defer client.CloseIdle()
	p := newPool(b, llm.PoolOptions{Store: openStore(b)}, llm.Backend{Name: "company", Model: client, Contract: agreed(rate)})
	// Connections are there before the rush.
	ask(b.Context(), trainingDay(10, 1, time.Millisecond), p)
	if err := pause(b.Context(), 2*rate.Per); err != nil {
		b.Fatal(err)
	}
	kept.forget()
	qs := trainingDay(750, 3, 10*time.Minute/time.Duration(*scale))

	ask(b.Context(), qs, p)
	for _, q := range qs {
		if q.err != nil {
			b.Fatal(q.err)
		}
	}
	o := (&server{accepted: kept.accepted, refused: kept.refused}).outcome(qs, rate)
	best := ideal(qs, rate, 6800*time.Millisecond/time.Duration(*scale))
	b.ReportMetric(100*o.utilisation, "%used")
	b.ReportMetric(100*o.share, "%refused")
	b.ReportMetric(o.median.Seconds()*float64(*scale), "s-wait-p50")
	b.ReportMetric(o.p90.Seconds()*float64(*scale), "s-wait-p90")
	b.ReportMetric(best.Seconds()*float64(*scale), "s-best-p50")
}
