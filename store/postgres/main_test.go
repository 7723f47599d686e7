//go:build unix

package postgres_test

import (
	"context"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/store/postgres"
	"github.com/bapsang/bapsang/store/storetest"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

func TestMain(m *testing.M) {
	if dsn := os.Getenv(childDSN); dsn != "" {
		os.Exit(runChild(dsn))
	}
	goleak.VerifyTestMain(m)
}

// newDatabase returns the address of an empty store.
func newDatabase(t testing.TB, server *pgtest.Server) string {
	t.Helper()
	return server.Clone(t, "migrated", func(dsn string) error {
		_, _, err := postgres.Migrate(context.Background(), dsn, postgres.Options{})
		return err
	})
}

func openStore(t testing.TB, dsn string, opts postgres.Options) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), dsn, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// subject crashes by losing its server for good: nothing else of a killed process is
// seen by others.
func subject(t testing.TB, dsn string) storetest.Subject {
	wire := &postgres.Wire{}
	s := openStore(t, dsn, wire.On(postgres.Options{MaxConns: 6}))
	return storetest.Subject{
		Driver: s,
		Reopen: func(t testing.TB) storetest.Subject {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			return subject(t, dsn)
		},
		Crash: func(t testing.TB) storetest.Subject {
			wire.Cut(true)
			go func() { _ = s.Close() }() // a zombie must not try for ever; the cleanup waits for it
			return subject(t, dsn)
		},
		Second: func(t testing.TB) storetest.Subject { return subject(t, dsn) },
		Silence: func(testing.TB) func() {
			wire.Cut(true)
			return wire.Mend
		},
	}
}

func TestConformance(t *testing.T) {
	server := pgtest.Shared(t)
	storetest.Run(t, func(t testing.TB) storetest.Subject { return subject(t, newDatabase(t, server)) })
}
