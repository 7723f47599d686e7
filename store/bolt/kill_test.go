//go:build unix

package bolt_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

// childLives asks questions and answers them until it is killed. It prints each
// question when the store has acknowledged it.
func childLives(dir string) error {
	s, err := bolt.Open(context.Background(), dir, bolt.Options{})
	if err != nil {
		return err
	}
	var out sync.Mutex
	var next atomic.Int64
	next.Store(time.Now().UnixNano())
	for range 4 {
		go func() {
			for {
				name := strconv.FormatInt(next.Add(1), 10)
				id, err := askOnce(s, name)
				out.Lock()
				fmt.Fprintln(os.Stdout, name, id, err)
				out.Unlock()
			}
		}()
	}
	return s.Work(context.Background(), store.WorkOptions{Concurrency: 3, Handlers: map[string]store.Handler{"ask": answerOnce}})
}

func askOnce(s store.Store, name string) (id string, err error) {
	err = s.Update(context.Background(), func(tx store.Tx) error {
		var added bool
		id, added, err = tx.Enqueue(store.NewJob{
			Kind: "ask", Unique: name, Owner: "u", Mailbox: "room" + name[len(name)-1:], Payload: []byte(name), MaxAttempts: 1000,
		})
		if err != nil || !added {
			return errors.Join(err, fmt.Errorf("added: %v", added))
		}
		return tx.Put("question", name, []byte(id))
	})
	return id, err
}

// answerOnce counts how often a question was answered.
func answerOnce(ctx context.Context, c store.Claim) error {
	name := string(c.Job().Payload)
	return c.Finish(ctx, store.Done, func(tx store.Tx) error {
		count, err := tx.Get("answer", name)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return tx.Put("answer", name, append(count, '1'))
	})
}

// TestKill kills a process at random moments and asks each time whether anything
// that it acknowledged was lost or done twice.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	acknowledged := map[string]string{} // question → job
	for round := range 25 {
		liveAndDie(t, dir, round%4 != 0, acknowledged)
		s, err := bolt.Open(t.Context(), dir, bolt.Options{})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		checkAnswers(t, s, acknowledged)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		checkBuckets(t, dir)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	t.Logf("%d questions were acknowledged", len(acknowledged))
	if len(acknowledged) == 0 {
		t.Error("every process was killed before it did anything")
	}
	s := openStore(t, dir, bolt.Options{})
	stop := workUntil(t, s, 8, answerOnce)
	for _, id := range acknowledged {
		awaitDone(t, s, id)
	}
	stop()
	checkAnswers(t, s, acknowledged)
}

// liveAndDie starts a process, kills it, at work or already while it starts, and adds
// what it acknowledged.
func liveAndDie(t *testing.T, dir string, atWork bool, acknowledged map[string]string) {
	t.Helper()
	cmd := child(t, "live", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	soon := time.Duration(rand.IntN(80)) * time.Millisecond
	if !atWork {
		kill.Reset(soon)
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		if atWork && n == 0 {
			kill.Reset(soon)
		}
		name, rest, _ := strings.Cut(lines.Text(), " ")
		id, fault, whole := strings.Cut(rest, " ")
		if whole && fault != "<nil>" {
			t.Errorf("the process said %q", lines.Text())
		}
		if whole {
			acknowledged[name] = id
		}
	}
	if err := cmd.Wait(); cmd.ProcessState.Success() || err == nil {
		t.Error("the process ended by itself")
	}
}

func checkAnswers(t *testing.T, s *bolt.Store, acknowledged map[string]string) {
	t.Helper()
	questions, answers := map[string]string{}, map[string]string{}
	err := s.View(t.Context(), func(tx store.ReadTx) error {
		return errors.Join(
			tx.Scan("question", store.Range{}, func(k string, v []byte) bool { questions[k] = string(v); return true }),
			tx.Scan("answer", store.Range{}, func(k string, v []byte) bool { answers[k] = string(v); return true }),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, id := range acknowledged {
		if questions[name] != id {
			t.Errorf("question %s was acknowledged as %s and is %q", name, id, questions[name])
		}
	}
	for name, id := range questions {
		job, _, err := s.Peek(t.Context(), id)
		if err != nil {
			t.Fatalf("question %s: %v", name, err)
		}
		want := map[store.State]string{store.Queued: "", store.Done: "1"}
		if answer, fine := want[job.State]; !fine || answers[name] != answer {
			t.Errorf("question %s is %s and has answers %q", name, job.State, answers[name])
		}
	}
	if len(answers) > len(questions) {
		t.Errorf("%d answers to %d questions", len(answers), len(questions))
	}
}

// checkBuckets looks into the closed file for jobs that are both waiting and ended.
func checkBuckets(t *testing.T, dir string) {
	t.Helper()
	edit(t, dir, func(tx *bbolt.Tx) error {
		jobs, ended, unique := tx.Bucket([]byte("jobs")), tx.Bucket([]byte("ended")), tx.Bucket([]byte("unique"))
		both := 0
		count := 0
		for _, b := range []*bbolt.Bucket{jobs, ended} {
			_ = b.ForEach(func(id, _ []byte) error {
				count++
				if jobs.Get(id) != nil && ended.Get(id) != nil {
					both++
				}
				return nil
			})
		}
		if both > 0 {
			t.Errorf("%d jobs of %s both wait and have ended", both, filepath.Base(dir))
		}
		if n := unique.Stats().KeyN; n != count {
			t.Errorf("%d jobs for %d unique keys", count, n)
		}
		return nil
	})
}

func awaitDone(t *testing.T, s *bolt.Store, id string) {
	t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for {
		job, _, err := s.Peek(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if job.State == store.Done {
			return
		}
		select {
		case <-again.C:
		case <-deadline.C:
			t.Fatalf("job %s is %s", id, job.State)
		}
	}
}
