package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/bapsang/bapsang/store"
)

// kindRecall are remembered answers, by day and memory key.
const kindRecall = "recall"

// memory keeps answers so that the same question, asked again before the data
// changed, costs nothing. The same question is the same text after normalisation,
// never a similar one.
type memory struct {
	store store.Store

	mu  sync.Mutex
	day string // last day whose predecessors were forgotten
}

// remembered is an answer and the version of the data it was computed from.
type remembered struct {
	Version string  `json:"version"`
	Answer  *Answer `json:"answer"`
}

// memoryKey is equal for questions that must have equal answers while the data is
// the same: it covers the words, the analyst, the day (what "yesterday" means), the
// calendar (when 추석 is) and the thread so far. It begins with the day.
func memoryKey(p *prepared, q *Question, calendar string) string {
	h := sha256.New()
	for _, part := range []string{p.Name, p.Version, q.Language, normalise(q.Text), calendar} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	enc := json.NewEncoder(h)
	if n := len(q.Before); n > 0 {
		last := q.Before[n-1]
		_ = enc.Encode(last.Plan) // hashing does not fail
		if last.Plan == nil {
			_ = enc.Encode(last.SQL)
		}
	}
	_ = enc.Encode(q.Choices)
	_ = enc.Encode(q.Rungs)
	if q.Chosen { // what is ambiguous is assumed and not asked
		_ = enc.Encode("chosen")
	}
	if q.Deep {
		_ = enc.Encode("deep")
	}
	return q.Now.Format("20060102") + "/" + hex.EncodeToString(h.Sum(nil)[:16])
}

// normalise folds what does not change a question: width, case, spaces and the
// punctuation at its end.
func normalise(text string) string {
	text = norm.NFKC.String(strings.ToLower(text))
	text = strings.Join(strings.Fields(text), " ")
	return strings.TrimRightFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("?!.~…", r)
	})
}

// recall returns the answer under key if it was computed from data of version.
func (m *memory) recall(ctx context.Context, key, version string) *Answer {
	if m.store == nil {
		return nil
	}
	var r remembered
	err := m.store.View(ctx, func(tx store.ReadTx) error {
		data, err := tx.Get(kindRecall, key)
		if err != nil {
			return err
		}
		return json.Unmarshal(data, &r)
	})
	if err != nil || r.Version != version {
		return nil
	}
	return r.Answer
}

// remember keeps an answer. Not being able to is no failure of the question.
func (m *memory) remember(ctx context.Context, key, version string, a *Answer) {
	if m.store == nil {
		return
	}
	data, err := json.Marshal(remembered{Version: version, Answer: a})
	if err != nil {
		return
	}
	day, _, _ := strings.Cut(key, "/")
	m.mu.Lock()
	sweep := m.day != day
	m.day = day
	m.mu.Unlock()
	_ = m.store.Update(ctx, func(tx store.Tx) error {
		if sweep {
			if err := forgetBefore(tx, day); err != nil {
				return err
			}
		}
		return tx.Put(kindRecall, key, data)
	})
}

// forgetBefore drops the answers of earlier days: their keys are never asked again.
func forgetBefore(tx store.Tx, day string) error {
	for _, kind := range []string{kindRecall, kindFlight} {
		var old []string
		err := tx.Scan(kind, store.Range{}, func(key string, _ []byte) bool {
			if key >= day {
				return false
			}
			old = append(old, key)
			return len(old) < 10_000
		})
		if err != nil {
			return err
		}
		for _, key := range old {
			if err := tx.Delete(kind, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// flight lets questions that are the same wait for one answer while it is computed.
type flight struct {
	mu    sync.Mutex
	calls map[string]*call
}

type call struct {
	done   chan struct{}
	answer *Answer
	err    error
	// interrupted is set when the leader went away before there was an answer: its
	// failure says nothing about the question.
	interrupted bool

	mu    sync.Mutex
	steps []Step        // what the leader told
	more  chan struct{} // closed when there are more
}

// tell notes a step of the leader's for those who wait.
func (c *call) tell(s Step) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.steps = append(c.steps, s)
	close(c.more)
	c.more = make(chan struct{})
}

// told returns the steps after the first n, and what is closed when there are more.
func (c *call) told(n int) ([]Step, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.steps[n:]), c.more
}

// follow tells step what the leader told, until there is an answer and all of it was told.
func (c *call) follow(ctx context.Context, step func(Step)) {
	for n, over := 0, false; ; {
		steps, more := c.told(n)
		n += len(steps)
		for _, s := range steps {
			step(s)
		}
		if over {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-c.done:
			over = true
		case <-more:
		}
	}
}

// has reports whether somebody has key answered now.
func (f *flight) has(key string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[key] != nil
}

// do runs fn once for all that ask for key at the same time, and tells each of them its
// steps. A waiter whose leader was interrupted runs fn itself.
func (f *flight) do(ctx context.Context, key string, step func(Step), fn func(step func(Step)) (*Answer, error)) (answer *Answer, joined bool, err error) {
	for {
		f.mu.Lock()
		if f.calls == nil {
			f.calls = map[string]*call{}
		}
		leader, ok := f.calls[key]
		if !ok {
			c := &call{done: make(chan struct{}), more: make(chan struct{})}
			f.calls[key] = c
			f.mu.Unlock()
			return f.lead(ctx, key, c, func() (*Answer, error) {
				return fn(func(s Step) {
					c.tell(s)
					step(s)
				})
			})
		}
		f.mu.Unlock()
		leader.follow(ctx, step)
		switch {
		case ctx.Err() != nil:
			return nil, true, context.Cause(ctx)
		case !leader.interrupted:
			return leader.answer, true, leader.err
		}
	}
}

func (f *flight) lead(ctx context.Context, key string, c *call, fn func() (*Answer, error)) (*Answer, bool, error) {
	defer func() {
		f.mu.Lock()
		delete(f.calls, key)
		f.mu.Unlock()
		close(c.done)
	}()
	c.interrupted = true // what waiters see if fn panics
	c.answer, c.err = fn()
	c.interrupted = c.err != nil && ctx.Err() != nil
	return c.answer, false, c.err
}
