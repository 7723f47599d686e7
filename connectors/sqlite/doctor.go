package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/mattn/go-sqlite3"
	"golang.org/x/sys/unix"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/confine"
	"github.com/bapsang/bapsang/connectors/workers"
)

// slowCatalog is from when on reading the catalogue is worth a word.
const slowCatalog = 10 * time.Second

// Examine looks at a database file as whoever runs it would want it looked at: whether it
// can be read, what engine reads it, how its writers keep their journal, whether the file
// could be written by us, and how long its structure takes to read. It changes nothing.
// The program must call confine.Main with Roles before.
func Examine(ctx context.Context, cfg Config) []connectors.Finding {
	cfg = cfg.withDefaults()
	path, err := filepath.Abs(cfg.Path)
	if err != nil {
		return []connectors.Finding{broken(err)}
	}
	cfg.Path = path
	if missing := found(path); missing != nil {
		return []connectors.Finding{broken(missing)}
	}
	version, _, _ := sqlite3.Version()
	out := []connectors.Finding{{Name: "version", Text: "read by SQLite " + version}, journal(path), rights(path)}
	started := time.Now()
	pool, err := workers.Start(ctx, workers.Config{
		Name: "sqlite", Source: cfg.Name, Role: RoleQuery, Workers: 1, Timeout: cfg.Timeout, Logger: cfg.Logger,
		Open:   openRequest{Path: path, Memory: cfg.MemoryLimit, Timezone: cfg.Timezone},
		Limits: confine.Limits{AddressSpace: cfg.MemoryLimit + addressRoom, FileSize: sharedMemory},
	})
	if err != nil {
		return append(out, broken(err))
	}
	defer pool.Close()
	r := &reading{s: &Source{cfg: cfg, pool: pool}, by: map[string]*tableRow{}}
	if err := r.readTables(ctx); err != nil {
		return append(out, broken(err))
	}
	f := connectors.Finding{Name: "reachable", Text: fmt.Sprintf("%d tables and views", len(r.tables))}
	if len(r.tables) == 0 {
		f.Doubt, f.Fix = true, "There is nothing to answer from. Look at dsn of the source."
	}
	out = append(out, f)
	if took := time.Since(started); took > slowCatalog {
		out = append(out, connectors.Finding{Name: "catalogue", Doubt: true, Text: fmt.Sprintf("the structure takes %s to read", took.Round(time.Second)), Fix: "Fewer tables in the file, or a faster disk under it."})
	}
	return out
}

func broken(err error) connectors.Finding {
	f := connectors.Finding{Name: "reachable", Broken: true, Text: "the database cannot be looked at"}
	var e *connectors.Error
	if errors.As(err, &e) {
		f.Text, f.Fix = e.Message, e.Fix
	}
	return f
}

func journal(path string) connectors.Finding {
	f := connectors.Finding{Name: "journal", Text: "a rollback journal: readers wait while somebody commits"}
	if !isWAL(path) {
		return f
	}
	f.Text = "a write-ahead log: nobody waits for anybody"
	if unix.Access(filepath.Dir(path), unix.W_OK) == nil {
		return f
	}
	f.Text += "; its index (-shm) cannot be made by us when no writer has it open"
	if _, err := os.Stat(path + "-shm"); err != nil {
		f.Doubt = true
		f.Fix = "Let the user who runs bapsang write into the folder of the database, or run PRAGMA journal_mode = DELETE on it once."
	}
	return f
}

func rights(path string) connectors.Finding {
	f := connectors.Finding{Name: "rights", Text: "we may read the file, and could not write it"}
	if unix.Access(path, unix.W_OK) == nil {
		f.Text, f.Doubt = "we could write the file; it is opened for reading alone", true
		f.Fix = "Give the user who runs bapsang the right to read the file only: chmod, or a mount that is read-only."
	}
	return f
}
