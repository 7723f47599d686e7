package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/report"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

// reportPath is the command that reports.
const reportPath = "/report"

// reportArgs say what to report. They travel to the bapsang that runs on the store.
type reportArgs struct {
	Since    string `help:"First day, month or year. Default: that of the last whole week, or month with --period month." placeholder:"2026-11-16"`
	Until    string `help:"Last day, month or year. Default: today, where --since is given." placeholder:"2026-11-22"`
	Period   string `help:"Without dates: the last whole week or month." enum:"week,month" default:"week"`
	Format   string `help:"md, html or json." enum:"md,html,json" default:"md"`
	Language string `help:"ko or en." enum:"ko,en" default:"ko"`
}

// reportCmd says what the program was worth.
type reportCmd struct {
	Config  string `help:"Report what this configuration keeps." type:"path" placeholder:"bapsang.yaml"`
	DataDir string `help:"Report what this data directory keeps; default the demo's." type:"path" placeholder:"DIR"`
	Out     string `help:"The file to write; default standard output." type:"path" placeholder:"FILE"`
	reportArgs
}

// reportCall asks a bapsang that runs.
type reportCall struct {
	Args reportArgs `json:"args"`
	Now  time.Time  `json:"now"` // "today" of who asks
}

// Run implements the command. The file is complete, or as it was.
func (c *reportCmd) Run(e *env) error {
	place, location, minutes, err := c.where(e)
	if err != nil {
		return err
	}
	if _, err := c.period(e.now().In(location)); err != nil {
		return err
	}
	var out bytes.Buffer
	if err := c.write(e, place, location, minutes, &out); err != nil {
		return err
	}
	if c.Out == "" {
		_, err := e.Out.Write(out.Bytes())
		return err
	}
	tmp := c.Out + ".partial"
	err = os.WriteFile(tmp, out.Bytes(), 0o600)
	if err == nil {
		err = os.Rename(tmp, c.Out)
	}
	if err != nil {
		_ = os.Remove(tmp)
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// where is the store, and what the configuration says of reports.
func (c *reportCmd) where(e *env) (place storeAt, location *time.Location, minutes report.Minutes, err error) {
	place, location = storeAt{dir: c.DataDir}, seoul()
	switch {
	case c.Config != "" && c.DataDir != "":
		return place, nil, minutes, usagef("name the store by --config or by --data-dir, not by both")
	case c.Config != "":
		cfg, err := e.readConfig(c.Config)
		if err != nil {
			return place, nil, minutes, usageError{err}
		}
		if location, err = time.LoadLocation(cfg.Timezone); err != nil {
			return place, nil, minutes, usageError{cfg.At("$.timezone", err.Error())}
		}
		place, minutes = storeOf(cfg), minutesOf(cfg)
	case c.DataDir == "":
		cache, err := os.UserCacheDir()
		if err != nil {
			return place, nil, minutes, usagef("say what to report: --config bapsang.yaml, or --data-dir DIR")
		}
		place.dir = filepath.Join(cache, "bapsang", "demo")
	}
	if !place.there() {
		return place, nil, minutes, usagef("there is no %s in %s; name the store by --config or --data-dir (the demo's is in its folder demo)", bolt.FileName, place.dir)
	}
	return place, location, minutes, nil
}

// write has the bapsang that runs on the store report, or does it where none runs, or
// others may read besides.
func (c *reportCmd) write(e *env, place storeAt, location *time.Location, minutes report.Minutes, out io.Writer) error {
	if place.server == nil {
		done, err := askRunning(e, place.dir, reportPath, reportCall{Args: c.reportArgs, Now: e.now().In(location)}, out)
		if done || err != nil {
			return err
		}
	}
	s, err := place.open(e)
	if err != nil {
		return err
	}
	err = c.work(e.ctx, s, report.Options{Now: e.now().In(location), Minutes: minutes}, out)
	return errors.Join(err, s.Close())
}

// reportCommand works the command for whoever may open the data directory.
func (a *App) reportCommand(w http.ResponseWriter, r *http.Request) {
	var call reportCall
	if !takeCall(w, r, &call) {
		return
	}
	var out bytes.Buffer
	err := call.Args.work(r.Context(), a.store, report.Options{Now: call.Now.In(a.opts.Location), Minutes: a.opts.Minutes, Channel: a.channelName}, &out)
	reply(w, out.Bytes(), nil, err)
}

// channelName names a channel of a platform, "" where nobody can.
func (a *App) channelName(ctx context.Context, platform, channel string) string {
	for _, p := range a.platforms {
		if p.name != platform || p.channelName == nil {
			continue
		}
		if name := p.channelName(ctx, bot.Thread{Platform: platform, Channel: channel}); name != "" {
			return "#" + name
		}
	}
	return ""
}

// minutesOf are what a configuration says that finding an answer takes.
func minutesOf(cfg *config.Config) report.Minutes {
	low, high, ok := cfg.Report.MinutesPerQuestion.Ends()
	if !ok {
		return report.Minutes{}
	}
	return report.Minutes{Low: low, High: high, Named: true}
}

// period reads which days are meant.
func (c *reportArgs) period(now time.Time) (report.Period, error) {
	if c.Since == "" && c.Until == "" {
		if c.Period == "month" {
			return report.LastMonth(now), nil
		}
		return report.LastWeek(now), nil
	}
	if c.Since == "" {
		return report.Period{}, usagef("--until needs --since")
	}
	since, until, err := stretch("--since", c.Since)
	if err != nil {
		return report.Period{}, err
	}
	if c.Until != "" {
		if _, until, err = stretch("--until", c.Until); err != nil {
			return report.Period{}, err
		}
	} else if today := dateOf(now); until.Equal(since) || until.After(today) {
		until = today
	}
	if until.Before(since) {
		return report.Period{}, usagef("--until %s is before --since %s", until.Format(time.DateOnly), since.Format(time.DateOnly))
	}
	if until.Sub(since) > maxReport {
		return report.Period{}, usagef("a report is of a year at most: that is how long what it needs is kept")
	}
	at := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, now.Location())
	}
	return report.Days(at(since), at(until)), nil
}

// maxReport bounds the dates of a report.
const maxReport = 366 * 24 * time.Hour

// work writes the report of a store.
func (c *reportArgs) work(ctx context.Context, s store.Store, opts report.Options, out io.Writer) (err error) {
	if opts.Period, err = c.period(opts.Now); err != nil {
		return err
	}
	r, err := report.Make(ctx, s, opts)
	if err != nil {
		return fmt.Errorf("make report: %w", err)
	}
	switch c.Format {
	case "json":
		data, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return fmt.Errorf("encode report: %w", err)
		}
		_, err = out.Write(append(data, '\n'))
		return err
	case "html":
		return report.HTML(out, r, c.Language)
	}
	return report.Markdown(out, r, c.Language)
}
