package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/kit"
)

// phase is what a transaction's connection is in.
type phase int

const (
	unbegun  phase = iota // nothing was asked yet; there is no connection
	snapshot              // reads one moment
	holding               // reads and writes under locks that were taken first
)

// readTxn implements [store.ReadTx].
type readTxn struct {
	s     *Store
	ctx   context.Context
	conn  *pgxpool.Conn
	phase phase
	over  bool
	// broken is why nothing more can be done in the transaction.
	broken error

	// hot is a document whose lock is to be taken before anything is read.
	hot docID

	seen *reads   // nil in a view, which need not remember
	own  *overlay // nil in a view
}

type docID struct{ kind, key string }

const (
	beginSnapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	beginWrite    = "BEGIN ISOLATION LEVEL READ COMMITTED"

	getDoc = "SELECT value, {version} FROM {s}.docs WHERE kind = $1 AND key = $2"

	scanUp       = "SELECT key, value, {version} FROM {s}.docs WHERE kind = $1 AND key >= $2 ORDER BY key LIMIT $3"
	scanUpTo     = "SELECT key, value, {version} FROM {s}.docs WHERE kind = $1 AND key >= $2 AND key < $4 ORDER BY key LIMIT $3"
	scanDown     = "SELECT key, value, {version} FROM {s}.docs WHERE kind = $1 AND key >= $2 ORDER BY key DESC LIMIT $3"
	scanDownFrom = "SELECT key, value, {version} FROM {s}.docs WHERE kind = $1 AND key >= $2 AND key < $4 ORDER BY key DESC LIMIT $3"
)

// ask runs a statement and hands its rows to scan. The first also begins the
// transaction, on the same way to the server.
func (t *readTxn) ask(scan func(pgx.Rows) error, statement string, args ...any) error {
	if t.over {
		return kit.ErrOver
	}
	if t.broken != nil {
		return t.broken
	}
	var err error
	if t.phase == unbegun {
		// Nobody was told anything yet, so a server that is just starting is waited for.
		err = t.s.patiently(t.ctx, func() error { return t.first(scan, statement, args) })
	} else {
		err = t.send(scan, statement, args, &pgx.Batch{})
	}
	if err != nil {
		return t.fail(err)
	}
	return nil
}

// first begins the snapshot with a statement.
func (t *readTxn) first(scan func(pgx.Rows) error, statement string, args []any) error {
	if err := t.connect(); err != nil {
		return err
	}
	b := &pgx.Batch{}
	b.Queue(beginSnapshot)
	if err := t.send(scan, statement, args, b); err != nil {
		t.disconnect()
		return err
	}
	t.phase = snapshot
	return nil
}

func (t *readTxn) send(scan func(pgx.Rows) error, statement string, args []any, b *pgx.Batch) error {
	b.Queue(t.s.q(statement), args...).Query(scan)
	return t.conn.SendBatch(t.ctx, b).Close()
}

func (t *readTxn) connect() (err error) {
	if t.conn == nil {
		t.conn, err = t.s.pool.Acquire(t.ctx)
	}
	return err
}

// fail notes why the transaction cannot go on. The contract's words for a context
// that ended are its cause.
func (t *readTxn) fail(err error) error {
	t.broken = known(err)
	if t.ctx.Err() != nil {
		t.broken = context.Cause(t.ctx)
	}
	return t.broken
}

// release ends the transaction and gives the connection back. It is deferred, so
// that it happens also when the caller's function panics.
func (t *readTxn) release() {
	t.over = true
	t.disconnect()
}

func (t *readTxn) disconnect() {
	if t.conn == nil {
		return
	}
	if t.conn.Conn().PgConn().TxStatus() != 'I' {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), writeTimeout)
		defer cancel()
		_, _ = t.conn.Exec(ctx, "ROLLBACK") // or the pool drops the connection
	}
	t.conn.Release()
	t.conn = nil
}

// Get implements [store.ReadTx].
func (t *readTxn) Get(kind, key string) ([]byte, error) {
	if err := kit.CheckName(kind, key); err != nil {
		return nil, err
	}
	if t.over {
		return nil, kit.ErrOver
	}
	if value, written := t.own.get(kind, key); written {
		if value == nil {
			return nil, fmt.Errorf("get %s %.80q: %w", kind, key, store.ErrNotFound)
		}
		return append([]byte{}, value...), nil
	}
	if t.seen != nil && t.phase != holding && t.broken == nil && t.s.hot.has(docID{kind, key}) {
		t.hot, t.broken = docID{kind, key}, errConflict
	}
	var value []byte
	var version int64
	err := t.ask(func(rows pgx.Rows) error {
		for rows.Next() {
			if err := rows.Scan(&value, &version); err != nil {
				return err
			}
		}
		return rows.Err()
	}, getDoc, kind, []byte(key))
	if err == nil {
		t.seen.doc(docID{kind, key}, version)
		if version == 0 {
			err = store.ErrNotFound
		}
	}
	if err != nil {
		return nil, fmt.Errorf("get %s %.80q: %w", kind, key, err)
	}
	return append([]byte{}, value...), nil
}

// Scan implements [store.ReadTx]. fn may write to the transaction.
func (t *readTxn) Scan(kind string, r store.Range, fn func(key string, value []byte) bool) error {
	if err := kit.CheckKind(kind); err != nil {
		return err
	}
	if t.over {
		return kit.ErrOver
	}
	sc := &scan{tx: t, kind: kind, span: spanOf(r), reverse: r.Reverse, size: firstPage}
	sc.read = scanRead{kind: kind, span: sc.span, reverse: r.Reverse}
	for {
		key, value, found, err := sc.next()
		if err != nil {
			return fmt.Errorf("scan %s: %w", kind, err)
		}
		if !found {
			break
		}
		if !fn(key, value) {
			sc.stopAt(key)
			break
		}
		if t.over {
			return kit.ErrOver
		}
	}
	t.seen.scan(sc.read)
	return nil
}

// span is a range of keys: from lo on, to before hi when there is one.
type span struct {
	lo, hi  string
	bounded bool
}

func spanOf(r store.Range) span {
	s := span{lo: r.Prefix}
	s.hi, s.bounded = successor(r.Prefix)
	switch {
	case r.After == "":
	case r.Reverse && (!s.bounded || r.After < s.hi):
		s.hi, s.bounded = r.After, true
	case !r.Reverse && r.After >= s.lo:
		s.lo = behind(r.After)
	}
	return s
}

// behind is the first key after key.
func behind(key string) string { return key + "\x00" }

func (s span) has(key string) bool { return key >= s.lo && (!s.bounded || key < s.hi) }

// successor is the smallest key greater than all that begin with prefix; there is
// none behind nothing, or behind bytes that are all 0xff.
func successor(prefix string) (string, bool) {
	next := []byte(prefix)
	for i := len(next) - 1; i >= 0; i-- {
		next[i]++
		if next[i] != 0 {
			return string(next[:i+1]), true
		}
	}
	return "", false
}

// The rows that a scan asks for at a time: few first, as many scans want but one.
const (
	firstPage = 16
	lastPage  = 512
)

type row struct {
	key     string
	value   []byte
	version int64
}

// scan merges what the database holds with what the transaction wrote.
type scan struct {
	tx      *readTxn
	kind    string
	reverse bool
	span    span  // what was not given out yet
	page    []row // read ahead
	rest    span  // what was not read yet
	started bool
	done    bool // the database has no more
	size    int
	read    scanRead
}

func (s *scan) next() (key string, value []byte, found bool, err error) {
	for {
		if err := s.fill(); err != nil {
			return "", nil, false, err
		}
		ownKey, ownValue, own := s.tx.own.next(s.kind, s.span, s.reverse)
		if len(s.page) == 0 && !own {
			return "", nil, false, nil
		}
		if own && (len(s.page) == 0 || s.reaches(ownKey, s.page[0].key)) {
			if len(s.page) > 0 && s.page[0].key == ownKey {
				s.pop()
			}
			s.pass(ownKey)
			if ownValue == nil {
				continue // deleted
			}
			return ownKey, append([]byte{}, ownValue...), true, nil
		}
		r := s.pop()
		s.pass(r.key)
		return r.key, r.value, true, nil
	}
}

// reaches says whether a is met before b, or with it.
func (s *scan) reaches(a, b string) bool {
	if s.reverse {
		return a >= b
	}
	return a <= b
}

func (s *scan) pop() row {
	r := s.page[0]
	s.page = s.page[1:]
	s.read.versions = append(s.read.versions, r.version)
	return r
}

// pass leaves key behind.
func (s *scan) pass(key string) {
	if s.reverse {
		s.span.hi, s.span.bounded = key, true
	} else {
		s.span.lo = behind(key)
	}
}

// stopAt notes that what lies beyond key was not looked at.
func (s *scan) stopAt(key string) {
	if s.reverse {
		s.read.lo = key
	} else {
		s.read.hi, s.read.bounded = behind(key), true
	}
}

// fill reads the next page when the one before is used up.
func (s *scan) fill() error {
	if len(s.page) > 0 || s.done {
		return nil
	}
	if !s.started {
		s.rest, s.started = s.span, true
	}
	args := []any{s.kind, []byte(s.rest.lo), s.size}
	statement := scanUp
	switch {
	case s.rest.bounded && s.reverse:
		statement = scanDownFrom
	case s.rest.bounded:
		statement = scanUpTo
	case s.reverse:
		statement = scanDown
	}
	if s.rest.bounded {
		args = append(args, []byte(s.rest.hi))
	}
	err := s.tx.ask(func(rows pgx.Rows) error {
		for rows.Next() {
			var key []byte
			var r row
			if err := rows.Scan(&key, &r.value, &r.version); err != nil {
				return err
			}
			r.key = string(key)
			s.page = append(s.page, r)
		}
		return rows.Err()
	}, statement, args...)
	if err != nil {
		return err
	}
	s.done = len(s.page) < s.size
	if n := len(s.page); n > 0 && s.reverse {
		s.rest.hi, s.rest.bounded = s.page[n-1].key, true
	} else if n > 0 {
		s.rest.lo = behind(s.page[n-1].key)
	}
	s.size = min(lastPage, s.size*4)
	return nil
}

// View implements [store.Store]. fn must not call Update of the same store.
func (s *Store) View(ctx context.Context, fn func(tx store.ReadTx) error) error {
	if s.closed() {
		return store.ErrClosed
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	t := &readTxn{s: s, ctx: ctx}
	defer t.release()
	err := fn(t)
	if t.broken != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
