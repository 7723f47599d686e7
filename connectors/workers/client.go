package workers

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/confine"
)

const (
	// killAfter is how long a worker may take to stop by itself once a query's time is up or
	// somebody has given it up. Interrupting takes the engine a few milliseconds where it
	// works at all; whoever waits for less kills workers of a machine that is merely busy,
	// and a fresh one takes 20 ms. What runs on the company's behalf ends within half a second.
	killAfter = 200 * time.Millisecond
	// openWithin bounds the start of a worker, which takes some 20 ms, and a thousand times
	// that on a machine that is busy with much else.
	openWithin = time.Minute
	// exitWithin is how long a worker may take to end that has closed its pipe.
	exitWithin = time.Second
	maxColumns = 4096
)

// worker is the parent's end of one worker process. One query runs at a time.
type worker struct {
	proc *confine.Process
	out  *bufio.Reader
	next uint64 // id of the last query
	// stamp is what Config.Stamp said when it was started.
	stamp string

	mu sync.Mutex // held while a frame is written
}

// start starts a worker and waits until its engine is open.
func (p *Pool) start(ctx context.Context) (*worker, error) {
	stamp, err := p.stamp()
	if err != nil {
		return nil, err
	}
	proc, err := confine.Start(p.life.Context(), confine.Spec{Role: p.cfg.Role, Limits: p.cfg.Limits})
	if err != nil {
		return nil, &connectors.Error{Code: connectors.CodeUnavailable, Message: "The query engine cannot be started.", Err: err}
	}
	w := &worker{proc: proc, out: bufio.NewReaderSize(proc.Stdout, rowBatch), stamp: stamp}
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	stop := context.AfterFunc(ctx, proc.Kill)
	defer stop()
	if err := w.open(p.cfg.Open); err != nil {
		proc.Close()
		return nil, err
	}
	return w, nil
}

func (w *worker) open(with any) error {
	if err := w.send(frameOpen, with); err != nil {
		return w.lost(err)
	}
	kind, body, err := readFrame(w.out, maxFrame)
	if err != nil {
		return w.lost(err)
	}
	if kind == frameReady {
		return nil
	}
	var end End
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
func (w *worker) ask(ctx context.Context, req Request) (res *connectors.Result, reusable bool, err error) {
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
		timer := time.AfterFunc(killAfter, w.abandon)
		_ = w.send(frameCancel, cancelRequest{ID: id})
		<-answered
		watched <- !timer.Stop()
	}()
	return func() bool {
		close(answered)
		return <-watched
	}
}

// abandon kills the worker and has nobody wait for its end, which takes the system a while:
// there may be gigabytes to give back.
func (w *worker) abandon() {
	w.proc.Kill()
	_ = w.proc.Stdout.SetReadDeadline(time.Unix(0, 0))
}

// converse sends a query and reads its answer. An error means that the worker is
// lost.
func (w *worker) converse(req Request) (*connectors.Result, End, error) {
	var end End
	if err := w.send(frameQuery, req); err != nil {
		return nil, end, fmt.Errorf("%w: %w", errUntouched, err)
	}
	if kind, _, err := readFrame(w.out, maxFrame); err != nil {
		return nil, end, fmt.Errorf("%w: %w", errUntouched, err)
	} else if kind != frameBegun {
		return nil, end, errBadFrame
	}
	res := &connectors.Result{}
	rows, named := rowReader{maxRows: req.MaxRows}, false
	for {
		kind, body, err := readFrame(w.out, maxFrame)
		if err != nil {
			return nil, end, err
		}
		switch kind {
		case frameColumns:
			if named { // or rows had other columns than the result
				return nil, end, errBadFrame
			}
			named = true
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
// end of the process, which has been killed or has closed its pipe by exiting. One that is
// exiting is let end by itself, or its end would say that it was killed, and not why.
func (w *worker) lost(cause error) *connectors.Error {
	if errors.Is(cause, io.EOF) || errors.Is(cause, io.ErrUnexpectedEOF) || errors.Is(cause, syscall.EPIPE) {
		late := time.NewTimer(exitWithin)
		select {
		case <-w.proc.Done():
		case <-late.C:
		}
		late.Stop()
	}
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
