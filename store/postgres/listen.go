package postgres

import (
	"context"
	"crypto/rand"
	"hash/fnv"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bapsang/bapsang/store/kit"
)

// number stands for a topic of any length. Listeners of two topics that share one are
// woken without need.
func number(topic string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(topic))
	return h.Sum64()
}

// Listen implements [store.Store]. The channel is also closed when the store is.
func (s *Store) Listen(ctx context.Context, topic string) <-chan struct{} {
	return s.topics.Listen(ctx, number(topic))
}

const (
	// maxPayload is a little less than the server takes.
	maxPayload = 7900

	// pingEvery is how often the store sees whether it hears itself. A connection by way
	// of a pooler, or one that died without a word, does not.
	pingEvery = 5 * time.Second
	// deafAfter is how long it hears nothing before it takes to looking instead.
	deafAfter = 2*pingEvery + time.Second
	lookEvery = time.Second
	// wakeEvery is for what was never told, because a process died between its commit and
	// its notification.
	wakeEvery = 30 * time.Second
)

// bell tells this process and the others what was committed. The notification follows
// the commit, from one goroutine, for as much as has come together: a NOTIFY inside
// the transactions would put their commits in a row, since the server gives it a lock
// of the whole database.
type bell struct {
	s       *Store
	self    string // sign of this process in what it sends
	channel string

	mu      sync.Mutex
	pending map[string]struct{}
	cancels int       // counts requests to cancel that arrived
	heard   time.Time // when it last heard itself

	rung chan struct{}
}

// What is sent: the sign of the sender, then words that each begin with one of these.
const (
	wordTopic  = "t" // and the number of the topic
	wordCancel = "c" // and the id of the job
	wordWork   = "w"
	wordPing   = "p"
)

func newBell(s *Store) *bell {
	return &bell{
		s: s, self: rand.Text()[:10], channel: "bapsang " + s.opts.Schema,
		pending: map[string]struct{}{}, rung: make(chan struct{}, 1),
	}
}

func (b *bell) topic(topic string) {
	n := number(topic)
	b.s.topics.Notify(n)
	b.tell(wordTopic + strconv.FormatUint(n, 36))
}

func (b *bell) work() {
	b.s.wakeWorkers()
	b.tell(wordWork)
}

func (b *bell) cancel(id string) {
	b.cancelled(id)
	b.tell(wordCancel + id)
}

func (b *bell) cancelled(id string) {
	b.mu.Lock()
	b.cancels++
	b.mu.Unlock()
	b.s.cancelClaim(id)
}

// cancelCount tells a worker whether a request came that its new claim may have missed.
func (b *bell) cancelCount() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.cancels
}

func (b *bell) tell(word string) {
	b.mu.Lock()
	b.pending[word] = struct{}{}
	b.mu.Unlock()
	kit.Signal(b.rung)
}

// ring sends what is pending until ctx ends, and then what is left.
func (b *bell) ring(ctx context.Context) {
	ping, look, all := time.NewTicker(pingEvery), time.NewTicker(lookEvery), time.NewTicker(wakeEvery)
	defer ping.Stop()
	defer look.Stop()
	defer all.Stop()
	for {
		select {
		case <-b.rung:
		case <-ping.C:
			b.tell(wordPing)
		case <-look.C:
			if b.deaf() {
				b.everybody()
			}
			continue
		case <-all.C:
			b.everybody()
			continue
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			_ = b.send(last)
			return
		}
		if err := b.send(ctx); err != nil && ctx.Err() == nil {
			b.s.opts.Logger.Warn("notify", "error", err)
		}
	}
}

func (b *bell) deaf() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Since(b.heard) > deafAfter
}

// everybody wakes all who wait in this process, to look for themselves.
func (b *bell) everybody() {
	b.s.ahead.changed()
	b.s.topics.NotifyAll()
	b.s.wakeWorkers()
}

func (b *bell) send(ctx context.Context) error {
	b.mu.Lock()
	words := b.pending
	b.pending = map[string]struct{}{}
	b.mu.Unlock()
	if len(words) == 0 {
		return nil
	}
	var payloads []string
	text := b.self
	for word := range words {
		if len(text)+1+len(word) > maxPayload {
			payloads = append(payloads, text)
			text = b.self
		}
		text += " " + word
	}
	payloads = append(payloads, text)
	return b.s.patiently(ctx, func() error {
		_, err := b.s.pool.Exec(ctx, "SELECT pg_notify($1, p) FROM unnest($2::text[]) AS p", b.channel, payloads)
		return err
	})
}

// dial connects and listens.
func (b *bell) dial(ctx context.Context, cfg *pgx.ConnConfig) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{b.channel}.Sanitize()); err != nil {
		_ = conn.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	b.mu.Lock()
	b.heard = time.Now()
	b.mu.Unlock()
	return conn, nil
}

// listen hears what others tell until ctx ends, beginning on conn.
func (b *bell) listen(ctx context.Context, conn *pgx.Conn, cfg *pgx.ConnConfig) {
	for ctx.Err() == nil {
		err := b.hear(ctx, conn)
		_ = conn.Close(context.WithoutCancel(ctx))
		if ctx.Err() != nil {
			return
		}
		b.s.opts.Logger.Warn("lost the connection that listens", "error", err)
		conn = b.redial(ctx, cfg)
		b.everybody() // what was told meanwhile is lost
		b.s.checkCancels(ctx)
	}
}

func (b *bell) redial(ctx context.Context, cfg *pgx.ConnConfig) *pgx.Conn {
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for {
		conn, err := b.dial(ctx, cfg)
		if err == nil {
			return conn
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (b *bell) hear(ctx context.Context, conn *pgx.Conn) error {
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		sender, words, _ := strings.Cut(n.Payload, " ")
		if sender == b.self {
			b.mu.Lock()
			b.heard = time.Now()
			b.mu.Unlock()
			continue
		}
		for word := range strings.SplitSeq(words, " ") {
			b.told(word)
		}
	}
}

func (b *bell) told(word string) {
	if word == "" {
		return
	}
	switch rest := word[1:]; word[:1] {
	case wordTopic:
		if n, err := strconv.ParseUint(rest, 36, 64); err == nil {
			b.s.topics.Notify(n)
		}
	case wordCancel:
		b.cancelled(rest)
	case wordWork:
		b.s.ahead.changed()
		b.s.wakeWorkers()
	}
}
