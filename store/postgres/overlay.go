package postgres

import (
	"slices"
	"sort"

	"github.com/bapsang/bapsang/store"
)

// overlay is what a transaction wrote and the database does not know yet.
type overlay struct {
	docs map[docID][]byte    // nil for a document that was deleted
	keys map[string][]string // kind → keys in docs, sorted
	jobs []*newJob
	// topics are woken when the transaction is durable.
	topics []string
}

// newJob is a job to insert.
type newJob struct {
	id string
	store.NewJob
}

func newOverlay() *overlay {
	return &overlay{docs: map[docID][]byte{}, keys: map[string][]string{}}
}

// get returns what was written under the name, nil for a deletion.
func (o *overlay) get(kind, key string) (value []byte, written bool) {
	if o == nil {
		return nil, false
	}
	value, written = o.docs[docID{kind, key}]
	return value, written
}

func (o *overlay) set(kind, key string, value []byte) {
	id := docID{kind, key}
	if _, there := o.docs[id]; !there {
		i, _ := slices.BinarySearch(o.keys[kind], key)
		o.keys[kind] = slices.Insert(o.keys[kind], i, key)
	}
	o.docs[id] = value
}

// next returns the first written document of the span in the direction of a scan.
func (o *overlay) next(kind string, within span, reverse bool) (key string, value []byte, found bool) {
	if o == nil {
		return "", nil, false
	}
	keys := o.keys[kind]
	i := sort.SearchStrings(keys, within.lo)
	if reverse {
		i = len(keys) - 1
		if within.bounded {
			i = sort.SearchStrings(keys, within.hi) - 1
		}
	}
	if i < 0 || i >= len(keys) || !within.has(keys[i]) {
		return "", nil, false
	}
	return keys[i], o.docs[docID{kind, keys[i]}], true
}

// unique returns the id of a job that the transaction enqueued under the key.
func (o *overlay) unique(key string) (id string, found bool) {
	for _, j := range o.jobs {
		if j.Unique == key {
			return j.id, true
		}
	}
	return "", false
}

func (o *overlay) empty() bool { return len(o.docs) == 0 && len(o.jobs) == 0 }

// reads is what a transaction must find unchanged at its end.
type reads struct {
	docs    map[docID]int64   // version, 0 for what was not there
	uniques map[string]string // unique key → job id, "" for what was not there
	scans   []scanRead
}

// scanRead is a range that was looked at.
type scanRead struct {
	kind string
	span
	versions []int64 // of the documents met, in the order of the scan
	reverse  bool
}

func newReads() *reads {
	return &reads{docs: map[docID]int64{}, uniques: map[string]string{}}
}

// doc keeps what was seen first: in a transaction that does not read one moment a
// difference is found at the end.
func (r *reads) doc(id docID, version int64) {
	if r == nil {
		return
	}
	if _, there := r.docs[id]; !there {
		r.docs[id] = version
	}
}

func (r *reads) scan(s scanRead) {
	if r != nil {
		r.scans = append(r.scans, s)
	}
}

// ascending are the versions in key order.
func (s scanRead) ascending() []int64 {
	versions := append([]int64{}, s.versions...)
	if s.reverse {
		slices.Reverse(versions)
	}
	return versions
}

func (r *reads) unique(key, id string) {
	if _, there := r.uniques[key]; !there {
		r.uniques[key] = id
	}
}
