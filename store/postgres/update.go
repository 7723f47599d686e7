package postgres

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/kit"
)

const (
	// writeTimeout bounds what must be done also when the caller's context has ended.
	writeTimeout = 10 * time.Second

	// patience is how long an operation waits for a server that restarts.
	patience = 30 * time.Second
)

// txn implements [store.Tx].
type txn struct {
	readTxn
	held  locks     // in phase holding
	now   time.Time // the database's, when it was asked
	claim *claim
	end   *ending
}

// ending is a job's end, written with the rest of a transaction.
type ending struct {
	claim *claim
	state store.State
}

// Update implements [store.Store]. fn must not call Update or View of the same store:
// it would hold one connection while it waits for another.
func (s *Store) Update(ctx context.Context, fn func(tx store.Tx) error) error {
	return s.update(ctx, nil, nil, fn)
}

// update runs fn until what it read is what its writes follow on. The first try reads
// a snapshot and locks nothing before its end. When others were faster, the next takes
// the locks of the one before first, so that those who contend for something queue.
func (s *Store) update(ctx context.Context, c *claim, end *ending, fn func(tx store.Tx) error) error {
	if s.closed() {
		return store.ErrClosed
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	held := locks{}
	var own error // fn's, which says nothing about the server
	err := s.patiently(ctx, func() (err error) {
		for {
			t := &txn{claim: c, end: end}
			t.readTxn = readTxn{s: s, ctx: ctx, seen: newReads(), own: newOverlay()}
			own, err = s.attempt(t, held, fn)
			if !errors.Is(err, errConflict) {
				return err
			}
			for key, exclusive := range t.needed() {
				held.add(exclusive, key)
			}
			if t.hot != (docID{}) {
				held.add(true, lockKey(s.opts.Schema, lockDoc, t.hot.kind, t.hot.key))
			}
			s.hot.note(t)
		}
	})
	if err != nil {
		return err
	}
	return own
}

// attempt runs fn once and writes what it wrote. own is an error of fn's, err why the
// attempt came to nothing: errConflict when something that fn read was changed
// meanwhile.
func (s *Store) attempt(t *txn, held locks, fn func(tx store.Tx) error) (own, err error) {
	defer t.release()
	if len(held) > 0 {
		select {
		case s.contended <- struct{}{}:
			defer func() { <-s.contended }()
		case <-t.ctx.Done():
			return nil, context.Cause(t.ctx)
		}
		if err := t.hold(held); err != nil {
			return nil, t.fail(err)
		}
	}
	own = fn(t)
	t.over = true
	switch {
	case t.broken != nil:
		return nil, t.broken
	case t.ctx.Err() != nil:
		return nil, context.Cause(t.ctx)
	case own != nil && t.phase != holding:
		return own, nil // it read a snapshot, which holds nothing but what is durable
	case own != nil:
		t.own, t.claim, t.end = newOverlay(), nil, nil
		return own, t.write()
	}
	if !t.own.empty() || t.claim != nil || t.phase == holding {
		if err := t.write(); err != nil {
			return nil, err
		}
	}
	s.published(t)
	return nil, nil
}

// published tells everybody what a durable transaction means to them.
func (s *Store) published(t *txn) {
	if len(t.own.jobs) > 0 || t.end != nil {
		s.ahead.changed()
		s.bell.work()
	}
	for _, topic := range t.own.topics {
		s.bell.topic(topic)
	}
}

// hold begins the transaction with its locks. It does not read one moment: what it
// reads is compared at the end.
func (t *txn) hold(held locks) error {
	if err := t.connect(); err != nil {
		return err
	}
	t.held = maps.Clone(held)
	keys, exclusive := held.arguments()
	b := &pgx.Batch{}
	b.Queue(beginWrite)
	b.Queue(takeLocks, keys, exclusive)
	if err := t.conn.SendBatch(t.ctx, b).Close(); err != nil {
		return err
	}
	t.phase = holding
	return nil
}

const (
	takeLocks = `SELECT CASE WHEN x THEN pg_advisory_xact_lock(k) ELSE pg_advisory_xact_lock_shared(k) END
		FROM unnest($1::bigint[], $2::boolean[]) AS l(k, x)`
	// tryLocks divides by zero when a lock is taken: who holds locks must not wait for
	// others out of order.
	tryLocks = `SELECT 1 / CASE WHEN bool_and(CASE WHEN x THEN pg_try_advisory_xact_lock(k) ELSE pg_try_advisory_xact_lock_shared(k) END)
		THEN 1 ELSE 0 END FROM unnest($1::bigint[], $2::boolean[]) AS l(k, x)`

	// What a transaction read is as it was, or these divide by zero.
	checkDocs = `SELECT 1 / CASE WHEN bool_and(coalesce((SELECT {version} FROM {s}.docs d WHERE d.kind = r.kind AND d.key = r.key), 0) = r.version)
		THEN 1 ELSE 0 END FROM unnest($1::text[], $2::bytea[], $3::bigint[]) AS r(kind, key, version)`
	checkScan = `SELECT 1 / CASE WHEN coalesce(array_agg({version} ORDER BY key), '{}') = $4::bigint[] THEN 1 ELSE 0 END
		FROM {s}.docs WHERE kind = $1 AND key >= $2 AND ($3::bytea IS NULL OR key < $3)`
	checkUniques = `SELECT 1 / CASE WHEN bool_and(coalesce((SELECT id FROM {s}.jobs j WHERE j.unique_key = r.key), '') = r.id)
		THEN 1 ELSE 0 END FROM unnest($1::bytea[], $2::text[]) AS r(key, id)`

	putDocs = `INSERT INTO {s}.docs (kind, key, value) SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[])
		ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value`
	deleteDocs = `DELETE FROM {s}.docs d USING unnest($1::text[], $2::bytea[]) AS r(kind, key) WHERE d.kind = r.kind AND d.key = r.key`
)

// flush is a batch whose statements know what it means when they divide by zero.
type flush struct {
	pgx.Batch
	s      *Store
	unless []error // by statement
}

func (f *flush) add(unless error, statement string, args ...any) *pgx.QueuedQuery {
	f.unless = append(f.unless, unless)
	return f.Queue(f.s.q(statement), args...)
}

// send runs the batch and says why it failed.
func (f *flush) send(ctx context.Context, conn *pgx.Conn) error {
	failed := -1
	for i, q := range f.QueuedQueries {
		if q.Fn == nil {
			q.Exec(func(pgconn.CommandTag) error { return nil })
		}
		fn := q.Fn
		q.Fn = func(br pgx.BatchResults) error {
			err := fn(br)
			if err != nil && failed < 0 {
				failed = i
			}
			return err
		}
	}
	err := conn.SendBatch(ctx, &f.Batch).Close()
	var server *pgconn.PgError
	if failed >= 0 && f.unless[failed] != nil && errors.As(err, &server) && server.Code == "22012" {
		return f.unless[failed]
	}
	return err
}

// write validates what was read, writes what was written and makes it durable.
func (t *txn) write() error {
	if err := t.connect(); err != nil {
		return t.fail(err)
	}
	f := &flush{s: t.s}
	need := t.needed()
	switch t.phase {
	case snapshot:
		f.add(nil, "COMMIT")
		fallthrough
	case unbegun:
		f.add(nil, beginWrite)
		keys, exclusive := need.arguments()
		f.add(nil, takeLocks, keys, exclusive)
	case holding:
		if more := need.without(t.held); len(more) > 0 {
			keys, exclusive := more.arguments()
			f.add(errConflict, tryLocks, keys, exclusive)
		}
	}
	t.addChecks(f)
	if t.claim != nil {
		f.add(store.ErrFenced, holdsClaim, t.claim.job.ID, t.claim.token)
	}
	t.addDocs(f)
	for _, j := range t.own.jobs {
		t.s.addJob(f, j)
	}
	if t.end != nil {
		f.add(nil, endJob, t.end.claim.job.ID, string(t.end.state), "", t.s.now())
		if box := t.end.claim.job.Mailbox; box != "" {
			f.add(nil, promote, []byte(box), t.s.now())
		}
	}
	var mark *mark
	if !t.own.empty() || t.end != nil {
		mark = t.mark()
		f.add(nil, markCommit, mark.conn, mark.n)
	}
	f.add(nil, "COMMIT")
	err := f.send(t.ctx, t.conn.Conn())
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errConflict) || errors.Is(err, store.ErrFenced):
		return err
	case mark == nil || !disconnected(err) && t.ctx.Err() == nil:
		return t.fail(err)
	}
	return t.settle(mark, err)
}

func (t *txn) addChecks(f *flush) {
	if n := len(t.seen.docs); n > 0 {
		kinds, keys, versions := make([]string, 0, n), make([][]byte, 0, n), make([]int64, 0, n)
		for id, v := range t.seen.docs {
			kinds, keys, versions = append(kinds, id.kind), append(keys, []byte(id.key)), append(versions, v)
		}
		f.add(errConflict, checkDocs, kinds, keys, versions)
	}
	for _, s := range t.seen.scans {
		var hi []byte
		if s.bounded {
			hi = []byte(s.hi)
		}
		f.add(errConflict, checkScan, s.kind, []byte(s.lo), hi, s.ascending())
	}
	if n := len(t.seen.uniques); n > 0 {
		keys, ids := make([][]byte, 0, n), make([]string, 0, n)
		for key, id := range t.seen.uniques {
			keys, ids = append(keys, []byte(key)), append(ids, id)
		}
		f.add(errConflict, checkUniques, keys, ids)
	}
}

func (t *txn) addDocs(f *flush) {
	var putKinds, deletedKinds []string
	var putKeys, values, deletedKeys [][]byte
	for id, value := range t.own.docs {
		if value == nil {
			deletedKinds, deletedKeys = append(deletedKinds, id.kind), append(deletedKeys, []byte(id.key))
			continue
		}
		putKinds, putKeys, values = append(putKinds, id.kind), append(putKeys, []byte(id.key)), append(values, value)
	}
	if len(putKinds) > 0 {
		f.add(nil, putDocs, putKinds, putKeys, values)
	}
	if len(deletedKinds) > 0 {
		f.add(nil, deleteDocs, deletedKinds, deletedKeys)
	}
}

// mark is what a transaction leaves behind, to be found again.
type mark struct{ conn, n int64 }

const (
	// markCommit divides by zero when somebody has looked for the mark already.
	markCommit = `WITH m AS (INSERT INTO {s}.commits AS c (conn, n) VALUES ($1, $2)
		ON CONFLICT (conn) DO UPDATE SET n = excluded.n, at = now() WHERE NOT c.closed RETURNING n) SELECT 1 / count(*) FROM m`
	// readMark waits for a transaction that is under way, and closes the connection's row:
	// one that the server received but did not begin yet will fail.
	readMark = `INSERT INTO {s}.commits (conn, n, closed) VALUES ($1, 0, true)
		ON CONFLICT (conn) DO UPDATE SET closed = true, at = now() RETURNING n`
)

// mark makes the next mark of the connection.
func (t *txn) mark() *mark {
	kept := t.conn.Conn().PgConn().CustomData()
	m, known := kept["mark"].(*mark)
	if !known {
		m = &mark{conn: rand.Int64()}
		kept["mark"] = m
	}
	m.n++
	return &mark{m.conn, m.n}
}

// settle finds out whether a transaction was written whose connection broke with err
// before the answer came: nothing may happen twice.
func (t *txn) settle(m *mark, err error) error {
	t.disconnect()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), patience)
	defer cancel()
	var n int64
	asked := t.s.patiently(ctx, func() error {
		return t.s.pool.QueryRow(ctx, t.s.q(readMark), m.conn).Scan(&n)
	})
	switch {
	case asked != nil:
		return &unknownError{errors.Join(err, asked)}
	case n == m.n:
		return nil
	}
	return t.fail(err)
}

// patiently repeats op while the server cannot be reached, or asks for it.
func (s *Store) patiently(ctx context.Context, op func() error) error {
	limit := time.Now().Add(patience)
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		err := op()
		if err == nil || !transient(err) || time.Now().After(limit) {
			return known(err)
		}
		again := time.NewTimer(wait)
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return context.Cause(ctx)
		case <-s.closing:
			again.Stop()
			return known(err)
		}
	}
}

// Put implements [store.Tx].
func (t *txn) Put(kind, key string, value []byte) error {
	return t.set(kind, key, append([]byte{}, value...))
}

// Delete implements [store.Tx].
func (t *txn) Delete(kind, key string) error { return t.set(kind, key, nil) }

func (t *txn) set(kind, key string, value []byte) error {
	if err := kit.CheckName(kind, key); err != nil {
		return err
	}
	if t.over {
		return kit.ErrOver
	}
	t.own.set(kind, key, value)
	return nil
}

// Notify implements [store.Tx].
func (t *txn) Notify(topic string) { t.own.topics = append(t.own.topics, topic) }
