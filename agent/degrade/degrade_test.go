package degrade_test

import (
	"bytes"
	"context"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bapsang/bapsang/agent/degrade"
)

var limits = degrade.DefaultLimits()

func TestLevelBySignals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		seen degrade.Signals
		want degrade.Level
	}{
		"quiet":                    {degrade.Signals{Wait: 3 * time.Second}, degrade.Full},
		"a short queue":            {degrade.Signals{Wait: 20 * time.Second}, degrade.Brief},
		"refusals":                 {degrade.Signals{Refused: 0.25}, degrade.Brief},
		"more refusals than calls": {degrade.Signals{Refused: 0.6}, degrade.NoDeep},
		"a long queue":             {degrade.Signals{Wait: 2 * time.Minute}, degrade.NoDeep},
		"longer than reasonable":   {degrade.Signals{Wait: 4 * time.Minute}, degrade.NoModel},
		"no model":                 {degrade.Signals{Down: true}, degrade.NoModel},
		"we are behind ourselves":  {degrade.Signals{Backlog: 2 * time.Minute}, degrade.QueueOnly},
	} {
		if got := limits.Level(c.seen); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestUpAtOnceDownStepByStep follows a wait up and down.
func TestUpAtOnceDownStepByStep(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	s := limits.Next(degrade.State{}, now, degrade.Signals{Wait: 5 * time.Minute})
	if s.Level != degrade.NoModel || !s.Refuses {
		t.Fatalf("%+v, want no_model at once", s)
	}
	// A wait that is reasonable again is taken, whatever the level is called.
	now = now.Add(time.Second)
	if s = limits.Next(s, now, degrade.Signals{Wait: 2 * time.Minute}); s.Level != degrade.NoModel || s.Refuses {
		t.Errorf("%+v, want no_model, and no refusals", s)
	}
	// Not less than half of what it took to get there, for however long.
	for range 100 {
		now = now.Add(10 * time.Second)
		s = limits.Next(s, now, degrade.Signals{Wait: 2 * time.Minute})
	}
	if s.Level != degrade.NoModel {
		t.Errorf("%s at two thirds of its limit", s.Level)
	}
	began := now
	for s.Level > degrade.Full && now.Sub(began) < 10*time.Minute {
		before := s.Level
		now = now.Add(time.Second)
		if s = limits.Next(s, now, degrade.Signals{}); s.Level < before-1 {
			t.Errorf("from %s to %s in a second", before, s.Level)
		}
	}
	if took := now.Sub(began); took < 3*limits.Calm || took > 3*limits.Calm+5*time.Second {
		t.Errorf("three steps down took %s, a step takes %s", took, limits.Calm)
	}
}

// TestLevelsDoNotFlap lets the wait jump about a limit for an hour.
func TestLevelsDoNotFlap(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(3, 5))
	for _, centre := range []time.Duration{limits.Brief, limits.NoDeep, limits.NoModel} {
		now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
		var s degrade.State
		changes := 0
		for range 3600 {
			now = now.Add(time.Second)
			wait := time.Duration(float64(centre) * (0.7 + 0.6*dice.Float64()))
			next := limits.Next(s, now, degrade.Signals{Wait: wait})
			if next.Level != s.Level {
				changes++
			}
			s = next
		}
		if changes > 2 {
			t.Errorf("about %s: %d changes in an hour", centre, changes)
		}
	}
}

func TestLimitsAreChecked(t *testing.T) {
	t.Parallel()
	for want, l := range map[string]degrade.Limits{
		"come down": {Brief: 2 * time.Minute},
		"refused":   {Refused: 1.5},
		"ease":      {Ease: 1},
		"nothing":   {Calm: -time.Second},
	} {
		if err := l.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want something about %q", l, err, want)
		}
	}
	if err := (degrade.Limits{NoModel: 10 * time.Minute}).Validate(); err != nil {
		t.Error(err)
	}
	if _, err := degrade.New(degrade.Config{Signals: func(context.Context) degrade.Signals { return degrade.Signals{} }, Limits: degrade.Limits{Ease: 2}}); err == nil {
		t.Error("a monitor with limits that make no sense")
	}
}

// TestMonitorTellsOperators looks at what a monitor logs and counts, and that it comes down
// when nobody asks any more.
func TestMonitorTellsOperators(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var seen degrade.Signals
		set := func(s degrade.Signals) {
			mu.Lock()
			defer mu.Unlock()
			seen = s
		}
		var log bytes.Buffer
		m, err := degrade.New(degrade.Config{
			Signals: func(context.Context) degrade.Signals {
				mu.Lock()
				defer mu.Unlock()
				return seen
			},
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		registry := prometheus.NewRegistry()
		if err := m.Register(registry); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			m.Run(ctx)
		}()
		synctest.Wait()
		set(degrade.Signals{Down: true, Wait: time.Second})
		if got := m.Look(ctx); got.Level != degrade.NoModel || !got.Refuses { // without waiting for the second
			t.Errorf("%+v while nothing answers", got)
		}
		set(degrade.Signals{})
		<-time.After(3*limits.Calm + 5*time.Second) // virtual
		synctest.Wait()
		if got := m.State(); got.Level != degrade.Full {
			t.Errorf("%s after a while of quiet", got.Level)
		}
		cancel()
		<-done
		got := gathered(t, registry)
		if got["bapsang_degradation_level"] != 0 || got["bapsang_degradation_changes_total full no_model"] != 1 || got["bapsang_degradation_changes_total brief full"] != 1 {
			t.Errorf("metrics: %v", got)
		}
		if n := strings.Count(log.String(), "level changed"); n != 4 || !strings.Contains(log.String(), "from=full to=no_model") {
			t.Errorf("%d changes logged:\n%s", n, log.String())
		}
	})
}

// gathered are the values of all metrics, by name and labels.
func gathered(t *testing.T, r *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			out[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return out
}

func TestNilMonitorIsFull(t *testing.T) {
	t.Parallel()
	var m *degrade.Monitor
	m.Run(t.Context())
	if m.Look(t.Context()).Level != degrade.Full || m.State().Level != degrade.Full || m.Register(prometheus.NewRegistry()) != nil {
		t.Error("a monitor that is not there has something to say")
	}
}
