package duckdb

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	driver "github.com/duckdb/duckdb-go/v2"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/confine"
)

// RoleQuery is the role of a query worker.
const RoleQuery = "duckdb-query"

// Roles are the roles that confine.Main must know for Open to work.
func Roles() map[string]func(in io.Reader, out io.Writer) int {
	return map[string]func(in io.Reader, out io.Writer) int{RoleQuery: serve}
}

// maxRequest bounds a frame of the parent, which is trusted: statement and names.
const maxRequest = 16 << 20

// serve is the life of a worker: it opens the database that it is told to, gives up
// what it no longer needs, and answers queries one after the other.
func serve(in io.Reader, out io.Writer) int {
	ctx := context.Background()
	r, w := bufio.NewReader(in), bufio.NewWriterSize(out, rowBatch)
	e, err := open(ctx, r)
	if err != nil {
		return say(w, frameEnd, refusal(err))
	}
	defer e.close()
	if status := say(w, frameReady, struct{}{}); status != 0 {
		return status
	}
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
		end := e.answer(next.ctx, next.req, w)
		q.finish(next)
		if status := say(w, frameEnd, end); status != 0 || end.Broken {
			return 1
		}
	}
	<-done
	return 0
}

// open opens what the first frame names. The worker runs as root only until the
// file is open.
func open(ctx context.Context, r io.Reader) (*engine, error) {
	kind, body, err := readFrame(r, maxRequest)
	if err != nil {
		return nil, err
	}
	var req openRequest
	if kind != frameOpen {
		return nil, errBadFrame
	}
	if err := json.Unmarshal(body, &req); err != nil {
		return nil, err
	}
	e, err := openEngine(ctx, req)
	if err != nil {
		return nil, err
	}
	if err := confine.DropPrivileges(); err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

// refusal says why a database was not opened.
func refusal(err error) endMessage {
	end := endMessage{Code: connectors.CodeUnavailable, Message: "The database cannot be opened.", Detail: err.Error(), Broken: true}
	var failed *driver.Error
	if errors.As(err, &failed) && failed.Type == driver.ErrorTypeIO || errors.As(err, &failed) && failed.Type == driver.ErrorTypeSerialization {
		end.Code, end.Message = connectors.CodeBadData, "The file is not a database that can be read."
	}
	return end
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
	req queryRequest
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
			var req queryRequest
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

func (q *queue) begin(ctx context.Context, req queryRequest) query {
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
func (e *engine) answer(ctx context.Context, req queryRequest, w *bufio.Writer) endMessage {
	out := &batches{w: w}
	var truncated bool
	elapsed, err := timed(func() (err error) {
		if truncated, err = e.query(ctx, req, out); err != nil {
			return err
		}
		return out.flush()
	})
	end := endMessage{Truncated: truncated}
	if err != nil {
		end = e.failure(ctx, err)
	}
	end.ID, end.Elapsed = req.ID, elapsed
	return end
}

// batches sends rows a good many at a time.
type batches struct {
	w   *bufio.Writer
	buf []byte
}

func (b *batches) columns(c []connectors.Column) error { return writeMessage(b.w, frameColumns, c) }

func (b *batches) row(cells []byte) error {
	b.buf = append(b.buf, cells...)
	if len(b.buf) < rowBatch {
		return nil
	}
	return b.flush()
}

func (b *batches) flush() error {
	if len(b.buf) == 0 {
		return nil
	}
	err := writeFrame(b.w, frameRows, b.buf)
	b.buf = b.buf[:0]
	return err
}
