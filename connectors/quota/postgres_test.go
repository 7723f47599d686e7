package quota_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/quota"
	"github.com/bapsang/bapsang/store/bolt"
	"github.com/bapsang/bapsang/store/postgres"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

// openServer opens a store on a database of its own; each call of the second result opens
// it for another process.
func openServer(t testing.TB) func() *postgres.Store {
	t.Helper()
	dsn := pgtest.Shared(t).Database(t)
	if _, _, err := postgres.Migrate(t.Context(), dsn, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	return func() *postgres.Store {
		s, err := postgres.Open(t.Context(), dsn, postgres.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// TestReplicasKeepOneContractOnAServer has four processes, each with connections of its own,
// call as much as they may for five seconds, and on a busy machine until they have called
// often enough for there to be something to see.
func TestReplicasKeepOneContractOnAServer(t *testing.T) {
	t.Parallel()
	open := openServer(t)
	up := &upstream{}
	var all []*replica
	var stores []*postgres.Store
	for range 4 {
		s := open()
		stores = append(stores, s)
		all = append(all, startReplica(t, s, up, terms(4, "40/s"), 5, 20*time.Millisecond))
	}
	begun := time.Now()
	<-time.After(5 * time.Second)
	for up.count() < 60 && time.Since(begun) < 2*time.Minute {
		<-time.After(100 * time.Millisecond)
	}
	for i, r := range all {
		r.end(t)
		if err := stores[i].Close(); err != nil {
			t.Error(err)
		}
	}
	// What was let through in time is noted when the machine gets to it: one noted late and
	// the next promptly look closer together than they were. What is seen in three seconds was
	// let through in four, then; two processes that count apart let through six seconds' worth.
	// Virtual time holds the rate to the instant (TestARateIsUsed).
	n, most := up.count(), up.within(3*time.Second)
	t.Logf("%d calls, %d at once, %d in three seconds", n, up.most, most)
	if up.most > 4 || most > 4*40 {
		t.Errorf("%d at once, %d in three seconds", up.most, most)
	}
	if agreed := 40 * (int(time.Since(begun)/time.Second) + 2); n > agreed { // in all, whenever they were noted
		t.Errorf("%d calls, of %d at most", n, agreed)
	}
	if n < 60 {
		t.Errorf("only %d calls in %s", n, time.Since(begun))
	}
}

// TestTheSwitchReachesAnotherProcess by the server's word, within a second.
func TestTheSwitchReachesAnotherProcess(t *testing.T) {
	t.Parallel()
	open := openServer(t)
	here, there := open(), open()
	one, other := quota.New(quota.Options{}), quota.New(quota.Options{})
	if err := errors.Join(one.Share(here), other.Share(there)); err != nil {
		t.Fatal(err)
	}
	gate := other.Gate("dw", terms(0, ""))
	flip := func(on bool) time.Duration {
		begun := time.Now()
		if err := one.Flip(t.Context(), "dw", quota.Switch{On: on, At: begun, By: "kim"}); err != nil {
			t.Fatal(err)
		}
		for {
			pass, err := gate.Enter(t.Context(), 0)
			if err == nil {
				pass.Leave(t.Context(), connectors.Outcome{})
			}
			if on == (err == nil) {
				return time.Since(begun)
			}
			if time.Since(begun) > time.Minute {
				t.Fatal("the other has not heard of it")
			}
			runtime.Gosched()
		}
	}
	connectorstest.Soon(t, "the switch", time.Second, func() time.Duration { return max(flip(false), flip(true)) })
	if err := errors.Join(one.Close(), other.Close(), here.Close(), there.Close()); err != nil {
		t.Error(err)
	}
}

// BenchmarkEnter is a call that need not wait, from its turn to its end.
func BenchmarkEnter(b *testing.B) {
	each := func(b *testing.B, gate connectors.Gate) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				pass, err := gate.Enter(context.Background(), 0)
				if err != nil {
					b.Error(err)
					return
				}
				pass.Leave(context.Background(), connectors.Outcome{Answered: true, Took: time.Millisecond})
			}
		})
	}
	b.Run("alone", func(b *testing.B) {
		each(b, quota.New(quota.Options{}).Gate("dw", terms(64, "1000000/s")))
	})
	b.Run("bolt", func(b *testing.B) {
		s, err := bolt.Open(b.Context(), b.TempDir(), bolt.Options{})
		if err != nil {
			b.Fatal(err)
		}
		board := quota.New(quota.Options{})
		if err := board.Share(s); err != nil {
			b.Fatal(err)
		}
		b.ResetTimer()
		each(b, board.Gate("dw", terms(64, "1000000/s")))
		b.StopTimer()
		if err := errors.Join(board.Close(), s.Close()); err != nil {
			b.Fatal(err)
		}
	})
	b.Run("postgres", func(b *testing.B) {
		s := openServer(b)()
		board := quota.New(quota.Options{})
		if err := board.Share(s); err != nil {
			b.Fatal(err)
		}
		b.ResetTimer()
		each(b, board.Gate("dw", terms(64, "1000000/s")))
		b.StopTimer()
		if err := errors.Join(board.Close(), s.Close()); err != nil {
			b.Fatal(err)
		}
	})
}
