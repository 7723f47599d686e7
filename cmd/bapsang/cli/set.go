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
		return nil, &placedError{what: path, err: err, todo: "Remove the file; it is made again."}
	}
	s := &set{location: seoul(), channels: map[string]string{}, closers: []io.Closer{source}}
	definition, err := analyst.Read("analyst.yaml", func(name string) ([]byte, error) { return fs.ReadFile(demo.Files(), filepath.ToSlash(name)) })
	if err == nil {
		err = s.add(e.ctx, definition, source)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
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

// openConfig reads a configuration and opens what it names.
func openConfig(e *env, path string) (*set, error) {
	cfg, err := config.Read(path, e.Getenv)
	if err != nil {
		return nil, usageError{err}
	}
	return openSources(e, cfg)
}

// openSources opens a configuration's sources, each behind its contract, and builds
// its analysts.
func openSources(e *env, cfg *config.Config) (_ *set, err error) {
	location, err := time.LoadLocation(cfg.Timezone)
	if err != nil {
		return nil, usageError{err}
	}
	s := &set{location: location, channels: map[string]string{}, calls: cfg.LLM.CallsPerQuestion}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.backends, err = configuredBackends(cfg); err != nil {
		return nil, err
	}
	if s.outside, err = openOutside(e, cfg); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, &s.outside)
	sources := map[string]connectors.Source{}
	for i, spec := range cfg.Sources {
		source, err := openSource(e, cfg, i)
		if err != nil {
			return nil, &placedError{what: "source " + spec.Name, err: err}
		}
		s.closers = append(s.closers, source)
		sources[spec.Name] = source
	}
	if cfg.AnalystsDir == "" {
		for _, spec := range cfg.Sources {
			if err := s.addSource(e.ctx, cfg, spec, sources[spec.Name]); err != nil {
				return nil, err
			}
		}
		return s, nil
	}
	return s, s.addDefined(e, cfg, sources)
}

// addSource gives a source that no analyst was written for one of its own.
func (s *set) addSource(ctx context.Context, cfg *config.Config, spec config.Source, source connectors.Source) error {
	if spec.Model == "" {
		return s.draft(ctx, spec.Name, source)
	}
	d, err := analyst.ForModel(spec.Name, cfg.Path(spec.Model))
	if err != nil {
		return usageError{err}
	}
	if err := s.add(ctx, d, source); err != nil {
		return usageError{err}
	}
	return nil
}

// addDefined builds the analysts of a configuration's folder.
func (s *set) addDefined(e *env, cfg *config.Config, sources map[string]connectors.Source) error {
	definitions, err := analyst.ReadDir(cfg.Path(cfg.AnalystsDir))
	if errors.Is(err, fs.ErrNotExist) {
		return usageError{cfg.At("$.analysts_dir", "there is no folder "+cfg.AnalystsDir)}
	}
	if err != nil {
		return usageError{err}
	}
	if len(definitions) == 0 {
		return usageError{cfg.At("$.analysts_dir", "there is no analyst in "+cfg.AnalystsDir)}
	}
	for _, d := range definitions {
		source, ok := sources[d.Source]
		if !ok {
			return usageError{analyst.Problems{d.NoSource()}}
		}
		if err := s.add(e.ctx, d, source); err != nil {
			return usageError{err}
		}
	}
	return nil
}

// openSource opens one source behind the guard of its contract.
func openSource(e *env, cfg *config.Config, i int) (connectors.Source, error) {
	spec := cfg.Sources[i]
	contract, err := spec.Contract.Build()
	if err != nil {
		return nil, err
	}
	into := filepath.Join(cfg.Path(cfg.DataDir), "sources", spec.Name)
	if err := os.MkdirAll(into, 0o755); err != nil {
		return nil, fmt.Errorf("open source: %w", err)
	}
	var source connectors.Source
	switch spec.Driver {
	case "duckdb":
		source, err = duckdb.Open(e.ctx, duckdb.Config{
			Name: spec.Name, Path: cfg.Path(spec.DSN), Timeout: contract.Timeout, Timezone: cfg.Timezone, Logger: e.logger,
			CatalogFile: filepath.Join(into, "catalog"),
		})
	default:
		source, err = openFiles(e.ctx, spec.Name, []string{cfg.Path(spec.DSN)}, into, e.now(), e.logger)
	}
	if err != nil {
		return nil, err
	}
	if spec.Driver == "files" && contract.Owner == "" {
		return source, nil // our own copy of files: there is nobody to agree with
	}
	return connectors.Guard(source, contract, connectors.Hooks{Logger: e.logger}), nil
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
