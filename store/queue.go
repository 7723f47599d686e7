package store

import (
	"context"
	"time"
)

// Queue hands jobs to workers. A driver implements it beside Store, because a job
// is enqueued in a transaction of its store.
type Queue interface {
	// Work claims and runs jobs until ctx ends, then claims no more and returns when
	// the running ones have ended. Jobs that are still running opts.SoftStop after
	// that have their context cancelled with cause ErrStopped and go back to the
	// queue. It returns nil then, and ErrClosed when the store was closed first.
	//
	// Which job is next: foreground before background, then lower priority number,
	// then earlier enqueued; skipping jobs whose mailbox has a job running or an
	// older one waiting. A job whose worker is not heard of for opts.Lease is queued
	// again, its claim fenced.
	Work(ctx context.Context, opts WorkOptions) error

	// Cancel ends a job: a waiting one becomes Cancelled, a running one has its
	// context cancelled with cause ErrCancelled wherever it runs, and its handler
	// still writes how it ended; one that returns an error instead is Cancelled.
	// Cancelling an ended job changes nothing.
	Cancel(ctx context.Context, id string) error

	// Peek returns the job and, while it is Queued, how many jobs would be claimed
	// before it if every job ended the moment it began. It is cheap enough to be asked
	// every second by everybody who waits. It returns ErrNotFound for an id that is
	// unknown or was cleaned.
	Peek(ctx context.Context, id string) (job Job, ahead int, err error)
}

// Gauge tells how full a queue is, for whoever decides how many workers there should be.
// A driver implements it beside Queue.
type Gauge interface {
	// Depth counts the outstanding jobs of all processes. It is cheap enough to be asked
	// every few seconds by every process.
	Depth(ctx context.Context) (Depth, error)
}

// Depth is how full a queue is.
type Depth struct{ Foreground, Background Load }

// Load counts outstanding jobs by what they wait for.
type Load struct {
	Waiting int // for a worker: with one more, another would run
	Held    int // for their time, or behind others of their mailbox
	Running int
	// Since is since when the oldest of Waiting waits: when it was enqueued, or when its
	// time came if that was later. Zero when none waits.
	Since time.Time
}

// WorkOptions says how Work works.
type WorkOptions struct {
	// Handlers by job kind. Jobs of other kinds are left for other workers.
	Handlers map[string]Handler
	// Concurrency is how many jobs run at once; 0 means 4.
	Concurrency int
	// Lease is how long a silent worker keeps a job; 0 means 15 s. The driver renews
	// it three times as often.
	Lease time.Duration
	// SoftStop is how long running jobs may finish after ctx ended; 0 means 10 s.
	SoftStop time.Duration
}

// Handler runs one job. Returning nil without having called Claim.Finish finishes
// the job as Done. Returning an error queues it again with a growing delay, or
// fails it when the attempts are used up; see also [Snooze]. A panic counts as an
// error. ctx ends with cause ErrCancelled, ErrStopped or ErrFenced.
type Handler func(ctx context.Context, claim Claim) error

// Claim is a job in a worker's hands.
type Claim interface {
	// Job returns the job as claimed.
	Job() Job
	// Commit runs fn in a transaction that is written only while the claim holds;
	// otherwise it returns ErrFenced. A ctx that ended with cause ErrCancelled does not
	// keep it, or Finish, from writing: a handler whose job was cancelled says how it
	// ended.
	Commit(ctx context.Context, fn func(tx Tx) error) error
	// Finish is Commit and the end of the job with the given final state in one
	// transaction. fn may be nil. Further calls return ErrFenced.
	Finish(ctx context.Context, state State, fn func(tx Tx) error) error
}

// Snooze is an error by which a handler puts its job back without costing an
// attempt.
type Snooze struct{ For time.Duration }

func (s Snooze) Error() string { return "snooze " + s.For.String() }
