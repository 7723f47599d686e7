package bottest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/bapsang/bapsang/bot"
)

// needs skips a test of what the platform lacks, which its harness must say.
func (h Harness) needs(t *testing.T, field string, has bool) {
	t.Helper()
	if has {
		return
	}
	if why := h.Lacks[field]; why != "" {
		t.Skipf("this platform has no %s: %s", field, why)
	}
	t.Fatalf("Harness.%s is nil: set it, or say in Harness.Lacks why the platform has no such thing", field)
}

func keyed(key, text string) bot.Message {
	m := notice(text)
	m.Key = key
	return m
}

// key is one that no other test's message has.
func key(t *testing.T, name string) string { return t.Name() + "/" + name }

func mustShow(t *testing.T, shown []Shown, texts ...string) {
	t.Helper()
	if len(shown) != len(texts) {
		t.Fatalf("%d messages are shown, want %d: %+v", len(shown), len(texts), shown)
	}
	for i, text := range texts {
		mustHave(t, fmt.Sprintf("message %d", i+1), shown[i], text)
	}
}

// noProgressAfterEnd: what was on its way when the answer came may come late.
func noProgressAfterEnd(t *testing.T, h Harness) {
	thread := h.Thread(t)
	progress := Messages()["progress-en"]
	ref := post(t, h, thread, progress)
	for i := range 5 {
		progress.Text = fmt.Sprintf("step %d", i)
		if err := h.Poster.Update(t.Context(), ref, progress); err != nil {
			t.Fatalf("update: %v", err)
		}
	}
	if err := h.Poster.Update(t.Context(), ref, notice("the end")); err != nil {
		t.Fatalf("update: %v", err)
	}
	if err := h.Poster.Update(t.Context(), ref, progress); err != nil {
		t.Fatalf("late progress: %v", err)
	}
	mustShow(t, h.Shown(t, thread), "the end")
}

func keyPostsOnce(t *testing.T, h Harness) {
	thread := h.Thread(t)
	first := post(t, h, thread, keyed(key(t, "a"), "first"))
	second := post(t, h, thread, keyed(key(t, "b"), "second"))
	if again := post(t, h, thread, keyed(key(t, "a"), "first")); again != first {
		t.Errorf("the same key is at %+v and at %+v", first, again)
	}
	if err := h.Poster.Update(t.Context(), first, keyed(key(t, "a"), "changed")); err != nil {
		t.Fatalf("update: %v", err)
	}
	msg := keyed(key(t, "a"), "first")
	for _, msg.Again = range []bool{false, true} {
		if again := post(t, h, thread, msg); again != first {
			t.Errorf("after the update the same key is at %+v, was at %+v", again, first)
		}
	}
	// Two without a key are two, also when they say the same.
	third, fourth := post(t, h, thread, notice("same")), post(t, h, thread, notice("same"))
	if third.ID == fourth.ID {
		t.Error("messages without a key are taken for one")
	}
	shown := h.Shown(t, thread)
	mustShow(t, shown, "changed", "second", "same", "same")
	if shown[0].ID != first.ID || shown[1].ID != second.ID {
		t.Errorf("shown are %s and %s, want %s and %s", shown[0].ID, shown[1].ID, first.ID, second.ID)
	}
}

func keyPostsOnceOfMany(t *testing.T, h Harness) {
	const keys, each = 4, 5
	thread := h.Thread(t)
	var refs [keys][each]bot.Ref
	var wg sync.WaitGroup
	for k := range keys {
		for i := range each {
			wg.Go(func() {
				ref, err := h.Poster.Post(t.Context(), thread, keyed(key(t, fmt.Sprint(k)), fmt.Sprintf("message of key %d.", k)))
				if err != nil {
					t.Errorf("post: %v", err)
				}
				refs[k][i] = ref
			})
		}
	}
	wg.Wait()
	for k := range refs {
		for _, ref := range refs[k] {
			if ref != refs[k][0] {
				t.Errorf("key %d is at %+v and at %+v", k, refs[k][0], ref)
			}
		}
	}
	shown := h.Shown(t, thread)
	slices.SortFunc(shown, func(a, b Shown) int { return strings.Compare(squeeze(a.Text), squeeze(b.Text)) })
	mustShow(t, shown, "message of key 0.", "message of key 1.", "message of key 2.", "message of key 3.")
}

func refusedKeyAgain(t *testing.T, h Harness) {
	thread := h.Thread(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	msg := keyed(key(t, "a"), "at last")
	if _, err := h.Poster.Post(ctx, thread, msg); !errors.Is(err, context.Canceled) {
		t.Errorf("post with a done context: %v", err)
	}
	msg.Again = true
	post(t, h, thread, msg)
	mustShow(t, h.Shown(t, thread), "at last")
}

func beginsThread(t *testing.T, h Harness) {
	h.needs(t, "Begin", h.Begin != nil)
	begins(t, h, h.Begin)
}

func beginsConversation(t *testing.T, h Harness) {
	h.needs(t, "Direct", h.Direct != nil)
	ref := begins(t, h, h.Direct)
	if !ref.Thread.Direct {
		t.Errorf("%+v is not direct", ref.Thread)
	}
}

// begins posts into a thread without an ID, twice, and goes on in what came of it.
func begins(t *testing.T, h Harness, begin func(*testing.T) bot.Thread) bot.Ref {
	t.Helper()
	thread := begin(t)
	msg := keyed(key(t, "a"), "the beginning")
	ref, err := h.Poster.Post(t.Context(), thread, msg)
	if err != nil {
		t.Fatalf("post: %v", err)
	}
	if ref.ID == "" || ref.Thread.ID == "" || ref.Thread.Channel == "" || ref.Thread.Platform != thread.Platform || ref.Thread.Workspace != thread.Workspace {
		t.Fatalf("ref %+v is no thread that %+v became", ref, thread)
	}
	for _, msg.Again = range []bool{false, true} {
		again, err := h.Poster.Post(t.Context(), thread, msg)
		if err != nil || again != ref {
			t.Errorf("the same key is at %+v (%v), was at %+v", again, err, ref)
		}
	}
	if err := h.Poster.Update(t.Context(), ref, keyed(key(t, "a"), "changed")); err != nil {
		t.Fatalf("update: %v", err)
	}
	follow := post(t, h, ref.Thread, keyed(key(t, "b"), "what follows"))
	other, err := h.Poster.Post(t.Context(), thread, keyed(key(t, "c"), "another beginning"))
	if err != nil || other.Thread == ref.Thread {
		t.Errorf("another message began no other thread: %+v, %v", other, err)
	}
	if follow.Thread != ref.Thread {
		t.Errorf("what follows is in %+v, want %+v", follow.Thread, ref.Thread)
	}
	// Whether the message that begins a thread is listed in it is the platform's.
	shown := h.Shown(t, ref.Thread)
	if len(shown) == 2 && shown[0].ID == ref.ID {
		mustShow(t, shown[:1], "changed")
		shown = shown[1:]
	}
	mustShow(t, shown, "what follows")
	return ref
}

func onePersonSees(t *testing.T, h Harness) {
	h.needs(t, "Only", h.Only != nil)
	thread, they, others := h.Only(t)
	if _, err := h.Poster.Post(t.Context(), thread, keyed(key(t, "a"), "between us")); err != nil {
		t.Fatalf("post: %v", err)
	}
	if shown := they(t); len(shown) == 0 {
		t.Error("the person sees nothing")
	} else {
		mustHave(t, "the last message", shown[len(shown)-1], "between us")
	}
	for _, s := range others(t) {
		if strings.Contains(squeeze(s.Text), squeeze("between us")) {
			t.Errorf("others see it: %s", s.Text)
		}
	}
}

func restartPostsOnce(t *testing.T, h Harness) {
	h.needs(t, "Restart", h.Restart != nil)
	thread := h.Thread(t)
	msg := Messages()["progress-en"]
	msg.Key = key(t, "a")
	before := post(t, h, thread, msg)
	var channel bot.Thread
	var began bot.Ref
	if h.Begin != nil {
		var err error
		channel = h.Begin(t)
		if began, err = h.Poster.Post(t.Context(), channel, keyed(key(t, "b"), "the beginning")); err != nil {
			t.Fatalf("post: %v", err)
		}
	}
	h.Poster = h.Restart(t)
	msg.Again = true
	if after := post(t, h, thread, msg); after != before {
		t.Errorf("a later process found the message at %+v, it is at %+v", after, before)
	}
	if h.Begin != nil {
		again := keyed(key(t, "b"), "the beginning")
		again.Again = true
		if after, err := h.Poster.Post(t.Context(), channel, again); err != nil || after != began {
			t.Errorf("a later process found the thread at %+v (%v), it is at %+v", after, err, began)
		}
	}
	fresh := keyed(key(t, "c"), "never posted")
	fresh.Again = true
	post(t, h, thread, fresh)
	mustShow(t, h.Shown(t, thread), msg.Text, "never posted")
}
