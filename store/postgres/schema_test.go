//go:build unix

package postgres_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/postgres"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

// TestMigrateOnce has several processes migrate at once: one does it.
func TestMigrateOnce(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t)
	if _, err := postgres.Open(t.Context(), dsn, postgres.Options{}); !errors.Is(err, postgres.ErrBehind) {
		t.Errorf("open before: %v", err)
	}
	var mu sync.Mutex
	did := 0
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			from, to, err := postgres.Migrate(t.Context(), dsn, postgres.Options{})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if from != to {
				did++
			}
		})
	}
	all.Wait()
	if did != 1 {
		t.Errorf("%d migrated", did)
	}
	openStore(t, dsn, postgres.Options{})
}

// TestVersionsThatDiffer opens stores of other versions: the next one is worked on, since
// replicas are replaced one by one, those after it are not.
func TestVersionsThatDiffer(t *testing.T) {
	t.Parallel()
	dsn := newDatabase(t, pgtest.Shared(t))
	s := openStore(t, dsn, postgres.Options{})
	set := func(version int) {
		conn, err := pgx.Connect(t.Context(), dsn)
		must(t, err)
		defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
		_, err = conn.Exec(t.Context(), "UPDATE bapsang.schema_version SET version = version + $1", version)
		must(t, err)
	}
	for _, c := range []struct {
		by   int
		want error
	}{{1, nil}, {1, store.ErrNewer}, {-3, postgres.ErrBehind}} {
		set(c.by)
		other, err := postgres.Open(t.Context(), dsn, postgres.Options{})
		if !errors.Is(err, c.want) {
			t.Errorf("after %+d: %v, want %v", c.by, err, c.want)
		}
		if err == nil {
			must(t, other.Close())
		}
		if err := s.Ready(t.Context()); !errors.Is(err, c.want) {
			t.Errorf("ready after %+d: %v, want %v", c.by, err, c.want)
		}
	}
}

// TestSchemasAreApart has two stores in one database.
func TestSchemasAreApart(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t)
	var stores []*postgres.Store
	for _, schema := range []string{"one", "Two \"quoted\""} {
		_, _, err := postgres.Migrate(t.Context(), dsn, postgres.Options{Schema: schema})
		must(t, err)
		stores = append(stores, openStore(t, dsn, postgres.Options{Schema: schema}))
	}
	woken := stores[1].Listen(t.Context(), "topic")
	must(t, stores[0].Update(t.Context(), func(tx store.Tx) error {
		tx.Notify("topic")
		_, _, err := tx.Enqueue(store.NewJob{Kind: "ask", Unique: "key"})
		return errors.Join(err, tx.Put("note", "a", []byte("1")))
	}))
	must(t, stores[1].Update(t.Context(), func(tx store.Tx) error {
		if _, err := tx.Get("note", "a"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the other's document: %v", err)
		}
		_, added, err := tx.Enqueue(store.NewJob{Kind: "ask", Unique: "key"})
		if !added {
			t.Error("the other's key is taken")
		}
		return err
	}))
	select {
	case <-woken:
		t.Error("the other's listener was woken")
	default:
	}
}

// TestEndedJobsAreRemoved keeps jobs for an hour, by the clock of the program.
func TestEndedJobsAreRemoved(t *testing.T) {
	t.Parallel()
	dsn := newDatabase(t, pgtest.Shared(t))
	s := openStore(t, dsn, postgres.Options{KeepEnded: time.Hour})
	var ids []string
	must(t, s.Update(t.Context(), func(tx store.Tx) error {
		ids = nil
		for _, key := range []string{"ended", "waiting"} {
			id, _, err := tx.Enqueue(store.NewJob{Kind: "ask", Unique: key})
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	}))
	must(t, s.Cancel(t.Context(), ids[0]))
	later := openStore(t, dsn, postgres.Options{KeepEnded: time.Hour, Now: func() time.Time { return time.Now().Add(2 * time.Hour) }})
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		if _, _, err := later.Peek(t.Context(), ids[0]); errors.Is(err, store.ErrNotFound) {
			break
		}
		select {
		case <-again.C:
		case <-deadline.C:
			t.Fatal("the ended job is still there")
		}
	}
	if job, _, err := later.Peek(t.Context(), ids[1]); err != nil || job.State != store.Queued {
		t.Errorf("the waiting job: %+v, %v", job, err)
	}
	must(t, later.Update(t.Context(), func(tx store.Tx) error {
		if _, added, err := tx.Enqueue(store.NewJob{Kind: "ask", Unique: "ended"}); !added || err != nil {
			t.Errorf("the key of the removed job: added %v, %v", added, err)
		}
		return nil
	}))
}

// TestAClosedStoreRefuses calls everything after Close.
func TestAClosedStoreRefuses(t *testing.T) {
	t.Parallel()
	s := openStore(t, newDatabase(t, pgtest.Shared(t)), postgres.Options{})
	must(t, s.Close())
	_, _, peeked := s.Peek(t.Context(), "x")
	for name, err := range map[string]error{
		"update": s.Update(t.Context(), func(store.Tx) error { return nil }),
		"view":   s.View(t.Context(), func(store.ReadTx) error { return nil }),
		"work":   s.Work(t.Context(), store.WorkOptions{}),
		"cancel": s.Cancel(t.Context(), "x"),
		"peek":   peeked,
	} {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, open := <-s.Listen(t.Context(), "topic"); open {
		t.Error("listening goes on")
	}
}

// TestMigrationsStay holds the migrations that stores out there have been through. One of
// these is never changed, for nobody runs it again: what it lacks is a migration more.
func TestMigrationsStay(t *testing.T) {
	t.Parallel()
	sums := map[string]string{
		"0001_store.sql": "789eff85cea68db31da2b3174779c3a9af1594a29eca653d8adad01fbbaa0adf",
	}
	files, err := filepath.Glob("migrations/*.sql")
	must(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		if sum, name := fmt.Sprintf("%x", sha256.Sum256(text)), filepath.Base(file); sums[name] != sum {
			t.Errorf("%s has the sum %s. If it is new: write it into this test. If it was changed: put it back, and make a new migration", name, sum)
		}
		delete(sums, filepath.Base(file))
	}
	for name := range sums {
		t.Errorf("%s is gone", name)
	}
}
