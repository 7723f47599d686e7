package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"path/filepath"
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
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/api"
	"github.com/bapsang/bapsang/bot/curator"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/bot/digest"
	"github.com/bapsang/bapsang/bot/web"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/cmd/bapsang/internal/telemetry"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store"
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
	// Backends are the models that may be asked, in order of preference; none leaves
	// the rung out. CallsPerQuestion bounds what a question may cost; 0 means 10.
	Backends         []llm.Backend
	CallsPerQuestion int
	Slack            *config.Slack     // nil: none
	Teams            *config.Teams     // nil: none
	Traces           *telemetry.Traces // of questions; nil goes nowhere
	// Admin reports who may change everybody's subscriptions; nil means nobody.
	Admin    func(principal string) bool
	Calendar CalendarOptions
	// ShortestInterval is how often something may be sent by the clock at most; 0 means
	// once an hour.
	ShortestInterval time.Duration
	// Subscriptions are what an operator has sent by the clock.
	Subscriptions []config.Subscription
	// Seed is called once the App runs, to set up what is to be sent; nil sets up nothing.
	Seed func(ctx context.Context, digests *digest.Service) error
	// Outside are the searches, pages and feeds; the zero value has none. The App closes it.
	Outside outside
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
	store    *bolt.Store
	control  *control // nil where the system gives none
	shelf    *analyst.Shelf
	thinking *thinking // nil without a model
	desk     *desk.Desk
	book     *book.Book
	digests  *digest.Service
	curator  *curator.Service
	handler  http.Handler
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
	a := &App{opts: opts, outside: opts.Outside}
	defer func() {
		if err != nil {
			_ = a.Close()
		}
	}()
	if a.store, err = bolt.Open(ctx, opts.DataDir, bolt.Options{Logger: opts.Logger, Now: opts.Now}); err != nil {
		return nil, storeError(opts.DataDir, err)
	}
	if err := a.openBook(ctx); err != nil {
		return nil, err
	}
	if a.control, err = openControl(ctx, opts.DataDir, a.store, a.calendarCommand, opts.Logger); err != nil {
		// Sockets' paths are short on some systems. Only commands while it runs need one.
		opts.Logger.WarnContext(ctx, "no backup and no calendar commands while running", "error", err)
	}
	a.shelf = analyst.NewShelf(filepath.Join(opts.DataDir, "threads"), func(ctx context.Context, name string, paths []string, into string) (connectors.Source, error) {
		return openFiles(ctx, name, paths, into, opts.Now(), opts.Logger)
	})
	// What is sent may say where we are. Who calls before Run waits.
	if a.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", opts.Listen); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if err := a.wire(); err != nil {
		return nil, err
	}
	return a, nil
}

// checkListen refuses to serve strangers: without tokens only this machine may ask.
func checkListen(opts Options) error {
	host, port, err := net.SplitHostPort(opts.Listen)
	if _, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil {
		return usagef("listen address %q: write host:port, such as 127.0.0.1:8080", opts.Listen)
	}
	if len(opts.Tokens) > 0 || loopback(host) {
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
	registry := prometheus.NewRegistry()
	backends, err := instrumented(a.opts.Backends, a.opts.Traces, registry)
	if err != nil {
		return err
	}
	thinking, err := openThinking(backends, a.opts.CallsPerQuestion, a.store, a.opts.Now, a.opts.Logger)
	if err != nil {
		return err
	}
	a.thinking = thinking
	brain, err := agent.New(thinking.into(agent.Config{Directory: roster, Store: a.store, Now: a.opts.Now, Logger: a.opts.Logger, Tracer: a.opts.Traces.Tracer(), Calendar: a.calendar, Searchers: a.searchers, Audit: a.hooks.Audit}))
	if err != nil {
		return err
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
	chat := web.NewChat(a.store, a.opts.Now)
	cfg := desk.Config{
		Store: a.store, Queue: a.store, Agent: brain, Posters: map[string]bot.Poster{web.Platform: chat},
		Shelf: a.shelf, UploadDir: filepath.Join(a.opts.DataDir, "uploads"),
		ChannelAnalyst: a.channelAnalyst(roster), Addressee: roster.Named,
		Model: thinking != nil, Settled: brain.Forget,
		Location: a.opts.Location, Now: a.opts.Now, Logger: a.opts.Logger, Concurrency: a.opts.Workers,
	}
	cfg.Calendar = func(ctx context.Context, from, to time.Time, language string) ([]agent.Happening, error) {
		return brain.Happenings(ctx, agent.Outlook{
			Question: agent.Question{Language: language, Now: a.now()}, From: from, To: to,
			Filter: calendar.Filter{Markets: []string{calendar.Home}, Major: true},
		})
	}
	if thinking != nil {
		cfg.ModelLoad = thinking.load
	}
	seat(&cfg, a.platforms)
	if err := a.openDigests(brain, &cfg); err != nil {
		return err
	}
	if err := a.openCurator(&cfg); err != nil {
		return err
	}
	if a.desk, err = desk.New(cfg); err != nil {
		return err
	}
	mux := http.NewServeMux()
	for _, p := range a.platforms {
		if p.mount != nil {
			p.mount(mux, a.desk)
		}
	}
	mux.Handle("/api/v1/", api.New(api.Config{Desk: a.desk, Tokens: a.opts.Tokens, Logger: a.opts.Logger}))
	if err := a.operate(mux, registry); err != nil {
		return err
	}
	(&feeds{app: a, seen: map[string]seenFeed{}}).mount(mux, a.hasPage())
	if a.hasPage() {
		page, err := web.New(web.Config{
			Chat: chat, Handler: a.desk, Channels: a.opts.Rooms, Render: renderChart, CSV: a.csv, Now: a.opts.Now,
			Location: a.opts.Location, Logger: a.opts.Logger, Examples: a.examples(),
			Calendar: a.pageCalendar(),
		})
		if err != nil {
			return err
		}
		mux.Handle("/", page)
	}
	a.handler = mux
	return nil
}

// examples are the analysts' example questions, for the page's empty channels.
func (a *App) examples() []string {
	var out []string
	for _, an := range a.opts.Analysts {
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
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		err := a.store.View(r.Context(), func(store.ReadTx) error { return nil })
		if err != nil {
			http.Error(w, "the store does not answer", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := a.desk.Register(registry); err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	if err := a.calls.register(registry); err != nil {
		return fmt.Errorf("register metrics of what is outside: %w", err)
	}
	for _, p := range a.platforms {
		if err := p.register(registry); err != nil {
			return fmt.Errorf("register metrics of %s: %w", p.name, err)
		}
	}
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return nil
}

// Addr is where the App listens.
func (a *App) Addr() string { return a.listener.Addr().String() }

// The times that stopping may take: for requests to end, and for running questions.
const (
	httpStop = 5 * time.Second
	workStop = 10 * time.Second
)

// Run serves until ctx ends, then stops: no new requests, running questions finish
// or go back to the queue, and everything is closed.
func (a *App) Run(ctx context.Context) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	a.desk.Start(work)
	a.digests.Start(work)
	a.curator.Start(work)
	worked := make(chan error, 1)
	go func() {
		worked <- a.store.Work(work, store.WorkOptions{Handlers: a.handlers(), Concurrency: a.opts.Workers, SoftStop: workStop})
	}()
	requests, endRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer endRequests()
	server := &http.Server{
		Handler: a.handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		BaseContext: func(net.Listener) context.Context { return requests },
		ErrorLog:    slog.NewLogLogger(a.opts.Logger.Handler(), slog.LevelWarn),
	}
	served := make(chan error, 1)
	listener := a.listener // Close forgets it while Serve may still be starting
	go func() { served <- server.Serve(listener) }()
	open, shut := context.WithCancel(ctx)
	defer shut()
	doors := a.takeIn(open)
	var failed error
	if err := configure(ctx, a.store, a.digests, a.opts.Subscriptions, a.opts.Location.String()); err != nil {
		a.opts.Logger.ErrorContext(ctx, "not all subscriptions of the configuration are set up", "error", err)
	}
	if a.opts.Seed != nil {
		if err := a.opts.Seed(ctx, a.digests); err != nil {
			a.opts.Logger.ErrorContext(ctx, "what is to be sent was not set up", "error", err)
		}
	}
	select {
	case <-ctx.Done():
	case failed = <-served:
	case failed = <-worked:
		worked <- failed
	}
	endRequests() // event streams end at once; they are opened again elsewhere
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), httpStop)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		_ = server.Close()
	}
	shut()
	doors()
	stopWork()
	err := <-worked
	a.desk.Stop()
	a.digests.Stop()
	a.curator.Stop()
	a.listener = nil
	return errors.Join(failed, ignoreCancelled(err), a.Close())
}

// handlers are the jobs that the App works.
func (a *App) handlers() map[string]store.Handler {
	all := a.desk.Handlers()
	maps.Copy(all, a.digests.Handlers())
	maps.Copy(all, a.curator.Handlers())
	return all
}

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
	errs = append(errs, a.outside.Close())
	for _, an := range a.opts.Analysts {
		errs = append(errs, an.Source.Close())
	}
	if a.control != nil {
		errs = append(errs, a.control.Close())
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	return errors.Join(errs...)
}
