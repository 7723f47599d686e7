package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/store"
)

func queueTests() map[string]func(t *testing.T, s Subject) {
	return map[string]func(t *testing.T, s Subject){
		"stores what was enqueued":             storesJobs,
		"a unique key makes one job":           uniqueMakesOne,
		"everybody's first before any second":  claimOrder,
		"ahead is the order of claims":         aheadIsOrder,
		"a mailbox is served in order":         mailboxInOrder,
		"ahead knows mailboxes":                aheadKnowsMailboxes,
		"a delayed job waits":                  delayedWaits,
		"order survives reopening":             orderSurvives,
		"jobs without a handler are left":      otherKindsLeft,
		"workers share the jobs":               workersShare,
		"a waiting job is cancelled":           cancelWaiting,
		"cancel and peek know what is unknown": unknownJobs,
	}
}

func storesJobs(t *testing.T, s Subject) {
	before := time.Now().Add(-time.Second)
	later := time.Now().Add(time.Hour)
	ids := enqueue(t, s,
		store.NewJob{Kind: "ask", Mailbox: "방", Owner: "u", Payload: []byte{0, 255}, NotBefore: later, MaxAttempts: 7, Background: true},
		store.NewJob{Kind: "ask"},
	)
	job := peek(t, s, ids[0])
	if job.EnqueuedAt.Before(before) || job.EnqueuedAt.After(time.Now().Add(time.Second)) {
		t.Errorf("enqueued at %v", job.EnqueuedAt)
	}
	if !job.NotBefore.Equal(later) {
		t.Errorf("not before %v, want %v", job.NotBefore, later)
	}
	job.EnqueuedAt, job.NotBefore = time.Time{}, time.Time{}
	want := store.Job{ID: ids[0], Kind: "ask", Mailbox: "방", Owner: "u", Background: true, Priority: 1, State: store.Queued, MaxAttempts: 7}
	if string(job.Payload) != "\x00\xff" {
		t.Errorf("payload %q", job.Payload)
	}
	job.Payload = nil
	if fmt.Sprint(job) != fmt.Sprint(want) {
		t.Errorf("job is %+v, want %+v", job, want)
	}
	if plain := peek(t, s, ids[1]); plain.MaxAttempts != 3 || plain.Priority != 1 || !plain.NotBefore.IsZero() {
		t.Errorf("defaults: %+v", plain)
	}
	if ids[0] >= ids[1] {
		t.Errorf("ids do not grow: %s, %s", ids[0], ids[1])
	}
}

func uniqueMakesOne(t *testing.T, s Subject) {
	job := store.NewJob{Kind: "ask", Unique: "event-1"}
	var mu sync.Mutex
	added := map[string]int{}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			var id string
			var isNew bool
			err := s.Update(t.Context(), func(tx store.Tx) (err error) {
				id, isNew, err = tx.Enqueue(job)
				return err
			})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if isNew {
				added[id]++
			} else {
				added[id] += 0
			}
		})
	}
	all.Wait()
	if len(added) != 1 {
		t.Fatalf("jobs: %v", added)
	}
	must(t, s.Update(t.Context(), func(tx store.Tx) error {
		first, _, err := tx.Enqueue(store.NewJob{Kind: "ask", Unique: "event-2"})
		must(t, err)
		second, isNew, err := tx.Enqueue(store.NewJob{Kind: "ask", Unique: "event-2"})
		if isNew || first != second {
			t.Errorf("same transaction: %s then %s (new: %v)", first, second, isNew)
		}
		return err
	}))
	for id, n := range added {
		if n != 1 {
			t.Errorf("added %d times", n)
		}
		must(t, s.Cancel(t.Context(), id))
		if again := enqueue(t, s, job)[0]; again != id {
			t.Error("the key of an ended job was given to another")
		}
	}
}

// names says which jobs ran, by payload.
func names(t testing.TB, s Subject, n, concurrency int) (order []string) {
	t.Helper()
	ran := make(chan string, n)
	stop := work(t, s, handle(concurrency, func(_ context.Context, c store.Claim) error {
		ran <- string(c.Job().Payload)
		return nil
	}))
	for range n {
		order = append(order, receive(t, ran, "job"))
	}
	stop()
	return order
}

func named(name, owner, mailbox string, background bool) store.NewJob {
	return store.NewJob{Kind: "ask", Payload: []byte(name), Owner: owner, Mailbox: mailbox, Background: background}
}

func claimOrder(t *testing.T, s Subject) {
	enqueue(t, s,
		named("digest", "", "", true),
		named("a1", "a", "", false), named("a2", "a", "", false), named("a3", "a", "", false),
		named("b1", "b", "", false), named("c1", "c", "", false), named("b2", "b", "", false),
		named("nobody's", "", "", false),
		named("d background", "d", "", true), named("d2", "d", "", false),
	)
	wantList(t, names(t, s, 10, 1), "a1", "b1", "c1", "nobody's", "a2", "b2", "d2", "a3", "digest", "d background")
	if job := peek(t, s, enqueue(t, s, ask("a", ""))[0]); job.Priority != 1 {
		t.Errorf("priority %d after all jobs of the owner ended", job.Priority)
	}
}

// randomJobs has owners, mailboxes and backgrounds meet in every way.
func randomJobs(t testing.TB, n int) (jobs []store.NewJob) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	for i := range n {
		box := ""
		if rnd.IntN(3) > 0 {
			box = fmt.Sprint("box", rnd.IntN(6))
		}
		jobs = append(jobs, named(fmt.Sprintf("%03d %s", i, box), fmt.Sprint("u", rnd.IntN(8)), box, rnd.IntN(5) == 0))
	}
	return jobs
}

func aheadIsOrder(t *testing.T, s Subject) {
	jobs := randomJobs(t, 80)
	ids := enqueue(t, s, jobs...)
	expected := make([]string, len(ids))
	for i, id := range ids {
		_, ahead, err := s.Peek(t.Context(), id)
		must(t, err)
		if ahead < 0 || ahead >= len(ids) || expected[ahead] != "" {
			t.Fatalf("job %d has %d ahead, like %q", i, ahead, expected[max(0, min(ahead, len(ids)-1))])
		}
		expected[ahead] = string(jobs[i].Payload)
	}
	wantList(t, names(t, s, len(ids), 1), expected...)
}

func mailboxInOrder(t *testing.T, s Subject) {
	jobs := randomJobs(t, 80)
	enqueue(t, s, jobs...)
	var mu sync.Mutex
	running := map[string]string{}
	served := map[string][]string{}
	ended := make(chan struct{}, len(jobs))
	stop := work(t, s, handle(8, func(_ context.Context, c store.Claim) error {
		box, name := c.Job().Mailbox, string(c.Job().Payload)
		mu.Lock()
		if other := running[box]; box != "" && other != "" {
			t.Errorf("%s runs beside %s", name, other)
		}
		running[box] = name
		served[box] = append(served[box], name)
		mu.Unlock()
		defer func() {
			mu.Lock()
			running[box] = ""
			mu.Unlock()
			ended <- struct{}{}
		}()
		return c.Commit(context.Background(), func(tx store.Tx) error { return tx.Put("note", name, nil) })
	}))
	for range jobs {
		receive(t, ended, "end of a job")
	}
	stop()
	for box, order := range served {
		if box != "" && !slices.IsSorted(order) {
			t.Errorf("%s was served in the order %q", box, order)
		}
	}
}

func aheadKnowsMailboxes(t *testing.T, s Subject) {
	ids := enqueue(t, s,
		named("a1", "a", "", false), named("a2", "a", "room", false), // priority 2
		named("b1", "b", "room", false), // priority 1, but behind a2
		named("c1", "c", "", false), named("c2", "c", "", false),
	)
	for i, want := range []int{0, 2, 3, 1, 4} {
		if _, ahead, err := s.Peek(t.Context(), ids[i]); ahead != want || err != nil {
			t.Errorf("job %d has %d ahead, want %d (%v)", i, ahead, want, err)
		}
	}
	must(t, s.Cancel(t.Context(), ids[1]))
	if _, ahead, err := s.Peek(t.Context(), ids[2]); ahead != 1 || err != nil {
		t.Errorf("%d ahead when the mailbox is free, want 1 (%v)", ahead, err)
	}
}

// delayedWaits gives a machine that is so busy that the delay is over before anything ran
// another chance, with a longer one.
func delayedWaits(t *testing.T, s Subject) {
	type run struct {
		name string
		at   time.Time
	}
	runs := make(chan run, 3)
	work(t, s, handle(2, func(_ context.Context, c store.Claim) error {
		runs <- run{string(c.Job().Payload), time.Now()}
		return nil
	}))
	var order []string
	for _, delay := range []time.Duration{300 * time.Millisecond, 3 * time.Second, 20 * time.Second} {
		at := time.Now().Add(delay)
		late := named("late", "u", "room", false)
		late.NotBefore = at
		enqueue(t, s, late, named("behind late", "v", "room", false), named("at once", "w", "", false))
		order = nil
		for range 3 {
			r := receive(t, runs, "job")
			if order = append(order, r.name); r.name != "at once" && r.at.Before(at) {
				t.Errorf("%s ran %v early", r.name, at.Sub(r.at))
			}
		}
		if order[0] == "at once" {
			break
		}
	}
	wantList(t, order, "at once", "late", "behind late")
}

func orderSurvives(t *testing.T, s Subject) {
	jobs := randomJobs(t, 40)
	ids := enqueue(t, s, jobs...)
	want := make([]string, len(ids))
	for i, id := range ids {
		_, ahead, err := s.Peek(t.Context(), id)
		must(t, err)
		want[ahead] = string(jobs[i].Payload)
	}
	s = s.Reopen(t)
	wantList(t, names(t, s, len(ids), 1), want...)
}

func otherKindsLeft(t *testing.T, s Subject) {
	ids := enqueue(t, s, store.NewJob{Kind: "digest"}, named("asked", "u", "", false))
	wantList(t, names(t, s, 1, 1), "asked")
	if job := peek(t, s, ids[0]); job.State != store.Queued {
		t.Errorf("job of another kind is %s", job.State)
	}
}

func workersShare(t *testing.T, s Subject) {
	const n = 200
	var mu sync.Mutex
	runs := map[string]int{}
	ended := make(chan struct{}, 2*n)
	opts := handle(3, func(_ context.Context, c store.Claim) error {
		mu.Lock()
		runs[c.Job().ID]++
		mu.Unlock()
		ended <- struct{}{}
		return nil
	})
	for range 3 {
		work(t, s, opts)
	}
	var producers sync.WaitGroup
	for range 4 {
		producers.Go(func() {
			for i := range n / 4 {
				enqueue(t, s, ask(fmt.Sprint("u", i%7), ""))
			}
		})
	}
	producers.Wait()
	for range n {
		receive(t, ended, "end of a job")
	}
	mu.Lock()
	defer mu.Unlock()
	for id, times := range runs {
		if times != 1 {
			t.Errorf("job %s ran %d times", id, times)
		}
	}
	if len(runs) != n {
		t.Errorf("%d jobs ran of %d", len(runs), n)
	}
}

func cancelWaiting(t *testing.T, s Subject) {
	ids := enqueue(t, s, named("first", "u", "room", false), named("second", "u", "room", false))
	must(t, s.Cancel(t.Context(), ids[0]))
	job := await(t, s, ids[0], store.Cancelled)
	if job.EndedAt.IsZero() || job.Attempt != 0 {
		t.Errorf("cancelled job: %+v", job)
	}
	wantList(t, names(t, s, 1, 1), "second")
	await(t, s, ids[1], store.Done)
	must(t, s.Cancel(t.Context(), ids[1]))
	must(t, s.Cancel(t.Context(), ids[0]))
	if again := peek(t, s, ids[1]); again.State != store.Done {
		t.Errorf("cancelling made an ended job %s", again.State)
	}
	if again := peek(t, s, ids[0]); !again.EndedAt.Equal(job.EndedAt) {
		t.Errorf("cancelling again moved the end from %v to %v", job.EndedAt, again.EndedAt)
	}
}

func unknownJobs(t *testing.T, s Subject) {
	for _, id := range []string{"", "nothing", "01ARZ3NDEKTSV4RRFFQ69G5FAV", strings.Repeat("x", 100_000), "\x00", "밥"} {
		_, _, err := s.Peek(t.Context(), id)
		wantError(t, err, store.ErrNotFound)
		wantError(t, s.Cancel(t.Context(), id), store.ErrNotFound)
	}
}
