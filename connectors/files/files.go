// Package files answers questions about files: it loads CSV, TSV, Parquet, JSON,
// XLSX, SQLite and DuckDB files, or a folder of them, into one DuckDB database and
// profiles what it finds, so that a source can be opened over it.
//
// Files come from strangers and from spreadsheets. The parsing happens in a
// confined child process (package confine), and what a file claims to be is checked
// against what it is. A file is taken the way a person would read it: titles above
// the headings and totals below the rows are no rows, "1,234원" is a number,
// "2026. 11. 22." a date. A column gets a type only where at least 99 in 100 of its
// values are of it, what does not fit is kept beside it as it was written, and
// whatever was left out or guessed is in the table's notes.
package files

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// Config says what to load and where to.
type Config struct {
	// Name becomes Catalog.Source.
	Name string
	// Paths are files and folders. Of a folder the files with a known ending are
	// taken, one level deep and below.
	Paths []string
	// Into is the database file to write. It must not exist: each version of the
	// data goes to a file of its own, since an open database does not notice that
	// its file was exchanged. It appears complete or not at all.
	Into   string
	Limits Limits
	// Now is the date that "no year" and "in the future" are judged by.
	Now    time.Time
	Logger *slog.Logger // nil logs nothing

	tell func(done, total int64) // in the child
}

// Limits bound what a load may take. A zero field means the default.
type Limits struct {
	FileSize int64 // of one file, in bytes; 4 GiB
	Text     int64 // of one CSV, TSV or JSON file, in bytes; 2 GiB, which is minutes of reading
	// Workbook bounds what all of a workbook unpacks to, in bytes; 512 MiB, which is a
	// minute of reading and more than a full sheet of ten columns.
	Workbook int64
	// SharedText bounds the texts that the cells of a workbook share, in bytes; 128
	// MiB. They are held in memory, where they take up to three times as much.
	SharedText int64
	Field      int           // the longest cell, in bytes; 16 MiB
	Columns    int           // of one table; 2,000
	Tables     int           // of one load; 500
	Files      int           // of one load; 5,000
	Memory     int64         // of the engine, in bytes; 1 GiB
	Duration   time.Duration // of the whole load; 15 minutes
	WriteSize  int64         // of the database, in bytes; 16 GiB
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		v   *int64
		def int64
	}{{&l.FileSize, 4 << 30}, {&l.Text, 2 << 30}, {&l.Workbook, 512 << 20}, {&l.SharedText, 128 << 20}, {&l.Memory, 1 << 30}, {&l.WriteSize, 16 << 30}} {
		if *d.v == 0 {
			*d.v = d.def
		}
	}
	for _, d := range []struct {
		v   *int
		def int
	}{{&l.Field, 16 << 20}, {&l.Columns, 2000}, {&l.Tables, 500}, {&l.Files, 5000}} {
		if *d.v == 0 {
			*d.v = d.def
		}
	}
	if l.Duration == 0 {
		l.Duration = 15 * time.Minute
	}
	return l
}

// Load reads the files into a new database at cfg.Into and returns its catalogue,
// which is kept in the database too: see [Read]. How much of texts it has read it tells
// who asked in ctx: see package progress. Errors are of type
// *connectors.Error: CodeNotFound, CodeBadData, CodeTooLarge, CodeStorageFull,
// CodeTimeout, CodeCancelled or CodeInternal. After an error nothing is left at
// cfg.Into.
func Load(ctx context.Context, cfg Config) (*connectors.Catalog, error) {
	cfg.Limits = cfg.Limits.withDefaults()
	if _, err := os.Stat(cfg.Into); err == nil {
		return nil, faultTaken.about(nil, file(filepath.Base(cfg.Into)))
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Limits.Duration)
	defer cancel()
	began := time.Now()
	cat, err := confined(ctx, request{Op: opLoad, Config: wireConfig(cfg)})
	if err != nil {
		removePartial(cfg.Into)
		return nil, err
	}
	if cfg.Logger != nil {
		cfg.Logger.Info("files loaded", "source", cfg.Name, "tables", len(cat.Tables), "elapsed", time.Since(began))
	}
	return cat, nil
}

// Profile returns the catalogue of a DuckDB file as it is, without copying it:
// cfg.Paths is that one file, and cfg.Into is not used.
func Profile(ctx context.Context, cfg Config) (*connectors.Catalog, error) {
	cfg.Limits = cfg.Limits.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, cfg.Limits.Duration)
	defer cancel()
	return confined(ctx, request{Op: opProfile, Config: wireConfig(cfg)})
}

// Read returns the catalogue that Load kept in the database at path.
func Read(ctx context.Context, path string) (*connectors.Catalog, error) {
	return confined(ctx, request{Op: opRead, Config: wireConfig(Config{Into: path, Limits: Limits{}.withDefaults()})})
}

// partial is the name a database has while it is written.
func partial(into string) string { return into + ".part" }

func removePartial(into string) {
	for _, p := range []string{partial(into), partial(into) + ".wal"} {
		_ = os.Remove(p)
	}
	_ = os.RemoveAll(partial(into) + ".tmp")
}
