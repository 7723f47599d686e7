package digest_test

import (
	"errors"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/digest"
)

// TestOutcomesAreCounted: what was sent, what failed and what nobody sent in time, each
// once, and what somebody asks for by hand not at all. All begin at 0, so that the first of
// them is an increase.
func TestOutcomesAreCounted(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.service(r.platform.poster())
		registry := prometheus.NewRegistry()
		if err := s.Register(registry); err != nil {
			t.Fatal(err)
		}
		r.platform.refuse = func(thread bot.Thread, _ bot.Message) error {
			if thread.Channel == "C2" {
				return &bot.Error{Code: bot.CodeGone, Err: errors.New("no such channel")}
			}
			return nil
		}
		stop := r.run(s, nil)
		sub := create(t, s, minji, daily(t))
		if _, err := s.RunNow(t.Context(), minji, sub.ID, "press"); err != nil {
			t.Fatal(err)
		}
		gone := daily(t)
		gone.To = []digest.Recipient{{Thread: bot.Thread{Platform: "slack", Channel: "C2"}, Name: "open"}}
		create(t, s, minji, gone)
		until(1, "12:00:00")
		stop()
		// A process that comes too late for the third finds that it was missed.
		until(3, "02:00:00")
		late := r.service(r.platform.poster())
		again := prometheus.NewRegistry()
		if err := late.Register(again); err != nil {
			t.Fatal(err)
		}
		r.run(late, nil)
		until(3, "02:30:00")
		want(t, "of the first process", outcomes(t, registry), []string{"failed 1", "missed 0", "sent 2", "skipped 0", "unknown 0", "late 2"})
		want(t, "of the second", outcomes(t, again), []string{"failed 0", "missed 1", "sent 0", "skipped 0", "unknown 0", "late 0"})
	})
}

// outcomes are the counters as Prometheus reads them.
func outcomes(t *testing.T, g prometheus.Gatherer) (out []string) {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	late := ""
	for _, f := range families {
		for _, m := range f.Metric {
			switch f.GetName() {
			case "bapsang_digest_issues_total":
				out = append(out, m.Label[0].GetValue()+" "+number(m.Counter.GetValue()))
			case "bapsang_digest_late_seconds":
				late = "late " + number(float64(m.Histogram.GetSampleCount()))
			}
		}
	}
	return append(out, late)
}

func number(v float64) string { return string(rune('0' + int(v))) }
