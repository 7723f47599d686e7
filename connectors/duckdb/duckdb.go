// Package duckdb answers statements from a DuckDB database file.
//
// The engine runs in a small pool of worker processes (see package confine), never
// in this one: some of its functions ignore both cancellation and its memory limit,
// so a process that can be killed is the only bound that holds. Each worker opens
// the file read-only, takes every setting, file and extension away from itself,
// proves each statement with the engine's own parser to be one SELECT over allowed
// tables and functions, bounds it, and runs it. The parent bounds in turn whatever a
// worker sends, kills it half a second after a deadline that passed unheeded, and
// puts a fresh one in its place.
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
	"sync"
	"time"

	"github.com/bapsang/bapsang/connectors"
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
	open    openRequest
	catalog *connectors.Catalog
	tables  map[string]string // name as the engine folds it → name of a table
	tidy    func()

	life context.Context // ends with the source, and every worker with it
	end  context.CancelFunc

	// slots holds the idle workers. A nil stands for one that must be started
	// first.
	slots chan *worker

	mu     sync.Mutex
	closed bool // guarded by mu; busy is not added to afterwards
	busy   sync.WaitGroup
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
	s := &Source{
		cfg:  cfg,
		tidy: tidy,
		open: openRequest{
			Path: path, Memory: cfg.MemoryLimit, Timezone: cfg.Timezone,
			Threads: min(runtime.NumCPU(), 8),
		},
		tables: map[string]string{},
		slots:  make(chan *worker, cfg.Workers),
	}
	// The workers outlive the call that opens them.
	s.life, s.end = context.WithCancel(context.WithoutCancel(ctx))
	if err := s.start(ctx); err != nil {
		_ = s.Close()
		if over := ended(ctx, err); over != nil {
			return nil, over
		}
		return nil, err
	}
	return s, nil
}

func (s *Source) start(ctx context.Context) error {
	for range s.cfg.Workers {
		w, err := startWorker(ctx, s.life, s.open)
		if err != nil {
			return err
		}
		s.slots <- w
	}
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
	info, err := os.Stat(s.open.Path)
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
	if err := checkText(stmt.SQL); err != nil {
		return nil, err
	}
	req := queryRequest{SQL: stmt.SQL, Tables: s.readable(stmt.Tables), MaxRows: stmt.MaxRows, Timeout: stmt.Timeout}
	res, err := s.run(ctx, req)
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

// run has a worker answer req, and leaves the pool as strong as it was.
func (s *Source) run(ctx context.Context, req queryRequest) (*connectors.Result, error) {
	if !s.enter() {
		return nil, errClosed()
	}
	defer s.busy.Done()
	if req.MaxRows <= 0 {
		req.MaxRows = connectors.DefaultMaxRows
	}
	if req.Timeout <= 0 {
		req.Timeout = s.cfg.Timeout
	}
	ctx, cancel := context.WithTimeout(ctx, req.Timeout)
	defer cancel()
	res, err := s.attempt(ctx, req)
	for range s.cfg.Workers {
		// Every worker may have died while it was idle; none of them met the query.
		if !errors.Is(err, errUntouched) || ctx.Err() != nil {
			break
		}
		res, err = s.attempt(ctx, req)
	}
	if err == nil {
		return res, nil
	}
	if s.life.Err() != nil {
		return nil, errClosed()
	}
	if over := ended(ctx, err); over != nil {
		return nil, over
	}
	return nil, err
}

// attempt has one worker answer req and returns it or a fresh one to the pool.
func (s *Source) attempt(ctx context.Context, req queryRequest) (*connectors.Result, error) {
	w, err := s.take(ctx)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		req.Timeout = max(time.Until(deadline), time.Millisecond)
	}
	res, reusable, err := w.ask(ctx, req)
	if reusable {
		s.slots <- w
	} else {
		logWorker(s.cfg.Logger, "replacing a worker", w, err)
		s.replace(w)
	}
	return res, err
}

// ended is what an error means when the time of the query was up by then, and nil
// when it was not.
func ended(ctx context.Context, err error) *connectors.Error {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &connectors.Error{Code: connectors.CodeTimeout, Message: "The query took too long and was stopped.", Err: err}
	case ctx.Err() != nil:
		return &connectors.Error{Code: connectors.CodeCancelled, Message: "The query was stopped.", Err: err}
	}
	return nil
}

func errClosed() *connectors.Error {
	return connectors.Errorf(connectors.CodeUnavailable, "The source is closed.")
}

// take waits for a worker that is free and alive.
func (s *Source) take(ctx context.Context) (*worker, error) {
	var w *worker
	select {
	case w = <-s.slots:
	case <-s.life.Done():
		return nil, errClosed()
	case <-ctx.Done():
		return nil, ended(ctx, errors.New("no worker was free"))
	}
	if w != nil && w.alive() {
		return w, nil
	}
	if w != nil {
		w.proc.Close()
	}
	w, err := startWorker(ctx, s.life, s.open)
	if err != nil {
		s.slots <- nil
		if over := ended(ctx, err); over != nil {
			return nil, over
		}
		return nil, err
	}
	return w, nil
}

// replace puts a fresh worker in the place of a lost one, without making the query
// that lost it wait.
func (s *Source) replace(lost *worker) {
	if !s.enter() {
		lost.proc.Close()
		return
	}
	go func() {
		defer s.busy.Done()
		lost.proc.Close()
		w, err := startWorker(s.life, s.life, s.open)
		if err != nil {
			s.cfg.Logger.Error("duckdb: a worker cannot be started", "source", s.cfg.Name, "error", err)
		}
		s.slots <- w // nil after an error: the next query tries again
	}()
}

// enter counts a user of the pool, unless the source is closed.
func (s *Source) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.busy.Add(1)
	return true
}

// Close implements connectors.Source. When it returns, no process is left.
func (s *Source) Close() error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	s.end()
	s.busy.Wait()
	if closed {
		return nil
	}
	for {
		select {
		case w := <-s.slots:
			if w != nil {
				w.proc.Close()
			}
		default:
			s.tidy()
			return nil
		}
	}
}
