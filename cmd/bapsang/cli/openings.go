package cli

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/connectors"
)

const (
	// Servers are opened as many at once as one waits for; of copies of files, which take
	// memory and processors, few.
	serversAtOnce = 32
	filesAtOnce   = 4
	// openWithin bounds the opening of a server's source: one may take a connection and never
	// say a word.
	openWithin = 2 * time.Minute
	// settled is how long a start waits for more servers after the last that answered.
	settled = time.Second
)

// openings are the sources of a configuration while they are opened, all at once. Each is
// opened by a goroutine of its own that Close ends.
type openings struct {
	all   []*opening
	news  chan *opening // each, when it has been opened or not
	end   context.CancelFunc
	owned sync.WaitGroup
}

// opening is one source.
type opening struct {
	server bool
	well   bool        // it was opened; set before news of it
	result chan opened // holds one value in the end
}

// opened is a source, or why there is none.
type opened struct {
	source connectors.Source
	err    error
}

// openAll begins to open the sources of a configuration.
func openAll(e *env, cfg *config.Config, hooks connectors.Hooks) *openings {
	ctx, end := context.WithCancel(e.ctx)
	o := &openings{end: end, news: make(chan *opening, len(cfg.Sources))}
	servers := make(chan struct{}, serversAtOnce)
	copies := make(chan struct{}, min(filesAtOnce, runtime.GOMAXPROCS(0)))
	for i, spec := range cfg.Sources {
		one := &opening{server: sourceDriver(spec.Driver).Server, result: make(chan opened, 1)}
		o.all = append(o.all, one)
		places := copies
		if one.server {
			places = servers
		}
		o.owned.Go(func() {
			source, err := one.open(ctx, e, cfg, i, hooks, places)
			one.well = err == nil
			one.result <- opened{source, err}
			o.news <- one
		})
	}
	return o
}

func (one *opening) open(ctx context.Context, e *env, cfg *config.Config, i int, hooks connectors.Hooks, places chan struct{}) (connectors.Source, error) {
	select {
	case places <- struct{}{}:
		defer func() { <-places }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if one.server { // others may keep what they were opened with
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, openWithin)
		defer cancel()
	}
	within := *e
	within.ctx = ctx
	return openSource(&within, cfg, i, hooks)
}

// wait returns when all are opened or not. With some it does not wait for servers that are
// silent while others have answered: those are awaited later.
func (o *openings) wait(ctx context.Context, some bool) error {
	quiet := time.NewTimer(0)
	defer quiet.Stop()
	quiet.Stop()
	copies, well := 0, false
	for _, one := range o.all {
		if !one.server {
			copies++
		}
	}
	for range o.all {
		select {
		case one := <-o.news:
			well = well || one.well
			if !one.server {
				copies--
			}
		case <-quiet.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
		if some && well && copies == 0 {
			quiet.Reset(settled)
		}
	}
	return nil
}

// take returns what came of the i-th, or that it has not answered yet.
func (o *openings) take(i int) (got opened, there bool) {
	select {
	case got = <-o.all[i].result:
		return got, true
	default:
		return opened{}, false
	}
}

// errSilent is what is known of a source while it is opened.
func errSilent() error {
	return &connectors.Error{
		Code: connectors.CodeUnavailable, Message: "The database has not answered yet; it is still being opened.", Korean: "데이터베이스가 아직 답하지 않아 기다리고 있어요.",
	}
}

// Close ends what is still being opened, and closes what nobody took.
func (o *openings) Close() error {
	if o == nil {
		return nil
	}
	o.end()
	o.owned.Wait()
	var errs []error
	for i := range o.all {
		if got, there := o.take(i); there && got.source != nil {
			errs = append(errs, got.source.Close())
		}
	}
	return errors.Join(errs...)
}
