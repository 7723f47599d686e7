// Package workers answers statements from an engine that lives in a small pool of confined
// child processes (see package confine), for drivers whose engine is a library: some of
// its functions ignore both cancellation and memory limits, so a process that can be
// killed is the only bound that holds. The parent bounds whatever a worker sends, kills it
// soon after a deadline that passed unheeded, and puts a fresh one in its place.
package workers

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/confine"
	"github.com/bapsang/bapsang/connectors/kit"
)

// Config says what a pool is of. All of it but Stamp must be set.
type Config struct {
	Name   string // of the driver, for logs
	Source string // the source's configured name, for logs
	Role   string // one that confine.Main knows as a role made by Serve
	// Open is what each engine is opened with, as JSON.
	Open    any
	Limits  confine.Limits
	Workers int // statements at once
	// Timeout bounds a statement that brings no timeout of its own.
	Timeout time.Duration
	// Stamp tells one state of what is open from another: a worker of another state is
	// replaced before it is asked. Its error, of type *connectors.Error, is the answer to
	// whoever asks. Nil where nothing changes.
	Stamp  func() (string, error)
	Logger *slog.Logger
}

// Pool is some workers. Its methods may be called concurrently.
type Pool struct {
	cfg Config

	life *kit.Life // every worker ends with it

	// slots holds the idle workers. A nil stands for one that must be started
	// first.
	slots chan *worker
}

// Start starts the workers of a pool. ctx bounds that only.
func Start(ctx context.Context, cfg Config) (*Pool, error) {
	p := &Pool{cfg: cfg, slots: make(chan *worker, cfg.Workers), life: kit.NewLife(ctx)}
	for range cfg.Workers {
		w, err := p.start(ctx)
		if err != nil {
			p.Close()
			return nil, Ended(ctx, err)
		}
		p.slots <- w
	}
	return p, nil
}

func (p *Pool) stamp() (string, error) {
	if p.cfg.Stamp == nil {
		return "", nil
	}
	return p.cfg.Stamp()
}

// Run has a worker answer req, and leaves the pool as strong as it was. The time that it
// waits for one that is free counts against its timeout. Errors are of type
// *connectors.Error.
func (p *Pool) Run(ctx context.Context, req Request) (*connectors.Result, error) {
	if !p.life.Enter() {
		return nil, kit.Closed()
	}
	defer p.life.Leave()
	if req.MaxRows <= 0 {
		req.MaxRows = connectors.DefaultMaxRows
	}
	if req.Timeout <= 0 {
		req.Timeout = p.cfg.Timeout
	}
	ctx, cancel := context.WithTimeout(ctx, req.Timeout)
	defer cancel()
	res, err := p.attempt(ctx, req)
	for range p.cfg.Workers {
		// Every worker may have died while it was idle; none of them met the query.
		if !errors.Is(err, errUntouched) || ctx.Err() != nil {
			break
		}
		res, err = p.attempt(ctx, req)
	}
	if err == nil {
		return res, nil
	}
	if p.life.Over() {
		return nil, kit.Closed()
	}
	return nil, Ended(ctx, err)
}

// attempt has one worker answer req and returns it or a fresh one to the pool.
func (p *Pool) attempt(ctx context.Context, req Request) (*connectors.Result, error) {
	w, err := p.take(ctx)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		req.Timeout = max(time.Until(deadline), time.Millisecond)
	}
	res, reusable, err := w.ask(ctx, req)
	if reusable {
		p.slots <- w
	} else {
		p.cfg.Logger.Warn(p.cfg.Name+": replacing a worker", "source", p.cfg.Source, "pid", w.proc.Pid(), "error", err)
		p.replace(w)
	}
	return res, err
}

// Ended is what an error means: that the time was up, where it was up by then, else err.
func Ended(ctx context.Context, err error) error {
	if over := kit.Ended(ctx, err); over != nil {
		return over
	}
	return err
}

// take waits for a worker that is free and alive.
func (p *Pool) take(ctx context.Context) (*worker, error) {
	if ctx.Err() != nil { // or chance decides between it and a free worker
		return nil, kit.Ended(ctx, context.Cause(ctx))
	}
	var w *worker
	select {
	case w = <-p.slots:
	case <-p.life.Context().Done():
		return nil, kit.Closed()
	case <-ctx.Done():
		return nil, kit.Ended(ctx, errors.New("no worker was free"))
	}
	stamp, err := p.stamp()
	if err != nil {
		p.slots <- w
		return nil, err
	}
	if w != nil && w.alive() && w.stamp == stamp {
		return w, nil
	}
	if w != nil {
		w.proc.Close()
	}
	if w, err = p.start(ctx); err != nil {
		p.slots <- nil
		return nil, Ended(ctx, err)
	}
	return w, nil
}

// replace puts a fresh worker in the place of a lost one, without making the query
// that lost it wait.
func (p *Pool) replace(lost *worker) {
	again := p.life.Go(func(ctx context.Context) {
		lost.proc.Close()
		w, err := p.start(ctx)
		if err != nil {
			p.cfg.Logger.Error(p.cfg.Name+": a worker cannot be started", "source", p.cfg.Source, "error", err)
		}
		p.slots <- w // nil after an error: the next query tries again
	})
	if !again {
		lost.proc.Close()
	}
}

// Close ends every query. When it returns, no process is left. Calling it twice is allowed.
func (p *Pool) Close() {
	if !p.life.End() {
		return
	}
	for {
		select {
		case w := <-p.slots:
			if w != nil {
				w.proc.Close()
			}
		default:
			return
		}
	}
}
