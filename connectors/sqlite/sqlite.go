// Package sqlite answers statements from a SQLite database file, in place, while others
// may write to it.
//
// Four things keep a statement from doing harm. The file is opened read-only. The engine
// itself proves each statement before it runs: SQLite's authorizer sees every table,
// column and function that a statement reaches for, and lets through what is on a list.
// It does so on an empty database in memory which has the file's tables and nothing else
// (see shadow), then on the file. And the engine lives in a pool of confined child
// processes (package workers), whose memory is bounded and which are killed when they do
// not stop.
package sqlite

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/confine"
	"github.com/bapsang/bapsang/connectors/kit"
	"github.com/bapsang/bapsang/connectors/workers"
)

// Config describes a source. The zero value of every field but Path is usable.
type Config struct {
	Name string // the source's configured name; the file's base name when empty
	Path string // the database file
	// Workers is the number of statements that run at once; 2 when zero, 16 at the most.
	// Each is a process of some 40 MB when idle.
	Workers int
	// MemoryLimit is the engine's memory in each worker, in bytes; 512 MiB when zero.
	MemoryLimit int64
	// Timeout bounds a statement that brings no timeout of its own; 30 s when zero.
	Timeout time.Duration
	// Timezone is the zone that SQLite's 'localtime' means; "UTC" when empty.
	Timezone string
	// Refresh is how long the catalogue is taken as it was read; 10 minutes when zero. A
	// file that nobody wrote to is not read again.
	Refresh time.Duration
	Logger  *slog.Logger // nothing is logged when nil
}

func (c Config) withDefaults() Config {
	if c.Name == "" {
		c.Name = strings.TrimSuffix(filepath.Base(c.Path), filepath.Ext(c.Path))
	}
	if c.Workers <= 0 {
		c.Workers = 2
	}
	c.Workers = min(c.Workers, 16)
	if c.MemoryLimit <= 0 {
		c.MemoryLimit = 512 << 20
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
	cfg  Config
	pool *workers.Pool

	life *kit.Life

	known atomic.Pointer[knowledge]
	again *kit.Again // the reading of the catalogue
}

var _ connectors.Source = (*Source)(nil)

// Open opens the database that cfg names, starts its workers and reads its catalogue. ctx
// bounds opening only. The program must call confine.Main with Roles before. Errors are of
// type *connectors.Error.
func Open(ctx context.Context, cfg Config) (*Source, error) {
	cfg = cfg.withDefaults()
	path, err := filepath.Abs(cfg.Path)
	if err != nil {
		return nil, &connectors.Error{Code: connectors.CodeUnavailable, Message: "The database file cannot be reached.", Err: err}
	}
	cfg.Path = path
	if missing := found(path); missing != nil {
		return nil, missing
	}
	s := &Source{cfg: cfg, again: kit.NewAgain(), life: kit.NewLife(ctx)}
	s.pool, err = workers.Start(ctx, workers.Config{
		Name: "sqlite", Source: cfg.Name, Role: RoleQuery, Workers: cfg.Workers, Timeout: cfg.Timeout, Logger: cfg.Logger,
		Open:   openRequest{Path: path, Memory: cfg.MemoryLimit, Timezone: cfg.Timezone},
		Limits: confine.Limits{AddressSpace: cfg.MemoryLimit + addressRoom, FileSize: sharedMemory},
		Stamp:  func() (string, error) { return identity(path) },
	})
	if err == nil {
		err = s.readCatalog(ctx)
	}
	if err != nil {
		_ = s.Close()
		return nil, workers.Ended(ctx, err)
	}
	s.life.Go(func(ctx context.Context) { s.again.Run(ctx, s.cfg.Refresh, s.readAgain) })
	return s, nil
}

// Query implements connectors.Source. The time that a statement waits for a free worker
// counts against its timeout.
func (s *Source) Query(ctx context.Context, caller connectors.Caller, stmt connectors.Statement) (*connectors.Result, error) {
	req := workers.Request{SQL: stmt.SQL, Tables: stmt.Tables, MaxRows: stmt.MaxRows, Timeout: stmt.Timeout}
	res, err := s.pool.Run(ctx, req)
	if code := connectors.CodeOf(err); ctx.Err() == nil && !s.life.Over() && (code == connectors.CodeUnavailable || code == connectors.CodeBadData) {
		// The file was exchanged under the worker, or cannot be read. A SELECT may be asked again.
		res, err = s.pool.Run(ctx, req)
	}
	if err == nil {
		finish(res)
		return res, nil
	}
	var failed *connectors.Error
	if !errors.As(err, &failed) {
		failed = &connectors.Error{Code: connectors.CodeInternal, Message: "The query failed.", Err: err}
	}
	if known := s.known.Load(); known.drifted(failed, stateOf(s.cfg.Path) != known.state) {
		s.again.Soon()
	}
	s.cfg.Logger.DebugContext(ctx, "sqlite: query failed", "source", s.cfg.Name, "question", caller.Question, "code", failed.Code)
	return nil, failed
}

// Close implements connectors.Source. When it returns, no process is left.
func (s *Source) Close() error {
	if s.life.End() && s.pool != nil {
		s.pool.Close()
	}
	return nil
}

// knowledge is what is known of the database; it is replaced as a whole.
type knowledge struct {
	catalog *connectors.Catalog
	tables  map[string]bool // names in small letters, for telling a mistake from a change
	columns map[string]bool
	shape   string // of the structure
	state   string // of the file when the catalogue was read
	read    time.Time
	took    time.Duration // to read
}

// A catalogue stays as it was read, however often the file is written to, for quiet at the
// least and until reading takes no more than one part in share of the time.
const (
	quiet = 30 * time.Second
	share = 20
)

// Catalog implements connectors.Source. Its version is that of the file now.
func (s *Source) Catalog(context.Context) (*connectors.Catalog, error) {
	if s.life.Over() {
		return nil, kit.Closed()
	}
	known := s.known.Load()
	state := stateOf(s.cfg.Path)
	if state == known.state {
		return known.catalog, nil
	}
	if time.Since(known.read) > max(quiet, share*known.took) {
		s.again.Soon()
	}
	catalog := *known.catalog
	catalog.Version = state + known.shape
	return &catalog, nil
}

// readAgain reads the catalogue behind an open source. Nobody reads a file for the time
// alone that nobody has written to.
func (s *Source) readAgain(ctx context.Context, asked bool) {
	if !asked && stateOf(s.cfg.Path) == s.known.Load().state {
		return
	}
	if err := s.readCatalog(ctx); err != nil && ctx.Err() == nil {
		s.cfg.Logger.Warn("sqlite: the catalogue was not read again", "source", s.cfg.Name, "error", err)
	}
}
