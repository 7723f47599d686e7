// Package store holds the contract of what must survive: documents in
// transactions, and the queue of jobs whose enqueueing is part of them. It imports
// nothing of this repository. A driver package implements [Store] and [Queue] on
// one engine; the suite in storetest says what every driver must do.
//
// Everything that has to happen together happens in one [Store.Update]: a question,
// its thread and its job; an answer and the end of its job.
package store

import (
	"context"
	"errors"
	"time"
)

// Errors that callers tell apart. Drivers return them wrapped.
var (
	// ErrNotFound: no document has that kind and key, or no job that id.
	ErrNotFound = errors.New("not found")
	// ErrFenced: the job was taken from this worker; nothing was written.
	ErrFenced = errors.New("claim lost")
	// ErrLocked: another process has the store open.
	ErrLocked = errors.New("store is in use by another process")
	// ErrCorrupt: the store's file cannot be read.
	ErrCorrupt = errors.New("store is damaged")
	// ErrNewer: the store was written by a newer version of the program.
	ErrNewer = errors.New("store was written by a newer version")
	// ErrFull: there is no room left to write.
	ErrFull = errors.New("storage is full")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store is closed")
	// ErrCancelled is the cause of a job's context when somebody cancelled the job.
	ErrCancelled = errors.New("job cancelled")
	// ErrStopped is the cause of a job's context when the worker stops hard. Such a
	// run costs the job no attempt.
	ErrStopped = errors.New("worker stopped")
)

// Store keeps documents.
type Store interface {
	// Update runs fn in a transaction that is durable when Update returns nil, and
	// leaves no trace when fn or Update returns an error. Transactions are
	// serialised; fn may run more than once and must have no effect outside tx.
	// Concurrent updates share one commit. An error of fn's own, too, is returned only when
	// what fn read is durable: whoever is told "it is there already" finds it there.
	Update(ctx context.Context, fn func(tx Tx) error) error

	// View runs fn on a consistent snapshot.
	View(ctx context.Context, fn func(tx ReadTx) error) error

	// Listen returns a channel that receives a value soon after a transaction that
	// notified topic was committed, by any process. Values coalesce: after each, the
	// listener must look for itself. The channel is closed when ctx ends.
	Listen(ctx context.Context, topic string) <-chan struct{}
}

// ReadTx reads a snapshot. Kinds partition documents like tables do; a kind is a
// lower-case word. Keys order bytewise. Values returned may be kept and modified.
type ReadTx interface {
	// Get returns the document, or ErrNotFound.
	Get(kind, key string) ([]byte, error)

	// Scan calls fn for each document of kind whose key begins with prefix, in key
	// order from after on (exclusive; "" from the start), or in reverse key order
	// from before after when reverse is set, until fn returns false.
	Scan(kind string, r Range, fn func(key string, value []byte) bool) error
}

// Range selects keys for ReadTx.Scan.
type Range struct {
	Prefix  string
	After   string // exclusive bound where the scan starts; "" is the first, or with Reverse the last
	Reverse bool
}

// Tx reads its own writes.
type Tx interface {
	ReadTx

	// Put writes the document.
	Put(kind, key string, value []byte) error

	// Delete removes the document; removing what is not there is no error.
	Delete(kind, key string) error

	// Enqueue adds a job, visible to workers when the transaction commits. With a
	// Unique key that a job had before, it adds nothing and returns that job's id and
	// false, for as long as that job is kept.
	Enqueue(job NewJob) (id string, added bool, err error)

	// Notify wakes the listeners of topic when the transaction commits.
	Notify(topic string)
}

// NewJob is a job to enqueue.
type NewJob struct {
	Kind    string // which handler works it; a lower-case word
	Unique  string // "" or a key under which at most one job ever exists
	Mailbox string // "" or the key of a mailbox: jobs of one run one at a time, in order
	Owner   string // whose job it is; an owner's n-th outstanding job has priority n
	Payload []byte
	// Background jobs (digests) are claimed only when no other job waits.
	Background bool
	// NotBefore delays the job; zero means now.
	NotBefore time.Time
	// MaxAttempts bounds the runs that end in an error or a lost worker; 0 means 3.
	MaxAttempts int
}

// State is where a job is. See docs/jobs.md for the diagram.
type State string

// The states. Done, Failed and Cancelled are final.
const (
	Queued    State = "queued"
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// Job is a job as stored.
type Job struct {
	ID          string // sorts by time of enqueueing
	Kind        string
	Mailbox     string
	Owner       string
	Payload     []byte
	Background  bool
	Priority    int // 1 is first
	State       State
	Attempt     int // runs begun, those ended by ErrStopped not counted
	MaxAttempts int
	LastError   string
	EnqueuedAt  time.Time
	NotBefore   time.Time
	StartedAt   time.Time
	EndedAt     time.Time
}
