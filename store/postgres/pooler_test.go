//go:build unix

package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/postgres"
	"github.com/bapsang/bapsang/store/storetest"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

// pooled is a store by way of a pooler, which listens past it.
func pooled(t testing.TB, dsn string, through func(string) string) storetest.Subject {
	wire := &postgres.Wire{}
	s := openStore(t, through(dsn), wire.On(postgres.Options{ListenDSN: dsn, MaxConns: 6}))
	again := func(t testing.TB) storetest.Subject { return pooled(t, dsn, through) }
	return storetest.Subject{
		Driver: s,
		Reopen: func(t testing.TB) storetest.Subject {
			must(t, s.Close())
			return again(t)
		},
		Crash: func(t testing.TB) storetest.Subject {
			wire.Cut(true)
			go func() { _ = s.Close() }() // a zombie must not try for ever; the cleanup waits for it
			return again(t)
		},
		Second:  again,
		Silence: func(testing.TB) func() { wire.Cut(true); return wire.Mend },
	}
}

// TestConformanceBehindAPooler runs the suite by way of a PgBouncer that hands out
// connections by transaction.
func TestConformanceBehindAPooler(t *testing.T) {
	server := pgtest.Shared(t)
	through := server.Pooler(t)
	storetest.Run(t, func(t testing.TB) storetest.Subject { return pooled(t, newDatabase(t, server), through) })
}

// TestAStoreThatHearsNothing listens by way of the pooler, where no notification arrives.
// What is committed elsewhere is found by looking, after a while.
func TestAStoreThatHearsNothing(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	dsn := newDatabase(t, server)
	deaf := openStore(t, server.Pooler(t)(dsn), postgres.Options{})
	other := openStore(t, dsn, postgres.Options{})
	woken := deaf.Listen(t.Context(), "topic")
	ran := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(t.Context())
	worked := make(chan error, 1)
	go func() {
		worked <- deaf.Work(ctx, store.WorkOptions{Handlers: map[string]store.Handler{"ask": func(context.Context, store.Claim) error {
			ran <- struct{}{}
			return nil
		}}})
	}()
	must(t, other.Update(t.Context(), func(tx store.Tx) error {
		tx.Notify("topic")
		_, _, err := tx.Enqueue(store.NewJob{Kind: "ask"})
		return err
	}))
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	for range 2 {
		select {
		case <-ran:
			ran = nil
		case <-woken:
			woken = nil
		case <-limit.C:
			t.Fatal("it never looked")
		}
	}
	cancel()
	must(t, <-worked)
}
