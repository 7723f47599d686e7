package postgres

import (
	"sync"
	"time"
)

// hot remembers documents that updates changed from what others had read of them: counters
// and the like. An update that comes to read one takes its lock first, instead of being
// told at its end, after it queued for that lock in vain. What it holds is a guess:
// nothing but the order of waiting depends on it.
type hot struct {
	mu   sync.Mutex
	docs map[docID]time.Time // when it was last changed under somebody
}

const (
	hotFor  = 2 * time.Second
	hotMost = 256
)

func newHot() *hot { return &hot{docs: map[docID]time.Time{}} }

// has reports whether a document is one of these.
func (h *hot) has(id docID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	at, there := h.docs[id]
	if there && time.Since(at) > hotFor {
		delete(h.docs, id)
		return false
	}
	return there
}

// note takes in what an update that came too late had read and meant to change.
func (h *hot) note(t *txn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if len(h.docs) > hotMost {
		clear(h.docs)
	}
	for id := range t.own.docs {
		if _, read := t.seen.docs[id]; read {
			h.docs[id] = now
		}
	}
}
