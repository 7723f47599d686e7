package outbox_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/outbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTurnsKeepTheOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var turns outbox.Turns
		first, err := turns.Take(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		order := make(chan int, 10)
		for i := range 10 {
			go func() {
				done, err := turns.Take(t.Context(), "a")
				if err != nil {
					t.Error(err)
					return
				}
				order <- i
				done()
			}()
			synctest.Wait()
		}
		other, err := turns.Take(t.Context(), "b") // nobody waits for another name
		if err != nil {
			t.Fatal(err)
		}
		other()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := turns.Take(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a turn that others have is waited for: %v", err)
		}
		if _, ok := turns.Try("a"); ok {
			t.Error("a turn that others have is taken")
		}
		if done, ok := turns.Try("b"); !ok {
			t.Error("a turn that nobody has is refused")
		} else {
			done()
		}
		first()
		for i := range 10 {
			if got := <-order; got != i {
				t.Errorf("turn %d was the %d-th caller's", i, got)
			}
		}
	})
}

func TestRecentForgetsTheOldest(t *testing.T) {
	t.Parallel()
	r := outbox.NewRecent[string, int](3)
	for i, k := range []string{"a", "b", "c"} {
		r.Put(k, i)
	}
	r.Put("a", 10) // as old as before
	r.Drop("b")
	if got := r.GetOrPut("c", 99); got != 2 {
		t.Errorf("what is there is replaced by %d", got)
	}
	if got := r.GetOrPut("d", 3); got != 3 {
		t.Errorf("what is new is %d", got)
	}
	var have []string
	for _, k := range []string{"a", "b", "c", "d"} {
		if _, ok := r.Get(k); ok {
			have = append(have, k)
		}
	}
	if want := []string{"c", "d"}; !slices.Equal(have, want) {
		t.Errorf("it remembers %q, want %q", have, want)
	}
}

func TestProgressGivesWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var m outbox.Message
		var turns outbox.Turns
		every := func() time.Duration { return 3 * time.Second }
		turn := func(ctx context.Context, superseded <-chan struct{}) (func(), error) {
			return m.Turn(ctx, &turns, "m", superseded, time.Second, every)
		}
		m.SentNow()
		began := time.Now()
		older, _ := m.Newer(false)
		gaveUp := make(chan bool)
		go func() {
			done, err := turn(t.Context(), older)
			gaveUp <- done == nil && err == nil
		}()
		synctest.Wait()
		newer, ended := m.Newer(false)
		if !<-gaveUp || ended {
			t.Errorf("older progress goes on, or it has ended (%t)", ended)
		}
		done, err := turn(t.Context(), newer)
		if err != nil || done == nil || time.Since(began) != 3*time.Second {
			t.Fatalf("newer progress has its turn after %v: %v", time.Since(began), err)
		}
		done()
		if _, ended := m.Newer(true); ended || !m.Ended() {
			t.Error("an end is no end, or was one before")
		}
		if _, ended := m.Newer(false); !ended {
			t.Error("progress does not hear that there was an end")
		}
		m.SentNow()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := turn(ctx, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("who has given up waits: %v", err)
		}
	})
}

func TestMessagesMove(t *testing.T) {
	t.Parallel()
	var m outbox.Message
	at, to := bot.Ref{ID: "1"}, bot.Ref{ID: "2"}
	if m.Place(at) != at {
		t.Error("a message is not where it was posted")
	}
	m.Move(to)
	if m.Place(at) != to {
		t.Error("a message that moved is where it was")
	}
}

func TestRefusalsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var r outbox.Refusals
		if r.Refused("table") || r.Strike("table") != 1 || r.Strike("table") != 2 {
			t.Error("what was never refused is, or strikes are not counted")
		}
		r.Succeeded("table")
		if r.Strike("table") != 1 {
			t.Error("a success ends no row")
		}
		r.Refuse("table", time.Minute)
		if !r.Refused("table") || len(r.Now()) != 1 {
			t.Error("what was refused is tried")
		}
		<-time.After(time.Minute + time.Second)
		if r.Refused("table") || len(r.Now()) != 0 {
			t.Error("what was refused is never tried again")
		}
		if r.Strike("table") != 1 {
			t.Error("a refusal does not begin a new row")
		}
	})
}

func TestDebtsAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var d outbox.Debts[int, string]
		d.Owe(1, "a")
		d.Owe(2, "b")
		<-time.After(time.Minute)
		d.Owe(3, "c")
		d.Pay(2)
		if got := d.Within(time.Hour); len(got) != 2 {
			t.Errorf("the debts are %q", got)
		}
		if got := d.Within(time.Second); !slices.Equal(got, []string{"c"}) {
			t.Errorf("of the last second they are %q", got)
		}
	})
}

func TestDigest(t *testing.T) {
	t.Parallel()
	a := bot.Message{Text: "a", Key: "k1"}
	b := a
	b.Key = "k2"
	if outbox.Digest(a) != outbox.Digest(b) {
		t.Error("a key makes messages different")
	}
	if b.Text = "b"; outbox.Digest(a) == outbox.Digest(b) {
		t.Error("messages of other texts are the same")
	}
	ref := bot.Ref{Thread: bot.Thread{Channel: "C"}, ID: "1"}
	if got := outbox.Keyed(ref, bot.Message{}).Key; got != "at C 1" {
		t.Errorf("a message without a key has %q", got)
	}
	if got := outbox.Keyed(ref, a).Key; got != "k1" {
		t.Errorf("a message with a key has %q", got)
	}
}
