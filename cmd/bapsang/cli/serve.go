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
	Config string        `help:"The configuration." required:"" type:"path" placeholder:"bapsang.yaml"`
	Roles  []string      `help:"What this process runs: chat, worker, scheduler, console. Default: all." placeholder:"ROLE"`
	Drain  time.Duration `help:"Told to stop, say that it is not ready for so long before the doors close." default:"0s"`
}

// Run implements the command.
func (c *serveCmd) Run(e *env) error {
	keepWithin(os.DirFS("/"), e.logger)
	app, err := c.open(e)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.Out, "bapsang listens on http://%s/\n", app.Addr())
	return app.Run(e.ctx)
}

// open makes the App that the configuration describes.
func (c *serveCmd) open(e *env) (*App, error) {
	roles, err := parseRoles(c.Roles)
	if err != nil {
		return nil, err
	}
	cfg, err := e.readConfig(c.Config)
	if err != nil {
		return nil, usageError{err}
	}
	if err := checkSubscriptions(cfg); err != nil {
		return nil, usageError{err}
	}
	dates, err := openCalendar(cfg)
	if err != nil {
		return nil, err
	}
	absent := &absences{}
	if roles.queries() {
		for _, spec := range cfg.Sources {
			absent.sources = append(absent.sources, spec.Name)
		}
	}
	set, err := openSources(e, cfg, roles, absent)
	if err != nil {
		return nil, err
	}
	opts := Options{
		Calendar: dates, Changes: changesOf(cfg),
		Listen: cfg.Listen, DataDir: cfg.Path(cfg.DataDir), Location: set.location, Now: e.now, Logger: e.logger,
		Analysts: set.analysts, Together: set.together, Channels: set.channels, Page: !cfg.Web.Off, Rooms: cfg.Web.Channels,
		Backends: set.backends, CallsPerQuestion: set.calls, Degradation: cfg.Degradation, Slack: cfg.Slack, Teams: cfg.Teams, Traces: e.traces,
		Subscriptions: cfg.Subscriptions,
		Outside:       set.outside, Board: set.board, Upstreams: cfg.Upstreams(), Contact: cfg.Contact, Roles: roles, Drain: c.Drain,
		Minutes: minutesOf(cfg), PublicURL: cfg.PublicURL, Absent: set.absent,
	}
	for _, t := range cfg.API.Tokens {
		opts.Tokens = append(opts.Tokens, api.Token{Name: t.Name, Token: t.Token})
	}
	if at := storeOf(cfg); at.server != nil {
		if opts.Store, err = at.open(e); err != nil {
			_ = set.Close()
			return nil, err
		}
		opts.Shared = true
	}
	app, err := Open(e.ctx, opts)
	if err != nil {
		_ = set.Close()
		if opts.Store != nil {
			_ = opts.Store.Close()
		}
		return nil, err
	}
	return app, nil
}

// backupCmd copies a store, of a running bapsang too.
type backupCmd struct {
	DataDir string `help:"The data directory." type:"path" placeholder:"DIR"`
	Config  string `help:"The configuration whose store is meant." type:"path" placeholder:"bapsang.yaml"`
	To      string `arg:"" help:"The file to write." type:"path"`
}

// Run implements the command. The copy is complete and sound, or not there.
func (c *backupCmd) Run(e *env) (err error) {
	if err := c.place(e); err != nil {
		return err
	}
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

// place finds the directory. A server's store is not a file to be copied.
func (c *backupCmd) place(e *env) error {
	switch {
	case c.Config != "" && c.DataDir != "":
		return usagef("name the store by --config or by --data-dir, not by both")
	case c.Config == "" && c.DataDir == "":
		return usagef("say which store is meant: --config bapsang.yaml, or --data-dir DIR (the demo's is in its folder demo)")
	case c.Config == "":
		return nil
	}
	cfg, err := e.readConfig(c.Config)
	if err != nil {
		return usageError{err}
	}
	at := storeOf(cfg)
	if at.server != nil {
		return usagef("the store is on a PostgreSQL server: copy it with pg_dump, or back the server up (see docs/backup.md)")
	}
	c.DataDir = at.dir
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
	commit := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	_, err := fmt.Fprintf(e.Out, "bapsang %s, commit %s, %s %s/%s\n", version(), commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// version is the program's.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}
