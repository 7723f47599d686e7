package standin_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/bot/standin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestManualClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
		clock := standin.NewManual(began)
		var woke atomic.Bool
		go func() {
			if err := clock.Sleep(t.Context(), time.Minute); err != nil {
				t.Error(err)
			}
			woke.Store(true)
		}()
		synctest.Wait()
		clock.Advance(59 * time.Second)
		synctest.Wait()
		if woke.Load() {
			t.Error("somebody woke early")
		}
		clock.Advance(time.Second)
		synctest.Wait()
		if !woke.Load() || !clock.Now().Equal(began.Add(time.Minute)) {
			t.Errorf("it is %v and nobody woke", clock.Now())
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := clock.Sleep(ctx, time.Minute); !errors.Is(err, context.Canceled) {
			t.Errorf("who has gone sleeps on: %v", err)
		}
	})
}

func TestScaledClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		paced, told := standin.Clocks(nil, 60)
		began := time.Now()
		if err := paced.Sleep(t.Context(), time.Minute); err != nil || time.Since(began) != time.Second {
			t.Errorf("a minute sixty times as fast took %v: %v", time.Since(began), err)
		}
		if a, b := paced.Now().Sub(began), told.Now().Sub(began); a != time.Minute || b != time.Second {
			t.Errorf("then a minute is %v, and a second %v", a, b)
		}
		manual := standin.NewManual(began)
		if a, b := standin.Clocks(manual, 60); a != manual || b != manual {
			t.Error("a test's clock is not the only one")
		}
	})
}

func TestChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c standin.Changes
		var n atomic.Int32
		done := make(chan error)
		go func() { done <- c.Wait(t.Context(), func() bool { return n.Load() == 2 }) }()
		for range 2 {
			synctest.Wait()
			n.Add(1)
			c.Notify()
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Wait(ctx, func() bool { return false }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("what never holds is waited for: %v", err)
		}
	})
}

func TestDoor(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/hello", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	mux.HandleFunc("/reset", func(w http.ResponseWriter, _ *http.Request) { standin.Reset(w) })
	d := standin.Open(t.Context(), func(string) http.Handler { return mux })
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func(path string) (string, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.Base()+path, strings.NewReader("x")) // no client repeats a post
		if err != nil {
			return "", err
		}
		res, err := client.Do(req)
		if err != nil {
			return "", err
		}
		defer res.Body.Close()
		data, err := io.ReadAll(res.Body)
		return string(data), err
	}
	if got, err := get("/hello"); got != "hello" || err != nil {
		t.Errorf("the door says %q: %v", got, err)
	}
	if _, err := get("/reset"); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a reset is %v", err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if _, err := get("/hello"); err == nil {
		t.Error("a closed door is open")
	}
}

func TestAcksOf(t *testing.T) {
	t.Parallel()
	var took []time.Duration
	for i := range 100 {
		took = append(took, time.Duration(100-i)*time.Millisecond)
	}
	got := standin.AcksOf(took, 3, 1)
	if want := (standin.Acks{Acked: 100, Late: 3, Lost: 1, P50: 51 * time.Millisecond, P99: 100 * time.Millisecond, Max: 100 * time.Millisecond}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := standin.AcksOf(nil, 0, 0); got != (standin.Acks{}) {
		t.Errorf("of none there is %+v", got)
	}
}

func TestCrowdIsSpread(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var joined, did atomic.Int32
		at := make([]time.Duration, 4)
		err := standin.Crowd(t.Context(), 4, 4*time.Second, func(int) { joined.Add(1) }, func(i int) { at[i] = time.Since(began); did.Add(1) })
		if err != nil || joined.Load() != 4 || did.Load() != 4 || at[3] != 3*time.Second {
			t.Errorf("%d of %d people came at %v: %v", did.Load(), joined.Load(), at, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		did.Store(0)
		if err := standin.Crowd(ctx, 4, 4*time.Second, func(int) {}, func(int) { did.Add(1) }); err == nil || did.Load() != 2 {
			t.Errorf("%d came before it was over: %v", did.Load(), err)
		}
	})
}

func TestShares(t *testing.T) {
	t.Parallel()
	left, all := 1.0, 0.0
	for _, chance := range standin.Shares(5, 0.4) {
		if happens := left * chance; math.Abs(happens-0.08) > 1e-9 {
			t.Errorf("one happens %v of the times", happens)
		}
		all += left * chance
		left *= 1 - chance
	}
	if math.Abs(all-0.4) > 1e-9 {
		t.Errorf("all together happen %v of the times", all)
	}
}
