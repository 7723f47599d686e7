package cli

import (
	"errors"
	"io"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/scout"
	"github.com/bapsang/bapsang/connectors"
)

// outside is what a run reaches beyond its sources, each behind its guard.
type outside struct {
	searchers []agent.Searcher
	pages     connectors.Pages // nil where no page is to be read
	feeds     []scout.Feed     // of organisers and of the company
	// hooks are the guards' own: one limiter, one audit log, one filter of what leaves.
	hooks   connectors.Hooks
	closers []io.Closer
}

// engines are the searches of the public web.
func (o *outside) engines() []scout.Engine {
	var out []scout.Engine
	for _, s := range o.searchers {
		if !s.Internal {
			out = append(out, scout.Engine{Name: s.Name, Searcher: s.Searcher})
		}
	}
	return out
}

// Close ends what was started for it.
func (o *outside) Close() error {
	var errs []error
	for _, c := range o.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
