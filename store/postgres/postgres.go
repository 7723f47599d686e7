// Package postgres is the fleet's driver of the store contract: documents and the job
// queue in one PostgreSQL schema, for any number of processes.
//
// An update reads one snapshot and keeps what it writes to itself. At the end it takes
// locks on what it read and wrote, sees that what it read is still so, and writes, all
// in one short transaction (update.go). Workers claim jobs with FOR UPDATE SKIP LOCKED
// under a lease that they renew (work.go, beat.go). LISTEN and NOTIFY wake who waits
// (listen.go); whoever is not woken looks by the clock. docs/store-postgres.md says why
// it is made so.
package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/kit"
)

// Options says how a store is opened. The zero value is ready for use.
type Options struct {
	// Logger receives what no caller is told: rescued jobs, panics of handlers, lost
	// connections, failed maintenance. Nil discards it.
	Logger *slog.Logger
	// Now is the clock by which jobs are stamped and become due; nil means the
	// database's. Leases are always kept by the database's clock.
	Now func() time.Time
	// KeepEnded is how long an ended job is kept, and with it its Unique key; 0
	// means 7 days.
	KeepEnded time.Duration
	// Schema holds the tables; "" means "bapsang". Several stores share a database
	// under different names.
	Schema string
	// ListenDSN is where the one connection goes that waits for notifications; ""
	// means where the others go. It must not lead through a pooler that hands out
	// connections by transaction.
	ListenDSN string
	// MaxConns bounds the connections of this process, the listening one not counted;
	// 0 means 10.
	MaxConns int

	// dial is replaced in tests that cut connections.
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.KeepEnded == 0 {
		o.KeepEnded = 7 * 24 * time.Hour
	}
	if o.Schema == "" {
		o.Schema = "bapsang"
	}
	if o.MaxConns <= 0 {
		o.MaxConns = DefaultMaxConns
	}
	return o
}

// DefaultMaxConns is what Options.MaxConns means when it is 0.
const DefaultMaxConns = 10

// Store is a [store.Store] and a [store.Queue] in a PostgreSQL schema.
type Store struct {
	pool *pgxpool.Pool
	opts Options
	sql  *texts
	ids  *idSource

	// contended bounds the updates of this process that queue in the database for
	// something that is in demand, so that they do not take all connections.
	contended chan struct{}

	topics kit.Topics[uint64]
	hot    *hot
	bell   *bell
	ahead  *ahead

	// mu guards what follows.
	mu      sync.Mutex
	workers map[*worker]struct{}

	closing    chan struct{} // closed when Close begins: callers are refused
	closeOnce  sync.Once
	works      sync.WaitGroup // calls of Work that may still write
	background sync.WaitGroup
	stop       context.CancelFunc // ends what runs in the background
}

var (
	_ store.Store = (*Store)(nil)
	_ store.Queue = (*Store)(nil)
)

// Open opens the store at dsn, a URL or keywords as libpq takes them. The schema must
// have been brought up to date by [Migrate]. It returns [ErrBehind] when it was not and
// [store.ErrNewer] when it is of a version newer than the next one, and [ErrLogin],
// [ErrDenied], [ErrReadOnly] or [ErrCrowded] when the server says so. A server that does
// not answer is not waited for: whoever starts the process will start it again.
func Open(ctx context.Context, dsn string, opts Options) (*Store, error) {
	opts = opts.withDefaults()
	cfg, err := poolConfig(ctx, dsn, opts)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	listen := cfg.ConnConfig
	if opts.ListenDSN != "" {
		if listen, err = connConfig(opts.ListenDSN, opts); err != nil {
			return nil, fmt.Errorf("open store: listen: %w", err)
		}
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s := &Store{
		pool:      pool,
		opts:      opts,
		sql:       newTexts(opts.Schema),
		ids:       newIDSource(),
		contended: make(chan struct{}, max(1, opts.MaxConns/3)),
		workers:   map[*worker]struct{}{},
		closing:   make(chan struct{}),
	}
	s.hot = newHot()
	s.bell = newBell(s)
	s.ahead = newAhead(s)
	conn, err := s.bell.dial(ctx, listen)
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("open store: listen: %w", known(err))
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.background.Go(func() { s.bell.listen(run, conn, listen) })
	s.background.Go(func() { s.bell.ring(run) })
	s.background.Go(func() { s.maintain(run) })
	return s, nil
}

// connConfig reads a DSN.
func connConfig(dsn string, opts Options) (*pgx.ConnConfig, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	adapt(cfg, opts)
	return cfg, nil
}

func adapt(cfg *pgx.ConnConfig, opts Options) {
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = 10 * time.Second
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "bapsang"
	}
	if opts.dial != nil {
		cfg.DialFunc = opts.dial
	}
}

// poolConfig connects once, to see the schema and what is at the other end. A server
// keeps our statements by name, which saves it more than half of its work. A pooler
// hands out connections that do not know them, so there they are sent each time.
func poolConfig(ctx context.Context, dsn string, opts Options) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	adapt(cfg.ConnConfig, opts)
	cfg.MaxConns = int32(opts.MaxConns)
	first := cfg.ConnConfig.Copy()
	first.DefaultQueryExecMode = pgx.QueryExecModeExec
	conn, err := pgx.ConnectConfig(ctx, first)
	if err != nil {
		return nil, known(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	pooled, err := behindPooler(ctx, conn)
	if err == nil {
		err = checkVersion(ctx, conn, opts.Schema)
	}
	if err == nil {
		err = checkWritable(ctx, conn)
	}
	switch {
	case pooled && cfg.ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement:
		cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	case !pooled:
		// A plan is kept with its statement. One made while a table is empty would read all
		// of it when it is full; everything here has its index.
		cfg.ConnConfig.RuntimeParams["enable_seqscan"] = "off"
	}
	return cfg, err
}

// behindPooler tells a pooler by the process it names when a connection begins: not the
// one of the server that answers.
func behindPooler(ctx context.Context, conn *pgx.Conn) (bool, error) {
	var pid uint32
	if err := conn.QueryRow(ctx, "SELECT pg_backend_pid()::bigint").Scan(&pid); err != nil {
		return false, known(err)
	}
	return pid != conn.PgConn().PID(), nil
}

// Close ends the store. Work still going on is stopped hard and its jobs go back to
// the queue; snapshots still open are waited for. Further calls of any method
// return [store.ErrClosed].
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		s.mu.Lock()
		close(s.closing)
		s.mu.Unlock()
		s.works.Wait()
		s.stop()
		s.background.Wait()
		s.topics.Close()
		s.pool.Close()
	})
	return nil
}

func (s *Store) closed() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

// q is the statement that template makes in this store's schema.
func (s *Store) q(template string) string { return s.sql.of(template) }

// now is the time by Options.Now as statements take it, nil for the database's own.
func (s *Store) now() *int64 {
	if s.opts.Now == nil {
		return nil
	}
	ns := s.opts.Now().UnixNano()
	return &ns
}
