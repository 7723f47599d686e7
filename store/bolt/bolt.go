// Package bolt is the embedded driver of the store contract: documents and the job
// queue in one bbolt file, for one process.
//
// Truth lives in the file. Which job is next, and how many are ahead of another,
// is kept in memory beside it (index.go) and built anew when the store opens.
// All writing passes through one goroutine (writer.go), which lets concurrent
// updates share one commit.
//
// There are no leases on disk. A worker lives in the process that has the store
// open, so it cannot die without that process, and the system drops the file's
// lock at that moment: the lock is the lease. Whoever opens the file next gives
// the running jobs back to the queue.
package bolt

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/kit"
)

// FileName is the name of the store's file in its directory.
const FileName = "store.bolt"

// Options says how a store is opened. The zero value is ready for use.
type Options struct {
	// Logger receives what no caller is told: rescued jobs, panics of handlers,
	// failed maintenance. Nil discards it.
	Logger *slog.Logger
	// Now is the clock by which jobs are stamped and become due; nil means time.Now.
	Now func() time.Time
	// KeepEnded is how long an ended job is kept, and with it its Unique key; 0
	// means 7 days.
	KeepEnded time.Duration
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.KeepEnded == 0 {
		o.KeepEnded = 7 * 24 * time.Hour
	}
	return o
}

// Store is a [store.Store] and a [store.Queue] in one file.
type Store struct {
	db   *bbolt.DB
	opts Options
	ids  idSource // used only by who holds the turn to write

	requests chan *request
	wake     chan struct{} // a slot became free, or a worker came

	topics kit.Topics[string]

	// mu guards what follows. Whoever changes the index also holds the turn to write.
	mu      sync.Mutex
	index   *index
	workers []*worker
	claims  map[string]*claim // job id → the claim that runs it

	closing     chan struct{} // closed when Close begins: callers are refused
	closeOnce   sync.Once
	works       sync.WaitGroup // calls of Work that may still write
	janitorDone chan struct{}
	writerStop  chan struct{}
	writerDone  chan struct{}
	closeErr    error
}

var (
	_ store.Store = (*Store)(nil)
	_ store.Queue = (*Store)(nil)
)

// Open opens the store in dir, creating both when they are missing, brings its
// layout up to date, and gives back to the queue the jobs that a process which
// died left running.
//
// It reads the whole file once to see that it is sound. It returns
// [store.ErrLocked] when another process has it open, [store.ErrCorrupt] when it is
// damaged, [store.ErrNewer] when a newer version of the program has written it and
// [store.ErrFull] when there is no room.
func Open(ctx context.Context, dir string, opts Options) (*Store, error) {
	return open(ctx, dir, opts, migrations())
}

func open(ctx context.Context, dir string, opts Options, steps []migration) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create store directory: %w", known(err))
	}
	path := filepath.Join(dir, FileName)
	db, err := openFile(ctx, path, len(steps), false)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	s := &Store{
		db:          db,
		opts:        opts.withDefaults(),
		requests:    make(chan *request),
		wake:        make(chan struct{}, 1),
		claims:      map[string]*claim{},
		closing:     make(chan struct{}),
		janitorDone: make(chan struct{}),
		writerStop:  make(chan struct{}),
		writerDone:  make(chan struct{}),
	}
	if err := s.prepare(steps); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	go s.write()
	go s.maintain()
	return s, nil
}

// prepare makes the file ready for work before anybody else sees it.
func (s *Store) prepare(steps []migration) error {
	if err := migrate(s.db, steps); err != nil {
		return err
	}
	if err := s.reload(); err != nil {
		return err
	}
	if err := s.rescue(); err != nil {
		return fmt.Errorf("rescue jobs: %w", err)
	}
	return nil
}

// Close ends the store. Work still going on is stopped hard and its jobs go back to
// the queue; snapshots still open are waited for. Further calls of any method
// return [store.ErrClosed].
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		s.mu.Lock()
		close(s.closing)
		s.mu.Unlock()
		s.works.Wait()
		<-s.janitorDone
		close(s.writerStop)
		<-s.writerDone
		s.topics.Close()
		s.closeErr = s.db.Close()
	})
	return s.closeErr
}

func (s *Store) closed() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

// Update implements [store.Store]. fn must not call Update or View of the same
// store: it would wait for itself.
func (s *Store) Update(ctx context.Context, fn func(tx store.Tx) error) error {
	if s.closed() {
		return store.ErrClosed
	}
	return s.update(ctx, func(tx *txn) error { return fn(tx) })
}

// View implements [store.Store]. fn must not call Update of the same store.
func (s *Store) View(ctx context.Context, fn func(tx store.ReadTx) error) error {
	return s.view(ctx, func(tx *readTxn) error { return fn(tx) })
}

func (s *Store) view(ctx context.Context, fn func(tx *readTxn) error) error {
	if s.closed() {
		return store.ErrClosed
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	tx, err := s.db.Begin(false)
	if err != nil {
		return known(err)
	}
	r := &readTxn{ctx: ctx, bolt: tx}
	defer func() {
		r.bolt = nil
		_ = tx.Rollback()
	}()
	return fn(r)
}

// Backup writes a copy of the store as it is now to w while work goes on. The copy
// is a store's file: put in a directory under the name [FileName] it opens like
// one whose process died at that moment.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	return s.view(ctx, func(tx *readTxn) error {
		out := &copyWriter{ctx: ctx, w: w}
		_, err := tx.bolt.WriteTo(out)
		if out.err != nil {
			err = out.err
		}
		if err != nil {
			return fmt.Errorf("copy store: %w", known(err))
		}
		return nil
	})
}

// copyWriter lets a long copy end with its context, and keeps the error of the
// writer, which bbolt would format away.
type copyWriter struct {
	ctx context.Context
	w   io.Writer
	err error
}

func (c *copyWriter) Write(p []byte) (n int, err error) {
	if c.ctx.Err() != nil {
		c.err = context.Cause(c.ctx)
		return 0, c.err
	}
	n, c.err = c.w.Write(p)
	return n, c.err
}

// Listen implements [store.Store]. The channel is also closed when the store is.
func (s *Store) Listen(ctx context.Context, topic string) <-chan struct{} {
	return s.topics.Listen(ctx, topic)
}
