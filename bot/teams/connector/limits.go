package connector

import (
	"context"
	"log/slog"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/bapsang/bapsang/bot/outbox"
)

// window is so many calls in any stretch of time that long.
type window struct {
	calls int
	per   time.Duration
}

// The rates of https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit,
// the narrowest first; all of them hold at once. A thread there is a chat or a channel,
// with all that is said below its posts. The page names sending and creating; changing and
// deleting go by the same, as it says of all requests that they are limited alike.
func perThread() []window {
	return []window{{7, time.Second}, {8, 2 * time.Second}, {60, 30 * time.Second}, {1800, time.Hour}}
}

func perRoster() []window {
	return []window{{14, time.Second}, {16, 2 * time.Second}, {120, 30 * time.Second}, {3600, time.Hour}}
}

// perTenant is of all calls for a tenant: 50 a second by the page of today, 30 by the one
// before. The lower keeps both.
func perTenant() []window { return []window{{30, time.Second}} }

// lane is what a call is limited with.
type lane struct {
	roster bool   // it asks who is there
	thread string // "" for what is of no conversation
	tenant string
}

// threadOf is the conversation that an id is of, without the post that it is below.
func threadOf(conversation string) string {
	id, _, _ := strings.Cut(conversation, ";")
	return id
}

// limits are the rates of all threads and tenants.
type limits struct {
	rate   float64
	shared outbox.Shared // nil while nobody else calls as this app
	log    *slog.Logger

	mu    sync.Mutex
	gates map[string]*gate
	most  int // how many gates are kept before those at rest are forgotten
}

const maxGates = 4096

func newLimits(rate float64) *limits {
	return &limits{rate: rate, log: slog.Default(), gates: map[string]*gate{}, most: maxGates}
}

// gatesOf are the gates that a call passes, the narrowest first.
func (l *limits) gatesOf(a lane) []*gate {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []*gate
	switch {
	case a.roster:
		out = append(out, l.gate("roster "+a.thread, perRoster))
	case a.thread != "":
		out = append(out, l.gate("thread "+a.thread, perThread))
	}
	return append(out, l.gate("tenant "+a.tenant, perTenant))
}

// gate returns the gate of a name. l.mu is held.
func (l *limits) gate(name string, windows func() []window) *gate {
	if g := l.gates[name]; g != nil {
		return g
	}
	if len(l.gates) >= l.most {
		now := time.Now()
		maps.DeleteFunc(l.gates, func(_ string, g *gate) bool { return g.atRest(now) })
		l.most = max(maxGates, 2*len(l.gates))
	}
	g := &gate{name: name, windows: windows(), turn: semaphore.NewWeighted(1), again: semaphore.NewWeighted(1), news: make(chan struct{}), stretch: 1}
	for i := range g.windows {
		g.windows[i].per = time.Duration(float64(g.windows[i].per) / l.rate)
	}
	l.gates[name] = g
	return g
}

// wait takes a call from each of the lane's rates, in the order of the callers; those
// whose call was refused for its rate are before the others. It is given back with
// landAll.
func (l *limits) wait(ctx context.Context, a lane, again bool) ([]*gate, error) {
	gates := l.gatesOf(a)
	for i, g := range gates {
		leave, err := g.wait(ctx, again)
		if err != nil {
			landAll(gates[:i])
			return nil, err
		}
		if i > 0 || l.shared == nil {
			leave() // who waits for all processes of one conversation holds up no other
		} else {
			defer leave()
		}
	}
	if err := l.waitShared(ctx, gates); err != nil {
		landAll(gates)
		return nil, err
	}
	return gates, nil
}

// lookAgain is how long a call that waits for the others' budget waits at most before it
// asks again: budgets are given back earlier than they were said to be.
const lookAgain = 2 * time.Second

// waitShared waits until the call is within what all processes may call.
func (l *limits) waitShared(ctx context.Context, gates []*gate) error {
	for l.shared != nil {
		d := l.takeShared(ctx, gates, false)
		if d <= 0 {
			return nil
		}
		if err := sleep(ctx, min(d, lookAgain)); err != nil {
			return err
		}
	}
	return nil
}

// takeShared counts a call for all processes, or returns how long it has to wait. Of what
// may be left out a fifth of each window is kept. When it is not known what the others
// called, our own counting is what there is.
func (l *limits) takeShared(ctx context.Context, gates []*gate, spare bool) time.Duration {
	var budgets []outbox.Budget
	for _, g := range gates {
		budgets = append(budgets, g.budgets(spare)...)
	}
	d, used, err := l.shared.Take(ctx, budgets)
	if err != nil {
		if ctx.Err() == nil {
			l.log.WarnContext(ctx, "teams: not known what other processes called", "error", err)
		}
		return 0
	}
	now := time.Now()
	for _, g := range gates {
		g.told(now, used[:len(g.windows)])
		used = used[len(g.windows):]
	}
	return d
}

// rest has all processes leave a conversation alone.
func (l *limits) rest(ctx context.Context, g *gate, pause time.Duration) {
	g.refused(time.Now(), pause)
	if l.shared == nil {
		return
	}
	if err := l.shared.Rest(ctx, g.name, pause); err != nil && ctx.Err() == nil {
		l.log.WarnContext(ctx, "teams: other processes not told to slow down", "error", err)
	}
}

// try takes a call when that leaves something of each rate; nil when it does not.
func (l *limits) try(ctx context.Context, a lane) []*gate {
	gates := l.gatesOf(a)
	for i, g := range gates {
		if !g.try() {
			landAll(gates[:i])
			return nil
		}
	}
	if l.shared != nil && l.takeShared(ctx, gates, true) > 0 {
		landAll(gates)
		return nil
	}
	return gates
}

func landAll(gates []*gate) {
	now := time.Now()
	for _, g := range gates {
		g.land(now)
	}
}

func (l *limits) room(a lane) int {
	room := math.MaxInt
	for _, g := range l.gatesOf(a) {
		room = min(room, g.room(time.Now()))
	}
	return room
}

func (l *limits) pausedNow() map[string]time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	out, now := map[string]time.Time{}, time.Now()
	for name, g := range l.gates {
		if until := g.pausedUntil(); until.After(now) {
			out[name] = until
		}
	}
	return out
}

// gate is rates in use. It counts calls under way, and those that are over for less than
// a window's time: a call reached Teams before it was over, and a new one reaches it
// after it was let through, so Teams never counts more than we do, however long either
// was on its way.
type gate struct {
	name    string
	windows []window
	turn    *semaphore.Weighted // held by the first of those who wait; it serves in order
	again   *semaphore.Weighted // the same of those who were refused, who go first

	mu       sync.Mutex
	waiting  int           // how many want to pass and may not yet
	refusals int           // how many of them were refused
	flying   int           // calls under way
	over     []time.Time   // when the last calls were over, oldest first
	news     chan struct{} // closed and renewed when a call is over, or somebody stops waiting
	paused   time.Time     // until when Teams told us to wait
	next     time.Time     // until when those behind one that came back wait
	stretch  float64       // how many times as slow as the rates, since Teams found us too fast
	others   []int         // calls of other processes within each window, nil without any
	toldAt   time.Time     // when that was so
}

// budgets are the rates as all processes have them.
func (g *gate) budgets(spare bool) []outbox.Budget {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []outbox.Budget
	for _, w := range g.windows {
		b := outbox.Budget{Name: g.name, Calls: w.calls, Per: g.within(w)}
		if spare {
			b.Calls = max(b.Calls-b.Calls/5, 1)
		}
		out = append(out, b)
	}
	return out
}

// told takes in how many calls all processes made within each window.
func (g *gate) told(now time.Time, used []int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.others, g.toldAt = make([]int, len(used)), now
	for i, w := range g.windows {
		g.others[i] = max(used[i]-g.used(w, now)+1, 0) // this one is not among them
	}
}

// foreign is how many calls of others still count in the i-th window, as if they had been
// made evenly. g.mu is held.
func (g *gate) foreign(i int, now time.Time) int {
	if g.others == nil {
		return 0
	}
	per := g.within(g.windows[i])
	left := per - now.Sub(g.toldAt)
	if left <= 0 {
		return 0
	}
	return int(math.Ceil(float64(g.others[i]) * float64(left) / float64(per)))
}

// How much slower a refusal makes a gate, at most, and how much faster a success.
const (
	slower     = 1.5
	maxStretch = 8
	faster     = 0.97
)

func (g *gate) within(w window) time.Duration { return time.Duration(float64(w.per) * g.stretch) }

// widest is the longest window.
func (g *gate) widest() window { return g.windows[len(g.windows)-1] }

// used is how much of a window is. g.mu is held.
func (g *gate) used(w window, now time.Time) int {
	begin := now.Add(-g.within(w))
	first, _ := slices.BinarySearchFunc(g.over, begin, func(t, begin time.Time) int {
		if t.After(begin) {
			return 1
		}
		return -1
	})
	return g.flying + len(g.over) - first
}

// delay is how long until another call may pass; negative when that depends on a call
// under way. g.mu is held.
func (g *gate) delay(now time.Time) time.Duration {
	d := max(g.paused.Sub(now), g.next.Sub(now), 0)
	for _, w := range g.windows {
		switch {
		case g.used(w, now) < w.calls:
		case g.flying >= w.calls:
			return -1
		default: // the newest that must be out of the window
			d = max(d, g.over[len(g.over)-(w.calls-g.flying)].Add(g.within(w)).Sub(now))
		}
	}
	return d
}

func (g *gate) land(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.flying--
	i, _ := slices.BinarySearchFunc(g.over, now, time.Time.Compare)
	g.over = slices.Insert(g.over, i, now)
	g.forget(now)
	g.tell()
}

// forget drops what no window counts. g.mu is held.
func (g *gate) forget(now time.Time) {
	w := g.widest()
	old := max(0, len(g.over)-w.calls)
	for begin := now.Add(-w.per * maxStretch); old < len(g.over) && g.over[old].Before(begin); {
		old++
	}
	g.over = slices.Delete(g.over, 0, old)
}

// tell has those who wait look again. g.mu is held.
func (g *gate) tell() {
	close(g.news)
	g.news = make(chan struct{})
}

// wait lets a call through when it is its turn. Those behind it wait until it has left.
func (g *gate) wait(ctx context.Context, again bool) (leave func(), err error) {
	turn, n := g.turn, 0
	if again {
		turn, n = g.again, 1
	}
	g.waits(1, n)
	if err := turn.Acquire(ctx, 1); err != nil {
		g.waits(-1, -n)
		return nil, err
	}
	leave = func() {
		turn.Release(1)
		g.waits(-1, -n)
	}
	for {
		g.mu.Lock()
		d, news := g.delay(time.Now()), g.news
		if !again && g.refusals > 0 {
			d = -1
		}
		if d == 0 {
			g.pass(time.Now())
			g.mu.Unlock()
			return leave, nil
		}
		g.mu.Unlock()
		if err := rest(ctx, d, news); err != nil {
			leave()
			return nil, err
		}
	}
}

// rest waits for d, or where that is negative for news.
func rest(ctx context.Context, d time.Duration, news <-chan struct{}) error {
	if d > 0 {
		return sleep(ctx, d)
	}
	select {
	case <-news:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *gate) waits(n, refusals int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting += n
	g.refusals += refusals
	g.tell()
}

func (g *gate) try() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if g.roomLocked(now) <= 0 {
		return false
	}
	g.pass(now)
	return true
}

// pass lets a call through; one by one for a while after a pause. g.mu is held.
func (g *gate) pass(now time.Time) {
	g.flying++
	if w := g.windows[0]; now.Sub(g.paused) < g.within(w) {
		g.next = now.Add(g.within(w) / time.Duration(w.calls))
	}
}

// room is how many calls could pass now, less a fifth of each window that is kept for
// those that cannot be left out; none while anybody waits.
func (g *gate) room(now time.Time) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.roomLocked(now)
}

func (g *gate) roomLocked(now time.Time) int {
	if g.paused.After(now) || g.next.After(now) || g.waiting > 0 {
		return 0
	}
	room := math.MaxInt
	for i, w := range g.windows {
		room = min(room, w.calls-w.calls/5-g.used(w, now)-g.foreign(i, now))
	}
	return room
}

// refused takes Teams' word that we are too fast, by whomever's calls: after the pause the
// gate comes back call by call, and more slowly for a while. Calls that were under way
// when Teams said so say nothing new.
func (g *gate) refused(now time.Time, pause time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	until := now.Add(pause)
	if !now.Before(g.paused) {
		g.stretch = min(g.stretch*slower, maxStretch)
	} else if !until.After(g.paused) {
		return
	}
	g.paused = until
}

func (g *gate) succeeded() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stretch = max(g.stretch*faster, 1)
}

func (g *gate) pausedUntil() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.paused
}

// atRest reports whether a new gate would be no different.
func (g *gate) atRest(now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waiting == 0 && !g.paused.After(now) && g.stretch == 1 && g.used(g.widest(), now) == 0
}
