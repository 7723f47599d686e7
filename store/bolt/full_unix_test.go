//go:build unix

package bolt_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

// limitFiles keeps the files of this process from growing beyond size.
func limitFiles(size uint64) error {
	signal.Ignore(syscall.SIGXFSZ)
	limit := unix.Rlimit{}
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = min(size, limit.Max)
	return unix.Setrlimit(unix.RLIMIT_FSIZE, &limit)
}

// childIsLimited works in a process whose files may not grow beyond 2 MB.
func childIsLimited(dir string) error {
	s, err := bolt.Open(context.Background(), dir, bolt.Options{})
	if err != nil {
		return err
	}
	if err := limitFiles(2 << 20); err != nil {
		return errors.Join(err, s.Close())
	}
	return errors.Join(fill(s), s.Close())
}

func TestFileMayNotGrow(t *testing.T) {
	t.Parallel()
	out, err := child(t, "limited", t.TempDir()).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// lines passes on what is logged.
type lines chan string

func (l lines) Write(p []byte) (int, error) { l <- string(p); return len(p), nil }

// childWorksOn fills the store to the last page while a job runs and another has no
// worker yet. The end of the first and the claim of the second then cannot be
// written, until there is room again.
func childWorksOn(dir string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	logged := make(lines, 1000)
	s, err := bolt.Open(ctx, dir, bolt.Options{Logger: slog.New(slog.NewTextHandler(logged, nil))})
	if err != nil {
		return err
	}
	release, running, ended := make(chan struct{}), make(chan string, 2), make(chan error, 2)
	workOn := func(kind string) {
		ended <- s.Work(ctx, store.WorkOptions{Handlers: map[string]store.Handler{kind: func(_ context.Context, c store.Claim) error {
			running <- c.Job().ID
			<-release
			return nil
		}}})
	}
	first, err1 := enqueueKind(s, "first")
	second, err2 := enqueueKind(s, "second")
	go workOn("first")
	if id := <-running; id != first {
		return fmt.Errorf("%s ran, not %s", id, first)
	}
	if err := errors.Join(err1, err2, limitFiles(3<<20), fillUp(s)); err != nil {
		return err
	}
	go workOn("second")
	if err := logged.await("claims=1", store.ErrFull.Error()); err != nil {
		return err
	}
	close(release)
	if err := logged.await("end job", store.ErrFull.Error()); err != nil {
		return err
	}
	if err := errors.Join(isIn(s, first, store.Running), isIn(s, second, store.Queued), limitFiles(1<<40)); err != nil {
		return err
	}
	if id := <-running; id != second {
		return fmt.Errorf("%s ran, not %s", id, second)
	}
	cancel()
	return errors.Join(<-ended, <-ended, isIn(s, first, store.Done), isIn(s, second, store.Done), s.Close())
}

func enqueueKind(s store.Store, kind string) (id string, err error) {
	err = s.Update(context.Background(), func(tx store.Tx) error {
		// Large, so that writing the job again takes pages that are not left.
		id, _, err = tx.Enqueue(store.NewJob{Kind: kind, Payload: make([]byte, 256<<10)})
		return err
	})
	return id, err
}

func isIn(s store.Queue, id string, state store.State) error {
	job, _, err := s.Peek(context.Background(), id)
	if err == nil && (job.State != state || job.Attempt > 1) {
		err = fmt.Errorf("job %+v, want %s", job, state)
	}
	return err
}

// fillUp writes less and less until nothing has room.
func fillUp(s *bolt.Store) error {
	n := 0
	for size := 64 << 10; size > 0; size /= 2 {
		var err error
		for ; err == nil; n++ {
			err = s.Update(context.Background(), func(tx store.Tx) error {
				return tx.Put("note", fmt.Sprintf("%06d", n), make([]byte, size))
			})
		}
		if !errors.Is(err, store.ErrFull) {
			return err
		}
	}
	return nil
}

// await waits for a line that contains all of the texts.
func (l lines) await(texts ...string) error {
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	for {
		select {
		case line := <-l:
			found := 0
			for _, text := range texts {
				if strings.Contains(line, text) {
					found++
				}
			}
			if found == len(texts) {
				return nil
			}
		case <-deadline.C:
			return fmt.Errorf("nothing logged like %q", texts)
		}
	}
}

// TestWorksOnAfterFull proves that a full disk loses neither the end of a job nor a
// job that could not be claimed.
func TestWorksOnAfterFull(t *testing.T) {
	t.Parallel()
	out, err := child(t, "works", t.TempDir()).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
