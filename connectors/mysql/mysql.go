// Package mysql answers statements from a MySQL or MariaDB database of the company's.
//
// Four things keep a statement from doing harm: the login, which is refused where it could
// do more than read; the session, whose transactions are READ ONLY and bounded in time; the
// proof that the text is one SELECT over allowed tables and functions, after which not the
// text is sent but what was read in it, written anew; and our deadline, which ends the
// server's work.
package mysql

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/kit"
)

// Config describes a source. The zero value of every field but DSN is usable.
type Config struct {
	Name string // the source's configured name
	// DSN is the server's address: mysql://login:password@host:3306/database, or as
	// github.com/go-sql-driver/mysql writes it. Where it says nothing of tls, the server's
	// certificate is verified.
	DSN string
	// Schemas are the databases that tables are taken from; the one in DSN when empty.
	// Tables of the first one are named without it.
	Schemas []string
	// AllowPrivileged lets a login in that could do more than read.
	AllowPrivileged bool
	// Connections is the number of statements that run at once; 4 when zero.
	Connections int
	// Timeout bounds a statement that brings no timeout of its own; 30 s when zero.
	Timeout time.Duration
	// Timezone is the zone that moments (TIMESTAMP) are shown in and that NOW() means;
	// "UTC" when empty. A server that does not know its name is given its offset of today.
	Timezone string
	// Refresh is how long the catalogue is taken as it was read; 10 minutes when zero.
	Refresh time.Duration
	Logger  *slog.Logger // nothing is logged when nil
}

func (c Config) withDefaults() Config {
	if c.Connections <= 0 {
		c.Connections = 4
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.Timezone == "" {
		c.Timezone = "UTC"
	}
	if c.Refresh <= 0 {
		c.Refresh = 10 * time.Minute
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Source is an open database. It implements connectors.Source.
type Source struct {
	cfg    Config
	at     *address
	pool   *sql.DB // sessions that statements run on
	killer *sql.DB // connections that end what others run
	prover prover

	life *kit.Life

	known atomic.Pointer[knowledge]
	again *kit.Again // the reading of the catalogue
}

var _ connectors.Source = (*Source)(nil)

// Open connects to the database, refuses a login that could do more than read, and reads
// the catalogue. ctx bounds opening only. Errors are of type *connectors.Error.
func Open(ctx context.Context, cfg Config) (*Source, error) {
	s, err := prepare(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.life.Go(func(ctx context.Context) { s.again.Run(ctx, s.cfg.Refresh, s.readAgain) })
	return s, nil
}

// prepare makes a source that has not connected yet.
func prepare(ctx context.Context, cfg Config) (*Source, error) {
	cfg = cfg.withDefaults()
	at, err := readAddress(cfg)
	if err != nil {
		return nil, err
	}
	if len(cfg.Schemas) == 0 {
		cfg.Schemas = []string{at.database}
	}
	base, err := mysql.NewConnector(at.config)
	if err != nil {
		return nil, badAddress("")
	}
	s := &Source{cfg: cfg, at: at, again: kit.NewAgain(), life: kit.NewLife(ctx)}
	s.pool, s.killer = sql.OpenDB(connector{base, cfg}), sql.OpenDB(connector{base, cfg})
	s.pool.SetMaxOpenConns(cfg.Connections)
	s.pool.SetMaxIdleConns(cfg.Connections)
	s.killer.SetMaxOpenConns(2)
	s.killer.SetMaxIdleConns(1)
	for _, db := range []*sql.DB{s.pool, s.killer} {
		db.SetConnMaxIdleTime(5 * time.Minute)
		db.SetConnMaxLifetime(time.Hour)
	}
	return s, nil
}

func (s *Source) start(ctx context.Context) error {
	err := s.transaction(ctx, s.cfg.Timeout, s.checkDatabases)
	if err == nil {
		err = s.transaction(ctx, s.cfg.Timeout, s.checkLogin)
	}
	if err == nil {
		err = s.readCatalog(ctx)
	}
	if err != nil {
		return s.failure(ctx, err)
	}
	return nil
}

// checkDatabases asks for each database whether it is there and may be used, in a session
// that is not used again: no other is to have chosen one.
func (s *Source) checkDatabases(ctx context.Context, conn *session) error {
	conn.broken.Store(true)
	for _, name := range s.cfg.Schemas {
		if err := conn.exec(ctx, "USE "+identifier(name)); err != nil {
			return connectError{err}
		}
	}
	return nil
}

// Query implements connectors.Source. The time that a statement waits for a connection
// counts against its timeout.
func (s *Source) Query(ctx context.Context, caller connectors.Caller, stmt connectors.Statement) (*connectors.Result, error) {
	if !s.life.Enter() {
		return nil, kit.Closed()
	}
	defer s.life.Leave()
	if stmt.MaxRows <= 0 {
		stmt.MaxRows = connectors.DefaultMaxRows
	}
	if stmt.Timeout <= 0 {
		stmt.Timeout = s.cfg.Timeout
	}
	known := s.known.Load()
	text, refused := s.prover.prove(stmt.SQL, known.readable(stmt.Tables), stmt.MaxRows)
	if refused != nil {
		return nil, refused
	}
	ctx, cancel := context.WithTimeout(ctx, stmt.Timeout)
	defer cancel()
	ctx, stop := s.life.During(ctx)
	defer stop()
	res, err := s.attempt(ctx, text, stmt)
	if err != nil && lost(err) && ctx.Err() == nil {
		// The connection broke, or the server started anew. A SELECT may be asked again.
		res, err = s.attempt(ctx, text, stmt)
	}
	if err == nil {
		return res, nil
	}
	failed := s.failure(ctx, err)
	if known.drifted(failed, err) {
		s.again.Soon()
	}
	s.cfg.Logger.DebugContext(ctx, "mysql: query failed", "source", s.cfg.Name, "question", caller.Question, "code", failed.Code)
	return nil, failed
}

func (s *Source) attempt(ctx context.Context, text proven, stmt connectors.Statement) (res *connectors.Result, err error) {
	err = s.transaction(ctx, stmt.Timeout, func(ctx context.Context, conn *session) error {
		res, err = read(ctx, conn, text, stmt.MaxRows)
		return err
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// transaction runs f on a session, in a transaction that reads only and that the server
// itself ends after timeout. When ctx ends before, the server is told so.
func (s *Source) transaction(ctx context.Context, timeout time.Duration, f func(context.Context, *session) error) error {
	pooled, err := s.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = pooled.Close() }()
	return pooled.Raw(func(raw any) error {
		conn, ok := raw.(*session)
		if !ok {
			return errors.New("a connection that is none of ours")
		}
		running, done := s.watch(ctx, conn)
		defer done()
		// Ours comes first.
		if err := conn.within(running, timeout+250*time.Millisecond); err != nil {
			return err
		}
		if err := conn.exec(running, "START TRANSACTION READ ONLY"); err != nil {
			return err
		}
		err := f(running, conn)
		if rollback := conn.exec(running, "ROLLBACK"); rollback != nil {
			conn.broken.Store(true) // and its transaction ends with the connection
		}
		return err
	})
}

// readable are the relations that a statement may name: those it says, as far as the
// catalogue has them, so that naming one of the engine's own tables opens nothing.
func (k *knowledge) readable(tables []string) relations {
	if tables == nil {
		return k.relations
	}
	rel := k.relations
	rel.tables, rel.folded = map[place]bool{}, map[place][]place{}
	for _, name := range tables {
		if at, ok := k.places[name]; ok {
			rel.add(at)
		}
	}
	return rel
}

func (r relations) add(at place) {
	r.tables[at] = true
	r.folded[fold(at)] = append(r.folded[fold(at)], at)
}

// Close implements connectors.Source. When it returns, no query runs.
func (s *Source) Close() error {
	if !s.life.End() {
		return nil
	}
	return errors.Join(s.pool.Close(), s.killer.Close())
}

// knowledge is what is known of the database; it is replaced as a whole.
type knowledge struct {
	catalog   *connectors.Catalog
	relations relations
	places    map[string]place // a table's name in the catalogue → where it is
	rows      []*tableRow      // of the catalogue
	columns   map[string]bool  // names of columns, for telling a mistake from a change
	counters  string           // of changes to the data when the catalogue was read
	checked   time.Time        // when the counters were last looked at
}

// freshness is how old the version of a catalogue may be.
const freshness = 30 * time.Second

// Catalog implements connectors.Source. Its version is at most freshness old.
func (s *Source) Catalog(ctx context.Context) (*connectors.Catalog, error) {
	if !s.life.Enter() {
		return nil, kit.Closed()
	}
	defer s.life.Leave()
	known := s.known.Load()
	if time.Since(known.checked) < freshness {
		return known.catalog, nil
	}
	counters := ""
	err := s.transaction(ctx, s.cfg.Timeout, func(ctx context.Context, conn *session) (err error) {
		counters, err = readCounters(ctx, conn)
		return err
	})
	if err != nil {
		return nil, s.failure(ctx, err)
	}
	next := *known
	next.checked = time.Now()
	if counters != known.counters {
		catalog := *known.catalog
		catalog.Version = versionOf(catalog.Tables, counters)
		next.catalog, next.counters = &catalog, counters
		s.again.Soon()
	}
	s.known.CompareAndSwap(known, &next)
	return next.catalog, nil
}

// readAgain reads the catalogue behind an open source.
func (s *Source) readAgain(ctx context.Context, _ bool) {
	if err := s.readCatalog(ctx); err != nil && ctx.Err() == nil {
		s.cfg.Logger.Warn("mysql: the catalogue was not read again", "source", s.cfg.Name, "error", s.at.secret(err))
	}
}
