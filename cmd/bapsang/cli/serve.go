package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/api"
	"github.com/bapsang/bapsang/bot/digest"
	"github.com/bapsang/bapsang/bot/web"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/store/bolt"
)

// demoCmd opens the chat page with the demo company.
type demoCmd struct {
	Listen  string `help:"Address of the page." default:"127.0.0.1:8080"`
	DataDir string `help:"Keep questions and the company's data here." type:"path" placeholder:"DIR"`
	modelFlags
}

// Run implements the command.
func (c *demoCmd) Run(e *env) error {
	dir := c.DataDir
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return usagef("no cache directory (%v); name one with --data-dir", err)
		}
		dir = filepath.Join(cache, "bapsang")
	}
	opts := Options{
		Listen: c.Listen, DataDir: filepath.Join(dir, "demo"), Now: e.now, Logger: e.logger, Page: true,
		Rooms: []string{"general", demoChannel, "sales", demoCurators}, Traces: e.traces,
		// Nobody is anybody in particular here, and whoever tries it wants to see it happen.
		Admin: func(string) bool { return true }, ShortestInterval: time.Minute,
		Calendar: CalendarOptions{Everybody: true, Channel: bot.Thread{Platform: web.Platform, Channel: demoCurators}, Markets: []string{"KR", "US", "JP", "CN"}},
	}
	opts.Seed = func(ctx context.Context, digests *digest.Service) error {
		return demoDigest(ctx, digests, opts.Analysts[0].Name, opts.Location.String())
	}
	if err := checkListen(opts); err != nil {
		return err
	}
	var err error
	if opts.Backends, err = c.backends(e); err != nil {
		return err
	}
	set, err := openDemo(e, dir)
	if err != nil {
		return err
	}
	opts.Location, opts.Analysts, opts.Channels = set.location, set.analysts, set.channels
	app, err := Open(e.ctx, opts)
	if err != nil {
		_ = set.Close()
		return err
	}
	fmt.Fprintf(e.Out, "\n  밥상이 차려졌어요 · The table is set\n\n    http://%s/\n\n  그만두려면 Ctrl-C · Ctrl-C to stop\n", app.Addr())
	return app.Run(e.ctx)
}

// serveCmd serves a configuration.
type serveCmd struct {
	Config string `help:"The configuration." required:"" type:"path" placeholder:"bapsang.yaml"`
}

// Run implements the command.
func (c *serveCmd) Run(e *env) error {
	cfg, err := config.Read(c.Config, e.Getenv)
	if err != nil {
		return usageError{err}
	}
	if err := checkSubscriptions(cfg); err != nil {
		return usageError{err}
	}
	dates, err := openCalendar(cfg)
	if err != nil {
		return err
	}
	set, err := openSources(e, cfg)
	if err != nil {
		return err
	}
	opts := Options{
		Calendar: dates,
		Listen:   cfg.Listen, DataDir: cfg.Path(cfg.DataDir), Location: set.location, Now: e.now, Logger: e.logger,
		Analysts: set.analysts, Channels: set.channels, Page: !cfg.Web.Off, Rooms: cfg.Web.Channels,
		Backends: set.backends, CallsPerQuestion: set.calls, Slack: cfg.Slack, Teams: cfg.Teams, Traces: e.traces,
		Subscriptions: cfg.Subscriptions,
		Outside:       set.outside,
	}
	for _, t := range cfg.API.Tokens {
		opts.Tokens = append(opts.Tokens, api.Token{Name: t.Name, Token: t.Token})
	}
	app, err := Open(e.ctx, opts)
	if err != nil {
		_ = set.Close()
		return err
	}
	fmt.Fprintf(e.Out, "bapsang listens on http://%s/\n", app.Addr())
	return app.Run(e.ctx)
}

// backupCmd copies a store, of a running bapsang too.
type backupCmd struct {
	DataDir string `help:"The data directory." required:"" type:"path"`
	To      string `arg:"" help:"The file to write." type:"path"`
}

// Run implements the command. The copy is complete and sound, or not there.
func (c *backupCmd) Run(e *env) (err error) {
	if _, err := os.Stat(filepath.Join(c.DataDir, bolt.FileName)); err != nil {
		return usagef("there is no %s in %s; the demo's is in its folder demo", bolt.FileName, c.DataDir)
	}
	tmp := c.To + ".partial"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write backup: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp)
		}
	}()
	if err = c.copyTo(e, f); err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = bolt.Check(e.ctx, tmp)
	}
	if err == nil {
		err = os.Rename(tmp, c.To)
	}
	if err != nil {
		return fmt.Errorf("write backup: %w", err)
	}
	return nil
}

// copyTo has whoever holds the store copy it: the bapsang that runs on it, or nobody
// and so this process.
func (c *backupCmd) copyTo(e *env, w io.Writer) error {
	if err := backupRunning(e.ctx, c.DataDir, w); !errors.Is(err, errNotRunning) {
		return err
	}
	s, err := bolt.Open(e.ctx, c.DataDir, bolt.Options{Logger: e.logger})
	if err != nil {
		return storeError(c.DataDir, err)
	}
	return errors.Join(s.Backup(e.ctx, w), s.Close())
}

// versionCmd prints the version.
type versionCmd struct{}

// Run implements the command.
func (versionCmd) Run(e *env) error {
	version, commit := "devel", "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" && info.Main.Version != "(devel)" {
			version = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	_, err := fmt.Fprintf(e.Out, "bapsang %s, commit %s, %s %s/%s\n", version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
