package client

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/bapsang/bapsang/bot/outbox"
)

var errNoBudget = errors.New("held back for what matters more")

// budget is so many calls in any stretch of time that long.
type budget struct {
	calls int
	per   time.Duration
}

// The tiers of https://docs.slack.dev/apis/web-api/rate-limits: "1+ per minute" and so
// on. The plus is Slack's to give; nothing here counts on it.
const minute = time.Minute

var (
	tier2 = budget{20, minute}
	tier3 = budget{50, minute}
	tier4 = budget{100, minute}
)

// budgetOf is what the page of each method says under "rate limits"
// (https://docs.slack.dev/reference/methods).
func budgetOf(method string) budget {
	switch method {
	case "chat.startStream", "chat.stopStream", "users.list", "conversations.list":
		return tier2
	case "chat.update", "chat.delete", "conversations.open", "conversations.replies", "conversations.history", "conversations.info",
		"agents.sessions.setStatus", "agents.sessions.rename", "reactions.add", "reactions.remove", "users.lookupByEmail",
		"bots.info", "team.info", "chat.getPermalink", "apps.connections.open":
		return tier3
	case "chat.appendStream", "chat.postEphemeral", "files.info", "files.getUploadURLExternal", "files.completeUploadExternal",
		"users.info", "views.open", "views.update", "views.push", "views.publish", "conversations.members":
		return tier4
	case "chat.postMessage":
		// "Special": one a second in a channel, see perChannel, and "several hundred a
		// minute" in the workspace: three, until Slack says otherwise.
		return budget{300, minute}
	case "auth.test":
		return budget{200, minute} // "special": hundreds a minute
	case "assistant.threads.setStatus", "assistant.threads.setTitle", "assistant.threads.setSuggestedPrompts":
		return tier3 // "special", and the number is not published
	case "files.upload", "files.download":
		return budget{200, minute} // no method: the requests to files.slack.com, which has no published rate
	}
	return tier2
}

// perChannel is the budget of a method in one channel. Slack allows a message a second
// and "short bursts" over it; four in four seconds is never more than that.
func perChannel(method string) (budget, bool) {
	return budget{4, 4 * time.Second}, method == "chat.postMessage"
}

// limits are the budgets of all methods.
type limits struct {
	rate   float64
	shared outbox.Shared // nil while nobody else calls as this app
	log    *slog.Logger

	mu    sync.Mutex
	gates map[string]*gate
}

func newLimits(rate float64) *limits {
	return &limits{rate: rate, log: slog.Default(), gates: map[string]*gate{}}
}

// maxGates is how many gates are kept before those at rest are forgotten.
const maxGates = 4096

// gatesOf are the gates that a call of m passes, the narrowest first.
func (l *limits) gatesOf(m Method) []*gate {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []*gate
	if b, ok := perChannel(m.Name); ok && m.Channel != "" {
		out = append(out, l.gate(m.Name+" "+m.Channel, b))
	}
	return append(out, l.gate(m.Name, budgetOf(m.Name)))
}

// gate returns the gate of a name. l.mu is held.
func (l *limits) gate(name string, b budget) *gate {
	if g := l.gates[name]; g != nil {
		return g
	}
	if len(l.gates) >= maxGates {
		now := time.Now()
		maps.DeleteFunc(l.gates, func(_ string, g *gate) bool { return g.atRest(now) })
	}
	b.per = time.Duration(float64(b.per) / l.rate)
	g := &gate{name: name, budget: b, turn: semaphore.NewWeighted(1), again: semaphore.NewWeighted(1), news: make(chan struct{}), stretch: 1}
	l.gates[name] = g
	return g
}

// wait takes a call from each of m's budgets, in the order of the callers; those whose
// call was refused for its rate are before the others. It is given back with landed.
func (l *limits) wait(ctx context.Context, m Method, again bool) error {
	gates := l.gatesOf(m)
	for i, g := range gates {
		leave, err := g.wait(ctx, again)
		if err != nil {
			landAll(gates[:i])
			return err
		}
		defer leave() // after the last gate, or those behind could pass the next one before us
	}
	if err := l.waitShared(ctx, gates); err != nil {
		landAll(gates)
		return err
	}
	return nil
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
// may be left out a fifth of each budget is kept. When it is not known what the others
// called, our own counting is what there is.
func (l *limits) takeShared(ctx context.Context, gates []*gate, spare bool) time.Duration {
	budgets := make([]outbox.Budget, len(gates))
	for i, g := range gates {
		budgets[i] = g.shared(spare)
	}
	d, used, err := l.shared.Take(ctx, budgets)
	if err != nil {
		if ctx.Err() == nil {
			l.log.WarnContext(ctx, "slack: not known what other processes called", "error", err)
		}
		return 0
	}
	now := time.Now()
	for i, g := range gates {
		g.told(now, used[i])
	}
	return d
}

// shared is the budget as all processes have it.
func (g *gate) shared(spare bool) outbox.Budget {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := outbox.Budget{Name: g.name, Calls: g.calls, Per: g.window()}
	if spare {
		b.Calls = max(b.Calls-b.Calls/5, 1)
	}
	return b
}

// told takes in how many calls all processes made within the budget's time.
func (g *gate) told(now time.Time, used int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.others, g.toldAt = max(used-g.used(now)+1, 0), now // this one is not among them
}

// foreign is how many calls of others still count, as if they had been made evenly. g.mu is
// held.
func (g *gate) foreign(now time.Time) int {
	left := g.window() - now.Sub(g.toldAt)
	if g.others == 0 || left <= 0 {
		return 0
	}
	return int(math.Ceil(float64(g.others) * float64(left) / float64(g.window())))
}

// landed tells that a call that was let through is over.
func (l *limits) landed(m Method) { landAll(l.gatesOf(m)) }

func landAll(gates []*gate) {
	now := time.Now()
	for _, g := range gates {
		g.land(now)
	}
}

// try takes a call when that leaves something of each budget.
func (l *limits) try(ctx context.Context, m Method) bool {
	gates := l.gatesOf(m)
	for _, g := range gates {
		if g.room(time.Now()) <= 0 {
			return false
		}
	}
	for i, g := range gates {
		if !g.try() {
			landAll(gates[:i])
			return false
		}
	}
	if l.shared != nil && l.takeShared(ctx, gates, true) > 0 {
		landAll(gates)
		return false
	}
	return true
}

func (l *limits) room(m Method) int {
	room := math.MaxInt
	for _, g := range l.gatesOf(m) {
		room = min(room, g.room(time.Now()))
	}
	return room
}

// refused tells that Slack refused m for its rate. Of a method that is limited by
// channel it is the channel that rests: the others are mostly not to blame.
func (l *limits) refused(ctx context.Context, m Method, pause time.Duration) {
	g := l.gatesOf(m)[0]
	g.refused(time.Now(), pause)
	if l.shared == nil {
		return
	}
	if err := l.shared.Rest(ctx, g.name, pause); err != nil && ctx.Err() == nil {
		l.log.WarnContext(ctx, "slack: other processes not told to slow down", "error", err)
	}
}

func (l *limits) succeeded(m Method) {
	for _, g := range l.gatesOf(m) {
		g.succeeded()
	}
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

// gate is a budget in use. It counts calls under way, and those that are over for less
// than the budget's time: a call reached Slack before it was over, and a new one reaches
// it after it was let through, so Slack never counts more than we do, however long either
// was on its way. Unlike a bucket of tokens it lets a whole budget through at once.
type gate struct {
	budget
	name  string
	turn  *semaphore.Weighted // held by the first of those who wait; it serves in order
	again *semaphore.Weighted // the same of those who were refused, who go first

	mu       sync.Mutex
	waiting  int           // how many want to pass and may not yet
	refusals int           // how many of them were refused
	flying   int           // calls under way
	over     []time.Time   // when the last calls were over, oldest first, at most budget.calls
	news     chan struct{} // closed and renewed when a call is over, or somebody stops waiting
	paused   time.Time     // until when Slack told us to wait
	stretch  float64       // how many times as slow as the budget, since Slack found us too fast
	others   int           // calls of other processes within the budget's time, when last told
	toldAt   time.Time     // of them
}

// How much slower a refusal makes a gate, at most, and how much faster a success.
const (
	slower     = 1.5
	maxStretch = 8
	faster     = 0.97
)

func (g *gate) window() time.Duration { return time.Duration(float64(g.per) * g.stretch) }

// used is how much of the budget is. g.mu is held.
func (g *gate) used(now time.Time) int {
	begin := now.Add(-g.window())
	i := 0
	for i < len(g.over) && !g.over[i].After(begin) {
		i++
	}
	return g.flying + len(g.over) - i
}

// delay is how long until another call may pass; negative when that depends on a call
// under way. g.mu is held.
func (g *gate) delay(now time.Time) time.Duration {
	d := g.paused.Sub(now)
	switch excess := g.used(now) - g.calls; {
	case excess < 0:
		return max(d, 0)
	case g.flying >= g.calls:
		return -1
	default: // the newest that must be out of the budget's time
		return max(d, g.over[len(g.over)-(g.calls-g.flying)].Add(g.window()).Sub(now))
	}
}

func (g *gate) land(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.flying--
	if len(g.over) == g.calls {
		g.over = slices.Delete(g.over, 0, 1)
	}
	i, _ := slices.BinarySearchFunc(g.over, now, time.Time.Compare)
	g.over = slices.Insert(g.over, i, now) // before those that a refusal has left to come
	g.tell()
}

// tell has those who wait look again. g.mu is held.
func (g *gate) tell() {
	close(g.news)
	g.news = make(chan struct{})
}

// wait passes the gate. Nobody who comes later does before leave is called.
func (g *gate) wait(ctx context.Context, again bool) (leave func(), err error) {
	turn, n := g.turn, 0
	if again {
		turn, n = g.again, 1
	}
	g.waits(1, n)
	defer g.waits(-1, -n)
	if err := turn.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	leave = func() { turn.Release(1) }
	for {
		g.mu.Lock()
		d, news := g.delay(time.Now()), g.news
		if !again && g.refusals > 0 {
			d = -1
		}
		if d == 0 {
			g.flying++
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

// beat is the time between two calls at the gate's present rate.
func (g *gate) beat() time.Duration { return g.window() / time.Duration(g.calls) }

func (g *gate) try() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if g.roomLocked(now) <= 0 {
		return false
	}
	g.flying++
	return true
}

// room is how many calls could pass now, less a fifth of the budget that is kept for
// those that cannot be left out; none while anybody waits.
func (g *gate) room(now time.Time) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.roomLocked(now)
}

func (g *gate) roomLocked(now time.Time) int {
	if g.paused.After(now) || g.waiting > 0 {
		return 0
	}
	return g.calls - g.calls/5 - g.used(now) - g.foreign(now)
}

// refused takes Slack's word that the budget is used up, by whomever: after the pause it
// comes back call by call, and more slowly for a while. Calls that were under way when
// Slack said so say nothing new.
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
	g.over = g.over[:0]
	for i := range g.calls {
		g.over = append(g.over, until.Add(time.Duration(i)*g.beat()-g.window()))
	}
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
	return g.waiting == 0 && !g.paused.After(now) && g.stretch == 1 && g.used(now) == 0
}
