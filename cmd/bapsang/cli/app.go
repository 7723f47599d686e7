package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/book"
	"github.com/bapsang/bapsang/agent/chart"
	"github.com/bapsang/bapsang/agent/degrade"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/api"
	"github.com/bapsang/bapsang/bot/curator"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/bot/digest"
	"github.com/bapsang/bapsang/bot/herald"
	"github.com/bapsang/bapsang/bot/report"
	"github.com/bapsang/bapsang/bot/web"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/cmd/bapsang/internal/fleet"
	"github.com/bapsang/bapsang/cmd/bapsang/internal/telemetry"
	"github.com/bapsang/bapsang/connectors/quota"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/blob"
	"github.com/bapsang/bapsang/store/bolt"
)

// Options say what an App serves.
type Options struct {
	Listen   string // address; ":0" takes a free port
	DataDir  string
	Location *time.Location
	Now      func() time.Time
	Logger   *slog.Logger
	Analysts []*agent.Analyst
	Channels map[string]string // channel → analyst
	// Page turns the chat page on; Rooms are the channels it begins with. The page
	// takes everybody at their word, so it is served on loopback addresses only:
	// elsewhere a proxy that knows people stands before it.
	Page  bool
	Rooms []string
	// Tokens let programs in; none lets everybody in, on loopback only.
	Tokens []api.Token
	// Workers is how many questions are answered at once; 0 means 4, with a model as
	// many as may wait for it.
	Workers int
	// Together answers from several sources what none of them answers alone, files that
	// people drop among them; nil answers from one each.
	Together *analyst.Sideboard
	// Backends are the models that may be asked, in order of preference; none leaves
	// the rung out. CallsPerQuestion bounds what a question may cost; 0 means 10.
	Backends         []llm.Backend
	CallsPerQuestion int
	// Degradation says when less is done because many ask.
	Degradation config.Degradation
	Slack       *config.Slack     // nil: none
	Teams       *config.Teams     // nil: none
	Traces      *telemetry.Traces // of questions; nil goes nowhere
	// Admin reports who may change everybody's subscriptions; nil means nobody.
	Admin    func(principal string) bool
	Calendar CalendarOptions
	Changes  ChangeOptions
	// ShortestInterval is how often something may be sent by the clock at most; 0 means
	// once an hour.
	ShortestInterval time.Duration
	// Subscriptions are what an operator has sent by the clock.
	Subscriptions []config.Subscription
	// PublicURL is where browsers reach the page from elsewhere; empty for nowhere.
	PublicURL string
	// Minutes are what reports assume that finding an answer takes; zero means theirs.
	Minutes report.Minutes
	// Seed is called once the App runs, to set up what is to be sent; nil sets up nothing.
	Seed func(ctx context.Context, digests *digest.Service) error
	// Board are the contracts with upstreams, which the App shares with all who have its
	// store; nil for none. The App closes it.
	Board *quota.Board
	// Upstreams are what has a contract, and Contact whom its owners can call: the ledger.
	Upstreams []config.Upstream
	Contact   string
	// Outside are the searches, pages and feeds; the zero value has none. The App closes it.
	Outside outside
	// Absent is what of the configuration is not there; nil means that all is.
	Absent *absences
	// Roles are the parts of the program that run here; none means all. Analysts, Backends
	// and Outside are of those that query; see [RoleSet.queries].
	Roles RoleSet
	// Drain is how long the process, told to stop, says that it is not ready before its
	// doors close, so that whoever sends requests here has time to hear of it.
	Drain time.Duration
	// Store is where everything is kept; nil opens a file in DataDir, for one process. The
	// App closes it. Shared says that other processes work on it, too.
	Store  Keeper
	Shared bool
}

// Keeper is an open store with its queue.
type Keeper interface {
	store.Store
	store.Queue
	store.Gauge
	io.Closer
}

// How many questions are answered at once. One that waits for its turn, at a model or in a
// busy channel of a platform, costs nothing but its place, and must not hold up the others:
// the pool, and the contracts of the sources, bound what is really done at once.
const (
	workers        = 4
	waitingWorkers = 512
)

// App is the whole program, running: store, analysts, desk, workers and the HTTP
// server. Tests start one on a free port and use it from outside.
type App struct {
	opts     Options
	store    Keeper
	ready    readiness
	fleet    *fleet.Fleet // nil for a process that has the store to itself
	since    time.Time
	control  *control // nil where the system gives none, or the store is not this process's alone
	roster   *analyst.Roster
	shelf    *analyst.Shelf
	blobs    *blob.Blobs      // dropped files, where processes share them
	thinking *thinking        // nil without a model
	monitor  *degrade.Monitor // nil where everything is done always
	brain    *agent.Agent
	desk     *desk.Desk
	book     *book.Book
	digests  *digest.Service
	curator  *curator.Service
	herald   *herald.Service
	handler  http.Handler
	registry *prometheus.Registry // what operators see
	listener net.Listener

	platforms []platform

	outside // searchers, pages, feeds
}

// Open makes an App and begins to listen. Run serves; Close releases what Open took
// when Run was not called.
func Open(ctx context.Context, opts Options) (_ *App, err error) {
	if opts.Workers == 0 {
		opts.Workers = workers
		if len(opts.Backends) > 0 || opts.Slack != nil || opts.Teams != nil {
			opts.Workers = waitingWorkers
		}
	}
	if err := checkListen(opts); err != nil {
		return nil, err
	}
	a := &App{opts: opts, outside: opts.Outside, since: time.Now()}
	defer func() {
		if err != nil {
			_ = a.Close()
		}
	}()
	if err := a.openStore(ctx); err != nil {
		return nil, err
	}
	if err := a.reseat(ctx); err != nil {
		return nil, err
	}
	a.openShelf()
	// What is sent may say where we are. Who calls before Run waits.
	if a.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", opts.Listen); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if err := a.wire(); err != nil {
		return nil, err
	}
	return a, nil
}

// openStore opens the store and the calendar in it, and where it is a file of this
// process's own the socket through which others reach it.
func (a *App) openStore(ctx context.Context) error {
	opts := a.opts
	a.store = opts.Store
	var own *bolt.Store
	if a.store == nil {
		var err error
		if own, err = bolt.Open(ctx, opts.DataDir, bolt.Options{Logger: opts.Logger, Now: opts.Now}); err != nil {
			return storeError(opts.DataDir, err)
		}
		a.store = own
	}
	a.ready.store, a.ready.without = a.store, opts.Absent.missing
	if opts.Board != nil {
		if err := opts.Board.Share(a.store); err != nil {
			return fmt.Errorf("share contracts: %w", err)
		}
	}
	a.openFleet()
	if err := a.openBook(ctx); err != nil || own == nil {
		return err
	}
	var err error
	if a.control, err = openControl(ctx, opts.DataDir, own, a.commands(), opts.Logger); err != nil {
		// Sockets' paths are short on some systems. Only commands while it runs need one.
		opts.Logger.WarnContext(ctx, "no backup and no calendar commands while running", "error", err)
	}
	return nil
}

// checkListen refuses to serve strangers: without tokens only this machine may ask.
func checkListen(opts Options) error {
	host, port, err := net.SplitHostPort(opts.Listen)
	if _, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil {
		return usagef("listen address %q: write host:port, such as 127.0.0.1:8080", opts.Listen)
	}
	if len(opts.Tokens) > 0 || loopback(host) || !opts.Roles.has(RoleChat) {
		return nil
	}
	return usagef("listening on %s would let everybody on the network ask; use a loopback address such as 127.0.0.1, or configure api.tokens", opts.Listen)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// wire connects the parts.
func (a *App) wire() error {
	roster := analyst.NewRoster(a.opts.Analysts, a.opts.Channels, a.shelf)
	a.roster = roster
	registry := prometheus.NewRegistry()
	a.registry = registry
	var asked []llm.Backend
	if a.opts.Roles.queries() {
		asked = a.opts.Backends
	}
	backends, err := instrumented(asked, a.opts.Traces, registry)
	if err != nil {
		return err
	}
	thinking, err := openThinking(backends, a.opts.spending(), a.store, a.opts.Board, a.opts.Now, a.opts.Logger)
	if err != nil {
		return err
	}
	a.thinking = thinking
	if err := a.openDegradation(); err != nil {
		return err
	}
	brain, err := agent.New(a.degradeAgent(thinking.into(agent.Config{Directory: roster, Store: a.store, Shared: a.opts.Shared, Now: a.opts.Now, Logger: a.opts.Logger, Tracer: a.opts.Traces.Tracer(), Calendar: a.calendar, Searchers: a.searchers, Audit: a.hooks.Audit})))
	if err != nil {
		return err
	}
	a.brain = brain
	if err := a.openPlatforms(); err != nil {
		return err
	}
	chat := web.NewChat(a.store, a.opts.Now)
	cfg := desk.Config{
		Store: a.store, Queue: a.store, Agent: brain, Posters: map[string]bot.Poster{web.Platform: chat},
		ChannelAnalyst: a.channelAnalyst(roster), Addressee: roster.Named,
		Settled:  brain.Forget,
		Location: a.opts.Location, Now: a.opts.Now, Logger: a.opts.Logger, Concurrency: a.opts.Workers,
	}
	cfg.Calendar = func(ctx context.Context, from, to time.Time, language string) ([]agent.Happening, error) {
		return brain.Happenings(ctx, agent.Outlook{
			Question: agent.Question{Language: language, Now: a.now()}, From: from, To: to,
			Filter: calendar.Filter{Markets: []string{calendar.Home}, Major: true},
		})
	}
	a.seatShelf(&cfg)
	a.seatFleet(&cfg)
	a.degradeDesk(&cfg)
	seat(&cfg, a.platforms)
	if err := a.openDigests(brain, &cfg); err != nil {
		return err
	}
	if err := errors.Join(a.openCurator(&cfg), a.openHerald(&cfg)); err != nil {
		return err
	}
	if a.desk, err = desk.New(cfg); err != nil {
		return err
	}
	mux := http.NewServeMux()
	if err := a.operate(mux, registry); err != nil {
		return err
	}
	if a.opts.Roles.has(RoleChat) {
		err = a.doors(mux, chat)
	}
	a.handler = mux
	return err
}

// openPlatforms makes the drivers of the chat platforms, where something is said to people.
func (a *App) openPlatforms() error {
	if !a.opts.Roles.posts() {
		return nil
	}
	if a.opts.Slack != nil {
		p, err := a.slackPlatform(a.opts.Slack)
		if err != nil {
			return err
		}
		a.platforms = append(a.platforms, p)
	}
	if a.opts.Teams != nil {
		p, err := a.teamsPlatform(a.opts.Teams)
		if err != nil {
			return err
		}
		a.platforms = append(a.platforms, p)
	}
	return nil
}

// doors adds what people and programs call.
func (a *App) doors(mux *http.ServeMux, chat *web.Chat) error {
	for _, p := range a.platforms {
		if p.mount != nil {
			p.mount(mux, a.desk)
		}
	}
	mux.Handle("/api/v1/", api.New(api.Config{Desk: a.desk, Tokens: a.opts.Tokens, Logger: a.opts.Logger}))
	(&feeds{app: a, seen: map[string]seenFeed{}}).mount(mux, a.hasPage())
	if !a.hasPage() {
		return nil
	}
	page, err := web.New(web.Config{
		Chat: chat, Handler: a.desk, Channels: a.opts.Rooms, Render: renderChart, CSV: a.csv, Now: a.opts.Now,
		Location: a.opts.Location, Logger: a.opts.Logger, Examples: a.examples, MaxUpload: a.maxUpload(),
		Calendar: a.pageCalendar(), Notice: a.desk.Notice,
	})
	if err != nil {
		return err
	}
	mux.Handle("/", page)
	return nil
}

// examples are the analysts' example questions, for the page's empty channels. Where no
// analyst is, they are those of the processes that answer.
func (a *App) examples() []string {
	if a.fleet != nil && !a.opts.Roles.queries() {
		return a.fleet.Examples()
	}
	return a.ownExamples()
}

func (a *App) ownExamples() []string {
	var out []string
	for _, an := range a.roster.All() {
		out = append(out, an.Examples...)
	}
	return out
}

// csv writes a result for download.
func (a *App) csv(ctx context.Context, question, result string, w io.Writer) error {
	return a.desk.CSV(ctx, question, result, w)
}

// renderChart draws a message's chart spec: SVG for the page, PNG to keep.
func renderChart(ctx context.Context, spec json.RawMessage, as web.Picture) ([]byte, error) {
	var s chart.Spec
	if err := json.Unmarshal(spec, &s); err != nil {
		return nil, fmt.Errorf("decode chart: %w", err)
	}
	opts := chart.Options{Dark: as.Dark, Width: as.Width, Height: as.Height}
	if as.SVG {
		return chart.SVG(s, opts)
	}
	return chart.Render(ctx, s, opts)
}

// operate adds what operators look at.
func (a *App) operate(mux *http.ServeMux, registry *prometheus.Registry) error {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.Handle("GET /readyz", &a.ready)
	if a.opts.Roles.has(RoleConsole) {
		mux.HandleFunc("GET /fleet", a.showFleet)
	}
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		newQueueGauge(a.store, a.now, a.opts.Logger), newPoolGauge(a.thinking), newUpstreamGauge(a.opts.Board, a.opts.Logger), a.opts.Absent)
	if err := a.desk.Register(registry); err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	if err := a.monitor.Register(registry); err != nil {
		return fmt.Errorf("register metrics of load: %w", err)
	}
	if err := a.digests.Register(registry); err != nil {
		return fmt.Errorf("register metrics of digests: %w", err)
	}
	if err := a.calls.register(registry); err != nil {
		return fmt.Errorf("register metrics of what is outside: %w", err)
	}
	for _, p := range a.platforms {
		if err := p.register(registry); err != nil {
			return fmt.Errorf("register metrics of %s: %w", p.name, err)
		}
	}
	mux.HandleFunc("GET /ledger", a.ledgerPage)
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return nil
}

// Addr is where the App listens.
func (a *App) Addr() string { return a.listener.Addr().String() }

func ignoreCancelled(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Close releases everything that is open.
func (a *App) Close() error {
	var errs []error
	if a.listener != nil {
		errs = append(errs, a.listener.Close())
	}
	errs = append(errs, a.thinking.Close())
	if a.book != nil {
		a.book.Close()
	}
	if a.shelf != nil {
		errs = append(errs, a.shelf.Close())
	}
	errs = append(errs, a.outside.Close(), a.opts.Absent.Close())
	for _, an := range a.opts.Analysts {
		errs = append(errs, an.Source.Close())
	}
	if a.control != nil {
		errs = append(errs, a.control.Close())
	}
	if a.opts.Board != nil {
		errs = append(errs, a.opts.Board.Close())
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	return errors.Join(errs...)
}
