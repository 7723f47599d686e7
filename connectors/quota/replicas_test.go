package quota_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/quota"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

// upstream notes how it is called.
type upstream struct {
	mu            sync.Mutex
	running, most int         // guarded by mu
	calls         []time.Time // guarded by mu
	short         int         // of those running, not by who never ends; guarded by mu
	shortMost     int         // guarded by mu
}

// call takes as long as it is told, or until ctx ends.
func (u *upstream) call(ctx context.Context, d time.Duration) {
	u.mu.Lock()
	u.running++
	u.most = max(u.most, u.running)
	if d < time.Minute {
		u.short++
		u.shortMost = max(u.shortMost, u.short)
	}
	u.calls = append(u.calls, time.Now())
	u.mu.Unlock()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.running--
	if d < time.Minute {
		u.short--
	}
}

// shortAtOnce is how many calls that end by themselves there were at once since it was
// last asked.
func (u *upstream) shortAtOnce() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	most := u.shortMost
	u.shortMost = u.short
	return most
}

func (u *upstream) count() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.calls)
}

// within is the most calls in any stretch of time of a length.
func (u *upstream) within(d time.Duration) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	most, from := 0, 0
	for i, at := range u.calls {
		for at.Sub(u.calls[from]) >= d {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

func terms(concurrency int, rates string) func(time.Time) *connectors.Terms {
	parsed, err := connectors.ParseRates(rates)
	if err != nil {
		panic(err)
	}
	t := &connectors.Terms{Rates: parsed, Concurrency: concurrency}
	return func(time.Time) *connectors.Terms { return t }
}

// replica is a process that calls as much as it may, several calls at once.
type replica struct {
	board *quota.Board
	gate  connectors.Gate
	stop  context.CancelFunc
	ended sync.WaitGroup
}

func startReplica(t *testing.T, s store.Store, up *upstream, terms func(time.Time) *connectors.Terms, callers int, each time.Duration) *replica {
	t.Helper()
	r := &replica{board: quota.New(quota.Options{})}
	if err := r.board.Share(s); err != nil {
		t.Fatal(err)
	}
	r.gate = r.board.Gate("dw", terms)
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	for range callers {
		r.ended.Go(func() {
			for ctx.Err() == nil {
				pass, err := r.gate.Enter(ctx, 0)
				if err != nil {
					<-time.After(100 * time.Millisecond)
					continue
				}
				within, cancel := pass.Context(ctx)
				up.call(within, each)
				cancel()
				pass.Leave(ctx, connectors.Outcome{Answered: true})
			}
		})
	}
	return r
}

func (r *replica) end(t *testing.T) {
	t.Helper()
	r.stop()
	r.ended.Wait()
	if err := r.board.Close(); err != nil {
		t.Error(err)
	}
}

// TestReplicasKeepOneContract has four processes call as much as they may under 100/m and
// four at once. One of them freezes with all its calls under way: its places come back.
func TestReplicasKeepOneContract(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, up := newMemory(), &upstream{}
		agreed := terms(4, "100/m")
		var all []*replica
		for range 3 {
			all = append(all, startReplica(t, s, up, agreed, 5, 2*time.Second))
		}
		// The fourth is killed by being cut off from the store: what it has under way ends
		// when it notices, and it never says that it went.
		cut := &severed{memory: s}
		lost := startReplica(t, cut, up, agreed, 5, time.Hour)
		<-time.After(time.Minute)
		cut.cut(errors.New("killed"))
		begun := time.Now()
		up.shortAtOnce() // forget what was before
		for up.shortAtOnce() < 4 && time.Since(begun) < time.Minute {
			<-time.After(100 * time.Millisecond)
		}
		if back := time.Since(begun); back > 20*time.Second {
			t.Errorf("its places were back after %s", back)
		}
		before := up.count()
		<-time.After(2 * time.Minute)
		for _, r := range all {
			r.end(t)
		}
		lost.stop()
		lost.ended.Wait()
		_ = lost.board.Close() // it cannot tell anybody
		if up.most > 4 || up.within(time.Minute) > 100 {
			t.Errorf("%d at once, %d in a minute", up.most, up.within(time.Minute))
		}
		// Two minutes at four times two seconds: 2 calls a second fit, of which the rate lets
		// through 1.67.
		if n := up.count() - before; n < 180 {
			t.Errorf("only %d calls", n)
		}
	})
}

// severed is the store of a process that can be cut off from it.
type severed struct {
	*memory
	mu  sync.Mutex
	err error // guarded by mu
}

func (s *severed) cut(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *severed) gone() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *severed) Update(ctx context.Context, fn func(tx store.Tx) error) error {
	if err := s.gone(); err != nil {
		return err
	}
	return s.memory.Update(ctx, fn)
}

func (s *severed) View(ctx context.Context, fn func(tx store.ReadTx) error) error {
	if err := s.gone(); err != nil {
		return err
	}
	return s.memory.View(ctx, fn)
}

// TestARateIsUsed has four processes use a rate together: no more than was agreed, and not
// much less.
func TestARateIsUsed(t *testing.T) {
	for rates, want := range map[string]struct {
		per   time.Duration
		limit int
	}{"20/s": {time.Second, 20}, "100/m": {time.Minute, 100}, "600/m": {time.Minute, 600}} {
		synctest.Test(t, func(t *testing.T) {
			s, up := newMemory(), &upstream{}
			var all []*replica
			for range 4 {
				all = append(all, startReplica(t, s, up, terms(0, rates), 10, 50*time.Millisecond))
			}
			<-time.After(10 * want.per)
			for _, r := range all {
				r.end(t)
			}
			most, n := up.within(want.per), up.count()
			t.Logf("%s: %d calls, %d within, %d updates", rates, n, most, s.updates)
			if most > want.limit {
				t.Errorf("%s: %d calls within %s", rates, most, want.per)
			}
			if n < want.limit*9 {
				t.Errorf("%s: only %d calls in 10 times %s", rates, n, want.per)
			}
			// Whoever asks draws for all that wait: about one update for three calls, and some
			// more than one for two where the processes come to ask out of step, as the
			// scheduler has it. Where each drew for itself there would be more than there are
			// calls.
			if s.updates > n*9/10 {
				t.Errorf("%s: %d updates for %d calls", rates, s.updates, n)
			}
		})
	}
}

// TestARateIsUsedByReplicasThatAreKilled has four processes use a contract, one of which is
// killed every 30 s and another begun: what it had drawn and the places that it had are lost
// for a while, which is little.
func TestARateIsUsedByReplicasThatAreKilled(t *testing.T) {
	for name, tt := range map[string]struct {
		concurrency int
		each        time.Duration
	}{"any number at once": {0, 50 * time.Millisecond}, "sixty at once": {60, 6 * time.Second}, "twenty at once": {20, 6 * time.Second}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, up := newMemory(), &upstream{}
				agreed := terms(tt.concurrency, "100/m")
				var cuts []*severed
				var all []*replica
				start := func() {
					cut := &severed{memory: s}
					cuts, all = append(cuts, cut), append(all, startReplica(t, cut, up, agreed, 10, tt.each))
				}
				for range 4 {
					start()
				}
				<-time.After(time.Minute) // of the first window, which may be used at once
				before := up.count()
				for i := range 20 {
					<-time.After(30 * time.Second)
					cuts[i].cut(errors.New("killed"))
					all[i].stop()
					all[i].ended.Wait()
					_ = all[i].board.Close() // it cannot tell anybody
					start()
				}
				n := up.count() - before
				for _, r := range all[20:] {
					r.end(t)
				}
				t.Logf("%d calls in ten minutes", n)
				if n < 970 || up.within(time.Minute) > 100 || tt.concurrency > 0 && up.most > tt.concurrency {
					t.Errorf("%d calls in ten minutes, %d within one, %d at once", n, up.within(time.Minute), up.most)
				}
			})
		})
	}
}

// TestWithoutItsStore a member makes no call that it has not drawn, and goes on when the
// store is back.
func TestWithoutItsStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newMemory()
		board := quota.New(quota.Options{})
		if err := board.Share(s); err != nil {
			t.Fatal(err)
		}
		gate := board.Gate("dw", terms(2, "100/m"))
		enter := func() (connectors.Pass, connectors.Why) {
			pass, err := gate.Enter(t.Context(), time.Second)
			var r *connectors.Refusal
			if errors.As(err, &r) {
				return nil, r.Why
			}
			return pass, ""
		}
		pass, why := enter()
		if why != "" {
			t.Fatal(why)
		}
		within, cancel := pass.Context(t.Context())
		s.breakWith(errors.New("gone"))
		if _, why := enter(); why != connectors.WhyUnknown {
			t.Errorf("with the store gone: %q", why)
		}
		begun := time.Now()
		<-within.Done()
		if lasted := time.Since(begun); !errors.Is(context.Cause(within), connectors.ErrPlaceLost) || lasted < 10*time.Second || lasted > 15*time.Second {
			t.Errorf("the call under way went on for %s: %v", lasted, context.Cause(within))
		}
		cancel()
		pass.Leave(t.Context(), connectors.Outcome{})
		s.breakWith(nil)
		if pass, why = enter(); why != "" {
			t.Errorf("with the store back: %q", why)
		}
		pass.Leave(t.Context(), connectors.Outcome{})
		if err := board.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestTheSwitchReachesAllAtOnce: it is told, not looked for.
func TestTheSwitchReachesAllAtOnce(t *testing.T) {
	t.Parallel()
	connectorstest.Soon(t, "the switch", time.Second, func() time.Duration { return untilOff(t) })
}

// untilOff turns an upstream off at one of two boards, and tells after how long the other
// refuses.
func untilOff(t *testing.T) (took time.Duration) {
	t.Helper()
	s, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var gates []connectors.Gate
	var boards []*quota.Board
	for range 2 {
		b := quota.New(quota.Options{})
		if err := b.Share(s); err != nil {
			t.Fatal(err)
		}
		boards, gates = append(boards, b), append(gates, b.Gate("dw", terms(0, "")))
	}
	begun := time.Now()
	if err := boards[0].Flip(t.Context(), "dw", quota.Switch{At: begun, By: "kim", Because: "moving"}); err != nil {
		t.Fatal(err)
	}
	for {
		pass, err := gates[1].Enter(t.Context(), 0)
		var r *connectors.Refusal
		if errors.As(err, &r) && r.Why == connectors.WhyOff && r.By == "kim" && r.Because == "moving" {
			break
		}
		pass.Leave(t.Context(), connectors.Outcome{})
		if time.Since(begun) > time.Minute {
			t.Fatal("the other has not heard of it")
		}
		runtime.Gosched()
	}
	took = time.Since(begun)
	if st, err := boards[1].StatusOf(t.Context(), []string{"dw", "other"}); err != nil || st[0].Off == nil || st[1].Off != nil || len(st[0].Switches) != 1 {
		t.Errorf("status %+v, %v", st, err)
	}
	if err := errors.Join(boards[0].Close(), boards[1].Close(), s.Close()); err != nil {
		t.Error(err)
	}
	return took
}

// TestADayBeginsAtItsMidnight, on the days when clocks change too.
func TestADayBeginsAtItsMidnight(t *testing.T) {
	for zone, days := range map[string][]string{
		"Asia/Seoul":       {"2000-01-01T15:00:00Z", "2000-01-02T15:00:00Z"},
		"America/New_York": {"2000-04-02T05:00:00Z", "2000-04-03T04:00:00Z", "2000-10-29T04:00:00Z", "2000-10-30T05:00:00Z"}, // of 23 and of 25 hours
	} {
		synctest.Test(t, func(t *testing.T) {
			gate := quota.New(quota.Options{}).Gate("dw", terms(0, "2/d@"+zone))
			for i, day := range days {
				begins, err := time.Parse(time.RFC3339, day)
				if err != nil {
					t.Fatal(err)
				}
				<-time.After(time.Until(begins) - time.Minute)
				made := 0
				for _, minute := range []time.Duration{-1, -1, -1, 0, 0, 0} {
					if minute == 0 && time.Now().Before(begins) {
						<-time.After(time.Until(begins))
					}
					pass, err := gate.Enter(t.Context(), 30*time.Second)
					var r *connectors.Refusal
					if errors.As(err, &r) && (r.Why != connectors.WhyExhausted || minute < 0 && r.After != time.Until(begins)) {
						t.Errorf("%s: %v", day, err)
					}
					if err == nil {
						made++
						pass.Leave(t.Context(), connectors.Outcome{})
					}
				}
				// Two of the day before, unless they were made already, and two of the new one.
				if want := 4 - 2*(i%2); made != want {
					t.Errorf("%s: %d calls around midnight, want %d", day, made, want)
				}
				if _, err := gate.Enter(t.Context(), time.Second); err == nil {
					t.Errorf("%s: a third call of one day", day)
				}
			}
		})
	}
}

// TestAContractSurvivesARestart on the store of one machine: what was called before a
// restart counts after it.
func TestAContractSurvivesARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	agreed := terms(2, "3/h")
	for round, want := range []int{2, 1, 0} {
		s, err := bolt.Open(t.Context(), dir, bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		board := quota.New(quota.Options{})
		if err := board.Share(s); err != nil {
			t.Fatal(err)
		}
		gate := board.Gate("dw", agreed)
		made := 0
		for range 2 {
			pass, err := gate.Enter(t.Context(), time.Second)
			if err != nil {
				var r *connectors.Refusal
				if !errors.As(err, &r) || r.Why != connectors.WhyExhausted || r.After < 59*time.Minute {
					t.Errorf("round %d: %v", round, err)
				}
				continue
			}
			made++
			board.Note("dw", connectors.Tally{Took: 3 * time.Millisecond})
			pass.Leave(t.Context(), connectors.Outcome{Answered: true})
		}
		if made != want {
			t.Errorf("round %d: %d calls, want %d", round, made, want)
		}
		now := time.Now()
		sums, err := board.Sums(t.Context(), "dw", []quota.Span{{From: now.Add(-2 * time.Hour), To: now.Add(time.Hour)}, {From: now.Add(2 * time.Hour), To: now.Add(3 * time.Hour)}})
		if total := []int{2, 3, 3}[round]; err != nil || sums[0].Calls != total || sums[0].Peak == 0 || sums[1].Calls != 0 || sums[0].P95() < 3*time.Millisecond || sums[0].P95() > 5*time.Millisecond {
			t.Errorf("round %d: the books say %+v, %v", round, sums, err)
		}
		if err := errors.Join(board.Close(), s.Close()); err != nil {
			t.Fatal(err)
		}
	}
}
