package storetest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/bapsang/bapsang/store"
)

// fleetTests are of two processes on one store.
func fleetTests() map[string]func(t *testing.T, one, two Subject) {
	return map[string]func(t *testing.T, one, two Subject){
		"updates are serialised between processes": serialisedBetween,
		"a unique key makes one job between them":  uniqueBetween,
		"processes share the jobs":                 processesShare,
		"a cancel reaches the other process":       cancelReaches,
		"a listener elsewhere is woken":            listenerElsewhere,
		"both know how many are ahead":             bothKnowAhead,
		"a silent worker loses its jobs":           silentWorker,
	}
}

func serialisedBetween(t *testing.T, one, two Subject) {
	put(t, one, "note", "n", "0")
	var all sync.WaitGroup
	for i := range 8 {
		s := []Subject{one, two}[i%2]
		all.Go(func() {
			for range 10 {
				err := s.Update(t.Context(), func(tx store.Tx) error {
					value, err := tx.Get("note", "n")
					if err != nil {
						return err
					}
					n, err := strconv.Atoi(string(value))
					return errors.Join(err, tx.Put("note", "n", []byte(strconv.Itoa(n+1))))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if got := get(t, two, "note", "n"); got != "80" {
		t.Errorf("counted to %s of 80", got)
	}
}

func uniqueBetween(t *testing.T, one, two Subject) {
	var mu sync.Mutex
	added := 0
	ids := map[string]bool{}
	var all sync.WaitGroup
	for i := range 20 {
		s := []Subject{one, two}[i%2]
		all.Go(func() {
			var id string
			var isNew bool
			err := s.Update(t.Context(), func(tx store.Tx) (err error) {
				id, isNew, err = tx.Enqueue(store.NewJob{Kind: "ask", Unique: "event", Owner: "u"})
				return err
			})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if ids[id] = true; isNew {
				added++
			}
		})
	}
	all.Wait()
	if added != 1 || len(ids) != 1 {
		t.Errorf("%d were added, with the ids %v", added, ids)
	}
	next := enqueue(t, two, ask("u", ""))[0]
	if job := peek(t, one, next); job.Priority != 2 {
		t.Errorf("the owner's second job has priority %d", job.Priority)
	}
}

func processesShare(t *testing.T, one, two Subject) {
	jobs := randomJobs(t, 80)
	var mu sync.Mutex
	running, served := map[string]string{}, map[string][]string{}
	runs := map[string]int{}
	ended := make(chan struct{}, 2*len(jobs))
	opts := handle(3, func(ctx context.Context, c store.Claim) error {
		box, name := c.Job().Mailbox, string(c.Job().Payload)
		mu.Lock()
		if other := running[box]; box != "" && other != "" {
			t.Errorf("%s runs beside %s", name, other)
		}
		running[box] = name
		served[box] = append(served[box], name)
		runs[name]++
		mu.Unlock()
		err := c.Finish(ctx, store.Done, func(store.Tx) error {
			mu.Lock()
			defer mu.Unlock()
			running[box] = "" // the next may begin as soon as this one has ended
			return nil
		})
		ended <- struct{}{}
		return err
	})
	work(t, one, opts)
	work(t, two, opts)
	// Of a mailbox's jobs one process enqueues all, so that there is an order.
	enqueue(t, one, slices.DeleteFunc(slices.Clone(jobs), func(j store.NewJob) bool { return j.Mailbox >= "box3" })...)
	enqueue(t, two, slices.DeleteFunc(slices.Clone(jobs), func(j store.NewJob) bool { return j.Mailbox < "box3" })...)
	for range jobs {
		receive(t, ended, "end of a job")
	}
	mu.Lock()
	defer mu.Unlock()
	for name, n := range runs {
		if n != 1 {
			t.Errorf("%s ran %d times", name, n)
		}
	}
	for box, order := range served {
		if box != "" && !slices.IsSorted(order) {
			t.Errorf("%s was served in the order %q", box, order)
		}
	}
}

func cancelReaches(t *testing.T, one, two Subject) {
	began := make(chan struct{})
	work(t, two, handle(1, func(ctx context.Context, c store.Claim) error {
		close(began)
		<-ctx.Done()
		wantError(t, context.Cause(ctx), store.ErrCancelled)
		return c.Finish(ctx, store.Cancelled, func(tx store.Tx) error { return tx.Put("note", "answer", []byte("stopped")) })
	}))
	id := enqueue(t, one, ask("u", ""))[0]
	receive(t, began, "start")
	must(t, one.Cancel(t.Context(), id))
	await(t, one, id, store.Cancelled)
	if got := get(t, one, "note", "answer"); got != "stopped" {
		t.Errorf("the handler wrote %q", got)
	}
}

func listenerElsewhere(t *testing.T, one, two Subject) {
	topic := "a topic of any length: " + string(make([]byte, 10_000))
	woken := two.Listen(t.Context(), topic)
	for i := range 3 {
		must(t, one.Update(t.Context(), func(tx store.Tx) error {
			tx.Notify(topic)
			return tx.Put("note", "n", []byte(strconv.Itoa(i)))
		}))
		receive(t, woken, "value")
		if got := get(t, two, "note", "n"); got != strconv.Itoa(i) {
			t.Errorf("woken before what it was woken for: %s, want %d", got, i)
		}
	}
}

func bothKnowAhead(t *testing.T, one, two Subject) {
	ids := enqueue(t, one, ask("a", "room"), ask("b", "room"), ask("c", ""))
	awaitAhead(t, two, ids[2], 2)
	must(t, one.Cancel(t.Context(), ids[0]))
	awaitAhead(t, two, ids[2], 1)
	enqueue(t, two, ask("d", ""))
	awaitAhead(t, one, ids[2], 1)
}

// silentWorker has the process of a running job fall silent for longer than its lease.
// The job runs again elsewhere; the worker that comes back learns that it is fenced.
func silentWorker(t *testing.T, one, two Subject) {
	id := enqueue(t, two, ask("u", "room"))[0]
	claims, causes := make(chan store.Claim, 1), make(chan error, 1)
	work(t, two, watchful(handle(1, func(ctx context.Context, c store.Claim) error {
		if c.Job().ID != id {
			return nil
		}
		claims <- c
		<-ctx.Done()
		causes <- context.Cause(ctx)
		return ctx.Err()
	})))
	zombie := receive(t, claims, "claim")
	next := enqueue(t, two, ask("v", "room"))[0]
	speak := two.Silence(t)
	runs := make(chan store.Job, 2)
	stop := work(t, one, watchful(handle(1, func(ctx context.Context, c store.Claim) error {
		runs <- c.Job()
		return c.Finish(ctx, store.Done, func(tx store.Tx) error { return tx.Put("note", c.Job().ID, []byte("answer")) })
	})))
	if job := receive(t, runs, "run elsewhere"); job.ID != id || job.Attempt != 2 || job.LastError == "" {
		t.Errorf("first run elsewhere: %+v", job)
	}
	await(t, one, next, store.Done)
	stop()
	speak()
	wantError(t, receive(t, causes, "end of the silent handler's context"), store.ErrFenced)
	wantFenced(t, zombie)
	if got := get(t, one, "note", id) + get(t, one, "note", "zombie"); got != "answer" {
		t.Errorf("the store holds %q", got)
	}
	await(t, one, enqueue(t, one, ask("w", ""))[0], store.Done) // by the worker that came back
}
