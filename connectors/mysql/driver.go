package mysql

import (
	"context"

	"github.com/bapsang/bapsang/connectors"
)

// Driver is how the program knows this package: MySQL and MariaDB alike.
func Driver() connectors.Driver {
	return connectors.Driver{
		Name: "mysql", Server: true,
		Open: func(ctx context.Context, s connectors.Settings) (connectors.Source, error) {
			return connectors.Opened(Open(ctx, configOf(s)))
		},
		Examine: func(ctx context.Context, s connectors.Settings) []connectors.Finding {
			return Examine(ctx, configOf(s))
		},
	}
}

func configOf(s connectors.Settings) Config {
	return Config{
		Name: s.Name, DSN: s.DSN, Schemas: s.Schemas, AllowPrivileged: s.AllowPrivileged,
		Connections: s.Concurrency, Timeout: s.Timeout, Timezone: s.Timezone, Logger: s.Logger,
	}
}
