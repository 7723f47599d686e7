package postgres

import (
	"encoding/binary"
	"hash/fnv"
	"maps"
	"slices"
)

// locks are advisory locks of a transaction, by number; true for an exclusive one. They
// are what an update validates and writes under. Two names that share a number only
// wait for each other without need.
type locks map[int64]bool

// What can be locked. A name is a class, and one or two parts.
const (
	lockAll     = "all"     // shared by every update, exclusive for one that touches very much
	lockKind    = "kind"    // shared by who writes documents of a kind, exclusive for who scanned them
	lockDoc     = "doc"     // shared by who read a document, exclusive for who writes it
	lockUnique  = "unique"  // a unique key
	lockOwner   = "owner"   // how many outstanding jobs somebody has
	lockMailbox = "mailbox" // which job is the head of a mailbox
)

// maxLocks bounds the locks of one update: the server has room for some thousands.
const maxLocks = 200

func lockKey(schema, class, a string, b ...string) int64 {
	h := fnv.New64a()
	for _, part := range append([]string{schema, class, a}, b...) {
		var size [8]byte
		binary.LittleEndian.PutUint64(size[:], uint64(len(part)))
		_, _ = h.Write(size[:])
		_, _ = h.Write([]byte(part))
	}
	return int64(h.Sum64())
}

func (l locks) add(exclusive bool, key int64) { l[key] = l[key] || exclusive }

// arguments are the locks in the order in which everybody takes them.
func (l locks) arguments() (keys []int64, exclusive []bool) {
	keys = slices.Sorted(maps.Keys(l))
	for _, key := range keys {
		exclusive = append(exclusive, l[key])
	}
	return keys, exclusive
}

// without are the locks that held does not cover.
func (l locks) without(held locks) locks {
	missing := locks{}
	for key, exclusive := range l {
		if had, there := held[key]; !there || exclusive && !had {
			missing[key] = exclusive
		}
	}
	return missing
}

// needed are the locks of what a transaction read and wrote.
func (t *txn) needed() locks {
	schema := t.s.opts.Schema
	l := locks{}
	for id := range t.seen.docs {
		l.add(false, lockKey(schema, lockDoc, id.kind, id.key))
	}
	for key, id := range t.seen.uniques {
		l.add(id == "", lockKey(schema, lockUnique, key))
	}
	for _, s := range t.seen.scans {
		l.add(true, lockKey(schema, lockKind, s.kind))
	}
	for id := range t.own.docs {
		l.add(true, lockKey(schema, lockDoc, id.kind, id.key))
		l.add(false, lockKey(schema, lockKind, id.kind))
	}
	for _, j := range t.own.jobs {
		if j.Owner != "" {
			l.add(true, lockKey(schema, lockOwner, j.Owner))
		}
		if j.Mailbox != "" {
			l.add(true, lockKey(schema, lockMailbox, j.Mailbox))
		}
	}
	if t.end != nil && t.end.claim.job.Mailbox != "" {
		l.add(true, lockKey(schema, lockMailbox, t.end.claim.job.Mailbox))
	}
	all := lockKey(schema, lockAll, "")
	if len(l) > maxLocks {
		return locks{all: true}
	}
	l.add(false, all)
	return l
}
