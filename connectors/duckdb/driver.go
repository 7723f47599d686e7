package duckdb

import (
	"context"
	"path/filepath"

	"github.com/bapsang/bapsang/connectors"
)

// Driver is how the program knows this package.
func Driver() connectors.Driver {
	return connectors.Driver{Name: "duckdb", Roles: Roles(), Open: func(ctx context.Context, s connectors.Settings) (connectors.Source, error) {
		return connectors.Opened(Open(ctx, Config{
			Name: s.Name, Path: s.DSN, Timeout: s.Timeout, Timezone: s.Timezone, Logger: s.Logger, CatalogFile: filepath.Join(s.Dir, "catalog"),
		}))
	}}
}
