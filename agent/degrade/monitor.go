package degrade

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Config is what a monitor needs.
type Config struct {
	// Signals looks at how things stand. It is asked every second and for every question,
	// from several goroutines, and must be cheap.
	Signals func(ctx context.Context) Signals
	Limits  Limits
	Logger  *slog.Logger // nil means slog.Default()
}

// Monitor knows the level. It is safe for concurrent use; a nil one is at Full always.
type Monitor struct {
	cfg Config

	level   prometheus.Gauge
	wait    prometheus.Gauge
	changes *prometheus.CounterVec

	mu    sync.Mutex
	state State
}

// New returns a monitor at Full.
func New(cfg Config) (*Monitor, error) {
	if cfg.Signals == nil {
		return nil, errors.New("degrade: signals are required")
	}
	if err := cfg.Limits.Validate(); err != nil {
		return nil, fmt.Errorf("degrade: %w", err)
	}
	cfg.Limits = cfg.Limits.withDefaults()
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return &Monitor{
		cfg:   cfg,
		level: prometheus.NewGauge(prometheus.GaugeOpts{Name: "bapsang_degradation_level", Help: "How much less is done for a question: 0 full, 1 brief, 2 no_deep, 3 no_model, 4 queue_only."}),
		wait:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "bapsang_model_wait_seconds", Help: "About how long a question that is asked now waits for the language model."}),
		changes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bapsang_degradation_changes_total", Help: "Changes of the level, by the level before and after.",
		}, []string{"from", "to"}),
	}, nil
}

// Register makes the monitor's metrics known to r.
func (m *Monitor) Register(r prometheus.Registerer) error {
	if m == nil {
		return nil
	}
	for _, c := range []prometheus.Collector{m.level, m.wait, m.changes} {
		if err := r.Register(c); err != nil {
			return err
		}
	}
	return nil
}

// every is how often the monitor looks by itself, so that a level ends when nobody asks.
const every = time.Second

// Run looks now and then, until ctx ends.
func (m *Monitor) Run(ctx context.Context) {
	if m == nil {
		return
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		m.Look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Look looks at how things stand now.
func (m *Monitor) Look(ctx context.Context) State {
	if m == nil {
		return State{}
	}
	seen := m.cfg.Signals(ctx)
	if ctx.Err() != nil {
		return m.State() // what was looked at in vain says nothing
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.state
	m.state = m.cfg.Limits.Next(before, time.Now(), seen)
	m.level.Set(float64(m.state.Level))
	m.wait.Set(seen.Wait.Seconds())
	if m.state.Level != before.Level {
		m.changes.WithLabelValues(before.Level.String(), m.state.Level.String()).Inc()
		m.cfg.Logger.WarnContext(ctx, "degrade: level changed", "from", before.Level.String(), "to", m.state.Level.String(),
			"model_wait", seen.Wait.Round(time.Second), "refused", seen.Refused, "down", seen.Down, "backlog", seen.Backlog.Round(time.Second))
	}
	return m.state
}

// State is what was seen last.
func (m *Monitor) State() State {
	if m == nil {
		return State{}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state
}
