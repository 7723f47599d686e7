// Package duckdb answers statements from a DuckDB database file.
//
// The engine runs in a small pool of worker processes (see package confine), never
// in this one: some of its functions ignore both cancellation and its memory limit,
// so a process that can be killed is the only bound that holds. Each worker opens
// the file read-only, takes every setting, file and extension away from itself,
// proves each statement with the engine's own parser to be one SELECT over allowed
// tables and functions, bounds it, and runs it. The parent bounds in turn whatever a
// worker sends, kills it soon after a deadline that passed unheeded, and puts a
// fresh one in its place.
//
// A file must not change while it is open: write each version of a data set to a
// file of its own and open that.
package duckdb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
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

	// Workers is the number of statements that run at once; 2 when zero. Each
	// worker is a process of some 40 MB when idle.
	Workers int
	// MemoryLimit is the engine's memory in each worker, in bytes; 1 GiB when zero.
	MemoryLimit int64
	// Timeout bounds a statement that brings no timeout of its own; 30 s when zero.
	Timeout time.Duration
	// Timezone is the zone that moments (TIMESTAMP WITH TIME ZONE) are shown in and
	// that now() and today() mean; "UTC" when empty.
	Timezone string
	// Catalog is the catalogue, where whoever made the file knows it; nil reads it
	// from the file.
	Catalog *connectors.Catalog
	// CatalogFile keeps the catalogue that was read from the database between runs,
	// for as long as the database stays as it is; "" reads it at every start.
	CatalogFile string
	Logger      *slog.Logger // nothing is logged when nil
}

func (c Config) withDefaults() Config {
	if c.Name == "" {
		c.Name = strings.TrimSuffix(filepath.Base(c.Path), filepath.Ext(c.Path))
	}
	if c.Workers <= 0 {
		c.Workers = 2
	}
	if c.MemoryLimit <= 0 {
		c.MemoryLimit = 1 << 30
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.Timezone == "" {
		c.Timezone = "UTC"
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Source is an open database. It implements connectors.Source.
type Source struct {
	cfg     Config
	path    string // as the driver takes it
	catalog *connectors.Catalog
	tables  map[string]string // name as the engine folds it → name of a table
	tidy    func()

	pool *workers.Pool
}

var _ connectors.Source = (*Source)(nil)

// Open opens the database that cfg names, starts its workers and, unless cfg brings
// one, reads its catalogue. ctx bounds opening only. The program must call
// confine.Main with Roles before. Errors are of type *connectors.Error.
func Open(ctx context.Context, cfg Config) (*Source, error) {
	cfg = cfg.withDefaults()
	path, tidy, err := plainPath(cfg.Path)
	if err != nil {
		return nil, err
	}
	s := &Source{cfg: cfg, tidy: tidy, path: path, tables: map[string]string{}}
	s.pool, err = workers.Start(ctx, workers.Config{
		Name: "duckdb", Source: cfg.Name, Role: RoleQuery, Workers: cfg.Workers, Timeout: cfg.Timeout, Logger: cfg.Logger,
		Open:   openRequest{Path: path, Memory: cfg.MemoryLimit, Timezone: cfg.Timezone, Threads: min(runtime.NumCPU(), 8)},
		Limits: confine.Limits{AddressSpace: cfg.MemoryLimit + addressRoom},
	})
	if err == nil {
		err = s.start(ctx)
	}
	if err != nil {
		_ = s.Close()
		return nil, workers.Ended(ctx, err)
	}
	return s, nil
}

func (s *Source) start(ctx context.Context) error {
	if s.catalog = s.cfg.Catalog; s.catalog == nil {
		if err := s.findCatalog(ctx); err != nil {
			return err
		}
	}
	for _, t := range s.catalog.Tables {
		s.tables[lower(t.Name)] = t.Name
	}
	return nil
}

// findCatalog takes the catalogue from its file where that is still right, else reads
// the database and keeps it.
func (s *Source) findCatalog(ctx context.Context) error {
	version, err := s.version()
	if err != nil {
		return err
	}
	if s.catalog = loadCatalog(s.cfg.CatalogFile, version); s.catalog != nil {
		s.catalog.Source = s.cfg.Name
		return nil
	}
	if s.catalog, err = s.readCatalog(ctx, version); err != nil {
		return err
	}
	if err := keepCatalog(s.cfg.CatalogFile, s.catalog); err != nil {
		s.cfg.Logger.WarnContext(ctx, "duckdb: catalogue not kept", "source", s.cfg.Name, "error", err)
	}
	return nil
}

// version tells one state of the database's file from another.
func (s *Source) version() (string, error) {
	info, err := os.Stat(s.path)
	if err != nil {
		return "", &connectors.Error{Code: connectors.CodeUnavailable, Message: "The database file cannot be reached.", Err: err}
	}
	return fmt.Sprintf("%x-%x", info.ModTime().UnixNano(), info.Size()), nil
}

// plainPath returns a name of the file that the driver does not take apart: it
// reads what it is given as a URL. Where the file's own name would be misread, a
// link in a directory of its own stands in, which tidy removes.
func plainPath(path string) (plain string, tidy func(), err error) {
	tidy = func() {}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir() {
		return "", nil, &connectors.Error{Code: connectors.CodeNotFound, Message: "There is no such database file.", Err: err}
	}
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return "", nil, &connectors.Error{Code: connectors.CodeUnavailable, Message: "The database file cannot be reached.", Err: err}
	}
	if _, err := url.Parse(path); err == nil && !strings.ContainsAny(path, "?#%") {
		return path, tidy, nil
	}
	dir, err := os.MkdirTemp("", "bapsang-duckdb-")
	if err == nil {
		tidy = func() { _ = os.RemoveAll(dir) }
		plain = filepath.Join(dir, "data.duckdb")
		err = os.Symlink(path, plain)
	}
	if err != nil {
		tidy()
		return "", nil, &connectors.Error{Code: connectors.CodeUnavailable, Message: "The database file cannot be reached.", Err: err}
	}
	return plain, tidy, nil
}

// Catalog implements connectors.Source.
func (s *Source) Catalog(context.Context) (*connectors.Catalog, error) { return s.catalog, nil }

// Query implements connectors.Source. The time that a statement waits for a free
// worker counts against its timeout.
func (s *Source) Query(ctx context.Context, caller connectors.Caller, stmt connectors.Statement) (*connectors.Result, error) {
	if err := kit.CheckText(stmt.SQL, maxStatement); err != nil {
		return nil, err
	}
	res, err := s.pool.Run(ctx, workers.Request{SQL: stmt.SQL, Tables: s.readable(stmt.Tables), MaxRows: stmt.MaxRows, Timeout: stmt.Timeout})
	if err != nil {
		s.cfg.Logger.Debug("duckdb: query failed", "source", s.cfg.Name, "question", caller.Question, "error", err)
	}
	return res, err
}

// readable are the tables that a statement may name: those it says, as far as the
// catalogue has them, so that naming one of the engine's own tables opens nothing.
func (s *Source) readable(tables []string) []string {
	if tables == nil {
		return slices.Collect(maps.Values(s.tables))
	}
	var names []string
	for _, name := range tables {
		if known, ok := s.tables[lower(name)]; ok {
			names = append(names, known)
		}
	}
	return names
}

// Close implements connectors.Source. When it returns, no process is left.
func (s *Source) Close() error {
	if s.pool != nil {
		s.pool.Close()
	}
	s.tidy()
	return nil
}
