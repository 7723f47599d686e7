package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/cmd/bapsang/demo"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/duckdb"
	"github.com/bapsang/bapsang/connectors/files"
	"github.com/bapsang/bapsang/connectors/quota"
	"github.com/bapsang/bapsang/store"
)

// set is the analysts of a run and what they answer from.
type set struct {
	analysts []*agent.Analyst
	channels map[string]string
	location *time.Location
	closers  []io.Closer
	backends []llm.Backend // of the configuration
	calls    int           // a question may make
	outside  outside       // searches, pages, feeds of the configuration
	board    *quota.Board  // of the contracts; nil without a configuration
	absent   *absences     // nil where everything has to be there
	hooks    connectors.Hooks
	store    store.Store // with which the board is shared, of a command; nil for none
	together *analyst.Sideboard
}

// Close closes the sources and what was made for this run only.
func (s *set) Close() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i].Close())
	}
	return errors.Join(errs...)
}

// tempDir is a directory that lives as long as a run.
type tempDir string

// Close removes the directory.
func (d tempDir) Close() error { return os.RemoveAll(string(d)) }

// openDemo is the demo company's analyst, its data made in dir if need be.
func openDemo(e *env, dir string) (*set, error) {
	now := e.now().In(seoul())
	bar := &progressBar{w: e.Err, label: "데모 회사의 데이터를 만드는 중 · Making the demo company"}
	path, err := demo.Ensure(e.ctx, dir, now, e.logger, bar.show)
	bar.end()
	if errors.Is(err, demo.ErrClock) {
		return nil, usageError{err}
	}
	if err != nil {
		return nil, err
	}
	source, err := duckdb.Open(e.ctx, duckdb.Config{
		Name: demo.Source, Path: path, CatalogFile: path + ".catalog", Timezone: seoul().String(), Logger: e.logger,
	})
	if err != nil {
		return nil, demoError(path, err)
	}
	s := &set{location: seoul(), channels: map[string]string{}, closers: []io.Closer{source}}
	definition, err := analyst.Read("analyst.yaml", func(name string) ([]byte, error) { return fs.ReadFile(demo.Files(), filepath.ToSlash(name)) })
	if err == nil {
		err = s.add(e.ctx, definition, source)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.seatTogether(seoul().String())
	return s, nil
}

// demoError is err about the demo company's data. What may be over by itself is no fault of
// the file.
func demoError(path string, err error) error {
	e := &placedError{what: path, err: err}
	if !passing(connectors.CodeOf(err)) {
		e.todo = "Remove the file; it is made again."
	}
	return e
}

// add builds a definition on its source.
func (s *set) add(ctx context.Context, d *analyst.Definition, source connectors.Source) error {
	a, err := analyst.Build(ctx, d, source)
	if err != nil {
		return err
	}
	s.analysts = append(s.analysts, a)
	for _, c := range d.Channels {
		s.channels[strings.ToLower(strings.TrimPrefix(c, "#"))] = d.Name
	}
	return nil
}

// openData is an analyst drafted from files.
func openData(e *env, paths []string) (*set, error) {
	for _, p := range paths {
		if _, err := os.Stat(p); errors.Is(err, fs.ErrNotExist) {
			return nil, usagef("--data: there is no %s", p)
		} else if err != nil {
			return nil, usageError{fmt.Errorf("--data: %w", err)}
		}
	}
	dir, err := os.MkdirTemp("", "bapsang-")
	if err != nil {
		return nil, fmt.Errorf("open data: %w", err)
	}
	s := &set{location: seoul(), channels: map[string]string{}, closers: []io.Closer{tempDir(dir)}}
	source, err := openFiles(e.ctx, "data", paths, dir, e.now(), e.logger)
	if err == nil {
		s.closers = append(s.closers, source)
		err = s.draft(e.ctx, "data", source)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *set) draft(ctx context.Context, name string, source connectors.Source) error {
	a, err := analyst.Drafted(ctx, name, source)
	if err != nil {
		return err
	}
	s.analysts = append(s.analysts, a)
	return nil
}

// openFiles loads files into a database below into and serves it. The database is
// named by the files' names, sizes and times, so that files which did not change are
// not loaded again at the next start.
func openFiles(ctx context.Context, name string, paths []string, into string, now time.Time, logger *slog.Logger) (connectors.Source, error) {
	h := sha256.New()
	for _, p := range paths {
		// What cannot be read is no reason to stop: files.Open says so, in words.
		_ = filepath.WalkDir(p, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				return nil
			}
			var info fs.FileInfo
			if err == nil {
				info, err = d.Info()
			}
			if err != nil {
				fmt.Fprintf(h, "%s\x00%v\x00", path, err)
				return nil
			}
			fmt.Fprintf(h, "%s\x00%d\x00%d\x00", path, info.Size(), info.ModTime().UnixNano())
			return nil
		})
	}
	database := filepath.Join(into, "files-"+hex.EncodeToString(h.Sum(nil)[:8])+".duckdb")
	source, err := files.Open(ctx, files.Config{Name: name, Paths: paths, Into: database, Now: now, Logger: logger})
	if err != nil {
		return nil, err
	}
	removeOthers(database)
	return source, nil
}

// removeOthers removes the databases of earlier versions of the files. One that is
// still open goes on being served until it is closed.
func removeOthers(database string) {
	old, err := filepath.Glob(filepath.Join(filepath.Dir(database), "files-*.duckdb"))
	if err != nil {
		return // the pattern is ours and well formed
	}
	for _, path := range old {
		if path != database {
			_ = os.Remove(path) // what cannot be removed is removed at the next start
		}
	}
}

// openConfig reads a configuration and opens what it names, for a command. What was agreed
// with the owners of upstreams is counted together with the bapsang that serves the
// configuration, where its store can be reached.
func openConfig(e *env, path string) (*set, error) {
	cfg, err := e.readConfig(path)
	if err != nil {
		return nil, usageError{err}
	}
	keep := openBeside(e, cfg)
	s, err := openSources(e, cfg, nil, nil)
	if err != nil || keep == nil {
		return s, errors.Join(err, closeAll(keep))
	}
	s.closers = append([]io.Closer{keep, s.board}, s.closers...) // they are closed last
	if err := s.board.Share(keep); err != nil {
		return nil, errors.Join(fmt.Errorf("share contracts: %w", err), s.Close())
	}
	s.store = keep
	return s, nil
}

// openBeside opens the store of a fleet. Where a bapsang that runs has the store for itself,
// or a fleet's cannot be reached, it is nil, and what is called gets a trickle.
func openBeside(e *env, cfg *config.Config) Keeper {
	at := storeOf(cfg)
	var why string
	if at.server == nil {
		if !answersCommands(e.ctx, at.dir) {
			return nil
		}
		why = "a bapsang runs on this configuration and has its contracts"
	} else {
		keep, err := at.open(e)
		if err == nil {
			return keep
		}
		why = "the store cannot be reached, so what others call is not known (" + sentence(err) + ")"
	}
	call, model := connectors.TrickleRate(), llm.TrickleRate()
	cfg.Trickle(call, model)
	fmt.Fprintf(e.Err, "bapsang: %s: calls go one at a time, %s, %s to a model\n", why, call, model)
	return nil
}

func closeAll(keep Keeper) error {
	if keep == nil {
		return nil
	}
	return keep.Close()
}

// openSources opens a configuration's sources, each behind its contract, and builds
// its analysts; none of them for roles that ask none. What cannot be opened goes among the
// absent; where those are nil it is an error.
func openSources(e *env, cfg *config.Config, roles RoleSet, absent *absences) (_ *set, err error) {
	location, err := time.LoadLocation(cfg.Timezone)
	if err != nil {
		return nil, usageError{err}
	}
	s := &set{
		location: location, channels: map[string]string{}, calls: cfg.LLM.CallsPerQuestion, board: quota.New(quota.Options{Logger: e.logger}),
		absent: absent,
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.backends, err = configuredBackends(cfg); err != nil {
		return nil, err
	}
	if !roles.queries() {
		return s, nil
	}
	if s.outside, err = openOutside(e, cfg, s.board); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, &s.outside)
	if s.outside.calls == nil {
		s.outside.calls = newOutsideCalls()
	}
	if s.hooks, err = s.sourceHooks(e, cfg); err != nil {
		return nil, err
	}
	sources, err := s.openAll(e, cfg)
	if err != nil {
		return nil, err
	}
	s.together = newSideboard(cfg.Timezone)
	if err := s.seatAll(e, cfg, sources); err != nil {
		return nil, err
	}
	s.seatTogether(cfg.Timezone)
	return s, s.somebody()
}

// openAll opens the sources, and tells of them in the order in which they are configured.
func (s *set) openAll(e *env, cfg *config.Config) (map[string]connectors.Source, error) {
	begun := openAll(e, cfg, s.hooks)
	s.closers = append(s.closers, begun)
	if s.absent != nil {
		s.absent.begun = begun
	}
	if err := begun.wait(e.ctx, s.absent != nil); err != nil {
		return nil, err
	}
	sources := map[string]connectors.Source{}
	for i, spec := range cfg.Sources {
		got, there := begun.take(i)
		switch {
		case !there:
			got.source = s.await(e, cfg, i, begun.all[i])
		case got.err != nil:
			var err error
			if got.source, err = s.without(e, cfg, i, got.err); err != nil {
				return nil, err
			}
		}
		s.closers = append(s.closers, got.source)
		sources[spec.Name] = got.source
	}
	return sources, nil
}

// sourceHooks are what the guards of sources share: the board, and the log of who asked what,
// which is that of the searches where there are some.
func (s *set) sourceHooks(e *env, cfg *config.Config) (connectors.Hooks, error) {
	hooks := connectors.Hooks{Audit: s.outside.hooks.Audit, Metrics: s.outside.calls.count, Board: s.board, Logger: e.logger}
	if hooks.Audit == nil {
		book, err := openAudit(cfg.Path(cfg.DataDir))
		if err != nil {
			return hooks, err
		}
		s.outside.closers = append(s.outside.closers, book)
		hooks.Audit = book.note
	}
	return hooks, nil
}

// contractOf is the contract of a source. What is no server's is a copy of each process's own.
func contractOf(cfg *config.Config, spec config.Source) (connectors.Contract, error) {
	contract, err := spec.Contract.Build(spec.Name, cfg.Location())
	contract.Alone = spec.Alone()
	return contract, err
}

// openSource opens one source behind the guard of its contract.
func openSource(e *env, cfg *config.Config, i int, hooks connectors.Hooks) (connectors.Source, error) {
	spec := cfg.Sources[i]
	contract, err := contractOf(cfg, spec)
	if err != nil {
		return nil, err
	}
	source, err := openDriven(e, cfg, i, contract)
	if err != nil {
		return nil, err
	}
	if sourceDriver(spec.Driver).Own && contract.Owner == "" {
		return source, nil // our own copy of files: there is nobody to agree with
	}
	return connectors.Guard(source, contract, hooks), nil
}

// progressBar shows a long preparation: moving on a terminal, one line elsewhere.
type progressBar struct {
	w     io.Writer
	label string
	last  int
	shown bool
}

func (p *progressBar) show(done, total int) {
	if total == 0 {
		return
	}
	percent := done * 100 / total
	if p.shown && (percent == p.last || !isTerminal(p.w)) {
		return
	}
	if p.shown, p.last = true, percent; isTerminal(p.w) {
		fmt.Fprintf(p.w, "\r%s … %3d%%", p.label, percent)
	} else {
		fmt.Fprintf(p.w, "%s …", p.label)
	}
}

func (p *progressBar) end() {
	if p.shown {
		fmt.Fprintln(p.w)
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// openOne opens a set and picks one analyst of it.
func openOne(e *env, f from, name string) (*set, *agent.Analyst, error) {
	s, err := f.open(e)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range s.analysts {
		if name == "" || strings.EqualFold(a.Name, name) {
			return s, a, nil
		}
	}
	return nil, nil, errors.Join(usagef("there is no analyst called %s", name), s.Close())
}
