package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/chart"
	"github.com/bapsang/bapsang/agent/compose"
)

// askCmd answers one question on the terminal.
type askCmd struct {
	Question []string `arg:"" help:"The question, in Korean or English."`
	Config   string   `help:"Ask the analysts of this configuration." type:"path" placeholder:"bapsang.yaml" xor:"from"`
	Data     []string `help:"Ask about these files: CSV, TSV, Parquet, JSON, XLSX, a folder of them, a .duckdb or .sqlite file." type:"path" placeholder:"PATH" xor:"from"`
	Analyst  string   `help:"Ask this analyst."`
	As       string   `help:"Ask as this user." placeholder:"USER"`
	Chart    string   `help:"Write the answer's chart to this PNG file." type:"path" placeholder:"out.png"`
	Dark     bool     `help:"Draw the chart on a dark ground."`
	JSON     bool     `help:"Print one JSON object and nothing else."`
	DataDir  string   `help:"Keep the demo company's data here instead of in the user's cache." type:"path" placeholder:"DIR"`
	Deep     bool     `help:"Have the model look thoroughly: a plan, several looks, a larger budget."`
	modelFlags
}

// Run implements the command.
func (c *askCmd) Run(e *env) (err error) {
	if c.Chart != "" {
		if info, err := os.Stat(filepath.Dir(c.Chart)); err != nil || !info.IsDir() {
			return usagef("--chart %s: there is no folder %s", c.Chart, filepath.Dir(c.Chart))
		}
	}
	text := strings.Join(c.Question, " ")
	set, err := c.open(e)
	if err != nil {
		return &askedError{err: err, language: compose.Detect(text)}
	}
	defer func() { err = errors.Join(err, set.Close()) }()
	thinking, err := c.thinking(e, set)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, thinking.Close()) }()
	brain, err := agent.New(thinking.into(agent.Config{
		Directory: analyst.NewRoster(set.analysts, set.channels, nil), Now: e.now, Logger: e.logger, Tracer: e.traces.Tracer(), Searchers: set.outside.searchers, Audit: set.outside.hooks.Audit,
	}))
	if err != nil {
		return err
	}
	asker := c.As
	if asker == "" {
		asker = "terminal"
	}
	answer, err := brain.Answer(e.ctx, agent.Question{
		Text: text, Asker: "cli:" + asker, Analyst: c.Analyst, Now: e.now().In(set.location), Rungs: c.rungs(), Deep: c.Deep,
	}, nil)
	if err != nil {
		return err
	}
	if err := c.drawChart(e, answer); err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(e.Out)
		enc.SetEscapeHTML(false)
		err = enc.Encode(answer)
	} else {
		err = printAnswer(e.Out, answer)
	}
	if err == nil && answer.Rung == agent.None {
		return errUnanswered
	}
	return err
}

// thinking is the model that the flags name, else the configuration's.
func (c *askCmd) thinking(e *env, set *set) (*thinking, error) {
	backends, err := c.backends(e)
	if err != nil {
		return nil, err
	}
	if c.Deep && len(backends)+len(set.backends) == 0 {
		return nil, usagef("--deep: name a model with --llm or in the configuration")
	}
	return thinkAtTerminal(e, set, backends)
}

// rungs leaves the model alone for a thorough answer.
func (c *askCmd) rungs() []agent.Rung {
	if c.Deep {
		return []agent.Rung{agent.Think}
	}
	return nil
}

// open finds who is to be asked: a configuration's analysts, files, or the demo
// company.
func (c *askCmd) open(e *env) (*set, error) {
	switch {
	case c.Config != "":
		return openConfig(e, c.Config)
	case len(c.Data) > 0:
		return openData(e, c.Data)
	}
	dir := c.DataDir
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, usagef("no cache directory for the demo company's data (%v); name one with --data-dir", err)
		}
		dir = filepath.Join(cache, "bapsang")
	}
	return openDemo(e, dir)
}

// drawChart writes the first chart as a picture.
func (c *askCmd) drawChart(e *env, a *agent.Answer) error {
	if c.Chart == "" || len(a.Charts) == 0 {
		return nil
	}
	png, err := chart.Render(e.ctx, a.Charts[0].Spec, chart.Options{Dark: c.Dark})
	if err != nil {
		return fmt.Errorf("draw chart: %w", err)
	}
	if err := os.WriteFile(c.Chart, png, 0o644); err != nil {
		return fmt.Errorf("write chart: %w", err)
	}
	a.Charts[0].PNG = c.Chart
	return nil
}
