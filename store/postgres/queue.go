package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/oklog/ulid/v2"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/kit"
)

const (
	jobColumns = `id, kind, mailbox, owner, payload, background, priority, state, attempt, max_attempts,
		last_error, enqueued_at, not_before, started_at, ended_at, coalesce(token, ''), cancel_requested`
)

// The states that a queued job has in the table.
const (
	boxed   = "boxed"   // behind another of its mailbox
	delayed = "delayed" // waits for its time
	ready   = "ready"
)

// record is a job in the table.
type record struct {
	store.Job
	token           string
	cancelRequested bool
}

func (r *record) mailbox() []byte { return nullable(r.Mailbox) }

func scanRecord(row pgx.Row) (*record, error) {
	r := &record{}
	var mailbox, owner []byte
	var state string
	var enqueued, notBefore, started, ended int64
	err := row.Scan(&r.ID, &r.Kind, &mailbox, &owner, &r.Payload, &r.Background, &r.Priority, &state, &r.Attempt, &r.MaxAttempts,
		&r.LastError, &enqueued, &notBefore, &started, &ended, &r.token, &r.cancelRequested)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, store.ErrNotFound
	}
	r.Mailbox, r.Owner, r.State = string(mailbox), string(owner), store.State(state)
	if state == boxed || state == delayed || state == ready {
		r.State = store.Queued
	}
	r.EnqueuedAt, r.NotBefore, r.StartedAt, r.EndedAt = moment(enqueued), moment(notBefore), moment(started), moment(ended)
	return r, err
}

func moment(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func nullable(text string) []byte {
	if text == "" {
		return nil
	}
	return []byte(text)
}

const (
	readClock = "SELECT {clock}, ''"
	// askUnique gives the database's time and the job under a unique key.
	askUnique = "SELECT {clock}, coalesce((SELECT id FROM {s}.jobs WHERE unique_key = $1), '')"

	// insertJob computes under the locks of owner and mailbox which priority the job has
	// and whether it is the head of its mailbox.
	insertJob = `INSERT INTO {s}.jobs (id, kind, unique_key, mailbox, owner, payload, background, max_attempts, enqueued_at, not_before, priority, state)
		SELECT $1, $2, $3::bytea, $4::bytea, $5::bytea, $6::bytea, $7::boolean, $8::integer, now, $9::bigint,
			CASE WHEN $5::bytea IS NULL THEN 1 ELSE 1 + (SELECT count(*) FROM {s}.jobs WHERE owner = $5 AND state IN {outstanding}) END,
			CASE WHEN $4::bytea IS NOT NULL AND (EXISTS (SELECT FROM {s}.jobs WHERE mailbox = $4 AND state IN ('delayed', 'ready', 'running'))
				OR EXISTS (SELECT FROM {s}.jobs WHERE mailbox = $4 AND state = 'boxed')) THEN 'boxed'
				WHEN $9 > now THEN 'delayed' ELSE 'ready' END
		FROM (SELECT coalesce($10::bigint, {clock}) AS now) c`

	holdsClaim = `SELECT 1 / count(*) FROM (SELECT FROM {s}.jobs WHERE id = $1 AND token = $2 AND state = 'running' FOR NO KEY UPDATE) j`

	endJob = `UPDATE {s}.jobs SET state = $2, last_error = CASE WHEN $3 = '' THEN last_error ELSE $3 END,
		ended_at = coalesce($4::bigint, {clock}), token = NULL, worker = NULL WHERE id = $1`
	// promote makes the oldest job of a mailbox its head when there is none.
	promote = `UPDATE {s}.jobs SET state = CASE WHEN not_before > coalesce($2::bigint, {clock}) THEN 'delayed' ELSE 'ready' END
		WHERE id = (SELECT id FROM {s}.jobs WHERE mailbox = $1 AND state = 'boxed' ORDER BY seq LIMIT 1)
		AND NOT EXISTS (SELECT FROM {s}.jobs WHERE mailbox = $1 AND state IN ('delayed', 'ready', 'running'))`
	// requeueJob puts a running job back, $3 later, or at once.
	requeueJob = `UPDATE {s}.jobs SET state = CASE WHEN $3::bigint > 0 THEN 'delayed' ELSE 'ready' END, attempt = $2,
		not_before = CASE WHEN $3::bigint > 0 THEN coalesce($5::bigint, {clock}) + $3 ELSE 0 END,
		last_error = CASE WHEN $4 = '' THEN last_error ELSE $4 END, token = NULL, worker = NULL WHERE id = $1`
	requestCancel = "UPDATE {s}.jobs SET cancel_requested = true WHERE id = $1"

	readJob  = "SELECT {job} FROM {s}.jobs WHERE id = $1"
	alterJob = "SELECT {job} FROM {s}.jobs WHERE id = $1 FOR NO KEY UPDATE"
)

// Enqueue implements [store.Tx]. A job without an owner has priority 1.
func (t *txn) Enqueue(n store.NewJob) (id string, added bool, err error) {
	if err := kit.CheckKind(n.Kind); err != nil {
		return "", false, fmt.Errorf("enqueue: %w", err)
	}
	if t.over {
		return "", false, kit.ErrOver
	}
	if n.Unique != "" {
		if id, found := t.own.unique(n.Unique); found {
			return id, false, nil
		}
	}
	now, known, err := t.askQueue(n.Unique)
	if err != nil || known != "" {
		return known, false, err
	}
	if id, err = t.s.ids.next(now); err != nil {
		return "", false, err
	}
	n.Payload = append([]byte{}, n.Payload...)
	if n.MaxAttempts <= 0 {
		n.MaxAttempts = kit.DefaultMaxAttempts
	}
	t.own.jobs = append(t.own.jobs, &newJob{id, n})
	return id, true, nil
}

// askQueue returns the time by which an id is made, and the job that has the unique
// key.
func (t *txn) askQueue(unique string) (now time.Time, id string, err error) {
	if t.s.opts.Now != nil {
		now = t.s.opts.Now()
	} else {
		now = t.now
	}
	if unique == "" && !now.IsZero() {
		return now, "", nil
	}
	statement, args := readClock, []any(nil)
	if unique != "" {
		statement, args = askUnique, []any{[]byte(unique)}
	}
	var clock int64
	err = t.ask(func(rows pgx.Rows) error {
		for rows.Next() {
			if err := rows.Scan(&clock, &id); err != nil {
				return err
			}
		}
		return rows.Err()
	}, statement, args...)
	if err != nil {
		return now, "", fmt.Errorf("enqueue: %w", err)
	}
	t.now = moment(clock)
	if now.IsZero() {
		now = t.now
	}
	if unique != "" {
		t.seen.unique(unique, id)
	}
	return now, id, nil
}

func (s *Store) addJob(f *flush, j *newJob) {
	f.add(nil, insertJob, j.id, j.Kind, nullable(j.Unique), nullable(j.Mailbox), nullable(j.Owner), j.Payload, j.Background,
		j.MaxAttempts, nanos(j.NotBefore), s.now())
}

// idSource makes ids that sort by time and, within this process, always grow.
type idSource struct {
	mu      sync.Mutex
	last    uint64 // ms of the latest id
	entropy *ulid.MonotonicEntropy
}

func newIDSource() *idSource { return &idSource{entropy: ulid.Monotonic(rand.Reader, 0)} }

func (g *idSource) next(now time.Time) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last = max(g.last, ulid.Timestamp(now))
	u, err := ulid.New(g.last, g.entropy)
	if err != nil {
		return "", fmt.Errorf("make job id: %w", err)
	}
	return u.String(), nil
}

// isID keeps what cannot be the id of a job from the server, which takes no zero
// bytes in a text.
func isID(id string) bool {
	_, err := ulid.ParseStrict(id)
	return err == nil
}

// readRecord returns the job, or ErrNotFound.
func (s *Store) readRecord(ctx context.Context, id string) (r *record, err error) {
	if !isID(id) {
		return nil, fmt.Errorf("job %.80q: %w", id, store.ErrNotFound)
	}
	err = s.patiently(ctx, func() (err error) {
		r, err = scanRecord(s.pool.QueryRow(ctx, s.q(readJob), id))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("job %.80q: %w", id, err)
	}
	return r, nil
}

// change is what becomes of a job: one of the methods is called once at most.
type change struct {
	s *Store
	b *flush
	r *record
}

func (c *change) end(state store.State, lastError string) {
	c.b.add(nil, endJob, c.r.ID, string(state), lastError, c.s.now())
	if box := c.r.mailbox(); box != nil {
		c.b.add(nil, promote, box, c.s.now())
	}
}

func (c *change) requeue(attempt int, after time.Duration, lastError string) {
	c.b.add(nil, requeueJob, c.r.ID, attempt, int64(after), lastError, c.s.now())
}

// alter lets decide see a job that nobody else changes meanwhile and say what becomes
// of it. mailbox is the job's, whose lock must come before that of the job.
func (s *Store) alter(ctx context.Context, id, mailbox string, decide func(r *record, c *change) error) error {
	err := s.patiently(ctx, func() error { return s.alterOnce(ctx, id, mailbox, decide) })
	if err == nil {
		s.ahead.changed()
	}
	return err
}

func (s *Store) alterOnce(ctx context.Context, id, mailbox string, decide func(r *record, c *change) error) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	t := &readTxn{s: s, ctx: ctx, conn: conn}
	defer t.release()
	b := &pgx.Batch{}
	b.Queue(beginWrite)
	if mailbox != "" {
		b.Queue(takeLocks, []int64{lockKey(s.opts.Schema, lockMailbox, mailbox)}, []bool{true})
	}
	var r *record
	b.Queue(s.q(alterJob), id).QueryRow(func(row pgx.Row) (err error) {
		r, err = scanRecord(row)
		return err
	})
	if err := conn.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	c := &change{s: s, r: r, b: &flush{s: s}}
	if err := decide(r, c); err != nil {
		return err
	}
	c.b.add(nil, "COMMIT")
	return c.b.send(ctx, conn.Conn())
}

// Cancel implements [store.Queue].
func (s *Store) Cancel(ctx context.Context, id string) error {
	if s.closed() {
		return store.ErrClosed
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r, err := s.readRecord(ctx, id)
	if err != nil {
		return err
	}
	running := false
	err = s.alter(ctx, id, r.Mailbox, func(r *record, c *change) error {
		running = r.State == store.Running
		switch r.State {
		case store.Queued:
			c.end(store.Cancelled, "")
		case store.Running:
			// Written down too, so that a job whose worker is lost now is not run again.
			c.b.add(nil, requestCancel, id)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("cancel job %.80q: %w", id, err)
	}
	if running {
		s.bell.cancel(id)
	} else {
		s.bell.work() // the next of its mailbox may run
	}
	return nil
}

// Peek implements [store.Queue]. A job that must wait, for its time or for a
// delayed one before it in its mailbox, is told how many would be claimed before
// it if it were due now.
func (s *Store) Peek(ctx context.Context, id string) (job store.Job, ahead int, err error) {
	if s.closed() {
		return store.Job{}, 0, store.ErrClosed
	}
	if ctx.Err() != nil {
		return store.Job{}, 0, context.Cause(ctx)
	}
	r, err := s.readRecord(ctx, id)
	if err != nil {
		return store.Job{}, 0, err
	}
	if r.State == store.Queued {
		ahead, err = s.ahead.of(ctx, id)
	}
	return r.Job, ahead, err
}

// clean texts the server would refuse: it keeps no zero bytes and nothing but UTF-8.
func cleanText(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "�"), "\x00", "")
}
