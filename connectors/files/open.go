package files

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/duckdb"
)

// Open loads the files and serves them. A single DuckDB file is profiled and served
// as it is; anything else is loaded into cfg.Into, which must not exist unless the
// same files were loaded there before, in which case it is served again.
func Open(ctx context.Context, cfg Config) (connectors.Source, error) {
	logger := cfg.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	serve := duckdb.Config{Name: cfg.Name, Path: cfg.Into, Logger: logger}
	var err error
	switch {
	case len(cfg.Paths) == 1 && isDuckDB(cfg.Paths[0]):
		serve.Path = cfg.Paths[0]
		serve.Catalog, err = Profile(ctx, cfg)
	case exists(cfg.Into):
		serve.Catalog, err = Read(ctx, cfg.Into)
	default:
		serve.Catalog, err = Load(ctx, cfg)
	}
	if err != nil {
		return nil, err
	}
	return duckdb.Open(ctx, serve)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func isDuckDB(path string) bool {
	format := endings[strings.ToLower(filepath.Ext(path))]
	if format != formatDuckDB && format != formatSQLite {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 12)
	n, _ := f.Read(head)
	return n == len(head) && string(head[8:]) == "DUCK"
}
