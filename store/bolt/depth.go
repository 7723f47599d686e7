package bolt

import (
	"context"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/bapsang/bapsang/store"
)

var _ store.Gauge = (*Store)(nil)

// Depth implements [store.Gauge].
func (s *Store) Depth(context.Context) (store.Depth, error) {
	if s.closed() {
		return store.Depth{}, store.ErrClosed
	}
	var d store.Depth
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.index.jobs {
		load := &d.Foreground
		if e.background {
			load = &d.Background
		}
		switch {
		case e.running:
			load.Running++
		case !e.place.ready:
			load.Held++
		default:
			load.Waiting++
			if since := e.since(); load.Since.IsZero() || since.Before(load.Since) {
				load.Since = since
			}
		}
	}
	return d, nil
}

// since is when the job could first have run: its id knows when it was enqueued, to the
// millisecond.
func (e *entry) since() time.Time {
	at := e.notBefore
	if id, err := ulid.ParseStrict(e.id); err == nil {
		if enqueued := ulid.Time(id.Time()); enqueued.After(at) {
			at = enqueued
		}
	}
	return at.UTC()
}
