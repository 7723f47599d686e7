package teams

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/bapsang/bapsang/bot"
)

// outbox is what this process remembers of what goes out. All of it may be lost: what must
// survive is in the journal.
type outbox struct {
	turns turns

	mu       sync.Mutex
	posted   *recent[string, posting] // by key
	messages *recent[string, *sent]   // by chat and id
	pictures *recent[string, []byte]  // by what is drawn
	streams  map[string]*sent         // what is being streamed, by chat
	refused  map[string]time.Time     // until when something need not be tried, by its name
	strikes  map[string]int           // how often something was refused in a row
	owed     map[*sent]debt           // progress that is to become something else
}

// The bounds of an outbox. A message takes some 200 bytes, a picture some 100 kB.
const (
	rememberMessages = 20_000
	rememberPictures = 100
	rememberRefusals = 1000
)

func newOutbox() *outbox {
	return &outbox{
		turns:  turns{waiting: map[string]*turnstile{}},
		posted: newRecent[string, posting](rememberMessages), messages: newRecent[string, *sent](rememberMessages),
		pictures: newRecent[string, []byte](rememberPictures), streams: map[string]*sent{},
		refused: map[string]time.Time{}, strikes: map[string]int{}, owed: map[*sent]debt{},
	}
}

// posting is what became of a key.
type posting struct {
	ref  bot.Ref
	kind bot.MessageKind
	// doubtful is set when Teams may have taken it, and did not say.
	doubtful bool
}

// sent is a message that is there. Its fields belong to whoever has its turn, except
// those below mu.
type sent struct {
	stream *stream // nil unless it is being streamed
	shown  string  // digest of what is shown
	note   string  // what stands before it

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

// known is what is known of the message at ref; nil when nothing is.
func (o *outbox) known(ref bot.Ref) *sent {
	o.mu.Lock()
	defer o.mu.Unlock()
	m, _ := o.messages.get(messageKey(ref))
	return m
}

// message is what is known of the message at ref. Of one that is new, m is.
func (o *outbox) message(ref bot.Ref, m *sent) *sent {
	o.mu.Lock()
	defer o.mu.Unlock()
	if known, ok := o.messages.get(messageKey(ref)); ok {
		return known
	}
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

func (o *outbox) picture(name string) (png []byte, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.pictures.get(name)
}

func (o *outbox) keepPicture(name string, png []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pictures.put(name, png)
}

// mayStream takes the one stream that a chat may have; false when it is taken.
func (o *outbox) mayStream(chat string, m *sent) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.streams[chat] != nil {
		return false
	}
	o.streams[chat] = m
	return true
}

// streamOver gives it back.
func (o *outbox) streamOver(chat string, m *sent) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.streams[chat] == m {
		delete(o.streams, chat)
	}
}

// refuse notes that what has name need not be tried for a while.
func (o *outbox) refuse(name string, d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if now := time.Now(); len(o.refused) >= rememberRefusals {
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

// debt is a call that a message still needs.
type debt struct {
	since time.Time
	chat  string
}

// owe notes that m is to be changed once more, and pay that it was.
func (o *outbox) owe(m *sent, chat string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.owed[m] = debt{since: time.Now(), chat: chat}
}

func (o *outbox) pay(m *sent) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.owed, m)
}

// debts counts the messages of a chat that are still to be changed, of those begun within
// d: later the rates have room for the others.
func (o *outbox) debts(chat string, d time.Duration) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for m, x := range o.owed {
		switch {
		case time.Since(x.since) > d:
			delete(o.owed, m)
		case x.chat == chat:
			n++
		}
	}
	return n
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
