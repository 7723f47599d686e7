package quota_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a store in memory, for tests whose time is not the machine's: a file's writes
// would take real time. The tests of what lasts use store/bolt.
type memory struct {
	mu        sync.Mutex
	docs      map[string]string          // guarded by mu
	listeners map[string][]chan struct{} // guarded by mu
	updates   int                        // guarded by mu
	broken    error                      // guarded by mu
}

func newMemory() *memory {
	return &memory{docs: map[string]string{}, listeners: map[string][]chan struct{}{}}
}

func (m *memory) breakWith(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = err
}

func (m *memory) Update(_ context.Context, fn func(tx store.Tx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return m.broken
	}
	m.updates++
	tx := &memoryTx{m: m, changed: map[string]*string{}}
	if err := fn(tx); err != nil {
		return err
	}
	for key, value := range tx.changed {
		if delete(m.docs, key); value != nil {
			m.docs[key] = *value
		}
	}
	for _, topic := range tx.told {
		for _, l := range m.listeners[topic] {
			select {
			case l <- struct{}{}:
			default:
			}
		}
	}
	return nil
}

func (m *memory) View(_ context.Context, fn func(tx store.ReadTx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return m.broken
	}
	return fn(&memoryTx{m: m})
}

func (m *memory) Listen(ctx context.Context, topic string) <-chan struct{} {
	l := make(chan struct{}, 1)
	m.mu.Lock()
	m.listeners[topic] = append(m.listeners[topic], l)
	m.mu.Unlock()
	context.AfterFunc(ctx, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.listeners[topic] = slices.DeleteFunc(m.listeners[topic], func(c chan struct{}) bool { return c == l })
		close(l)
	})
	return l
}

type memoryTx struct {
	m       *memory
	changed map[string]*string
	told    []string
}

func (t *memoryTx) Get(kind, key string) ([]byte, error) {
	if v, there := t.changed[kind+"\x00"+key]; there {
		if v == nil {
			return nil, store.ErrNotFound
		}
		return []byte(*v), nil
	}
	v, there := t.m.docs[kind+"\x00"+key]
	if !there {
		return nil, store.ErrNotFound
	}
	return []byte(v), nil
}

func (t *memoryTx) Scan(kind string, r store.Range, fn func(key string, value []byte) bool) error {
	var keys []string
	for k := range t.m.docs {
		if key, ok := strings.CutPrefix(k, kind+"\x00"); ok && strings.HasPrefix(key, r.Prefix) && key > r.After {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		if !fn(key, []byte(t.m.docs[kind+"\x00"+key])) {
			break
		}
	}
	return nil
}

func (t *memoryTx) Put(kind, key string, value []byte) error {
	v := string(value)
	t.changed[kind+"\x00"+key] = &v
	return nil
}

func (t *memoryTx) Delete(kind, key string) error {
	t.changed[kind+"\x00"+key] = nil
	return nil
}

func (t *memoryTx) Enqueue(store.NewJob) (string, bool, error) { panic("no queue here") }

func (t *memoryTx) Notify(topic string) { t.told = append(t.told, topic) }
