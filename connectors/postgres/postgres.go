// Package postgres answers statements from a PostgreSQL database of the company's.
//
// Four things keep a statement from doing harm: the login, which is refused
// where it could write; the session, whose transactions are READ ONLY and bounded in time;
// the proof, with the server's own grammar, that the text is one SELECT over allowed tables
// and functions; and our deadline, which ends the server's work.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/kit"
)

// Config describes a source. The zero value of every field but DSN is usable.
type Config struct {
	Name string // the source's configured name
	// DSN is the server's address: a URL or libpq's keywords. Where it says nothing of
	// sslmode, the server's certificate is verified.
	DSN string
	// Schemas are those that tables are taken from; "public" when empty. Tables of the
	// first one are named without it.
	Schemas []string
	// AllowPrivileged lets a login in that could write, or is a superuser.
	AllowPrivileged bool
	// Connections is the number of statements that run at once; 4 when zero.
	Connections int
	// Timeout bounds a statement that brings no timeout of its own; 30 s when zero.
	Timeout time.Duration
	// Timezone is the zone that moments (timestamptz) are shown in and that now() means;
	// "UTC" when empty.
	Timezone string
	// Refresh is how long the catalogue is taken as it was read; 10 minutes when zero.
	Refresh time.Duration
	Logger  *slog.Logger // nothing is logged when nil
}

func (c Config) withDefaults() Config {
	if len(c.Schemas) == 0 {
		c.Schemas = []string{"public"}
	}
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
	cfg      Config
	secret   func(error) error // takes credentials out of what may be logged
	settings string            // see settingsSQL
	pool     *pgxpool.Pool

	life *kit.Life

	known atomic.Pointer[knowledge]
	types sync.Map   // OID and modifier of a type → kindOfType
	again *kit.Again // the reading of the catalogue
}

var _ connectors.Source = (*Source)(nil)

// Open connects to the database, refuses a login that could do more than read, and reads
// the catalogue. ctx bounds opening only. Errors are of type *connectors.Error.
func Open(ctx context.Context, cfg Config) (*Source, error) {
	cfg = cfg.withDefaults()
	pooled, secret, err := poolConfig(cfg)
	if err != nil {
		return nil, err
	}
	s := &Source{cfg: cfg, secret: secret, settings: settingsSQL(cfg), again: kit.NewAgain(), life: kit.NewLife(ctx)}
	if s.pool, err = pgxpool.NewWithConfig(s.life.Context(), pooled); err != nil {
		s.life.End()
		return nil, s.failure(ctx, err)
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.life.Go(func(ctx context.Context) { s.again.Run(ctx, s.cfg.Refresh, s.readAgain) })
	return s, nil
}

func (s *Source) start(ctx context.Context) error {
	err := s.transaction(ctx, s.cfg.Timeout, func(ctx context.Context, conn *pgx.Conn) error {
		return s.checkLogin(ctx, conn)
	})
	if err == nil {
		err = s.readCatalog(ctx)
	}
	if err != nil {
		return s.failure(ctx, err)
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
	known := s.known.Load()
	sql, refused := prove(stmt.SQL, known.readable(stmt.Tables))
	if refused != nil {
		return nil, refused
	}
	if stmt.MaxRows <= 0 {
		stmt.MaxRows = connectors.DefaultMaxRows
	}
	if stmt.Timeout <= 0 {
		stmt.Timeout = s.cfg.Timeout
	}
	ctx, cancel := context.WithTimeout(ctx, stmt.Timeout)
	defer cancel()
	ctx, stop := s.life.During(ctx)
	defer stop()
	res, err := s.attempt(ctx, sql, stmt)
	if err != nil && lost(err) && ctx.Err() == nil {
		// The connection broke, or the server started anew. A SELECT may be asked again.
		s.pool.Reset()
		res, err = s.attempt(ctx, sql, stmt)
	}
	if err == nil {
		return res, nil
	}
	failed := s.failure(ctx, err)
	if known.drifted(failed, err) {
		s.again.Soon()
	}
	s.cfg.Logger.DebugContext(ctx, "postgres: query failed", "source", s.cfg.Name, "question", caller.Question, "code", failed.Code)
	return nil, failed
}

func (s *Source) attempt(ctx context.Context, sql string, stmt connectors.Statement) (res *connectors.Result, err error) {
	err = s.transaction(ctx, stmt.Timeout, func(ctx context.Context, conn *pgx.Conn) error {
		res, err = s.read(ctx, conn, kit.Bounded(sql, stmt.MaxRows), stmt.MaxRows)
		return err
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// transaction runs f on a connection, in a transaction that reads only and that the server
// itself ends after timeout.
func (s *Source) transaction(ctx context.Context, timeout time.Duration, f func(context.Context, *pgx.Conn) error) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	// Milliseconds, and not 0, which would be for ever. Ours comes first.
	server := max(timeout+250*time.Millisecond, time.Millisecond).Milliseconds()
	begin := fmt.Sprintf("BEGIN TRANSACTION READ ONLY; SET LOCAL statement_timeout = %d; SET LOCAL lock_timeout = %d; %s", server, min(server, 5000), s.settings)
	if _, err := conn.Conn().PgConn().Exec(ctx, begin).ReadAll(); err != nil {
		return err
	}
	err = f(ctx, conn.Conn())
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if _, rollback := conn.Conn().PgConn().Exec(end, "ROLLBACK").ReadAll(); rollback != nil {
		// Nothing is lost with it: the connection is closed, and its transaction with it.
		_ = conn.Conn().Close(end)
	}
	return err
}

// readable are the relations that a statement may name: those it says, as far as the
// catalogue has them, so that naming one of the engine's own tables opens nothing.
func (k *knowledge) readable(tables []string) relations {
	if tables == nil {
		return k.relations
	}
	rel := k.relations
	rel.tables = map[string]bool{}
	for _, name := range tables {
		for _, alias := range k.aliases[name] {
			rel.tables[alias] = true
		}
	}
	return rel
}

// Close implements connectors.Source. When it returns, no query runs.
func (s *Source) Close() error {
	if s.life.End() {
		s.pool.Close()
	}
	return nil
}

// knowledge is what is known of the database; it is replaced as a whole.
type knowledge struct {
	catalog   *connectors.Catalog
	relations relations
	aliases   map[string][]string // a table's name in the catalogue → what a statement may call it
	rows      []*tableRow         // of the catalogue
	columns   map[string]bool     // names of columns, for telling a mistake from a change
	counters  string              // of changes to the data when the catalogue was read
	checked   time.Time           // when the counters were last looked at
}

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
	err := s.transaction(ctx, s.cfg.Timeout, func(ctx context.Context, conn *pgx.Conn) (err error) {
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

// freshness is how old the version of a catalogue may be.
const freshness = 30 * time.Second

// readAgain reads the catalogue behind an open source.
func (s *Source) readAgain(ctx context.Context, _ bool) {
	if err := s.readCatalog(ctx); err != nil && ctx.Err() == nil {
		s.cfg.Logger.Warn("postgres: the catalogue was not read again", "source", s.cfg.Name, "error", s.secret(err))
	}
}

func (k *knowledge) withAliases(first string, tables []*tableRow) {
	k.aliases, k.relations.tables, k.columns = map[string][]string{}, map[string]bool{}, map[string]bool{}
	for _, t := range tables {
		names := []string{inSchema(t.schema, t.name)}
		if t.schema == first && t.named.Name == t.name {
			names = append(names, t.name)
		}
		k.aliases[t.named.Name] = names
		maps.Insert(k.relations.tables, func(yield func(string, bool) bool) {
			for _, n := range names {
				if !yield(n, true) {
					return
				}
			}
		})
		for _, c := range t.named.Columns {
			k.columns[c.Name] = true
		}
	}
}
