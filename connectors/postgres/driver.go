package postgres

import (
	"context"

	"github.com/bapsang/bapsang/connectors"
)

// Driver is how the program knows this package.
func Driver() connectors.Driver {
	return connectors.Driver{
		Name: "postgres", Server: true,
		Open: func(ctx context.Context, s connectors.Settings) (connectors.Source, error) {
			return connectors.Opened(Open(ctx, configured(s)))
		},
		Examine: func(ctx context.Context, s connectors.Settings) []connectors.Finding {
			return Examine(ctx, configured(s))
		},
	}
}

func configured(s connectors.Settings) Config {
	return Config{
		Name: s.Name, DSN: s.DSN, Schemas: s.Schemas, AllowPrivileged: s.AllowPrivileged,
		Connections: s.Concurrency, Timeout: s.Timeout, Timezone: s.Timezone, Logger: s.Logger,
	}
}
