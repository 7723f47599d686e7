package duckdb

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/confine"
)

const (
	// killAfter is how long a worker may take to stop by itself once a query's time
	// is up. Interrupting takes the engine a few milliseconds where it works at all.
	killAfter = 500 * time.Millisecond
	// openWithin bounds the start of a worker, which takes some 20 ms.
	openWithin = 15 * time.Second
	// addressRoom is the address space of a worker above the engine's memory limit:
	// code, stacks and allocator arenas, and what functions hold that do not ask the
	// limit.
	addressRoom = 4 << 30
	maxColumns  = 4096
)

// worker is the parent's end of one worker process. One query runs at a time.
type worker struct {
	proc *confine.Process
	out  *bufio.Reader
	next uint64 // id of the last query

	mu sync.Mutex // held while a frame is written
}

// startWorker starts a worker on open and waits until it is ready.
func startWorker(ctx, life context.Context, open openRequest) (*worker, error) {
	proc, err := confine.Start(life, confine.Spec{
		Role:   RoleQuery,
		Limits: confine.Limits{AddressSpace: open.Memory + addressRoom},
	})
	if err != nil {
		return nil, &connectors.Error{Code: connectors.CodeUnavailable, Message: "The query engine cannot be started.", Err: err}
	}
	w := &worker{proc: proc, out: bufio.NewReaderSize(proc.Stdout, rowBatch)}
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	stop := context.AfterFunc(ctx, proc.Kill)
	defer stop()
	if err := w.open(open); err != nil {
		proc.Close()
		return nil, err
	}
	return w, nil
}

func (w *worker) open(open openRequest) error {
	if err := w.send(frameOpen, open); err != nil {
		return w.lost(err)
	}
	kind, body, err := readFrame(w.out, maxFrame)
	if err != nil {
		return w.lost(err)
	}
	if kind == frameReady {
		return nil
	}
	var end endMessage
	if kind != frameEnd || json.Unmarshal(body, &end) != nil || end.Code == "" {
		return w.lost(errBadFrame)
	}
	return end.err()
}

func (w *worker) send(kind byte, message any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return writeMessage(w.proc.Stdin, kind, message)
}

// alive reports whether the process still runs, as far as is known.
func (w *worker) alive() bool {
	select {
	case <-w.proc.Done():
		return false
	default:
		return true
	}
}

// errUntouched marks a worker that was lost before it had the query, as one that
// died while it was idle is.
var errUntouched = errors.New("worker was gone")

// ask runs one query and reports whether the worker can be used again. ctx carries
// the deadline.
func (w *worker) ask(ctx context.Context, req queryRequest) (res *connectors.Result, reusable bool, err error) {
	w.next++
	req.ID = w.next
	unwatch := w.watch(ctx, req.ID)
	res, end, err := w.converse(req)
	killed := unwatch()
	if err != nil && ctx.Err() != nil {
		// The time is up: how the worker ends is of no interest to whoever waits.
		return nil, false, err
	}
	if err != nil {
		return nil, false, w.lost(err)
	}
	if failure := end.err(); failure != nil {
		return nil, !end.Broken && !killed, failure
	}
	return res, !killed, nil
}

// watch cancels the query when ctx ends and kills the worker when that does not
// help. The function it returns ends the watch and reports whether the worker was
// killed.
func (w *worker) watch(ctx context.Context, id uint64) (unwatch func() (killed bool)) {
	answered, watched := make(chan struct{}), make(chan bool)
	go func() {
		select {
		case <-answered:
			watched <- false
			return
		case <-ctx.Done():
		}
		// The timer comes first: writing may block on a worker that reads nothing.
		timer := time.AfterFunc(killAfter, w.proc.Kill)
		_ = w.send(frameCancel, cancelRequest{ID: id})
		<-answered
		watched <- !timer.Stop()
	}()
	return func() bool {
		close(answered)
		return <-watched
	}
}

// converse sends a query and reads its answer. An error means that the worker is
// lost.
func (w *worker) converse(req queryRequest) (*connectors.Result, endMessage, error) {
	var end endMessage
	if err := w.send(frameQuery, req); err != nil {
		return nil, end, fmt.Errorf("%w: %w", errUntouched, err)
	}
	if kind, _, err := readFrame(w.out, maxFrame); err != nil {
		return nil, end, fmt.Errorf("%w: %w", errUntouched, err)
	} else if kind != frameBegun {
		return nil, end, errBadFrame
	}
	res := &connectors.Result{}
	rows := rowReader{maxRows: req.MaxRows}
	for {
		kind, body, err := readFrame(w.out, maxFrame)
		if err != nil {
			return nil, end, err
		}
		switch kind {
		case frameColumns:
			if err := json.Unmarshal(body, &res.Columns); err != nil {
				return nil, end, fmt.Errorf("%w: %w", errBadFrame, err)
			}
			if rows.columns = len(res.Columns); rows.columns > maxColumns {
				return nil, end, errBadFrame
			}
		case frameRows:
			if err := rows.read(body); err != nil {
				return nil, end, err
			}
		case frameEnd:
			if json.Unmarshal(body, &end) != nil || end.ID != req.ID {
				return nil, end, errBadFrame
			}
			res.Rows, res.Truncated, res.Elapsed = rows.rows, end.Truncated, end.Elapsed
			return res, end, nil
		default:
			return nil, end, errBadFrame
		}
	}
}

// lost says what became of a worker that stopped talking sense. It waits for the
// end of the process, which has been killed or has closed its pipe by exiting.
func (w *worker) lost(cause error) *connectors.Error {
	w.proc.Kill()
	var exit *confine.ExitError
	errors.As(w.proc.Wait(), &exit)
	err := &connectors.Error{Code: connectors.CodeUnavailable, Message: "The query engine stopped while it was working.", Err: cause}
	if exit == nil {
		return err
	}
	err.Err = fmt.Errorf("%w: %w", cause, exit)
	if exit.OutOfMemory {
		err.Code, err.Message = connectors.CodeTooLarge, "The query needs more memory than it may use."
	}
	return err
}

func logWorker(log *slog.Logger, message string, w *worker, err error) {
	log.Warn("duckdb: "+message, "pid", w.proc.Pid(), "error", err)
}
