package postgres

import (
	"context"
	"time"
)

const (
	cleanEvery = 10 * time.Minute

	// cleanBatch bounds one statement of maintenance.
	cleanBatch = 200

	// Processes that clean at once take different jobs.
	cleanJobs = `DELETE FROM {s}.jobs WHERE id IN (SELECT id FROM {s}.jobs WHERE state IN {ended}
		AND ended_at < coalesce($1::bigint, {clock}) - $2::bigint ORDER BY ended_at LIMIT $3 FOR UPDATE SKIP LOCKED)`
)

// forgetMarks removes the marks of connections that are long gone: nobody looks for one
// for longer than patience.
const forgetMarks = "DELETE FROM {s}.commits WHERE at < now() - interval '1 day'"

// maintain removes ended jobs until ctx ends.
func (s *Store) maintain(ctx context.Context) {
	ticker := time.NewTicker(cleanEvery)
	defer ticker.Stop()
	for {
		if err := s.clean(ctx); err != nil && ctx.Err() == nil {
			s.opts.Logger.Error("remove ended jobs", "error", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// clean removes the jobs that ended longer than KeepEnded ago.
func (s *Store) clean(ctx context.Context) error {
	for {
		done, err := s.pool.Exec(ctx, s.q(cleanJobs), s.now(), int64(s.opts.KeepEnded), cleanBatch)
		if err != nil {
			return known(err)
		}
		if done.RowsAffected() < cleanBatch {
			break
		}
	}
	_, err := s.pool.Exec(ctx, s.q(forgetMarks))
	return known(err)
}
