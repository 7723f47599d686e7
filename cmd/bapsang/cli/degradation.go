package cli

import (
	"context"
	"fmt"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/degrade"
	"github.com/bapsang/bapsang/bot/desk"
)

// openDegradation watches how much is asked, where less is done when it is too much.
func (a *App) openDegradation() error {
	if a.opts.Degradation.Off {
		return nil
	}
	limits, err := a.opts.Degradation.Build()
	if err != nil {
		return fmt.Errorf("degradation: %w", err)
	}
	a.monitor, err = degrade.New(degrade.Config{Signals: a.signals, Limits: limits, Logger: a.opts.Logger})
	return err
}

// degradeAgent has an agent do less while too much is asked.
func (a *App) degradeAgent(c agent.Config) agent.Config {
	if a.monitor != nil {
		c.Degraded = a.monitor.Look
	}
	return c
}

// degradeDesk has a desk say so.
func (a *App) degradeDesk(c *desk.Config) {
	if a.monitor != nil {
		c.Degraded = a.monitor.State
	}
}

// signals are how things stand: by what this process finds, and by what the others tell.
func (a *App) signals(ctx context.Context) degrade.Signals {
	s := degrade.Signals{Backlog: a.desk.Backlog()}
	if a.thinking != nil {
		o := a.thinking.pool.Outlook(ctx)
		s.Wait, s.Refused, s.Down = o.Wait, o.Refused, o.Down
	}
	if a.fleet == nil {
		return s
	}
	s.Backlog = max(s.Backlog, a.fleet.Backlog())
	if m, ok := a.fleet.Model(); ok && a.thinking == nil {
		s.Wait, s.Refused, s.Down = m.Wait, m.Refused, m.Down
	}
	return s
}
