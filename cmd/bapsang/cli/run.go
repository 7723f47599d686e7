package cli

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/bapsang/bapsang/store"
)

// The times that stopping may take: for requests to end by themselves, and at all, and for
// running questions.
const (
	streamStop = 500 * time.Millisecond
	httpStop   = 5 * time.Second
	workStop   = 10 * time.Second
)

// watchTables is how often the tables of analysts whom nobody asks are looked at: as often as
// drivers read their structure again by themselves.
const watchTables = 10 * time.Minute

// Run serves until ctx ends, then stops: it says that it is not ready, takes no more jobs
// and nothing more from the platforms' sockets, and when whoever sends requests here has
// had Drain to hear of it, no new requests; running questions finish or go back to the
// queue, and everything is closed.
func (a *App) Run(ctx context.Context) error {
	ours, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	if err := a.join(ctx); err != nil {
		return errors.Join(err, a.Close())
	}
	stop := a.start(ours)
	work, stopWork := context.WithCancel(ours)
	defer stopWork()
	worked := a.work(work)
	requests, endRequests := context.WithCancel(ours)
	defer endRequests()
	server := &http.Server{
		// Longer than Chromium keeps a connection on which it has not asked yet, a minute:
		// what it asks on one that is being closed fails, and it does not ask again.
		Handler: a.handler, ReadHeaderTimeout: 75 * time.Second, IdleTimeout: 2 * time.Minute,
		BaseContext: func(net.Listener) context.Context { return requests },
		ErrorLog:    slog.NewLogLogger(a.opts.Logger.Handler(), slog.LevelWarn),
	}
	served := make(chan error, 1)
	listener := a.listener // Close forgets it while Serve may still be starting
	go func() { served <- server.Serve(listener) }()
	open, shut := context.WithCancel(ctx)
	defer shut()
	doors := a.takeIn(open)
	a.setUp(ctx)
	var failed error
	select {
	case <-ctx.Done():
	case failed = <-served:
	case failed = <-worked:
		worked <- failed
	}
	a.ready.draining.Store(true)
	stopWork() // what comes from here on is for the others
	if failed == nil {
		failed = a.drain(served)
	}
	// What can be answered is; event streams do not end by themselves, and are opened again
	// elsewhere.
	defer time.AfterFunc(streamStop, endRequests).Stop()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), httpStop)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		_ = server.Close()
	}
	shut()
	doors()
	err := <-worked
	stop()
	if a.fleet != nil {
		a.fleet.Leave()
	}
	a.listener = nil
	return errors.Join(failed, ignoreCancelled(err), a.Close())
}

// join lets the other processes know of this one.
func (a *App) join(ctx context.Context) error {
	if a.fleet == nil {
		return nil
	}
	return a.fleet.Join(ctx)
}

// start begins what goes on by itself until stop, which waits for its end.
func (a *App) start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { a.monitor.Run(ctx) })
	running.Go(func() { a.opts.Absent.run(ctx, a.roster, a.opts.Logger) })
	if a.opts.Roles.queries() {
		running.Go(func() { a.brain.Watch(ctx, watchTables) })
	}
	if a.opts.Roles.has(RoleChat) {
		a.desk.Start(ctx)
	}
	if a.opts.Roles.has(RoleScheduler) {
		a.digests.Start(ctx)
		a.curator.Start(ctx)
		a.herald.Start(ctx)
		if a.blobs != nil {
			running.Go(func() { a.sweepFiles(ctx) })
		}
	}
	return func() {
		cancel()
		a.desk.Stop()
		a.digests.Stop()
		a.curator.Stop()
		a.herald.Stop()
		running.Wait()
	}
}

// work works the jobs of the roles until ctx ends, and then says how that went.
func (a *App) work(ctx context.Context) (worked chan error) {
	worked = make(chan error, 1)
	handlers := a.handlers()
	a.ready.works = len(handlers) > 0
	a.ready.working.Store(a.ready.works)
	go func() {
		defer a.ready.working.Store(false)
		if !a.ready.works {
			<-ctx.Done()
			worked <- nil
			return
		}
		worked <- a.store.Work(ctx, store.WorkOptions{Handlers: handlers, Concurrency: a.opts.Workers, SoftStop: workStop})
	}()
	return worked
}

// setUp writes what is to be sent by the clock.
func (a *App) setUp(ctx context.Context) {
	if !a.opts.Roles.has(RoleScheduler) {
		return
	}
	if err := configure(ctx, a.store, a.digests, a.opts.Subscriptions, a.opts.Location.String()); err != nil {
		a.opts.Logger.ErrorContext(ctx, "not all subscriptions of the configuration are set up", "error", err)
	}
	if a.opts.Seed != nil {
		if err := a.opts.Seed(ctx, a.digests); err != nil {
			a.opts.Logger.ErrorContext(ctx, "what is to be sent was not set up", "error", err)
		}
	}
}

// drain waits while whoever sends requests here hears that it should not. It returns an
// error when the doors close by themselves meanwhile.
func (a *App) drain(served <-chan error) error {
	if a.opts.Drain <= 0 {
		return nil
	}
	over := time.NewTimer(a.opts.Drain)
	defer over.Stop()
	select {
	case <-over.C:
		return nil
	case err := <-served:
		return err
	}
}

// handlers are the jobs that the App works.
func (a *App) handlers() map[string]store.Handler {
	all := map[string]store.Handler{}
	if a.opts.Roles.has(RoleWorker) {
		maps.Copy(all, a.desk.Handlers())
	}
	if a.opts.Roles.has(RoleScheduler) {
		maps.Copy(all, a.digests.Handlers())
		maps.Copy(all, a.curator.Handlers())
		maps.Copy(all, a.herald.Handlers())
	}
	return all
}
