package slack

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/bapsang/bapsang/bot"
)

// outbox is what is remembered of what goes out. All of it may be lost: what a restart
// or the bounds below make forgotten is looked up in Slack or found out again.
type outbox struct {
	turns turns

	mu       sync.Mutex
	posted   *recent[string, posting] // by key
	messages *recent[string, *sent]   // by channel and ts
	pictures *recent[string, string]  // ids of files, by what is drawn
	glances  *recent[string, glance]  // by channel
	refused  map[string]time.Time     // until when something need not be tried, by its name
	strikes  map[string]int           // how often something was refused in a row
	owed     map[*sent]debt           // progress that is to become something else
}

// The bounds of an outbox. A message takes some 200 bytes.
const (
	rememberMessages = 20_000
	rememberPictures = 1000
	rememberGlances  = 50
)

func newOutbox() *outbox {
	return &outbox{
		turns:  turns{waiting: map[string]*turnstile{}},
		posted: newRecent[string, posting](rememberMessages), messages: newRecent[string, *sent](rememberMessages),
		pictures: newRecent[string, string](rememberPictures), glances: newRecent[string, glance](rememberGlances),
		refused: map[string]time.Time{}, strikes: map[string]int{}, owed: map[*sent]debt{},
	}
}

// posting is what became of a key.
type posting struct {
	ref  bot.Ref
	kind bot.MessageKind
	// doubtful is set when Slack may have posted it, and did not say.
	doubtful bool
	partial  bool // what did not fit is not all there
}

// sent is a message that is there. Its fields belong to whoever has its turn, except
// those below mu.
type sent struct {
	stream  bool        // it is being streamed
	idle    *time.Timer // ends a stream that says nothing; nil without a stream
	last    bot.Message // what the stream said last
	started time.Time
	shown   string // digest of what is shown
	buttons string // what can be pressed on progress
	note    string // what stands before it
	key     string // under which it was posted, where that is not the message's
	session bool   // its thread is said to be worked on

	mu      sync.Mutex
	ended   bool          // something else than progress was shown
	newest  chan struct{} // closed when there is something newer to show
	changed time.Time     // when progress was last sent
	moved   *bot.Ref      // where it went when it could not be changed
}

// newer begins a change of the message: whoever waits to show something older gives up.
// The channel is closed when this one is older.
func (m *sent) newer(end bool) (superseded <-chan struct{}, ended bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.newest != nil {
		close(m.newest)
	}
	ended, m.newest = m.ended, make(chan struct{})
	m.ended = m.ended || end
	return m.newest, ended
}

func (m *sent) isEnded() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ended
}

// wait is how long until progress may be sent again, when every is the least distance.
func (m *sent) wait(every time.Duration) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Until(m.changed.Add(every))
}

func (m *sent) sentNow() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changed = time.Now()
}

func (m *sent) place(ref bot.Ref) bot.Ref {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.moved != nil {
		return *m.moved
	}
	return ref
}

func (m *sent) move(to bot.Ref) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.moved = &to
}

func messageKey(ref bot.Ref) string { return ref.Thread.Channel + " " + ref.ID }

// message is what is known of the message at ref.
func (o *outbox) message(ref bot.Ref) *sent {
	o.mu.Lock()
	defer o.mu.Unlock()
	if m, ok := o.messages.get(messageKey(ref)); ok {
		return m
	}
	m := &sent{}
	o.messages.put(messageKey(ref), m)
	return m
}

func (o *outbox) posting(key string) (posting, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.posted.get(key)
}

func (o *outbox) keep(key string, p posting) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.posted.put(key, p)
}

func (o *outbox) forget(key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.posted.drop(key)
}

func (o *outbox) picture(name string) (id string, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.pictures.get(name)
}

func (o *outbox) keepPicture(name, id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pictures.put(name, id)
}

func (o *outbox) glance(channel string) (glance, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.glances.get(channel)
}

func (o *outbox) keepGlance(channel string, g glance) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.glances.put(channel, g)
}

// refuse notes that what has name need not be tried for a while.
func (o *outbox) refuse(name string, d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if now := time.Now(); len(o.refused) >= rememberPictures {
		maps.DeleteFunc(o.refused, func(_ string, until time.Time) bool { return now.After(until) })
	}
	o.refused[name] = time.Now().Add(d)
	delete(o.strikes, name)
}

func (o *outbox) isRefused(name string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	until, ok := o.refused[name]
	if ok && time.Now().After(until) {
		delete(o.refused, name)
		return false
	}
	return ok
}

// strike counts refusals in a row; a success ends the row.
func (o *outbox) strike(name string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.strikes[name]++
	return o.strikes[name]
}

func (o *outbox) succeeded(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.strikes, name)
}

// refusals are what need not be tried now.
func (o *outbox) refusals() map[string]time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := map[string]time.Time{}
	for name, until := range o.refused {
		if until.After(time.Now()) {
			out[name] = until
		}
	}
	return out
}

// debt is a call that a message still needs.
type debt struct {
	since  time.Time
	stream bool // two calls: the stream is to be ended as well
}

// owe notes that m is to be changed once more, and pay that it was.
func (o *outbox) owe(m *sent, stream bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.owed[m] = debt{since: time.Now(), stream: stream}
}

func (o *outbox) pay(m *sent) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.owed, m)
}

// debts counts the messages that are still to be changed, and the streams among them, of
// those begun within d: later the budget has room for the others.
func (o *outbox) debts(d time.Duration) (all, streams int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for m, x := range o.owed {
		switch {
		case time.Since(x.since) > d:
			delete(o.owed, m)
		case x.stream:
			streams++
		}
	}
	return len(o.owed), streams
}

// recent is a map that forgets its oldest entries. It is not safe for concurrent use.
type recent[K comparable, V any] struct {
	values map[K]V
	order  []K // a ring; keys that were dropped stay until they are overwritten
	next   int
}

func newRecent[K comparable, V any](size int) *recent[K, V] {
	return &recent[K, V]{values: map[K]V{}, order: make([]K, size)}
}

func (r *recent[K, V]) get(k K) (V, bool) {
	v, ok := r.values[k]
	return v, ok
}

func (r *recent[K, V]) put(k K, v V) {
	if _, known := r.values[k]; !known {
		delete(r.values, r.order[r.next])
		r.order[r.next] = k
		r.next = (r.next + 1) % len(r.order)
	}
	r.values[k] = v
}

func (r *recent[K, V]) drop(k K) { delete(r.values, k) }

// turns lets one caller after another do what has the same name, in their order.
type turns struct {
	mu      sync.Mutex
	waiting map[string]*turnstile
}

type turnstile struct {
	sem   *semaphore.Weighted // it serves in order, and minds contexts
	users int
}

// take waits for the caller's turn, which lasts until done is called.
func (t *turns) take(ctx context.Context, name string) (done func(), err error) {
	t.mu.Lock()
	w := t.waiting[name]
	if w == nil {
		w = &turnstile{sem: semaphore.NewWeighted(1)}
		t.waiting[name] = w
	}
	w.users++
	t.mu.Unlock()
	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if w.users--; w.users == 0 {
			delete(t.waiting, name)
		}
	}
	if err := w.sem.Acquire(ctx, 1); err != nil {
		leave()
		return nil, fmt.Errorf("wait for a turn: %w", err)
	}
	return func() {
		w.sem.Release(1)
		leave()
	}, nil
}
