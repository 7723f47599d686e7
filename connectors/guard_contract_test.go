package connectors_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/quota"
)

func perMinute(n int) []connectors.Rate { return []connectors.Rate{{Calls: n, Per: time.Minute}} }

// query makes one call with a minute's time and returns its error.
func query(t *testing.T, src connectors.Source, caller connectors.Caller, sql string) (*connectors.Result, *connectors.Error) {
	t.Helper()
	res, err := src.Query(t.Context(), caller, connectors.Statement{SQL: sql, Timeout: 3 * time.Minute})
	var e *connectors.Error
	if err != nil && !errors.As(err, &e) {
		t.Fatalf("%v is no *Error", err)
	}
	return res, e
}

func TestWhenAContractIsExhausted(t *testing.T) {
	for when, c := range map[connectors.WhenExhausted]struct {
		code  connectors.Code
		after time.Duration // that the answer took
	}{
		connectors.Queue:  {"", time.Minute},
		connectors.Refuse: {connectors.CodeExhausted, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			src := connectors.Guard(&fake{answer: rows(1)}, agreed(connectors.Contract{Rates: perMinute(2), WhenExhausted: when}), connectors.Hooks{Board: alone()})
			for range 2 {
				if _, err := query(t, src, connectors.Caller{}, "x"); err != nil {
					t.Fatal(err)
				}
			}
			start := time.Now()
			_, err := query(t, src, connectors.Caller{}, "x")
			if took := time.Since(start); took < c.after || took > c.after+2*time.Second {
				t.Errorf("%s: took %s", when, took)
			}
			switch {
			case c.code == "" && err != nil:
				t.Errorf("%s: %v", when, err)
			case c.code != "" && (err == nil || err.Code != c.code || err.After < 55*time.Second ||
				!strings.Contains(err.Message, "again in") || !strings.Contains(err.Korean, "뒤에 다시")):
				t.Errorf("%s: %v", when, err)
			}
		})
	}
}

// TestAShortWaitIsNoExhaustion: nobody is refused for a second.
func TestAShortWaitIsNoExhaustion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := connectors.Guard(&fake{answer: rows(1)}, agreed(connectors.Contract{
			Rates: []connectors.Rate{{Calls: 4, Per: 500 * time.Millisecond}}, WhenExhausted: connectors.Refuse,
		}), connectors.Hooks{Board: alone()})
		if codes := burst(t.Context(), src, 8); codes[""] != 8 {
			t.Errorf("codes %v", codes)
		}
	})
}

func TestDegrading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: rows(3)}
		var b books
		src := connectors.Guard(f, agreed(connectors.Contract{
			Rates: []connectors.Rate{{Calls: 1, Per: time.Hour}}, Cache: 10 * time.Minute, WhenExhausted: connectors.Degrade,
		}), b.hooks())
		start := time.Now()
		if res, err := query(t, src, connectors.Caller{}, "a"); err != nil || !res.Stale.IsZero() {
			t.Fatal(res, err)
		}
		<-time.After(5 * time.Minute)
		if res, err := query(t, src, connectors.Caller{}, "a"); err != nil || !res.Stale.IsZero() {
			t.Errorf("within its time: %+v, %v", res, err)
		}
		<-time.After(15 * time.Minute)
		if res, err := query(t, src, connectors.Caller{}, "a"); err != nil || !res.Stale.Equal(start) || len(res.Rows) != 3 {
			t.Errorf("past its time: %+v, %v", res, err)
		}
		if _, err := query(t, src, connectors.Caller{}, "never asked"); err == nil || err.Code != connectors.CodeExhausted {
			t.Errorf("what is not there: %v", err)
		}
		if len(f.calls) != 1 {
			t.Errorf("%d calls", len(f.calls))
		}
		if r := b.records[2]; !r.Cached || !r.Stale.Equal(start) {
			t.Errorf("the books say %+v", r)
		}
	})
}

func TestASearchThatDegradesIsLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var svc service
		var b books
		s := connectors.GuardSearcher(&svc, agreed(connectors.Contract{
			Name: "web", Rates: []connectors.Rate{{Calls: 1, Per: time.Hour}}, Cache: time.Minute, WhenExhausted: connectors.Degrade,
		}), b.hooks())
		if _, err := search(t.Context(), s, "chuseok"); err != nil {
			t.Fatal(err)
		}
		<-time.After(5 * time.Minute)
		found, err := search(t.Context(), s, "chuseok")
		if err != nil || len(found.Hits) != 1 || len(found.Silent) != 1 || !strings.Contains(found.Silent[0], "web: found 5m0s ago") || time.Since(found.Stale) != 5*time.Minute {
			t.Errorf("an older answer: %+v, %v", found, err)
		}
		// Whoever asks says so in the language of the answer, and leaves that part out.
		_, err = search(t.Context(), s, "seollal")
		var e *connectors.Error
		if !errors.As(err, &e) || e.Code != connectors.CodeExhausted || !strings.Contains(e.Korean, "web의 약속된 호출 한도를") {
			t.Errorf("none: %v", err)
		}
	})
}

// TestASourcesAnswersAreSharedByRights alone: one statement at a time for all who may see
// the same, and nothing of theirs for anybody else.
func TestASourcesAnswersAreSharedByRights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: func(ctx context.Context) (*connectors.Result, error) {
			return lasting(time.Second)(ctx)
		}}
		src := connectors.Guard(f, agreed(connectors.Contract{Cache: time.Minute}), connectors.Hooks{Board: alone()})
		var wg sync.WaitGroup
		for _, c := range []connectors.Caller{
			{Principal: "a", Rights: "staff"}, {Principal: "b", Rights: "staff"}, {Principal: "c"}, {Principal: "c"}, {Principal: "d"},
			{Principal: "staff"}, // a name is no group
		} {
			wg.Go(func() {
				if res, err := query(t, src, c, "SELECT 1"); err != nil || res == nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(f.calls) != 4 {
			t.Errorf("%d calls for four groups", len(f.calls))
		}
		for _, stmt := range []connectors.Statement{{SQL: "SELECT 1", Tables: []string{}}, {SQL: "SELECT 1", MaxRows: 1}, {SQL: "SELECT 2"}} {
			if _, err := src.Query(t.Context(), connectors.Caller{Rights: "staff"}, stmt); err != nil {
				t.Error(err)
			}
		}
		if len(f.calls) != 7 {
			t.Errorf("%d calls: another statement was taken for an equal one", len(f.calls))
		}
	})
}

func TestWhoeverChangesARowChangesTheirs(t *testing.T) {
	t.Parallel()
	src := connectors.Guard(&fake{answer: func(context.Context) (*connectors.Result, error) {
		return &connectors.Result{Rows: [][]any{{int64(1)}}}, nil
	}}, agreed(connectors.Contract{Cache: time.Hour}), connectors.Hooks{Board: alone()})
	for range 2 {
		res, err := query(t, src, connectors.Caller{}, "x")
		if err != nil || res.Rows[0][0] != int64(1) {
			t.Fatal(res, err)
		}
		res.Rows[0][0] = "changed"
	}
}

// TestAnExpiredContractIsATrickle from the day after its last, while it runs.
func TestAnExpiredContractIsATrickle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		f := &fake{answer: lasting(time.Second)}
		c := agreed(connectors.Contract{Concurrency: 4})
		c.Expires = time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC) // the bubble begins on 1 January
		src := connectors.Guard(f, c, connectors.Hooks{Board: alone(), Logger: slog.New(slog.NewTextHandler(&log, nil))})
		<-time.After(47 * time.Hour)
		burst(t.Context(), src, 8)
		if f.most != 4 || log.Len() > 0 {
			t.Errorf("on its last day: %d at once, %s", f.most, log.String())
		}
		f.most = 0
		<-time.After(2 * time.Hour)
		burst(t.Context(), src, 4)
		if f.most != 1 || strings.Count(log.String(), "has expired") != 1 {
			t.Errorf("after it: %d at once, %s", f.most, log.String())
		}
	})
}

// TestABulkhead: beyond those who may wait, calls are refused at once with the reason.
func TestABulkhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: lasting(50 * time.Second)}
		src := connectors.Guard(f, agreed(connectors.Contract{Concurrency: 2, Queue: 3}), connectors.Hooks{Board: alone()})
		for range 5 {
			go burst(t.Context(), src, 1)
		}
		synctest.Wait()
		start := time.Now()
		_, err := query(t, src, connectors.Caller{}, "x")
		if err == nil || err.Code != connectors.CodeExhausted || err.After <= 0 || time.Since(start) > 0 || !strings.Contains(err.Message, "Too many calls wait for shop") {
			t.Errorf("the sixth: %v after %s", err, time.Since(start))
		}
		<-time.After(5 * time.Minute)
	})
}

// TestDistressSlowsDownAndRecovers: an API that fails above five calls a second, of which
// twenty were agreed.
func TestDistressSlowsDownAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		strict := true
		var mu sync.Mutex // guards the two below
		var calls []time.Time
		var failed int
		svc := &service{answer: func(context.Context, string) (*connectors.Found, error) {
			mu.Lock()
			defer mu.Unlock()
			now := time.Now()
			calls = append(calls, now)
			if n := len(calls); strict && n > 5 && now.Sub(calls[n-6]) < time.Second {
				failed++
				return nil, connectors.Errorf(connectors.CodeUnavailable, "500")
			}
			return &connectors.Found{}, nil
		}}
		var b books
		s := connectors.GuardSearcher(svc, agreed(connectors.Contract{Name: "api", Rates: []connectors.Rate{{Calls: 20, Per: time.Second}}, Concurrency: 4, Timeout: 10 * time.Second}), b.hooks())
		stop := time.Now().Add(5 * time.Minute)
		var wg sync.WaitGroup
		for i := range 8 { // as much as may be
			wg.Go(func() {
				for n := 0; time.Now().Before(stop); n++ {
					if _, err := search(t.Context(), s, strings.Repeat("x", i+1)+" "+time.Now().String()); err != nil {
						<-time.After(100 * time.Millisecond)
					}
				}
			})
		}
		wg.Wait()
		for i := range calls {
			if i >= 20 && calls[i].Sub(calls[i-20]) < time.Second {
				t.Fatal("more than was agreed")
			}
		}
		good := len(calls) - failed
		t.Logf("%d calls in 5 minutes, %d of them failed", len(calls), failed)
		if failed > len(calls)/10 || good < 300 {
			t.Errorf("%d of %d calls failed", failed, len(calls))
		}
		strict = false
		begun := time.Now()
		for time.Since(begun) < 4*time.Minute {
			if _, err := search(t.Context(), s, time.Now().String()); err != nil {
				<-time.After(100 * time.Millisecond)
			}
		}
		n := 0
		for _, at := range calls {
			if at.After(time.Now().Add(-10 * time.Second)) {
				n++
			}
		}
		if n < 150 {
			t.Errorf("%d calls in ten seconds when it was well for four minutes", n)
		}
	})
}

// TestASlowSystemIsAskedLess and keeps nobody else waiting.
func TestASlowSystemIsAskedLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		took := 100 * time.Millisecond
		board := quota.New(quota.Options{})
		hooks := connectors.Hooks{Board: board}
		slow := &fake{answer: func(ctx context.Context) (*connectors.Result, error) { return lasting(took)(ctx) }}
		c := agreed(connectors.Contract{Name: "slow", Concurrency: 8})
		one := connectors.Guard(slow, c, hooks)
		c.Name = "other"
		other := connectors.Guard(&fake{answer: lasting(50 * time.Millisecond)}, c, hooks)
		burst(t.Context(), one, 40)
		took = 5 * time.Second
		go burst(t.Context(), one, 100)
		for range 100 {
			start := time.Now()
			if codes := burst(t.Context(), other, 8); codes[""] != 8 || time.Since(start) != 50*time.Millisecond {
				t.Fatalf("the other: %v in %s", codes, time.Since(start))
			}
			<-time.After(150 * time.Millisecond)
		}
		<-time.After(time.Second) // its calls end together every five seconds, and just now
		slow.mu.Lock()
		running := slow.running
		slow.mu.Unlock()
		if running == 0 || running > 4 {
			t.Errorf("%d calls at once on what takes 50 times as long", running)
		}
		<-time.After(10 * time.Minute)
	})
}

// TestOff: an operator's word ends calls at once, and begins them again.
func TestOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := quota.New(quota.Options{})
		f := &fake{answer: rows(1)}
		src := connectors.Guard(f, agreed(connectors.Contract{Concurrency: 1}), connectors.Hooks{Board: board})
		flip := func(w quota.Switch) {
			w.At, w.By = time.Now(), "kim"
			if err := board.Flip(t.Context(), "shop", w); err != nil {
				t.Fatal(err)
			}
		}
		flip(quota.Switch{Because: "moving"})
		_, err := query(t, src, connectors.Caller{}, "x")
		if err == nil || err.Code != connectors.CodeOff || err.Message != "shop is turned off for now: moving." || err.Korean != "shop은(는) 지금 꺼 두었어요: moving." {
			t.Errorf("off: %v", err)
		}
		flip(quota.Switch{On: true})
		if _, err := query(t, src, connectors.Caller{}, "x"); err != nil {
			t.Errorf("on: %v", err)
		}
		flip(quota.Switch{Until: time.Now().Add(time.Hour)})
		if _, err := query(t, src, connectors.Caller{}, "x"); err == nil || err.After != time.Hour {
			t.Errorf("off for an hour: %v", err)
		}
		<-time.After(time.Hour)
		if _, err := query(t, src, connectors.Caller{}, "x"); err != nil || len(f.calls) != 2 {
			t.Errorf("after that hour: %v, %d calls", err, len(f.calls))
		}
	})
}

// BenchmarkGuard is what the guard costs a call that need not wait.
func BenchmarkGuard(b *testing.B) {
	src := connectors.Guard(&fake{answer: rows(1)}, agreed(connectors.Contract{Rates: []connectors.Rate{{Calls: 1_000_000, Per: time.Second}}, Concurrency: 64}), connectors.Hooks{Board: alone()})
	for b.Loop() {
		if _, err := src.Query(b.Context(), connectors.Caller{}, connectors.Statement{}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestAFeedThatDegradesSaysHowOldItIs: its entries are what it said then.
func TestAFeedThatDegradesSaysHowOldItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b books
		f := connectors.GuardFeed(feedOfOne{}, agreed(connectors.Contract{
			Name: "events", Rates: []connectors.Rate{{Calls: 1, Per: time.Hour}}, Cache: time.Minute, WhenExhausted: connectors.Degrade,
		}), b.hooks())
		for i, want := range []time.Duration{0, 5 * time.Minute} {
			<-time.After(time.Duration(i) * 5 * time.Minute)
			got, err := f.Entries(t.Context(), connectors.Caller{}, time.Time{}, time.Time{})
			if len(got) != 1 || err != nil {
				t.Fatalf("%v %v", got, err)
			}
			if old := got[0].Stale; (want == 0) != old.IsZero() || want > 0 && time.Since(old) != want {
				t.Errorf("the %d. time it is of %v", i+1, old)
			}
		}
	})
}

type feedOfOne struct{}

func (feedOfOne) Entries(context.Context, connectors.Caller, time.Time, time.Time) ([]connectors.Entry, error) {
	return []connectors.Entry{{UID: "1", Title: "Seollal"}}, nil
}
