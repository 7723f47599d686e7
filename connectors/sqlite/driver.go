package sqlite

import (
	"context"

	"github.com/bapsang/bapsang/connectors"
)

// Driver is how the program knows this package.
func Driver() connectors.Driver {
	return connectors.Driver{
		Name: "sqlite", Roles: Roles(),
		Open: func(ctx context.Context, s connectors.Settings) (connectors.Source, error) {
			return connectors.Opened(Open(ctx, configured(s)))
		},
		Examine: func(ctx context.Context, s connectors.Settings) []connectors.Finding {
			return Examine(ctx, configured(s))
		},
	}
}

func configured(s connectors.Settings) Config {
	return Config{Name: s.Name, Path: s.DSN, Workers: s.Concurrency, Timeout: s.Timeout, Timezone: s.Timezone, Logger: s.Logger}
}
