package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/duckdb"
	"github.com/bapsang/bapsang/connectors/files"
	"github.com/bapsang/bapsang/connectors/mysql"
	"github.com/bapsang/bapsang/connectors/postgres"
	"github.com/bapsang/bapsang/connectors/sqlite"
)

// sourceDrivers are the kinds of databases that the program knows, in the order in which
// they are named to people. A new one is a line here; see docs/adding-a-source.md.
func sourceDrivers() []connectors.Driver {
	return []connectors.Driver{
		filesDriver(),
		duckdb.Driver(),
		postgres.Driver(),
		mysql.Driver(),
		sqlite.Driver(),
	}
}

// sourceDriver is the one called name; the configuration has no other.
func sourceDriver(name string) connectors.Driver {
	for _, d := range sourceDrivers() {
		if d.Name == name {
			return d
		}
	}
	return connectors.Driver{Name: name, Open: func(context.Context, connectors.Settings) (connectors.Source, error) {
		return nil, fmt.Errorf("there is no driver %s", name)
	}}
}

// filesDriver answers from a copy of files, which is made by the program's own rules.
func filesDriver() connectors.Driver {
	return connectors.Driver{Name: "files", Own: true, Roles: files.Roles(), Open: func(ctx context.Context, s connectors.Settings) (connectors.Source, error) {
		return openFiles(ctx, s.Name, []string{s.DSN}, s.Dir, s.Now, s.Logger)
	}}
}

// settings are what a configuration says of its i-th source, as drivers take it.
func settings(e *env, cfg *config.Config, i int, contract connectors.Contract) connectors.Settings {
	spec := cfg.Sources[i]
	s := connectors.Settings{
		Name: spec.Name, DSN: spec.DSN, Schemas: spec.Schemas, AllowPrivileged: spec.AllowPrivileged,
		Dir:         filepath.Join(cfg.Path(cfg.DataDir), "sources", spec.Name),
		Concurrency: contract.Concurrency, Timeout: contract.Timeout, Timezone: cfg.Timezone, Now: e.now(), Logger: e.logger,
	}
	if !sourceDriver(spec.Driver).Server {
		s.DSN = cfg.Path(spec.DSN)
	}
	return s
}

// openDriven opens a source by its driver.
func openDriven(e *env, cfg *config.Config, i int, contract connectors.Contract) (connectors.Source, error) {
	s := settings(e, cfg, i, contract)
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("open source: %w", err)
	}
	return sourceDriver(cfg.Sources[i].Driver).Open(e.ctx, s)
}

// readConfig reads a configuration of this program.
func (e *env) readConfig(path string) (*config.Config, error) {
	return config.Read(path, e.Getenv, sourceDrivers())
}
