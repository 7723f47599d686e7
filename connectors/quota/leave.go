package quota

import (
	"context"
	"math"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

const (
	// retryShare is how many retries a call earns; as many as mostRetries are saved up, and
	// there are firstRetries to begin with.
	retryShare   = 0.1
	mostRetries  = 10
	firstRetries = 3
	// An upstream is in distress whose answers take slowTimes as long as they usually do,
	// and slowLeast at least. Usual is the geometric mean of some hundred, so that a heavy
	// statement now and then is none.
	slowTimes = 4
	slowLeast = 250 * time.Millisecond
	// learnUsual answers are needed before anything is unusual.
	learnUsual = 20
)

// Context is ctx, ended when the call must not go on: the store has not heard of this
// process for so long that others take its places for free.
func (p *Pass) Context(ctx context.Context) (context.Context, context.CancelFunc) {
	if !p.gate.shared() {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	p.gate.mu.Lock()
	p.lost = cancel
	p.gate.mu.Unlock()
	return ctx, func() { cancel(nil) }
}

// Leave ends the call. What all members must know of its outcome is told before Leave
// returns, whether ctx has ended or not.
func (p *Pass) Leave(ctx context.Context, o connectors.Outcome) {
	g := p.gate
	now := g.board.now()
	g.mu.Lock()
	g.end(p)
	slow := false
	if o.Took > 0 {
		g.took.add(o.Took.Seconds())
		slow = g.usual.add(o.Took, now)
	}
	v := &g.view
	report := o.Silent || o.Distress || o.Pause > 0 || slow || o.Answered && (v.fails > 0 || !v.broken.IsZero()) || p.probe
	release := 0
	if g.shared() && v.waiting && (len(g.queue) == 0 || v.starving) {
		release = max(0, g.held-g.running)
	}
	g.mu.Unlock()
	if !report && release == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeWithin)
	defer cancel()
	_, err := g.update(ctx, release, func(s *state, _ *connectors.Terms, a ask) given {
		s.heard(o, slow, a.now, p)
		s.present(a, 0)
		return given{}
	})
	if err != nil {
		g.board.opts.Logger.Warn("quota: a call's end was not told", "upstream", g.name, "error", err)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if release > 0 || !g.view.broken.IsZero() {
		g.poke()
	}
}

// heard notes what a call says of the upstream.
func (s *state) heard(o connectors.Outcome, slow bool, now time.Time, p *Pass) {
	if p.probe { // it found out, or did not; then another does
		s.Probe = time.Time{}
	}
	if o.Answered {
		s.well()
	}
	if o.Silent || o.Distress || slow {
		s.failed(now, p.began, o.Silent)
	}
	if o.Pause > 0 {
		s.Paused = later(s.Paused, now.Add(min(o.Pause, longestPause)))
	}
}

// end takes a call out of those running, and hands its place on. The caller holds mu.
func (g *Gate) end(p *Pass) {
	if _, there := g.calls[p]; !there {
		return
	}
	delete(g.calls, p)
	g.running--
	if len(g.queue) == 0 {
		g.idleAt = g.board.now()
		return
	}
	if g.view.starving && g.shared() {
		return // its place is somebody else's
	}
	g.hand(g.board.now(), false)
	if len(g.queue) > 0 && g.why == connectors.WhyBusy {
		g.poke()
	}
}

// poke has whoever asks for those who wait ask again. The caller holds mu.
func (g *Gate) poke() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// Retry reports whether a call that failed may be made once more: a tenth of all calls at
// the most.
func (g *Gate) Retry() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.retries < 1 {
		return false
	}
	g.retries--
	return true
}

// average forgets slowly.
type average struct{ value float64 }

func (a *average) add(x float64) {
	if a.value == 0 {
		a.value = x
		return
	}
	a.value += (x - a.value) / 20
}

// latency knows how long answers usually take, and lately.
type latency struct {
	usual, lately float64 // logarithms of seconds
	n             int
	told          time.Time
}

// add notes an answer and reports whether the upstream has become slow, which it does
// once while that lasts.
func (l *latency) add(took time.Duration, now time.Time) bool {
	x := math.Log(max(took.Seconds(), 1e-4))
	if l.n++; l.n <= learnUsual {
		l.usual += (x - l.usual) / float64(l.n)
		l.lately = l.usual
		return false
	}
	l.lately += (x - l.lately) / 8
	if l.lately-l.usual <= math.Log(slowTimes) || math.Exp(l.lately) < slowLeast.Seconds() {
		l.usual += (x - l.usual) / 200
		return false
	}
	l.usual += (x - l.usual) / 1000 // what lasts becomes usual
	if now.Sub(l.told) < stepEvery {
		return false
	}
	l.told = now
	return true
}
