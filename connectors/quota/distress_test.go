package quota_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/quota"
)

// pair is two processes with one contract.
func pair(t *testing.T, terms func(time.Time) *connectors.Terms) (one, other connectors.Gate, end func()) {
	t.Helper()
	s := newMemory()
	a, b := quota.New(quota.Options{}), quota.New(quota.Options{})
	if err := errors.Join(a.Share(s), b.Share(s)); err != nil {
		t.Fatal(err)
	}
	return a.Gate("api", terms), b.Gate("api", terms), func() {
		if err := errors.Join(a.Close(), b.Close()); err != nil {
			t.Error(err)
		}
	}
}

// call makes a call that goes as it is told, and returns why it was refused.
func call(t *testing.T, g connectors.Gate, o connectors.Outcome) connectors.Why {
	t.Helper()
	pass, err := g.Enter(t.Context(), time.Second)
	if err != nil {
		var r *connectors.Refusal
		if !errors.As(err, &r) {
			t.Fatal(err)
		}
		return r.Why
	}
	pass.Leave(t.Context(), o)
	return ""
}

var (
	fine   = connectors.Outcome{Answered: true, Took: time.Millisecond}
	silent = connectors.Outcome{Silent: true, Distress: true}
)

// TestTheBreakerIsShared: failures of both count together, nobody calls while it is open, and
// then one call of one of them finds out.
func TestTheBreakerIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, other, end := pair(t, terms(8, "1000/s"))
		for _, g := range []connectors.Gate{one, other, one, other, one} {
			if why := call(t, g, silent); why != "" {
				t.Fatal(why)
			}
		}
		synctest.Wait() // the other hears of it
		for _, g := range []connectors.Gate{one, other} {
			if why := call(t, g, fine); why != connectors.WhyBroken {
				t.Errorf("after five failures: %q", why)
			}
		}
		<-time.After(10*time.Second + time.Millisecond)
		probe, err := other.Enter(t.Context(), time.Second)
		if err != nil {
			t.Fatalf("the probe: %v", err)
		}
		for _, g := range []connectors.Gate{one, other} {
			if why := call(t, g, fine); why != connectors.WhyBroken {
				t.Errorf("beside the probe: %q", why)
			}
		}
		probe.Leave(t.Context(), silent)
		synctest.Wait()
		if why := call(t, one, fine); why != connectors.WhyBroken {
			t.Errorf("after a probe that failed: %q", why)
		}
		<-time.After(10*time.Second + time.Millisecond)
		if why := call(t, one, fine); why != "" {
			t.Errorf("the next probe: %q", why)
		}
		synctest.Wait()
		for range 5 {
			if why := call(t, other, fine); why != "" {
				t.Errorf("after a probe that was answered: %q", why)
			}
			<-time.After(100 * time.Millisecond) // the pace is reduced yet
		}
		end()
	})
}

// TestAPauseIsShared: who is asked to be left alone is, by all.
func TestAPauseIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, other, end := pair(t, terms(8, "1000/s"))
		if why := call(t, one, connectors.Outcome{Answered: true, Distress: true, Pause: 30 * time.Second}); why != "" {
			t.Fatal(why)
		}
		begun := time.Now()
		for range 3 {
			if why := call(t, other, fine); why != connectors.WhyPaused {
				t.Errorf("while it is left alone: %q", why)
			}
		}
		pass, err := other.Enter(t.Context(), time.Minute)
		if err != nil || time.Since(begun) < 29*time.Second || time.Since(begun) > 32*time.Second {
			t.Fatalf("who may wait: %v after %s", err, time.Since(begun))
		}
		pass.Leave(t.Context(), fine)
		end()
	})
}

// TestRetriesAreATenth of all calls, and three to begin with.
func TestRetriesAreATenth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := quota.New(quota.Options{}).Gate("api", terms(0, ""))
		retries := 0
		for range 1000 {
			if why := call(t, gate, fine); why != "" {
				t.Fatal(why)
			}
			if gate.Retry() {
				retries++
			}
		}
		if retries < 95 || retries > 103 {
			t.Errorf("%d retries of 1000 calls", retries)
		}
	})
}
