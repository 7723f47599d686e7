package eval

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// OpenFunc opens a database file of a kind that this package does not read itself.
type OpenFunc func(ctx context.Context, path string) (Database, error)

// Folder is the databases of a folder or of a PostgreSQL server. A case's db is
// DIR/<db>.sqlite, or a file of one of the other kinds, or the folder DIR/<db> as
// Spider has them: then it is judged on every .sqlite file there is in it.
type Folder struct {
	dir    string
	kinds  map[string]OpenFunc // by extension, with its dot
	engine engine

	mu   sync.Mutex
	open map[string]*opened // by path
}

type opened struct {
	once sync.Once
	db   Database
	err  error
}

// NewFolder returns the databases below dir; kinds opens files of further kinds, by
// their extension. Files are opened when a case needs them.
func NewFolder(dir string, kinds map[string]OpenFunc) *Folder {
	f := &Folder{dir: dir, kinds: map[string]OpenFunc{}, open: map[string]*opened{}}
	for ext, open := range kinds {
		f.kinds[ext] = open
	}
	f.kinds[sqliteExt] = func(_ context.Context, path string) (Database, error) { return openSQLite(path, &f.engine) }
	return f
}

const sqliteExt = ".sqlite"

// Paths returns the files that a case is judged on.
func (f *Folder) Paths(c Case) ([]string, error) {
	if c.DB == "" {
		return nil, errors.New(`the case has no "db"`)
	}
	if !filepath.IsLocal(c.DB) {
		return nil, fmt.Errorf("%q is not the name of a database", c.DB)
	}
	extensions := []string{sqliteExt}
	for ext := range f.kinds {
		if ext != sqliteExt {
			extensions = append(extensions, ext)
		}
	}
	slices.Sort(extensions[1:])
	for _, ext := range extensions {
		path := filepath.Join(f.dir, c.DB+ext)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return []string{path}, nil
		}
	}
	below, err := os.ReadDir(filepath.Join(f.dir, c.DB))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("find database: %w", err)
	}
	var paths []string
	for _, entry := range below {
		if !entry.IsDir() && strings.Contains(entry.Name(), sqliteExt) {
			paths = append(paths, filepath.Join(f.dir, c.DB, entry.Name()))
		}
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("there is no %s in %s", c.DB+sqliteExt, f.dir)
	}
	return paths, nil
}

// For implements Databases.
func (f *Folder) For(ctx context.Context, c Case) ([]Database, error) {
	paths, err := f.Paths(c)
	if err != nil {
		return nil, err
	}
	dbs := make([]Database, len(paths))
	for i, path := range paths {
		open := f.kinds[filepath.Ext(path)]
		if open == nil {
			open = f.kinds[sqliteExt]
		}
		if dbs[i], err = f.get(path, func() (Database, error) { return open(ctx, path) }); err != nil {
			return nil, err
		}
	}
	return dbs, nil
}

// get opens a database once.
func (f *Folder) get(key string, open func() (Database, error)) (Database, error) {
	f.mu.Lock()
	o := f.open[key]
	if o == nil {
		o = &opened{}
		f.open[key] = o
	}
	f.mu.Unlock()
	o.once.Do(func() { o.db, o.err = open() })
	return o.db, o.err
}

// Close closes what was opened.
func (f *Folder) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for _, o := range f.open {
		if o.db != nil {
			errs = append(errs, o.db.Close())
		}
	}
	clear(f.open)
	return errors.Join(errs...)
}

// Server is the databases of a PostgreSQL server: a case's db is one of them, the
// DSN's own where the case names none.
type Server struct {
	dsn *url.URL
	folder
}

// folder is the part of Folder that keeps databases open.
type folder = *Folder

// IsServer reports whether s is the address of a server rather than a folder.
func IsServer(s string) bool {
	return strings.HasPrefix(s, "postgres://") || strings.HasPrefix(s, "postgresql://")
}

// NewServer returns the databases of the server at dsn, a postgres:// URL.
func NewServer(dsn string) (*Server, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, errors.New("the address of the server is not a URL such as postgres://user@host:5432/name")
	}
	return &Server{dsn: u, folder: NewFolder("", nil)}, nil
}

// For implements Databases.
func (s *Server) For(ctx context.Context, c Case) ([]Database, error) {
	u := *s.dsn
	if c.DB != "" {
		u.Path = "/" + c.DB
	}
	db, err := s.get(u.Path, func() (Database, error) { return openPostgres(ctx, u.String()) })
	if err != nil {
		return nil, err
	}
	return []Database{db}, nil
}
