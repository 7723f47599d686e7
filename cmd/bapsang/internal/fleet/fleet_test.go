package fleet_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/cmd/bapsang/internal/fleet"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func join(t *testing.T, s store.Store, m fleet.Member) *fleet.Fleet {
	t.Helper()
	f := fleet.New(s, fleet.Options{Heirs: "chat", Describe: func() fleet.Member { return m }})
	if err := f.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Leave)
	return f
}

// heirs counts who says that something a process left is theirs.
func heirs(process string, all ...*fleet.Fleet) (each []int) {
	each = make([]int, len(all))
	for i := range 300 {
		owners := 0
		for n, f := range all {
			if f.Mine(fmt.Sprint("question ", i), process) {
				each[n]++
				owners++
			}
		}
		if owners != 1 {
			return nil
		}
	}
	return each
}

// TestOneLooksAfterWhatIsLeft has a process die without a word: what it took is its own
// until the others miss it, and then each thing is exactly one's.
func TestOneLooksAfterWhatIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		chat := fleet.Member{Roles: []string{"chat"}}
		a, b := join(t, s, chat), join(t, s, chat)
		waits := map[string]time.Duration{fleet.Mailbox("web:general:t1"): 4 * time.Minute}
		join(t, s, fleet.Member{Roles: []string{"worker"}, Slots: 4, Average: 2 * time.Second, Turns: waits})
		dying := fleet.New(s, fleet.Options{Describe: func() fleet.Member { return chat }})
		if err := dying.Join(t.Context()); err != nil {
			t.Fatal(err)
		}
		gone := dying.ID()
		<-time.After(4 * time.Second)
		if a.Mine("question", gone) || b.Mine("question", gone) || !a.Mine("question", a.ID()) {
			t.Error("what somebody who lives has taken is another's")
		}
		if n := len(a.Members()); n != 4 {
			t.Errorf("%d processes are known, not 4", n)
		}
		// It dies: its document stays as it is.
		var left []byte
		view(t, s, gone, &left)
		dying.Leave()
		put(t, s, gone, left)
		<-time.After(6 * time.Second)
		if a.Mine("question", gone) || b.Mine("question", gone) {
			t.Error("it is taken for dead after six seconds")
		}
		<-time.After(15 * time.Second)
		each := heirs(gone, a, b)
		if each == nil || each[0] < 75 || each[1] < 75 {
			t.Errorf("what it left is divided as %v", each)
		}
		if average, slots, turn := b.Pace("web:general:t2"); average != 2*time.Second || slots != 4 || !turn.IsZero() {
			t.Errorf("answers take %v, %d at once, and what waits for nothing until %v", average, slots, turn)
		}
		if _, _, turn := b.Pace("web:general:t1"); time.Until(turn) > 4*time.Minute || time.Until(turn) < 4*time.Minute-5*time.Second {
			t.Errorf("what waits has its turn in %v", time.Until(turn))
		}
		<-time.After(11 * time.Minute)
		if there(t, s, gone) {
			t.Error("it is remembered for ever")
		}
	})
}

func put(t *testing.T, s store.Store, id string, data []byte) {
	t.Helper()
	if err := s.Update(t.Context(), func(tx store.Tx) error { return tx.Put("replica", id, data) }); err != nil {
		t.Fatal(err)
	}
}

func view(t *testing.T, s store.Store, id string, data *[]byte) {
	t.Helper()
	err := s.View(t.Context(), func(tx store.ReadTx) (err error) {
		*data, err = tx.Get("replica", id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func there(t *testing.T, s store.Store, id string) (found bool) {
	t.Helper()
	_ = s.View(t.Context(), func(tx store.ReadTx) error {
		_, err := tx.Get("replica", id)
		found = err == nil
		return nil
	})
	return found
}

// TestWhoLeavesIsMissedAtOnce has a process stop in good order.
func TestWhoLeavesIsMissedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		m := fleet.Member{Roles: []string{"chat"}, Model: &fleet.Model{PerMinute: 100, Waiting: 3}}
		a, b := join(t, s, m), join(t, s, m)
		<-time.After(4 * time.Second)
		if got, ok := a.Model(); !ok || got != (fleet.Model{PerMinute: 100, Waiting: 6}) {
			t.Errorf("the model is %+v", got)
		}
		left := b.ID()
		b.Leave()
		<-time.After(4 * time.Second)
		if !a.Mine("question", left) || len(a.Members()) != 1 {
			t.Error("who has left is waited for")
		}
	})
}

// TestTwoReleasesKnowEachOther has a process of a newer release say more than this one
// understands, and something that it does not understand at all.
func TestTwoReleasesKnowEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		a := join(t, s, fleet.Member{Roles: []string{"chat"}})
		put(t, s, "newer", []byte(`{"id":"newer","roles":["chat","oracle"],"version":"v9","seen":"2026-11-22T09:00:00Z","slots":2,"average":3000000000,"later":{"a":[1]}}`))
		put(t, s, "odd", []byte(`[1,2,3]`))
		<-time.After(4 * time.Second)
		all := a.Members()
		if len(all) != 2 || a.Mine("question", "newer") {
			t.Errorf("it knows %+v", all)
		}
		if average, slots, _ := a.Pace(""); average != 3*time.Second || slots != 2 {
			t.Errorf("answers take %v, %d at once", average, slots)
		}
	})
}
