//go:build unix

package postgres_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/postgres"
)

// childDSN names the environment variable by which the test binary, started again,
// knows that it is another process of a fleet: a worker on the store there.
const childDSN = "POSTGRES_TEST_CHILD"

// childLease is long enough for processes on a machine that is busy with other tests: one
// that stands still for so long by chance loses its jobs, which no test here expects.
const childLease = 6 * time.Second

// worker is such a process.
type worker struct {
	cmd   *exec.Cmd
	stdin io.Closer
	out   *bufio.Scanner
}

// startWorker starts a worker. Its mode says what it does with a job (see runChild).
// It works until it is stopped or killed.
func startWorker(t testing.TB, dsn, mode, dir string) *worker {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := &worker{cmd: exec.Command(self, mode, dir)}
	w.cmd.Env = append(os.Environ(), childDSN+"="+dsn)
	w.cmd.Stderr = os.Stderr
	in, ierr := w.cmd.StdinPipe()
	out, oerr := w.cmd.StdoutPipe()
	if err := errors.Join(ierr, oerr, w.cmd.Start()); err != nil {
		t.Fatal(err)
	}
	w.stdin, w.out = in, bufio.NewScanner(out)
	t.Cleanup(w.kill)
	if !w.out.Scan() || w.out.Text() != "ready" {
		t.Fatalf("worker says %q: %v", w.out.Text(), w.out.Err())
	}
	return w
}

// kill ends the process as a crash does.
func (w *worker) kill() {
	_ = w.cmd.Process.Kill()
	_ = w.cmd.Wait() // it ends as what was killed ends
}

// runChild works jobs until standard input ends. In mode "tell" it prints when each
// began. In mode "guard" it holds a lock on a file for each mailbox while it runs a job
// of it, which the system lets go when the process dies, and prints what should not be.
func runChild(dsn string) int {
	mode, dir := os.Args[1], os.Args[2]
	ctx := context.Background()
	opts := postgres.Options{}
	if mode == "skewed" {
		opts.Now = func() time.Time { return time.Now().Add(time.Duration(os.Getpid()%7-3) * 20 * time.Minute) }
		mode = "guard"
	}
	s, err := postgres.Open(ctx, dsn, opts)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, stop := context.WithCancel(ctx)
	fmt.Fprintln(os.Stdout, "ready")
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	c := &child{dir: dir, out: bufio.NewWriter(os.Stdout)}
	handler := map[string]store.Handler{"tell": c.tell, "guard": c.guard}[mode]
	err = s.Work(ctx, store.WorkOptions{Concurrency: 16, Lease: childLease, Handlers: map[string]store.Handler{"ask": handler}})
	if err := errors.Join(err, s.Close(), c.out.Flush()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

type child struct {
	dir string
	mu  sync.Mutex
	out *bufio.Writer
}

func (c *child) say(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(c.out, format+"\n", args...)
	_ = c.out.Flush()
}

func (c *child) tell(ctx context.Context, claim store.Claim) error {
	c.say("%s %d", claim.Job().Payload, time.Now().UnixNano())
	return claim.Finish(ctx, store.Done, func(tx store.Tx) error {
		return tx.Put("answer", claim.Job().ID, []byte(`{"text":"매출은 12억 원입니다"}`))
	})
}

// guard expects the jobs of a mailbox in the order of their payloads, which count from 0.
func (c *child) guard(ctx context.Context, claim store.Claim) error {
	job := claim.Job()
	f, err := os.OpenFile(filepath.Join(c.dir, job.Mailbox), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		c.say("mailbox %s: two jobs at once: %v", job.Mailbox, err)
	}
	busy := time.NewTimer(rand.N(20 * time.Millisecond))
	defer busy.Stop()
	select {
	case <-busy.C:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if err := f.Close(); err != nil { // the next may begin as soon as this one has ended
		return err
	}
	err = claim.Finish(ctx, store.Done, func(tx store.Tx) error {
		next := 0
		value, err := tx.Get("next", job.Mailbox)
		if err == nil {
			next, err = strconv.Atoi(string(value))
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if got := string(job.Payload); got != strconv.Itoa(next) {
			c.say("mailbox %s: job %s when %d is next", job.Mailbox, got, next)
		}
		return tx.Put("next", job.Mailbox, []byte(strconv.Itoa(next+1)))
	})
	if err != nil && !errors.Is(err, store.ErrFenced) && ctx.Err() == nil {
		c.say("finish: %v", err)
	}
	return err
}
