package workers

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// Engine is a database inside of a worker. It has one request at a time.
type Engine interface {
	// Query runs req and writes what it says to out. It should return soon after ctx ends.
	Query(ctx context.Context, req Request, out *Sink) error
	// Failure classifies an error of Query. No worker goes on whose End is Broken.
	Failure(ctx context.Context, err error) End
	Close()
}

// maxRequest bounds a frame of the parent, which is trusted: statement and names, or all
// that a scratch database holds.
const maxRequest = 64 << 20

// Serve is the life of a worker: it opens the engine that it is told to, gives up the
// rights of root, and answers requests one after the other. What it returns is a role for
// confine.Main. refuse says why an engine was not opened.
func Serve[O any](open func(context.Context, O) (Engine, error), refuse func(O, error) End) func(in io.Reader, out io.Writer) int {
	return func(in io.Reader, out io.Writer) int {
		ctx := context.Background()
		r, w := bufio.NewReader(in), bufio.NewWriterSize(out, rowBatch)
		var with O
		kind, body, err := readFrame(r, maxRequest)
		if err == nil && kind != frameOpen {
			err = errBadFrame
		}
		if err == nil {
			err = json.Unmarshal(body, &with)
		}
		var e Engine
		if err == nil {
			e, err = open(ctx, with)
		}
		if err != nil {
			end := refuse(with, err)
			end.Broken = true
			return say(w, frameEnd, end)
		}
		defer e.Close()
		if status := say(w, frameReady, struct{}{}); status != 0 {
			return status
		}
		return answerAll(ctx, e, r, w)
	}
}

func answerAll(ctx context.Context, e Engine, r io.Reader, w *bufio.Writer) int {
	q := &queue{queries: make(chan query)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		q.read(ctx, r)
	}()
	for next := range q.queries {
		if status := say(w, frameBegun, struct{}{}); status != 0 {
			return status
		}
		end := answer(next.ctx, e, next.req, w)
		q.finish(next)
		if status := say(w, frameEnd, end); status != 0 || end.Broken {
			return 1
		}
	}
	<-done
	return 0
}

func say(w *bufio.Writer, kind byte, message any) int {
	if err := writeMessage(w, kind, message); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := w.Flush(); err != nil {
		return 1
	}
	return 0
}

// query is a request that was read and waits for the engine.
type query struct {
	ctx context.Context
	req Request
}

// queue reads what the parent sends while the engine is busy, so that a query can
// be cancelled.
type queue struct {
	queries chan query

	mu      sync.Mutex
	current uint64 // guarded by mu
	cancel  context.CancelFunc
}

func (q *queue) read(ctx context.Context, r io.Reader) {
	defer close(q.queries)
	for {
		kind, body, err := readFrame(r, maxRequest)
		if err != nil {
			q.stop(0)
			return
		}
		switch kind {
		case frameQuery:
			var req Request
			if json.Unmarshal(body, &req) != nil {
				return
			}
			q.queries <- q.begin(ctx, req)
		case frameCancel:
			var req cancelRequest
			if json.Unmarshal(body, &req) == nil {
				q.stop(req.ID)
			}
		}
	}
}

func (q *queue) begin(ctx context.Context, req Request) query {
	ctx, cancel := context.WithTimeout(ctx, req.Timeout)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.current, q.cancel = req.ID, cancel
	return query{ctx: ctx, req: req}
}

// stop cancels the running query if it is the one called id; 0 cancels any.
func (q *queue) stop(id uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.cancel != nil && (id == 0 || id == q.current) {
		q.cancel()
	}
}

func (q *queue) finish(done query) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.current == done.req.ID && q.cancel != nil {
		q.cancel()
		q.cancel = nil
	}
}

// answer runs one query and writes its columns and rows.
func answer(ctx context.Context, e Engine, req Request, w *bufio.Writer) End {
	out := &Sink{w: w, maxRows: req.MaxRows}
	started := time.Now()
	err := e.Query(ctx, req, out)
	if err == nil {
		err = out.flush()
	}
	end := End{Truncated: out.truncated}
	if err != nil {
		end = e.Failure(ctx, err)
	}
	end.ID, end.Elapsed = req.ID, time.Since(started)
	return end
}

// Sink takes a result as it is read, as much of it as one may hold.
type Sink struct {
	w         *bufio.Writer
	buf, row  []byte
	maxRows   int
	n, size   int
	truncated bool
}

// Columns comes first.
func (s *Sink) Columns(c []connectors.Column) error { return writeMessage(s.w, frameColumns, c) }

// Row takes a row, and reports false where it was one too many.
func (s *Sink) Row(cells []any) (more bool, err error) {
	if s.n == s.maxRows {
		s.truncated = true
		return false, nil
	}
	s.row = s.row[:0]
	for _, c := range cells {
		if text, ok := c.(string); ok && len(s.row)+len(text) > connectors.MaxResultBytes {
			return false, s.full() // before it takes its size in memory once more
		}
		if s.row, err = appendCell(s.row, c); err != nil {
			return false, err
		}
	}
	if s.size += len(s.row) + cellCost*len(cells); s.size > connectors.MaxResultBytes {
		return false, s.full()
	}
	s.n++
	if s.buf = append(s.buf, s.row...); len(s.buf) < rowBatch {
		return true, nil
	}
	return true, s.flush()
}

// full ends a result where its next row finds no room.
func (s *Sink) full() error {
	if s.n == 0 {
		return connectors.Errorf(connectors.CodeTooLarge, "A single row is larger than a result may be.")
	}
	s.truncated = true
	return nil
}

func (s *Sink) flush() error {
	if len(s.buf) == 0 {
		return nil
	}
	err := writeFrame(s.w, frameRows, s.buf)
	s.buf = s.buf[:0]
	return err
}
