package outbox

import (
	"context"
	"sync"
	"time"

	"github.com/bapsang/bapsang/bot"
)

// Message is how a message that is there changes: progress gives way to newer progress,
// and both to what ends it. The zero Message has not changed yet. It may be used
// concurrently.
type Message struct {
	mu      sync.Mutex
	ended   bool          // something else than progress was shown
	newest  chan struct{} // closed when there is something newer to show
	changed time.Time     // when progress was last sent
	moved   *bot.Ref      // where it went when it could not be changed
}

// Newer begins a change of the message: whoever waits to show something older gives up.
// The channel is closed when this one is older. Ended is whether an end was shown before;
// with end this change is one.
func (m *Message) Newer(end bool) (superseded <-chan struct{}, ended bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.newest != nil {
		close(m.newest)
	}
	ended, m.newest = m.ended, make(chan struct{})
	m.ended = m.ended || end
	return m.newest, ended
}

// Ended tells whether something else than progress was shown.
func (m *Message) Ended() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ended
}

// Wait is how long until progress may be sent again, when every is the least distance.
func (m *Message) Wait(every time.Duration) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Until(m.changed.Add(every))
}

// SentNow notes that progress was sent.
func (m *Message) SentNow() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changed = time.Now()
}

// Place is where the message is, which was posted to ref.
func (m *Message) Place(ref bot.Ref) bot.Ref {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.moved != nil {
		return *m.moved
	}
	return ref
}

// Move notes that it is somewhere else.
func (m *Message) Move(to bot.Ref) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.moved = &to
}

// Turn waits until the message of the name may be changed again and nobody else is at it.
// First is the least distance between two changes, and every the same as whoever has the
// turn sees it. There is no turn, and no error, for what was superseded meanwhile.
func (m *Message) Turn(ctx context.Context, turns *Turns, name string, superseded <-chan struct{}, first time.Duration, every func() time.Duration) (done func(), err error) {
	for wait := first; ; {
		timer := time.NewTimer(m.Wait(wait))
		select {
		case <-timer.C:
		case <-superseded:
			timer.Stop()
			return nil, nil
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
		if done, err = turns.Take(ctx, name); err != nil {
			return nil, err
		}
		select {
		case <-superseded:
			done()
			return nil, nil
		default:
		}
		if wait = every(); m.Wait(wait) <= 0 {
			return done, nil
		}
		done() // it was changed while we waited for our turn, or is to be changed less often
	}
}
