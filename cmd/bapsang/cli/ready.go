package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/store"
)

// readyWithin is how long the store may take to say that it is there. Kubernetes gives a
// probe a second where nothing else is said.
const readyWithin = 900 * time.Millisecond

// readiness is whether this process does its part.
type readiness struct {
	draining atomic.Bool // it is about to stop: nothing new is to be sent here
	working  atomic.Bool // jobs are claimed
	works    bool        // they ought to be
	store    store.Store
	without  func() []desk.Missing // what of the configuration is not there; nil means nothing
}

// migrated is a store that can tell whether its layout is what the program needs.
type migrated interface {
	// Ready returns an error while the store cannot be worked with: it does not answer, or
	// its layout is not this program's.
	Ready(ctx context.Context) error
}

// check says why the process is not ready, nil when it is.
func (r *readiness) check(ctx context.Context) error {
	if r.draining.Load() {
		return errors.New("stopping")
	}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	if m, ok := r.store.(migrated); ok {
		if err := m.Ready(ctx); err != nil {
			return fmt.Errorf("store: %w", err)
		}
	}
	// Something has to be read: a snapshot by itself need not ask anybody.
	err := r.store.View(ctx, func(tx store.ReadTx) error {
		_, err := tx.Get("ready", "ready")
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return errors.New("the store does not answer")
	}
	if r.works && !r.working.Load() {
		return errors.New("no jobs are worked")
	}
	return nil
}

// ServeHTTP answers whoever decides where requests go. Who is ready says what it does without,
// so that whoever rolls out a mistake in one source sees it: the rest goes on.
func (r *readiness) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if err := r.check(req.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
	if r.without == nil {
		return
	}
	for _, m := range r.without() {
		what, why := "source", m.WhyEn
		if m.Kind == desk.MissingAnalyst {
			what = "analyst"
		}
		if why == "" { // the log and /fleet have more
			why = m.En
		}
		fmt.Fprintf(w, "without %s %s since %s: %s\n", what, m.Name, m.Since.UTC().Format(time.RFC3339), strings.Join(strings.Fields(why), " "))
	}
}
