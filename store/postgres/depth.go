package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bapsang/bapsang/store"
)

var _ store.Gauge = (*Store)(nil)

// countJobs reads the partial indexes of outstanding jobs alone, however many have ended.
const countJobs = `SELECT background, state, count(*), min(greatest(enqueued_at, not_before)) FROM (
		SELECT background, state, enqueued_at, not_before FROM {s}.jobs WHERE state = 'ready'
		UNION ALL SELECT background, state, enqueued_at, not_before FROM {s}.jobs WHERE state = 'boxed'
		UNION ALL SELECT background, state, enqueued_at, not_before FROM {s}.jobs WHERE state = 'delayed'
		UNION ALL SELECT background, state, enqueued_at, not_before FROM {s}.jobs WHERE state = 'running') j
	GROUP BY background, state`

// Depth implements [store.Gauge].
func (s *Store) Depth(ctx context.Context) (store.Depth, error) {
	var d store.Depth
	if s.closed() {
		return d, store.ErrClosed
	}
	rows, err := s.pool.Query(ctx, s.q(countJobs))
	if err != nil {
		return d, known(err)
	}
	var background bool
	var state string
	var n int
	var since int64
	_, err = pgx.ForEachRow(rows, []any{&background, &state, &n, &since}, func() error {
		load := &d.Foreground
		if background {
			load = &d.Background
		}
		switch state {
		case "ready":
			load.Waiting, load.Since = n, time.Unix(0, since).UTC()
		case "running":
			load.Running = n
		default:
			load.Held += n
		}
		return nil
	})
	return d, known(err)
}
