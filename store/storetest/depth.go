package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/bapsang/bapsang/store"
)

func depthTests() map[string]func(t *testing.T, s Subject) {
	return map[string]func(t *testing.T, s Subject){
		"counts what waits, is held and runs": depthCounts,
		"what is for later does not wait":     depthLater,
		"an empty queue is empty":             depthOfNothing,
	}
}

func depth(t testing.TB, s Subject) store.Depth {
	t.Helper()
	d, err := s.Depth(t.Context())
	must(t, err)
	return d
}

func depthCounts(t *testing.T, s Subject) {
	before := time.Now()
	ids := enqueue(t, s,
		store.NewJob{Kind: "ask", Mailbox: "a"},
		store.NewJob{Kind: "ask", Mailbox: "a"}, // behind the first
		store.NewJob{Kind: "ask"},
		store.NewJob{Kind: "other"},
		store.NewJob{Kind: "ask", NotBefore: time.Now().Add(time.Hour)},
		store.NewJob{Kind: "send", Background: true},
		store.NewJob{Kind: "send", Background: true, NotBefore: time.Now().Add(time.Hour)},
	)
	d := depth(t, s)
	if d.Foreground.Waiting != 3 || d.Foreground.Held != 2 || d.Foreground.Running != 0 {
		t.Errorf("people's jobs are %+v, want 3 that wait and 2 held", d.Foreground)
	}
	if d.Background.Waiting != 1 || d.Background.Held != 1 || d.Background.Running != 0 {
		t.Errorf("background jobs are %+v, want one that waits and one held", d.Background)
	}
	for _, l := range []store.Load{d.Foreground, d.Background} {
		if l.Since.Before(before.Add(-2*time.Second)) || l.Since.After(time.Now().Add(2*time.Second)) {
			t.Errorf("the oldest waits since %v, and was enqueued after %v", l.Since, before)
		}
	}
	// One runs, and what is behind it in its mailbox stays held.
	begun, release := make(chan struct{}, 8), make(chan struct{})
	stop := work(t, s, store.WorkOptions{Concurrency: 2, Handlers: map[string]store.Handler{"ask": func(ctx context.Context, _ store.Claim) error {
		begun <- struct{}{}
		select {
		case <-release:
		case <-ctx.Done():
		}
		return nil
	}}})
	<-begun
	<-begun
	if d = depth(t, s); d.Foreground.Running != 2 || d.Foreground.Waiting != 1 || d.Foreground.Held != 2 {
		t.Errorf("people's jobs are %+v, want 2 that run, the one that nobody works and 2 held", d.Foreground)
	}
	close(release)
	await(t, s, ids[0], store.Done)
	await(t, s, ids[1], store.Done)
	await(t, s, ids[2], store.Done)
	stop()
	if d = depth(t, s); d.Foreground.Running != 0 || d.Foreground.Waiting != 1 || d.Foreground.Held != 1 {
		t.Errorf("people's jobs are %+v, want the one that nobody works and the one for later", d.Foreground)
	}
}

func depthLater(t *testing.T, s Subject) {
	enqueue(t, s, store.NewJob{Kind: "ask", NotBefore: time.Now().Add(time.Hour)})
	if d := depth(t, s); d.Foreground.Held != 1 || d.Foreground.Waiting != 0 || !d.Foreground.Since.IsZero() {
		t.Errorf("before its time: %+v", d.Foreground)
	}
}

func depthOfNothing(t *testing.T, s Subject) {
	if d := depth(t, s); d != (store.Depth{}) {
		t.Errorf("an empty queue has %+v", d)
	}
}
